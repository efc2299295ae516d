package handoff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"regexp"
	"strings"
)

// Code is the receipt that a citizen keeps: "TG-7K3M-9QXD-4TPA-3V". Twelve
// random characters (60 bits) and two that check them.
type Code string

// alphabet is Crockford's base 32: no letter that is read as a digit.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codePrefix = "TG"
	codeRandom = 12 // characters of 5 bits
	codeCheck  = 2
)

// NewCode returns a code that nobody can guess.
func NewCode() Code {
	var seed [codeRandom]byte
	_, _ = rand.Read(seed[:]) // never fails
	chars := make([]byte, codeRandom)
	for i, b := range seed {
		chars[i] = alphabet[b%32]
	}
	return format(string(chars) + checksum(string(chars)))
}

func format(chars string) Code {
	return Code(codePrefix + "-" + chars[0:4] + "-" + chars[4:8] + "-" + chars[8:12] + "-" + chars[12:])
}

// checksum finds a mistyped character in 1023 of 1024 cases.
func checksum(chars string) string {
	sum := sha256.Sum256([]byte(codePrefix + chars))
	n := binary.BigEndian.Uint16(sum[:2])
	return string([]byte{alphabet[n%32], alphabet[n/32%32]})
}

var codeShape = regexp.MustCompile(`(?i)\bTG[-–— ._:]*((?:[0-9A-Z][-–— ._]*){14})(?:[^0-9A-Z]|$)`)

// FindCode looks for a receipt code in what a person wrote, however it was
// spaced. found says that something looks like a code; valid that it is one.
func FindCode(text string) (code Code, found, valid bool) {
	m := codeShape.FindStringSubmatch(text)
	if m == nil {
		return "", false, false
	}
	read := strings.NewReplacer("O", "0", "I", "1", "L", "1", "U", "V").Replace(strings.ToUpper(m[1]))
	var chars []byte
	digits := 0
	for i := range len(read) {
		if strings.IndexByte(alphabet, read[i]) >= 0 {
			chars = append(chars, read[i])
			if read[i] <= '9' {
				digits++
			}
		}
	}
	if len(chars) != codeRandom+codeCheck {
		return "", false, false
	}
	if s := string(chars); checksum(s[:codeRandom]) == s[codeRandom:] {
		return format(s), true, true
	}
	// "tg" begins words too; without a digit it was one.
	return "", digits > 0, false
}
