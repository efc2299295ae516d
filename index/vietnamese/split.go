package vietnamese

import (
	"slices"
	"unicode/utf8"
)

// Bounds on taking glued words apart.
const (
	mostGlued     = 5 // words in one typed word
	shortestGlued = 4 // letters
	firstTried    = 4 // words of the first part's form
)

// splits adds the readings of a word that is several glued together, each pair
// of neighbours seen side by side in the texts.
func (r *wordReader) splits() {
	if len(r.t.Fold) < shortestGlued || !isASCII(r.t.Fold) {
		return
	}
	if r.t.Marked() {
		r.splitMarked(r.t.Text, nil)
		return
	}
	for n := 1; n <= min(len(r.t.Fold), longestSlip); n++ {
		ids := r.model.byFold[Canonical(r.t.Fold[:n])]
		// Which of the words of this form it is shows with the next one.
		for _, id := range ids[:min(len(ids), firstTried)] {
			r.splitRest(r.t.Fold[n:], []wordID{id})
		}
	}
}

// splitRest walks the ways to cut the rest of a folded word into known words.
func (r *wordReader) splitRest(rest string, words []wordID) {
	if rest == "" {
		if len(words) > 1 {
			r.addSplit(words)
		}
		return
	}
	if len(words) == mostGlued {
		return
	}
	for n := 1; n <= min(len(rest), longestSlip); n++ {
		if id := r.likeliestAfter(words[len(words)-1], rest[:n]); id != noWord {
			r.splitRest(rest[n:], append(slices.Clip(words), id))
		}
	}
}

// likeliestAfter returns the word of a folded form that the texts hold most
// often after another, noWord when they never do.
func (r *wordReader) likeliestAfter(before wordID, fold string) wordID {
	best, least := noWord, 0.0
	for _, id := range r.model.byFold[Canonical(fold)] {
		if !r.model.together(before, id) {
			continue
		}
		if cost := r.model.cost(before, id); best == noWord || cost < least {
			best, least = id, cost
		}
	}
	return best
}

func (r *wordReader) addSplit(words []wordID) {
	n := reading{ids: words, cost: costSplit - extraWord*float64(len(words)-1), kind: KindSplit}
	for _, id := range words {
		n.tokens = append(n.tokens, Token{Text: r.model.words[id].text, Fold: r.model.words[id].fold})
	}
	r.add(n)
}

// splitMarked walks the ways to cut the rest of a glued word that carries marks
// into known words.
func (r *wordReader) splitMarked(rest string, words []wordID) {
	if rest == "" {
		if len(words) > 1 {
			r.addSplit(words)
		}
		return
	}
	if len(words) == mostGlued {
		return
	}
	letters := 0
	for at, letter := range rest {
		if letters++; letters > longestSlip {
			return
		}
		end := at + utf8.RuneLen(letter)
		id := r.model.id(Canonical(rest[:end]))
		if id != noWord && (len(words) == 0 || r.model.together(words[len(words)-1], id)) {
			r.splitMarked(rest[end:], append(slices.Clip(words), id))
		}
	}
}
