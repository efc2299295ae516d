package vietnamese

import (
	"strings"
	"sync"
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
	if len(text) > longText {
		return new(Cutter).Tokens(text) // its words come again
	}
	return (*Cutter)(nil).Tokens(text)
}

// longText is the length, in bytes, from which remembering words pays.
const longText = 1000

// Cutter cuts many texts and remembers their words: a collection has few, and
// they come again and again. It is safe for concurrent use. Nil remembers
// nothing.
type Cutter struct{ seen sync.Map }

// Tokens is Tokens with a memory.
func (c *Cutter) Tokens(text string) []Token {
	s := Normalize(strings.ReplaceAll(text, "\n", " . "))
	tokens := make([]Token, 0, len(s)/4)
	pause := false
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if !isWordRune(r) {
			pause = pause || strings.ContainsRune(".!?;:()", r)
			at += size
			continue
		}
		run, end := wordEnd(s, at)
		word := s[at:end]
		if run < end {
			word = inWords.Replace(word)
		}
		at = end
		t := c.token(word)
		if t.Fold == "" {
			continue // a stray mark
		}
		t.Break = pause
		tokens = append(tokens, t)
		pause = false
	}
	return tokens
}

// inWords takes out what may stand inside a number or an abbreviation.
var inWords = strings.NewReplacer(".", "", ",", "", "&", "") //nolint:gochecknoglobals // a constant

// wordEnd returns where the word that begins at a place ends: its first run of letters
// or digits, and all of it, which for a number or an abbreviation may be more.
func wordEnd(s string, at int) (run, end int) {
	end = at
	for end < len(s) {
		c, size := utf8.DecodeRuneInString(s[end:])
		if !isWordRune(c) {
			break
		}
		end += size
	}
	run = end
	for isNumber(s[at:run]) && isThousands(s[end:]) && !isCallNumber(s[at:end], s[end+1:]) {
		end += 4
	}
	if n := initialsAfterAnd(s[end:]); n > 0 && isInitials(s[at:run]) {
		end += n
	}
	return run, end
}

func (c *Cutter) token(word string) Token {
	if c == nil {
		return newToken(word)
	}
	if t, known := c.seen.Load(word); known {
		return t.(Token) //nolint:forcetypeassert // nothing else is kept
	}
	t := newToken(word)
	c.seen.Store(strings.Clone(word), t) // not the whole text
	return t
}

func newToken(word string) Token {
	text := Canonical(word)
	return Token{Text: text, Fold: Fold(text)}
}

func isWordRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mn, c)
}

func isNumber(word string) bool {
	return strings.IndexFunc(word, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// isCallNumber reports whether a number to call in danger is followed by another,
// as in "113.115".
func isCallNumber(word, next string) bool {
	return len(word) == 3 && strings.HasPrefix(word, "11") && strings.HasPrefix(next, "11")
}

// isThousands reports whether s continues a number: a dot or comma, exactly
// three digits, and then no further digit. "113,114" are two numbers to call.
func isThousands(s string) bool {
	if len(s) < 4 || (s[0] != '.' && s[0] != ',') || !isNumber(s[1:4]) || s[:3] == ",11" {
		return false
	}
	return len(s) == 4 || s[4] < '0' || s[4] > '9'
}

// initialsAfterAnd returns the length of what begins s when that is "&" and
// initials, 0 otherwise: "TT&TT" is one abbreviation.
func initialsAfterAnd(s string) int {
	if !strings.HasPrefix(s, "&") {
		return 0
	}
	end := strings.IndexFunc(s[1:], func(r rune) bool { return !isWordRune(r) })
	if end < 0 {
		end = len(s) - 1
	}
	if end == 0 || !isInitials(s[1:1+end]) {
		return 0
	}
	return 1 + end
}

// isInitials reports whether a word is of at most four letters, none a vowel: no
// syllable is so written.
func isInitials(word string) bool {
	return utf8.RuneCountInString(word) <= 4 && strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) }) < 0 &&
		!strings.ContainsAny(Fold(word), "aeiouy")
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
		_, end := wordEnd(text, at)
		for _, t := range Tokens(text[at:end]) {
			out = append(out, Located{t, at, end})
		}
		at = end
	}
	return out
}
