package vietnamese

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shorthand is how people abbreviate: teencode and initials, each with what it
// may stand for, likeliest first.
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
}

type meaning struct {
	tokens []Token
	ids    []wordID
	cost   float64
	kind   Kind
}

// Costs of the channel, in nats: -ln of how likely a person types this for
// that. They are those of the measured experiment (0.1 for marks left out where
// all are left out, and so on), rounded.
const (
	costMarksBare    = 0.1 // marks missing in a question typed without marks
	costMarksMixed   = 1.2 // in one typed with some of its marks
	costMarksFull    = 4.0 // in one typed with all its marks, where it is rather a word without any
	costMarksWrong   = 3.0 // a word the texts do not know, with other marks
	costMarksKnown   = 7.0 // the same of a word they know
	costKeys         = 0.5 // Telex or VNI residue
	costTeencode     = 0.5
	costInitials     = 1.0
	costAlternative  = 0.7 // each meaning further down the list
	costTeencodeWord = 1.0 // the typed form is itself a word of the texts
	costSoundInvalid = 1.2 // sounds alike; the typed form is no syllable
	costSoundUnknown = 4.0 // it is one, but not of the texts
	costSlip         = 2.5 // one letter wrong, missing, doubled or swapped
	costSlipMarks    = 0.8 // and the marks differ too
	costSplit        = 1.5 // two words glued
	costKeepBare     = 1.5 // an unmarked syllable taken as it stands
	costKeepUnknown  = 6.0 // no syllable, not in the texts: kept as typed
	extraWord        = 5.0 // credit for each word a reading adds, so that
	// longer readings are not dearer for their length alone
)

// Bounds of the search.
const (
	beamWidth      = 10
	mostReadings   = 14
	longestMeaning = 12
	longestWord    = 40 // letters; beyond it nothing is tried
)

// NewDecoder prepares a decoder. The model must be finished.
func NewDecoder(model *LanguageModel, shorthand []Shorthand) *Decoder {
	d := &Decoder{model: model, shorthand: map[string][]meaning{}}
	for _, s := range shorthand {
		typed := Tokens(s.Typed)
		if len(typed) == 0 {
			continue
		}
		d.longest = max(d.longest, len(typed))
		base, kind := costTeencode, KindTeencode
		if s.Initials {
			base, kind = costInitials, KindInitials
		}
		keys := []string{joined(typed, true)}
		if folded := joined(typed, false); s.Initials && folded != keys[0] {
			keys = append(keys, folded)
		}
		for _, key := range keys {
			for i, text := range s.Meanings {
				tokens := Tokens(text)
				if len(tokens) == 0 || len(tokens) > longestMeaning {
					continue
				}
				for j := range tokens {
					tokens[j].Break = false
				}
				mean := meaning{tokens: tokens, cost: base + costAlternative*float64(i), kind: kind}
				for _, t := range tokens {
					mean.ids = append(mean.ids, model.id(t.Text))
				}
				d.shorthand[key] = append(d.shorthand[key], mean)
			}
		}
	}
	return d
}

func joined(tokens []Token, marks bool) string {
	if len(tokens) == 1 {
		if marks {
			return tokens[0].Text
		}
		return tokens[0].Fold
	}
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = t.Fold
		if marks {
			parts[i] = t.Text
		}
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

// reading is one way to read the typed words [from, to).
type reading struct {
	from, to int
	tokens   []Token
	ids      []wordID
	cost     float64
	kind     Kind // "" when it stands as typed
}

// state is a partial reading that ends in a certain word.
type state struct {
	word wordID
	cost float64
	prev int32 // index in the states of reading.from
	r    *reading
}

// Decode returns the likeliest reading of the typed tokens, and what in it
// differs from them.
func (d *Decoder) Decode(typed []Token) ([]Token, []Change) {
	if len(typed) == 0 {
		return typed, nil
	}
	missing := missingMarksCost(typed)
	ends := make([][]*reading, len(typed)+1) // readings by their end
	for i := range typed {
		for _, r := range d.readings(typed, i, missing) {
			ends[r.to] = append(ends[r.to], r)
		}
	}
	states := make([][]state, len(typed)+1)
	states[0] = []state{{word: noWord}}
	for at := 1; at <= len(typed); at++ {
		for _, r := range ends[at] {
			for k, s := range states[r.from] {
				cost := s.cost + r.cost
				before := s.word
				if typed[r.from].Break {
					before = noWord
				}
				for _, id := range r.ids {
					cost += d.model.cost(before, id)
					before = id
				}
				states[at] = append(states[at], state{before, cost, int32(k), r}) //nolint:gosec // within the beam
			}
		}
		states[at] = beam(states[at])
	}
	return trace(states, typed)
}

// beam keeps the best state of each last word, and of those the best few.
func beam(states []state) []state {
	slices.SortFunc(states, func(a, b state) int { return cmp.Compare(a.cost, b.cost) })
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

func trace(states [][]state, typed []Token) ([]Token, []Change) {
	var path []*reading
	at, k := len(typed), int32(0)
	for at > 0 {
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

// missingMarksCost says how dear it is to give marks to a bare syllable, by how
// many syllables of the question carry one. In running Vietnamese three in four do.
func missingMarksCost(tokens []Token) float64 {
	marked, syllables := 0, 0
	for _, t := range tokens {
		if isNumber(t.Text) {
			continue
		}
		syllables++
		if t.Marked() {
			marked++
		}
	}
	switch {
	case marked*100 < syllables*15:
		return costMarksBare
	case marked*100 < syllables*55:
		return costMarksMixed
	}
	return costMarksFull
}

// readings lists the ways to read the words that start at position i.
func (d *Decoder) readings(typed []Token, i int, missing float64) []*reading {
	t := typed[i]
	var out []*reading
	add := func(r reading) {
		r.from = i
		if r.to == 0 {
			r.to = i + 1
		}
		for _, o := range out {
			if o.to == r.to && slices.Equal(textsOf(o.tokens), textsOf(r.tokens)) {
				if r.cost < o.cost {
					*o = r
				}
				return
			}
		}
		out = append(out, &r)
	}
	word := func(id wordID, cost float64, kind Kind) {
		w := d.model.words[id]
		add(reading{tokens: []Token{{Text: w.text, Fold: w.fold}}, ids: []wordID{id}, cost: cost, kind: kind})
	}
	d.shorthands(typed, i, add)
	known := d.model.id(t.Text)
	_, valid := ParseSyllable(t.Text)
	keep := 0.0
	switch {
	case known != noWord, isNumber(t.Text), valid && t.Marked():
	case valid:
		keep = costKeepBare
	case hasDigit(t.Text):
		keep = costKeepBare
	default:
		keep = costKeepUnknown
	}
	add(reading{tokens: []Token{t}, ids: []wordID{known}, cost: keep})
	if isNumber(t.Text) || utf8.RuneCountInString(t.Text) > longestWord {
		return out
	}
	d.marks(t, known, valid, missing, word)
	if known != noWord && (t.Marked() || !valid) {
		return out // a word of the texts, typed in full
	}
	if !valid || known == noWord {
		if s, ok := DecodeKeys(t.Text); ok && s != t.Text {
			d.keys(s, t, valid, add, word)
		}
	}
	if known == noWord {
		d.sounds(t, valid, word)
	}
	if known == noWord && !valid {
		d.slips(t, word)
		d.splits(t, add)
	}
	if len(out) > mostReadings {
		slices.SortStableFunc(out, func(a, b *reading) int { return cmp.Compare(a.cost, b.cost) })
		out = out[:mostReadings]
	}
	return out
}

func textsOf(tokens []Token) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = t.Text
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// shorthands adds the meanings of teencode and initials that start at i.
func (d *Decoder) shorthands(typed []Token, i int, add func(reading)) {
	for n := 1; n <= d.longest && i+n <= len(typed); n++ {
		if n > 1 && typed[i+n-1].Break {
			return
		}
		for _, m := range d.shorthand[joined(typed[i:i+n], true)] {
			cost := m.cost - extraWord*float64(len(m.tokens)-1)
			if n == 1 && d.model.id(typed[i].Text) != noWord {
				cost += costTeencodeWord
				if _, valid := ParseSyllable(typed[i].Text); valid {
					cost += costTeencodeWord
				}
			}
			add(reading{to: i + n, tokens: m.tokens, ids: m.ids, cost: cost, kind: m.kind})
		}
	}
}

// marks adds the words of the texts that differ from the typed one in marks alone.
func (d *Decoder) marks(t Token, known wordID, valid bool, missing float64, word func(wordID, float64, Kind)) {
	cost := missing
	switch {
	case t.Marked() && known != noWord:
		cost = costMarksKnown
	case t.Marked() && valid:
		cost = costMarksWrong
	}
	for _, id := range d.model.byFold[t.Fold] {
		if id != known {
			word(id, cost, KindMarks)
		}
	}
}

// keys adds the reading of Telex or VNI residue. Residue whose marks make no
// known word may still have the right letters: "dduocj".
func (d *Decoder) keys(s string, t Token, valid bool, add func(reading), word func(wordID, float64, Kind)) {
	id := d.model.id(s)
	cost := costKeys
	if valid {
		cost += costMarksWrong
	}
	if id != noWord {
		word(id, cost, KindKeys)
		return
	}
	fold := Fold(s)
	for _, id := range d.model.byFold[fold] {
		word(id, cost+costMarksMixed, KindKeys)
	}
	if !t.Marked() && !valid {
		add(reading{tokens: []Token{{Text: s, Fold: fold}}, ids: []wordID{noWord}, cost: cost + costKeepBare, kind: KindKeys})
	}
}

// sounds adds the words of the texts that sound like the typed one.
func (d *Decoder) sounds(t Token, valid bool, word func(wordID, float64, Kind)) {
	cost := costSoundInvalid
	if valid {
		cost = costSoundUnknown
	}
	for _, fold := range soundAlikes(t.Fold) {
		d.likeMarks(t, fold, cost, KindSound, word)
	}
}

// slips adds the words of the texts one slip away: a letter wrong, missing, too
// many, or two swapped.
func (d *Decoder) slips(t Token, word func(wordID, float64, Kind)) {
	n := len(t.Fold)
	if n < shortestSlip-1 || n > longestSlip+1 || !isASCII(t.Fold) {
		return
	}
	tried := map[string]bool{}
	try := func(fold string) {
		if !tried[fold] && fold != t.Fold && oneSlip(t.Fold, fold) {
			d.likeMarks(t, fold, costSlip, KindSlip, word)
		}
		tried[fold] = true
	}
	for _, fold := range d.model.deletes[t.Fold] {
		try(fold)
	}
	for i := range n {
		shorter := t.Fold[:i] + t.Fold[i+1:]
		if len(d.model.byFold[shorter]) > 0 {
			try(shorter)
		}
		for _, fold := range d.model.deletes[shorter] {
			try(fold)
		}
	}
}

// oneSlip reports whether a and b differ by one letter or two swapped ones.
func oneSlip(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// likeMarks adds the words with the given folded form; where the typist used
// marks, those with other marks cost more.
func (d *Decoder) likeMarks(t Token, fold string, cost float64, kind Kind, word func(wordID, float64, Kind)) {
	for _, id := range d.model.byFold[fold] {
		extra := 0.0
		if t.Marked() && marksOf(t.Text) != marksOf(d.model.words[id].text) {
			extra = costSlipMarks
		}
		word(id, cost+extra, kind)
	}
}

// marksOf returns the marks of a word in order, without its letters.
func marksOf(s string) string {
	var b strings.Builder
	for _, c := range decompose(s) {
		if vietnameseMark(c) || c == 'đ' {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// splits adds readings of a word that is two or three glued together, each
// known and the first two seen side by side.
func (d *Decoder) splits(t Token, add func(reading)) {
	fold := t.Fold
	if len(fold) < 4 || len(fold) != len(t.Fold) || !isASCII(fold) {
		return
	}
	if t.Marked() {
		d.splitMarked(t, add)
		return
	}
	d.split(fold, nil, noWord, 0, add)
}

// mostGlued is how many words one typed word may hold.
const mostGlued = 5

// split walks the ways to cut a folded word into known ones.
func (d *Decoder) split(rest string, words []wordID, last wordID, cost float64, add func(reading)) {
	if rest == "" {
		if len(words) > 1 {
			d.addSplit(words, cost, add)
		}
		return
	}
	if len(words) == mostGlued {
		return
	}
	for n := 1; n <= min(len(rest), longestSlip); n++ {
		ids := d.model.byFold[rest[:n]]
		if len(ids) == 0 || (n == 1 && len(rest) > 1 && last == noWord) {
			continue
		}
		best, bestCost := noWord, 0.0
		for _, id := range ids {
			if last != noWord && !d.model.together(last, id) {
				continue
			}
			if c := d.model.cost(last, id); best == noWord || c < bestCost {
				best, bestCost = id, c
			}
		}
		if last == noWord {
			// Which of the words of this form it is shows with the next one.
			for _, id := range ids[:min(len(ids), 4)] {
				d.split(rest[n:], append(words[:len(words):len(words)], id), id, cost, add)
			}
			continue
		}
		if best != noWord {
			d.split(rest[n:], append(words[:len(words):len(words)], best), best, cost, add)
		}
	}
}

func (d *Decoder) addSplit(words []wordID, cost float64, add func(reading)) {
	r := reading{ids: words, cost: cost + costSplit - extraWord*float64(len(words)-1), kind: KindSplit}
	for _, id := range words {
		r.tokens = append(r.tokens, Token{Text: d.model.words[id].text, Fold: d.model.words[id].fold})
	}
	add(r)
}

// splitMarked cuts a glued word that carries marks in two.
func (d *Decoder) splitMarked(t Token, add func(reading)) {
	for i := range t.Text {
		a, b := d.model.id(Canonical(t.Text[:i])), d.model.id(Canonical(t.Text[i:]))
		if i > 0 && d.model.together(a, b) {
			d.addSplit([]wordID{a, b}, 0, add)
		}
	}
}
