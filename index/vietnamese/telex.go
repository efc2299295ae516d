package vietnamese

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// DecodeKeys reads a word whose Telex or VNI keys were never turned into
// letters, because the typist's Vietnamese keyboard was off: "dawng" and
// "da8ng" are "đăng", "kys" is "ký". Keys may come late ("dangd", "viete") and
// may follow letters that are already composed ("đăngs"). ok is false when the
// word holds no such key or what comes out is no Vietnamese syllable.
//
// The rules are those of the two input methods: Telex aa ee oo dd, w for horn
// and breve, f s r x j z for the tones; VNI 6 7 8 9 and 1 to 5, 0.
func DecodeKeys(word string) (syllable string, ok bool) {
	if len(word) < 2 || len(word) > longestKeyed {
		return "", false
	}
	for _, method := range []func([]rune, rune) ([]rune, bool){telexKey, vniKey} {
		if s, ok := decodeKeys(word, method); ok {
			return s, true
		}
	}
	return "", false
}

// longestKeyed bounds the work: "nghieengs" with doubled keys is eleven letters.
const longestKeyed = 16

func decodeKeys(word string, method func([]rune, rune) ([]rune, bool)) (string, bool) {
	letters := make([]rune, 0, len(word))
	keys := false
	bare, tone, ok := splitTone(word)
	if !ok {
		return "", false
	}
	for _, c := range bare {
		if hasVowel(letters) {
			if t, is := toneKey(c); is {
				tone, keys = t, true
				continue
			}
		}
		if next, used := method(letters, c); used {
			letters, keys = next, true
			continue
		}
		letters = append(letters, c)
	}
	if !keys {
		return "", false
	}
	text := string(letters)
	// "uow" leaves the u of ươ without its horn.
	text = strings.Replace(text, "uơ", "ươ", 1)
	for _, try := range []string{text, strings.Replace(text, "ươ", "uơ", 1)} {
		if s, ok := parseBare(try, tone); ok {
			return s.String(), true
		}
	}
	return "", false
}

func hasVowel(letters []rune) bool {
	return slices.ContainsFunc(letters, isVowel)
}

func isVowel(c rune) bool { return strings.ContainsRune("aăâeêioôơuưy", c) }

// toneKey reads a tone key of either method. Zero takes the tone away.
func toneKey(c rune) (tone rune, ok bool) {
	switch c {
	case 's', '1':
		return acute, true
	case 'f', '2':
		return grave, true
	case 'r', '3':
		return hook, true
	case 'x', '4':
		return tilde, true
	case 'j', '5':
		return dot, true
	case 'z', '0':
		return 0, true
	}
	return 0, false
}

// telexKey applies one Telex key to the letters before it.
func telexKey(letters []rune, c rune) ([]rune, bool) {
	switch c {
	case 'a', 'e', 'o':
		return mark(letters, map[rune]rune{c: hat(c)})
	case 'd':
		return mark(letters, map[rune]rune{'d': 'đ'})
	case 'w':
		if next, ok := horn(letters); ok {
			return next, true
		}
		return append(letters, 'ư'), true
	}
	return nil, false
}

// vniKey applies one VNI key to the letters before it.
func vniKey(letters []rune, c rune) ([]rune, bool) {
	switch c {
	case '6':
		return mark(letters, map[rune]rune{'a': 'â', 'e': 'ê', 'o': 'ô'})
	case '7':
		return horn(letters)
	case '8':
		return mark(letters, map[rune]rune{'a': 'ă'})
	case '9':
		return mark(letters, map[rune]rune{'d': 'đ'})
	}
	return nil, false
}

func hat(c rune) rune {
	switch c {
	case 'a':
		return 'â'
	case 'e':
		return 'ê'
	}
	return 'ô'
}

// mark changes the last letter that the table names.
func mark(letters []rune, table map[rune]rune) ([]rune, bool) {
	for i := len(letters) - 1; i >= 0; i-- {
		if to := table[letters[i]]; to != 0 {
			letters[i] = to
			return letters, true
		}
	}
	return nil, false
}

// horn applies the key for horn and breve: ư of "ua", ươ of "uo", else the
// last letter that can take it.
func horn(letters []rune) ([]rune, bool) {
	for i := len(letters) - 1; i >= 0; i-- {
		if i > 0 && letters[i-1] == 'u' && (i < 2 || letters[i-2] != 'q') && (letters[i] == 'a' || letters[i] == 'o') {
			letters[i-1] = 'ư'
			if letters[i] == 'o' {
				letters[i] = 'ơ'
			}
			return letters, true
		}
		if to := map[rune]rune{'a': 'ă', 'o': 'ơ', 'u': 'ư'}[letters[i]]; to != 0 {
			letters[i] = to
			return letters, true
		}
	}
	return nil, false
}

// TelexKeys writes text as it looks when it is typed in Telex with the
// Vietnamese keyboard off: "đăng ký" is "ddawng kys". It is the inverse of
// DecodeKeys and serves to measure it.
func TelexKeys(text string) string {
	var out strings.Builder
	for i, word := range strings.Fields(text) {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(telexWord(word))
	}
	return out.String()
}

func telexWord(word string) string {
	var keys strings.Builder
	tone, at := "", 0
	last := rune(0) // the letter that marks stand on
	for _, c := range norm.NFD.String(strings.NewReplacer("Đ", "DD", "đ", "dd").Replace(word)) {
		switch c {
		case acute:
			tone = "s"
		case grave:
			tone = "f"
		case hook:
			tone = "r"
		case tilde:
			tone = "x"
		case dot:
			tone = "j"
		case '\u0302':
			if strings.ContainsRune("aeo", last) { // the mark of another letter has no key
				keys.WriteRune(last)
				at = keys.Len()
			}
		case '\u0306', '\u031b':
			keys.WriteByte('w')
			at = keys.Len()
		default:
			keys.WriteRune(c)
			last = unicode.ToLower(c)
			if c >= 'A' && c <= 'z' {
				at = keys.Len()
			}
		}
	}
	s := keys.String()
	return s[:at] + tone + s[at:]
}
