package vietnamese

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is one syllable, number or foreign word of a text.
type Token struct {
	Text string // canonical spelling, with marks
	Fold string // the same without marks
	// Break is set when a sentence or list item ends before this token:
	// bigrams do not cross it.
	Break bool
	// Guessed is set by the decoder on a token that was typed without marks and
	// was given some.
	Guessed bool
}

// Marked reports whether the token carries any Vietnamese mark.
func (t Token) Marked() bool { return t.Text != t.Fold }

// Tokens normalises text and cuts it into tokens. Numbers written with
// thousands marks are one token ("1.077" is "1077").
func Tokens(text string) []Token {
	s := Normalize(strings.ReplaceAll(text, "\n", " . "))
	tokens := make([]Token, 0, len(s)/4)
	var seen memory
	if len(s) > longText {
		seen = memory{}
	}
	pause := false
	for at := 0; at < len(s); {
		c, size := utf8.DecodeRuneInString(s[at:])
		if !isWordRune(c) {
			pause = pause || strings.ContainsRune(".!?;:()", c)
			at += size
			continue
		}
		end := at + size
		for end < len(s) {
			next, n := utf8.DecodeRuneInString(s[end:])
			if !isWordRune(next) {
				break
			}
			end += n
		}
		word := s[at:end]
		for isNumber(word) && isThousands(s[end:]) {
			word += s[end+1 : end+4]
			end += 4
		}
		at = end
		t := seen.token(word)
		if t.Fold == "" {
			continue // a stray mark
		}
		t.Break = pause
		tokens = append(tokens, t)
		pause = false
	}
	return tokens
}

// memory holds the words of a long text: they come again. Nil forgets.
type memory map[string]Token

func (m memory) token(word string) Token {
	if t, known := m[word]; known {
		return t
	}
	text := Canonical(word)
	t := Token{Text: text, Fold: Fold(text)}
	if m != nil {
		m[word] = t
	}
	return t
}

// longText is the length, in bytes, from which remembering words pays.
const longText = 1000

func isWordRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mn, c)
}

func isNumber(word string) bool {
	return strings.IndexFunc(word, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// isThousands reports whether s continues a number: a dot or comma, exactly
// three digits, and then no further digit.
func isThousands(s string) bool {
	if len(s) < 4 || (s[0] != '.' && s[0] != ',') || !isNumber(s[1:4]) {
		return false
	}
	return len(s) == 4 || s[4] < '0' || s[4] > '9'
}

// MostlyMarked reports whether the writer types with marks: more than half of
// the tokens carry one. In running Vietnamese about three quarters do.
func MostlyMarked(tokens []Token) bool {
	marked, all := 0, 0
	for _, t := range tokens {
		if !isNumber(t.Text) {
			all++
		}
		if t.Marked() {
			marked++
		}
	}
	return all > 0 && 2*marked > all
}

// Located is a token and where it stands in the text it was cut from, in bytes.
type Located struct {
	Token
	Start, End int
}

// Locate cuts text into tokens without normalising it first, so that each can
// be shown in its place.
func Locate(text string) []Located {
	var out []Located
	for at := 0; at < len(text); {
		c, size := utf8.DecodeRuneInString(text[at:])
		if !isWordRune(c) {
			at += size
			continue
		}
		end := at + size
		for end < len(text) {
			c, size := utf8.DecodeRuneInString(text[end:])
			if !isWordRune(c) {
				break
			}
			end += size
		}
		for _, t := range Tokens(text[at:end]) {
			out = append(out, Located{t, at, end})
		}
		at = end
	}
	return out
}
