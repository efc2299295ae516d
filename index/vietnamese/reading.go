package vietnamese

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Costs of the channel, in nats: -ln of how likely a person types this for
// that. Set on real mixed typing; the likelihoods of the confusions follow the
// counts of ViLexNorm (Nguyen et al., EACL 2024).
const (
	costMarksBare    = 0.1 // marks missing in a question typed without marks
	costMarksMixed   = 1.2 // in one typed with some of its marks
	costMarksFull    = 4.0 // in one typed with all of them: rather a word that has none
	costMarksWrong   = 3.0 // a word the texts do not know, with other marks
	costMarksKnown   = 7.0 // the same of a word they know
	costMarksPart    = 0.6 // some of the marks typed, which make no syllable: "nôp" for "nộp"
	costMarksPartOf  = 2.0 // which make one that the texts do not know
	costKeys         = 0.5 // Telex or VNI residue
	costKeysValid    = 1.0 // which is a syllable as it stands, not of the texts: "khoong"
	costTeencode     = 0.5
	costInitials     = 1.0
	costAlternative  = 0.7 // each meaning further down the list
	costTeencodeWord = 1.0 // the typed form is itself a word of the texts
	costSoundInvalid = 1.2 // sounds alike; the typed form is no syllable
	costSoundUnknown = 4.0 // it is one, but not of the texts
	costSoundKnown   = 5.0 // it is one of the texts, and beside neither neighbour in them: "căng cước"
	costSlip         = 2.5 // one letter wrong, missing, doubled or swapped
	costSlipMarks    = 0.8 // and the marks differ too
	costSplit        = 1.5 // two words glued
	costKeepBare     = 1.5 // an unmarked syllable taken as it stands
	costKeepUnknown  = 6.0 // no syllable, not in the texts: kept as typed

	// extraWord is the credit for each word a reading adds, so that longer
	// readings are not dearer for their length alone.
	extraWord = 5.0
)

// reading is one way to read the typed words [from, to).
type reading struct {
	from, to int
	tokens   []Token
	ids      []wordID
	cost     float64
	kind     Kind // "" when it stands as typed
	afresh   bool // it begins with a number, which says nothing of the word after it
}

// wordReader lists the readings of one typed word.
type wordReader struct {
	*Decoder
	typed []Token
	at    int
	t     Token
	known wordID // of the word as typed
	valid bool   // it is a Vietnamese syllable
	how   typing
	out   []*reading
}

// readings lists the ways to read the words that start at position i.
func (d *Decoder) readings(typed []Token, i int, how typing) []*reading {
	t := typed[i]
	r := &wordReader{Decoder: d, typed: typed, at: i, t: t, known: d.model.id(t.Text), how: how}
	_, r.valid = ParseSyllable(t.Text)
	if !r.valid && (d.chatSpelling(t.Text) || r.isCount()) {
		r.known = noWord // "ko" in a question of the texts makes it no word
	}
	r.shorthands(typed)
	r.counts()
	r.add(reading{tokens: []Token{t}, ids: []wordID{r.known}, cost: r.keep()})
	if isNumber(t.Text) || utf8.RuneCountInString(t.Text) > longestWord {
		return r.out
	}
	r.marks()
	switch {
	case r.known == noWord:
		r.keys()
		r.sounds()
		if !r.valid {
			r.slips()
			r.splits()
		}
	case r.written() && len(typed) > 1 && !r.sits(r.known):
		r.sounds()
	}
	if len(r.out) > mostReadings {
		slices.SortStableFunc(r.out, func(a, b *reading) int { return cmp.Compare(a.cost, b.cost) })
		r.out = r.out[:mostReadings]
	}
	return r.out
}

// chatSpelling reports whether a typed word is teencode.
func (d *Decoder) chatSpelling(typed string) bool {
	meanings := d.shorthand[typed]
	return len(meanings) > 0 && meanings[0].kind == KindTeencode
}

// keep is what it costs to take the word as it was typed.
func (r *wordReader) keep() float64 {
	switch {
	case r.known != noWord, isNumber(r.t.Text), r.valid && r.t.Marked():
		return 0
	case r.valid, strings.ContainsAny(r.t.Text, "0123456789") && !r.isCount():
		return costKeepBare
	}
	return costKeepUnknown
}

// add puts a reading on the list; of two that read the same, the cheaper stays.
func (r *wordReader) add(n reading) {
	n.from = r.at
	if n.to == 0 {
		n.to = r.at + 1
	}
	for _, o := range r.out {
		if o.to == n.to && slices.EqualFunc(o.tokens, n.tokens, func(a, b Token) bool { return a.Text == b.Text }) {
			if n.cost < o.cost {
				*o = n
			}
			return
		}
	}
	r.out = append(r.out, &n)
}

// word adds a word of the texts.
func (r *wordReader) word(id wordID, cost float64, kind Kind) {
	w := r.model.words[id]
	r.add(reading{tokens: []Token{{Text: w.text, Fold: w.fold}}, ids: []wordID{id}, cost: cost, kind: kind})
}

// shorthands adds the meanings of teencode and initials.
func (r *wordReader) shorthands(typed []Token) {
	for n := 1; n <= r.longest && r.at+n <= len(typed); n++ {
		if n > 1 && typed[r.at+n-1].Break {
			return
		}
		for _, m := range r.shorthand[joined(typed[r.at:r.at+n], true)] {
			cost := m.cost - extraWord*float64(len(m.tokens)-1)
			if n == 1 && r.known != noWord {
				cost += costTeencodeWord
				if r.valid {
					cost += costTeencodeWord
				}
			}
			r.add(reading{to: r.at + n, tokens: m.tokens, ids: m.ids, cost: cost, kind: m.kind})
		}
	}
}

// marks adds the words of the texts that differ from the typed one in marks alone.
func (r *wordReader) marks() {
	cost := r.how.missing
	switch {
	case r.t.Marked() && r.known != noWord:
		cost = costMarksKnown
	case r.t.Marked() && r.valid:
		cost = costMarksWrong
	}
	for _, id := range r.model.byFold[r.t.Fold] {
		if id != r.known && (!r.written() || r.sits(id)) {
			r.word(id, min(cost, r.part(id)), KindMarks)
		}
	}
}

// part is what it costs to read a word that carries some of its marks as the one
// that carries them all.
func (r *wordReader) part(id wordID) float64 {
	if !r.t.Marked() || r.known != noWord && !r.how.toneless || !within(marksOf(r.t.Text), marksOf(r.model.words[id].text)) {
		return math.Inf(1)
	}
	switch {
	case r.how.toneless && r.valid:
		return costMarksMixed
	case r.valid:
		return costMarksPartOf
	}
	return costMarksPart
}

// within reports whether all letters of a stand in b in the same order.
func within(a, b string) bool {
	rest := []rune(b)
	for _, c := range a {
		at := slices.Index(rest, c)
		if at < 0 {
			return false
		}
		rest = rest[at+1:]
	}
	return true
}

// written reports whether the word is a syllable typed with its marks. Such a
// word is only ever read as another when the other is seen beside a neighbour.
func (r *wordReader) written() bool { return r.valid && r.t.Marked() }

// sits reports whether the texts hold a word beside one of the typed neighbours,
// whatever their marks.
func (r *wordReader) sits(id wordID) bool {
	beside := func(at int, together func(neighbour wordID) bool) bool {
		return at >= 0 && at < len(r.typed) && slices.ContainsFunc(r.model.byFold[r.typed[at].Fold], together)
	}
	return beside(r.at-1, func(n wordID) bool { return r.model.together(n, id) }) ||
		beside(r.at+1, func(n wordID) bool { return r.model.together(id, n) })
}

// keys adds the reading of Telex or VNI residue. Residue whose marks make no
// known word may still have the right letters: "dduocj".
func (r *wordReader) keys() {
	s, ok := DecodeKeys(r.t.Text)
	if !ok || s == r.t.Text {
		return
	}
	cost := costKeys
	if id := r.model.id(s); id != noWord {
		if r.valid {
			cost += costKeysValid
		}
		r.word(id, cost, KindKeys)
		return
	}
	if r.valid {
		cost += costMarksWrong
	}
	fold := Fold(s)
	for _, id := range r.model.byFold[fold] {
		r.word(id, cost+costMarksMixed, KindKeys)
	}
	if !r.t.Marked() && !r.valid {
		r.add(reading{tokens: []Token{{Text: s, Fold: fold}}, ids: []wordID{noWord}, cost: cost + costKeepBare, kind: KindKeys})
	}
}

// sounds adds the words of the texts that sound like the typed one.
func (r *wordReader) sounds() {
	cost := costSoundInvalid
	switch {
	case r.known != noWord:
		cost = costSoundKnown
	case r.valid:
		cost = costSoundUnknown
	}
	for _, fold := range soundAlikes(r.t.Fold) {
		r.likeMarks(fold, cost, KindSound)
	}
}

// slips adds the words of the texts one slip away: a letter wrong, missing, too
// many, or two swapped.
func (r *wordReader) slips() {
	typed := r.t.Fold
	n := len(typed)
	if n < shortestSlip || n > longestSlip+1 || !isASCII(typed) {
		return
	}
	folds := slices.Clone(r.model.deletes[typed])
	for i := range n {
		shorter := typed[:i] + typed[i+1:]
		if len(r.model.byFold[shorter]) > 0 {
			folds = append(folds, shorter)
		}
		folds = append(folds, r.model.deletes[shorter]...)
	}
	slices.Sort(folds)
	for _, fold := range slices.Compact(folds) {
		if fold != typed && oneSlip(typed, fold) {
			r.likeMarks(fold, costSlip, KindSlip)
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
func (r *wordReader) likeMarks(fold string, cost float64, kind Kind) {
	for _, id := range r.model.byFold[fold] {
		if r.written() && !r.sits(id) {
			continue
		}
		extra := 0.0
		if r.t.Marked() && marksOf(r.t.Text) != marksOf(r.model.words[id].text) {
			extra = costSlipMarks
		}
		r.word(id, cost+extra, kind)
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
