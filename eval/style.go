package eval

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Style is a way of typing, made from a question's own wording by rule.
type Style string

// The styles. All but the first change the wording, always in the same way.
const (
	AsGiven   Style = "nguyen-ban"
	NoMarks   Style = "khong-dau"
	HalfMarks Style = "nua-dau"  // half of the marks dropped
	Slips     Style = "go-sai"   // one typing slip in eight syllables
	Telex     Style = "telex"    // keys never turned into letters
	Shorthand Style = "viet-tat" // teencode and abbreviations
)

// Styles lists all styles.
func Styles() []Style { return []Style{AsGiven, NoMarks, HalfMarks, Slips, Telex, Shorthand} }

// Typist types questions in a style.
type Typist struct {
	short   map[string][]string // by the folded words it stands for
	longest int
}

// NewTypist learns the shorthand of a lexicon.
func NewTypist(lexicon knowledge.Lexicon) *Typist {
	t := &Typist{short: map[string][]string{}}
	for _, s := range slices.Concat(lexicon.Teencode, lexicon.Abbreviations) {
		key := canonical(s.Meanings[0])
		if key == canonical(s.Typed) || strings.Contains(s.Typed, vietnamese.NumberSign) {
			continue // or what stands for it only beside a number
		}
		t.short[key] = append(t.short[key], strings.ToLower(s.Typed))
		t.longest = max(t.longest, strings.Count(key, " ")+1)
	}
	return t
}

func canonical(text string) string {
	tokens := vietnamese.Tokens(text)
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	return strings.Join(words, " ")
}

// Type returns the question as it looks in the style. The same question always
// comes out the same.
func (t *Typist) Type(question string, style Style) string {
	switch style {
	case AsGiven:
	case NoMarks:
		return eachWord(question, vietnamese.Fold)
	case HalfMarks:
		dice := diceFor(question, style)
		return eachWord(question, func(w string) string {
			if dice.IntN(2) == 0 {
				return vietnamese.Fold(w)
			}
			return w
		})
	case Slips:
		return slips(question, diceFor(question, style))
	case Telex:
		return vietnamese.TelexKeys(question)
	case Shorthand:
		return t.shorten(question, diceFor(question, style))
	}
	return question
}

// diceFor is seeded by the question, so that a run repeats and adding a question
// changes no other.
func diceFor(question string, style Style) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(style) + "\x00" + question)) // a hash never fails
	return rand.New(rand.NewPCG(h.Sum64(), 1))                //nolint:gosec // typing, not secrecy
}

func eachWord(text string, change func(string) string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = change(w)
	}
	return strings.Join(words, " ")
}

// syllablesASlip is how many syllables people type between two slips.
const syllablesASlip = 8

func slips(text string, dice *rand.Rand) string {
	words := strings.Fields(text)
	var long []int // words that a slip can happen in
	for i, w := range words {
		if utf8.RuneCountInString(w) >= 3 && strings.IndexFunc(w, func(c rune) bool { return !unicode.IsLetter(c) }) < 0 {
			long = append(long, i)
		}
	}
	n := max(1, (len(words)+syllablesASlip/2)/syllablesASlip)
	dice.Shuffle(len(long), func(i, j int) { long[i], long[j] = long[j], long[i] })
	for _, i := range long[:min(n, len(long))] {
		words[i] = slip(words[i], dice)
	}
	return strings.Join(words, " ")
}

// slip makes one of the four usual slips: two letters swapped, one left out,
// one doubled, one hit beside its key.
func slip(word string, dice *rand.Rand) string {
	w := []rune(word)
	at := dice.IntN(len(w))
	switch dice.IntN(4) {
	case 0:
		at = dice.IntN(len(w) - 1)
		w[at], w[at+1] = w[at+1], w[at]
	case 1:
		w = slices.Delete(w, at, at+1)
	case 2:
		w = slices.Insert(w, at, w[at])
	default:
		w[at] = neighbour(w[at], dice)
	}
	return string(w)
}

func neighbour(c rune, dice *rand.Rand) rune {
	for _, row := range []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"} {
		at := strings.IndexRune(row, unicode.ToLower(rune(vietnamese.Fold(string(c))[0])))
		switch {
		case at < 0:
			continue
		case at == 0:
			return rune(row[1])
		case at == len(row)-1 || dice.IntN(2) == 0:
			return rune(row[at-1])
		}
		return rune(row[at+1])
	}
	return c
}

// shorten writes what has a short form short, three times in four.
func (t *Typist) shorten(text string, dice *rand.Rand) string {
	words := strings.Fields(text)
	var out []string
	for i := 0; i < len(words); {
		n, short := t.shortAt(words[i:], dice)
		if n == 0 {
			out = append(out, words[i])
			i++
			continue
		}
		out = append(out, short)
		i += n
	}
	return strings.Join(out, " ")
}

func (t *Typist) shortAt(words []string, dice *rand.Rand) (n int, short string) {
	for n := min(t.longest, len(words)); n > 0; n-- {
		phrase, tail := strings.Join(words[:n], " "), ""
		if cut := strings.TrimRight(phrase, ".,?!;:"); cut != phrase {
			phrase, tail = cut, phrase[len(cut):]
		}
		forms := t.short[canonical(phrase)]
		if len(forms) > 0 && !strings.ContainsAny(phrase, ".,?!;:") && dice.IntN(4) > 0 {
			return n, forms[dice.IntN(len(forms))] + tail
		}
	}
	return 0, ""
}
