package vietnamese

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letter takes a lower-case Vietnamese letter apart.
type letter struct {
	bare rune // without its tone, with hat, horn or breve
	tone rune // combining mark, 0 for none
	fold byte // without any mark
}

//nolint:gochecknoglobals // tables of the language, never changed
var (
	letters  = letterTable()
	composed = composedTable()
)

const toneMarks = "\u0300\u0301\u0303\u0309\u0323"

// letterTable lists the 12 vowels in six tones, and đ.
func letterTable() map[rune]letter {
	table := map[rune]letter{'đ': {'đ', 0, 'd'}}
	for _, vowel := range "aăâeêioôơuưy" {
		fold := norm.NFD.String(string(vowel))[0]
		table[vowel] = letter{vowel, 0, fold}
		for _, tone := range toneMarks {
			c, _ := utf8.DecodeRuneInString(norm.NFC.String(string([]rune{vowel, tone})))
			table[c] = letter{vowel, tone, fold}
		}
	}
	return table
}

// composedTable is the inverse: by vowel and tone.
func composedTable() map[[2]rune]rune {
	table := map[[2]rune]rune{}
	for c, l := range letters {
		table[[2]rune{l.bare, l.tone}] = c
	}
	return table
}

// splitTone takes the tone mark out of a lower-case word in NFC. More than one
// tone, or a mark that Vietnamese does not have, is not a syllable.
func splitTone(word string) (bare string, tone rune, ok bool) {
	if isASCII(word) {
		return word, 0, true
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, c := range word {
		if c < utf8.RuneSelf {
			b.WriteByte(byte(c)) //nolint:gosec // ASCII
			continue
		}
		l, known := letters[c]
		if !known || (l.tone != 0 && tone != 0) {
			return "", 0, false
		}
		if l.tone != 0 {
			tone = l.tone
		}
		b.WriteRune(l.bare)
	}
	return b.String(), tone, true
}

// foldWord strips the marks of a word in NFC. ok is false when it holds other
// letters than Vietnamese ones.
func foldWord(word string) (folded string, ok bool) {
	out := make([]byte, 0, len(word))
	for _, c := range word {
		if c < utf8.RuneSelf {
			out = append(out, byte(c)) //nolint:gosec // ASCII
			continue
		}
		l, known := letters[c]
		if !known {
			return "", false
		}
		out = append(out, l.fold)
	}
	return string(out), true
}
