// Package vietnamese analyses Vietnamese as people really type it: it brings
// every spelling of a syllable to one form, cuts text into syllables, folds
// marks away, and matches the pattern language of the lanes and aspects.
//
// It is a leaf of pure functions: no files, no clock, no index, and no other
// package of the project.
package vietnamese

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize brings text to the form in which it is compared: valid UTF-8, NFC,
// lower case, compatibility letters (full-width, styled) made plain, invisible
// characters and pictures out, dashes and quotes unified, single spaces, and runs
// of three or more equal letters cut to one ("ơiiii" is "ơi"; two equal letters
// stay, because Telex and borrowed words need them; so does a run that begins a
// word, as in "cccd"; of a u two are left, because of cứu and lưu). It is idempotent and gives the same
// result for the composed and the decomposed form of a text.
func Normalize(s string) string {
	if out, ok := normalizeSimple(s); ok {
		return out
	}
	return normalizeAny(s)
}

func normalizeAny(s string) string {
	// Removing a character can bring two marks or letters together that
	// compose or repeat anew; the second pass settles them. Each pass only
	// removes or composes, so a fixed point is reached quickly.
	for range 4 {
		next := normalizeOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// normalizeSimple does the same, in one pass, for what nearly all text is made
// of: ASCII and the composed letters of Vietnamese. ok is false for other text.
func normalizeSimple(s string) (out string, ok bool) {
	runes := make([]rune, 0, len(s))
	for _, c := range s {
		if int(c) >= len(simple) || simple[c] == 0 {
			return "", false
		}
		c = rune(simple[c])
		if c == ' ' && (len(runes) == 0 || runes[len(runes)-1] == ' ') {
			continue
		}
		runes = append(runes, c)
	}
	return strings.TrimRight(string(shorten(runes)), " "), true
}

// simple holds what normalizeOnce makes of ASCII and of the composed letters of
// Vietnamese; 0 for all other characters.
var simple = newSimple() //nolint:gochecknoglobals // a constant

// The last block that Vietnamese letters stand in is Latin Extended Additional.
func newSimple() (table [0x1f00]uint16) {
	keep := func(c rune) {
		if out := []rune(normalizeOnce("." + string(c) + ".")); len(out) == 3 {
			table[c] = uint16(out[1]) //nolint:gosec // of the basic plane
		}
	}
	for c := range rune(unicode.MaxASCII) {
		keep(c)
	}
	for _, letter := range "aăâeêioôơuưy" {
		for _, tone := range []string{"", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"} {
			c, _ := utf8.DecodeRuneInString(norm.NFC.String(string(letter) + tone))
			keep(c)
			keep(unicode.ToUpper(c))
		}
	}
	keep('đ')
	keep('Đ')
	return table
}

func normalizeOnce(s string) string {
	s = norm.NFKC.String(strings.ToValidUTF8(s, " "))
	s = norm.NFC.String(strings.ToLower(s))
	out := make([]rune, 0, len(s))
	for _, c := range s {
		c = plain(c)
		switch {
		case c == drop:
			continue
		case unicode.IsSpace(c):
			if len(out) == 0 || out[len(out)-1] == ' ' {
				continue
			}
			c = ' '
		}
		out = append(out, c)
	}
	return strings.TrimRight(string(shorten(out)), " ")
}

// shorten cuts runs of three or more equal letters to one, in place, in words
// that people drawl.
func shorten(s []rune) []rune {
	out := s[:0]
	for i := 0; i < len(s); {
		end := i + 1
		for unicode.IsLetter(s[i]) && end < len(s) && unicode.IsLetter(s[end]) {
			end++
		}
		if word := s[i:end]; drawls(word) {
			out = shortened(out, word)
		} else {
			out = append(out, word...)
		}
		i = end
	}
	return out
}

// drawls reports whether a word can be drawled: TTTT is an abbreviation, and III
// a number.
func drawls(word []rune) bool {
	vowel, roman := false, true
	for _, c := range word {
		vowel = vowel || vowelLetter(c)
		roman = roman && strings.ContainsRune("ivx", c)
	}
	return vowel && !roman
}

func vowelLetter(c rune) bool {
	l, known := letters[c]
	return known && l.fold != 'd'
}

// shortened appends a word to out. A run that the word begins with stays when
// more follows: nobody drawls there, and "cccd" may have letters glued to it.
func shortened(out, word []rune) []rune {
	for i := 0; i < len(word); {
		end := i + 1
		for end < len(word) && word[end] == word[i] {
			end++
		}
		n := end - i
		switch {
		case n < 3 || i == 0 && end < len(word):
		case word[i] == 'u' && i > 0 && !vowelLetter(word[i-1]):
			n = 2 // of cứu, hưu, lưu without marks: "cuuuu" may be a cry for help
		default:
			n = 1
		}
		out = append(out, word[i:i+n]...)
		i = end
	}
	return out
}

const drop rune = -2

// plain maps one character to the one that stands for it, to a space, or to
// drop when it carries nothing.
func plain(c rune) rune {
	switch {
	case strings.ContainsRune("\u115f\u1160\u3164\uffa0", c):
		return drop // letters of Hangul that show nothing
	case unicode.IsLetter(c), unicode.IsDigit(c), unicode.Is(unicode.Mn, c) && vietnameseMark(c):
		return c
	case c == '\u00ad', c == '\u200d', c >= '\u200b' && c <= '\u200f', c >= '\u202a' && c <= '\u202e', c >= '\u2060' && c <= '\u206f', c == '\ufeff':
		return drop
	case unicode.Is(unicode.Mn, c), unicode.Is(unicode.Me, c):
		return drop // enclosing and stray marks: keycaps, strike-through, variation selectors
	case unicode.Is(unicode.Pd, c), c == '−':
		return '-'
	case strings.ContainsRune("'’‘`´ʼ", c):
		return '\''
	case strings.ContainsRune("\"“”„«»", c):
		return '"'
	case c < unicode.MaxASCII && unicode.IsPrint(c):
		return c
	}
	return ' '
}

// vietnameseMark reports the combining marks of Vietnamese: five tones, and
// the circumflex, breve and horn.
func vietnameseMark(c rune) bool {
	switch c {
	case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323', '\u0302', '\u0306', '\u031b':
		return true
	}
	return false
}

// Fold strips all marks and lowers case: "Đăng ký" becomes "dang ky".
func Fold(s string) string {
	s = strings.ToLower(s)
	if isASCII(s) {
		return s
	}
	if folded, ok := foldWord(s); ok {
		return folded
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, c := range decompose(s) {
		switch {
		case c == 'đ':
			b.WriteByte('d')
		case unicode.Is(unicode.Mn, c):
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// decompose takes the marks apart from their letters.
func decompose(s string) string { return norm.NFD.String(s) }
