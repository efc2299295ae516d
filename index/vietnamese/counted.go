package vietnamese

import (
	"slices"
	"strings"
	"unicode"
)

// NumberSign stands for a number in shorthand that is glued to one: "*t".
const NumberSign = "*"

// counted is what letters glued to a number may stand for, around the number.
type counted struct {
	before, after []Token
	cost          float64
}

func (d *Decoder) addCounted(s Shorthand) {
	key := strings.ToLower(strings.TrimSpace(s.Typed))
	cost := costTeencode
	for _, text := range s.Meanings {
		before, after, ok := strings.Cut(text, NumberSign)
		c := counted{Tokens(before), Tokens(after), cost}
		if !ok || len(c.before)+len(c.after) == 0 || len(c.before)+len(c.after) >= longestMeaning {
			continue
		}
		for i := range c.after {
			c.after[i].Break = false
		}
		d.counted[key] = append(d.counted[key], c)
		cost += costAlternative
	}
}

// cutNumber cuts a word of letters and one number in two: "25t" is "*t" and
// "25", "m2" is "m*" and "2".
func cutNumber(word string) (shape, number string, ok bool) {
	from := strings.IndexFunc(word, unicode.IsDigit)
	if from < 0 {
		return "", "", false
	}
	length := strings.IndexFunc(word[from:], func(c rune) bool { return !unicode.IsDigit(c) })
	if length < 0 {
		length = len(word) - from
	}
	shape = word[:from] + NumberSign + word[from+length:]
	return shape, word[from : from+length], len(shape) > len(NumberSign)
}

// isCount reports whether the word is letters glued to a number in a way that the
// lexicon knows.
func (r *wordReader) isCount() bool {
	shape, _, ok := cutNumber(r.t.Text)
	return ok && len(r.counted[shape]) > 0
}

// counts adds what a number glued to letters stands for.
func (r *wordReader) counts() {
	shape, number, ok := cutNumber(r.t.Text)
	if !ok {
		return
	}
	for _, c := range r.counted[shape] {
		n := reading{cost: c.cost, kind: KindTeencode, afresh: len(c.before) == 0}
		// Which number it is tells nothing about the words around it.
		around := append(slices.Clip(c.before), c.after...)
		for _, t := range around {
			n.ids = append(n.ids, r.model.id(t.Text))
		}
		n.cost -= extraWord * float64(len(around)-1)
		n.tokens = slices.Insert(around, len(c.before), Token{Text: number, Fold: number})
		r.add(n)
	}
}
