package vietnamese

import (
	"errors"
	"slices"
	"strings"
)

// Pattern is a wording as staff write it in the lane and aspect files:
//
//	nhà … cháy        "…" skips up to three syllables
//	con|cháu tôi      "|" is a choice of syllables
//	đang bị? đánh     "?" makes a syllable optional
//	=đa =đảng         "=" wants the marks typed: "đã đăng" folds to the same
//	^alo$             "^" and "$" tie the wording to the start and end
//
// A syllable of the message that carries marks must have the same marks; one
// without marks fits any marks, unless its writer otherwise types with marks.
type Pattern struct {
	steps      []step
	start, end bool
	source     string
}

type step struct {
	choices  []Token
	optional bool
	exact    bool
	gap      bool
}

const maxGap = 3

// ErrPattern is returned for a wording that has no word in it.
var ErrPattern = errors.New("pattern has no word")

// CompilePattern reads one pattern.
func CompilePattern(source string) (Pattern, error) {
	s := strings.TrimSpace(source)
	p := Pattern{source: source}
	s, p.start = strings.CutPrefix(s, "^")
	s, p.end = strings.CutSuffix(s, "$")
	solid := false
	for field := range strings.FieldsSeq(s) {
		if field == "…" || field == "..." {
			p.steps = append(p.steps, step{gap: true})
			continue
		}
		word, optional := strings.CutSuffix(field, "?")
		word, exact := strings.CutPrefix(word, "=")
		st := step{optional: optional, exact: exact}
		for alternative := range strings.SplitSeq(word, "|") {
			if tokens := Tokens(alternative); len(tokens) == 1 {
				st.choices = append(st.choices, tokens[0])
			}
		}
		if len(st.choices) == 0 {
			return Pattern{}, ErrPattern
		}
		solid = solid || !optional
		p.steps = append(p.steps, st)
	}
	if !solid {
		return Pattern{}, ErrPattern
	}
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.source }

// Starts returns the folded words that the pattern can begin with, nil when it
// can begin with any: a message that holds none of them cannot fit.
func (p Pattern) Starts() []string {
	if p.steps[0].gap || p.steps[0].optional {
		return nil
	}
	folds := make([]string, len(p.steps[0].choices))
	for i, c := range p.steps[0].choices {
		folds[i] = c.Fold
	}
	return folds
}

// PatternSet finds which of many patterns a message fits, trying only those
// that can begin with one of its words.
type PatternSet struct {
	patterns []Pattern
	starts   map[string][]int // by folded word
	always   []int
}

// NewPatternSet prepares patterns for searching. Their order is kept.
func NewPatternSet(patterns []Pattern) *PatternSet {
	s := &PatternSet{patterns: patterns, starts: map[string][]int{}}
	for i, p := range patterns {
		folds := p.Starts()
		if folds == nil {
			s.always = append(s.always, i)
		}
		for _, fold := range folds {
			if at := s.starts[fold]; len(at) == 0 || at[len(at)-1] != i {
				s.starts[fold] = append(at, i)
			}
		}
	}
	return s
}

// Match is a pattern of a set that covers the tokens [From, To).
type Match struct{ Pattern, From, To int }

// Find returns the patterns that cover any part of the tokens, in their order.
func (s *PatternSet) Find(tokens []Token, strict bool) []Match {
	var matches []Match
	for _, i := range s.possible(tokens) {
		if from, to, ok := s.patterns[i].Find(tokens, strict); ok {
			matches = append(matches, Match{i, from, to})
		}
	}
	return matches
}

// possible lists the patterns that can begin with one of the tokens, in order.
func (s *PatternSet) possible(tokens []Token) []int {
	ids := slices.Clone(s.always)
	for _, t := range tokens {
		ids = append(ids, s.starts[t.Fold]...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Find returns the span of tokens [from, to) that the pattern first covers,
// and whether it covers any. strict is MostlyMarked of the message.
func (p Pattern) Find(tokens []Token, strict bool) (from, to int, ok bool) {
	last := len(tokens) - 1
	if p.start {
		last = 0
	}
	for from = range last + 1 {
		if to := p.match(p.steps, tokens, from, strict); to > from {
			return from, to, true
		}
	}
	return 0, 0, false
}

// match returns the end of the first match of steps at position at, or -1.
func (p Pattern) match(steps []step, tokens []Token, at int, strict bool) int {
	if len(steps) == 0 {
		if p.end && at != len(tokens) {
			return -1
		}
		return at
	}
	st, rest := steps[0], steps[1:]
	if st.gap {
		return p.matchAfterGap(rest, tokens, at, strict)
	}
	if at < len(tokens) && st.fits(tokens[at], strict) {
		if end := p.match(rest, tokens, at+1, strict); end >= 0 {
			return end
		}
	}
	if st.optional {
		return p.match(rest, tokens, at, strict)
	}
	return -1
}

func (p Pattern) matchAfterGap(rest []step, tokens []Token, at int, strict bool) int {
	for start := at; start <= min(at+maxGap, len(tokens)); start++ {
		if end := p.match(rest, tokens, start, strict); end >= 0 {
			return end
		}
	}
	return -1
}

func (st step) fits(t Token, strict bool) bool {
	for _, c := range st.choices {
		if c.Text == t.Text || (!strict && !st.exact && !t.Marked() && c.Fold == t.Fold) {
			return true
		}
	}
	return false
}
