package vietnamese

import (
	"cmp"
	"slices"
	"strings"
)

// Shorthand is how people abbreviate: teencode and initials, each with what it
// may stand for, likeliest first. NumberSign in both stands for a number glued to
// letters: "*t" for "* tuổi", "m*" for "mức *".
type Shorthand struct {
	Typed    string // one or more words
	Meanings []string
	// Initials marks the short form of a name (CCCD), as opposed to chat
	// spelling (ko).
	Initials bool
}

// Decoder reads what people typed as what they meant: keyboard residue,
// teencode, initials, slips, glued words and missing marks. It weighs every
// reading of every word by how it sits among its neighbours, with a language
// model of the texts that will be searched (a noisy channel, searched by
// Viterbi; Kernighan, Church and Gale 1990).
//
// It never lengthens a question without bound: a typed word becomes at most
// longestMeaning words. It is safe for use by many at a time.
type Decoder struct {
	model     *LanguageModel
	shorthand map[string][]meaning // by the typed words, folded or with marks
	longest   int                  // words in the longest Typed
	counted   map[string][]counted // by the letters and NumberSign
}

type meaning struct {
	tokens []Token
	ids    []wordID
	cost   float64
	kind   Kind
}

// Bounds of the search.
const (
	beamWidth      = 10
	mostReadings   = 14
	longestMeaning = 12
	longestWord    = 40 // letters; beyond it nothing is tried
)

// NewDecoder prepares a decoder. The model must be finished.
func NewDecoder(model *LanguageModel, shorthand []Shorthand) *Decoder {
	d := &Decoder{model: model, shorthand: map[string][]meaning{}, counted: map[string][]counted{}}
	for _, s := range shorthand {
		if strings.Contains(s.Typed, NumberSign) {
			d.addCounted(s)
			continue
		}
		typed := Tokens(s.Typed)
		if len(typed) == 0 {
			continue
		}
		d.longest = max(d.longest, len(typed))
		meanings := d.meanings(s)
		key := joined(typed, true)
		d.shorthand[key] = append(d.shorthand[key], meanings...)
		if folded := joined(typed, false); s.Initials && folded != key {
			d.shorthand[folded] = append(d.shorthand[folded], meanings...)
		}
	}
	return d
}

func (d *Decoder) meanings(s Shorthand) []meaning {
	cost, kind := costTeencode, KindTeencode
	if s.Initials {
		cost, kind = costInitials, KindInitials
	}
	var out []meaning
	for _, text := range s.Meanings {
		tokens := Tokens(text)
		if len(tokens) == 0 || len(tokens) > longestMeaning {
			continue
		}
		m := meaning{tokens: tokens, cost: cost, kind: kind}
		for j := range tokens {
			tokens[j].Break = false
			m.ids = append(m.ids, d.model.id(tokens[j].Text))
		}
		out = append(out, m)
		cost += costAlternative
	}
	return out
}

// joined puts the words of tokens together, with their marks or folded.
func joined(tokens []Token, marks bool) string {
	text := func(t Token) string {
		if marks {
			return t.Text
		}
		return t.Fold
	}
	if len(tokens) == 1 {
		return text(tokens[0])
	}
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = text(t)
	}
	return strings.Join(parts, " ")
}

// Change is one thing the decoder read otherwise than it was typed.
type Change struct {
	Typed string `json:"typed"`
	Read  string `json:"read"`
	Kind  Kind   `json:"kind"`
}

// Kind says why a word was read otherwise.
type Kind string

// The kinds of changes.
const (
	KindMarks    Kind = "marks"    // marks were missing or wrong
	KindKeys     Kind = "keys"     // Telex or VNI residue
	KindTeencode Kind = "teencode" // chat spelling
	KindInitials Kind = "initials" // an abbreviation
	KindSound    Kind = "sound"    // sounds alike
	KindSlip     Kind = "slip"     // a typing slip
	KindSplit    Kind = "split"    // glued words
)

// state is a partial reading that ends in a certain word.
type state struct {
	word wordID
	cost float64
	prev int // index in the states of reading.from
	r    *reading
}

// Decode returns the likeliest reading of the typed tokens, and what in it
// differs from them.
func (d *Decoder) Decode(typed []Token) ([]Token, []Change) {
	if len(typed) == 0 {
		return typed, nil
	}
	how := typingOf(typed)
	ends := make([][]*reading, len(typed)+1) // readings by their end
	for i := range typed {
		for _, r := range d.readings(typed, i, how) {
			ends[r.to] = append(ends[r.to], r)
		}
	}
	states := make([][]state, len(typed)+1)
	states[0] = []state{{word: noWord}}
	for at := 1; at <= len(typed); at++ {
		for _, r := range ends[at] {
			for k, s := range states[r.from] {
				states[at] = append(states[at], d.extend(s, k, r, typed[r.from].Break))
			}
		}
		states[at] = beam(states[at])
	}
	return trace(states, typed)
}

// extend puts a reading after a state.
func (d *Decoder) extend(s state, k int, r *reading, pause bool) state {
	cost, before := s.cost+r.cost, s.word
	if pause || r.afresh {
		before = noWord
	}
	for _, id := range r.ids {
		cost += d.model.cost(before, id)
		before = id
	}
	return state{before, cost, k, r}
}

// beam keeps the best state of each last word, and of those the best few.
func beam(states []state) []state {
	slices.SortStableFunc(states, func(a, b state) int { return cmp.Compare(a.cost, b.cost) })
	kept := states[:0]
	for _, s := range states {
		if len(kept) == beamWidth {
			break
		}
		if !slices.ContainsFunc(kept, func(o state) bool { return o.word == s.word && s.word != noWord }) {
			kept = append(kept, s)
		}
	}
	return kept
}

// trace walks back from the cheapest last state.
func trace(states [][]state, typed []Token) ([]Token, []Change) {
	var path []*reading
	for at, k := len(typed), 0; at > 0; {
		s := states[at][k]
		path = append(path, s.r)
		at, k = s.r.from, s.prev
	}
	slices.Reverse(path)
	tokens := make([]Token, 0, len(typed)+4)
	var changes []Change
	for _, r := range path {
		first := len(tokens)
		tokens = append(tokens, r.tokens...)
		tokens[first].Break = typed[r.from].Break
		tokens[first].Guessed = r.kind == KindMarks && !typed[r.from].Marked()
		if r.kind != "" {
			changes = append(changes, Change{joined(typed[r.from:r.to], true), joined(r.tokens, true), r.kind})
		}
	}
	return tokens, changes
}

// typing is how a question was typed.
type typing struct {
	missing  float64 // how dear it is to give marks to a bare syllable
	toneless bool    // hats, horns and đ were typed, and no tones
}

// leastToneless is how many syllables with a mark must carry no tone, for tones to
// be what was left out. In running Vietnamese two in three marked ones carry one.
const leastToneless = 4

// typingOf tells by how many syllables of a question carry marks. In running
// Vietnamese three in four do.
func typingOf(tokens []Token) typing {
	marked, toned, syllables := 0, 0, 0
	for _, t := range tokens {
		if isNumber(t.Text) {
			continue
		}
		syllables++
		if t.Marked() {
			marked++
			if strings.ContainsAny(decompose(t.Text), toneMarks) {
				toned++
			}
		}
	}
	switch {
	case marked*100 < syllables*15:
		return typing{missing: costMarksBare}
	case toned == 0 && marked >= leastToneless:
		return typing{missing: costMarksMixed, toneless: true}
	case marked*100 < syllables*55:
		return typing{missing: costMarksMixed}
	}
	return typing{missing: costMarksFull}
}
