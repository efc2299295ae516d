package index

import (
	"maps"
	"math"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// vocabulary numbers the words of the messages that odds are learnt from,
// without their marks.
type vocabulary map[string]uint32

// term is a word or a pair of words by their numbers.
type term uint64

func (t term) isPair() bool { return t>>32 != 0 }

// terms returns the words and pairs of a message, each once, in their order.
// Words that were never seen are given numbers for as long as the message is in
// hand.
func (v vocabulary) terms(tokens []vietnamese.Token) []term {
	return v.number(tokens, func(word string, others []string) uint32 {
		if n, ok := v[word]; ok {
			return n
		}
		return uint32(len(v) + 1 + slices.Index(others, word)) //nolint:gosec // a vocabulary is far below 2³²
	})
}

// learn returns the terms of a message and keeps the numbers of its words.
func (v vocabulary) learn(tokens []vietnamese.Token) []term {
	return v.number(tokens, func(word string, _ []string) uint32 {
		n, ok := v[word]
		if !ok {
			n = uint32(len(v) + 1) //nolint:gosec // a vocabulary is far below 2³²
			v[word] = n
		}
		return n
	})
}

func (v vocabulary) number(tokens []vietnamese.Token, number func(word string, all []string) uint32) []term {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Fold
	}
	out := make([]term, 0, 2*len(tokens))
	before := term(0)
	for i, t := range tokens {
		word := term(number(words[i], words))
		out = once(out, word)
		if i > 0 && !t.Break {
			out = once(out, before<<32|word)
		}
		before = word
	}
	return out
}

// once appends what is not there already. Messages are short.
func once(terms []term, t term) []term {
	if slices.Contains(terms, t) {
		return terms
	}
	return append(terms, t)
}

// termOdds tells messages of one kind from those of another, by naive Bayes
// over their words and pairs of words, without marks. It holds the logarithm of
// the odds by term: above 0 speaks for the first kind.
type termOdds map[term]float32

// messages are how often each term stands in a number of messages.
type messages struct {
	n     int
	terms map[term]float64
}

// add counts a message by its terms.
func (c *messages) add(terms []term) {
	if c.terms == nil {
		c.terms = map[term]float64{}
	}
	c.n++
	for _, t := range terms {
		c.terms[t]++
	}
}

func (c messages) clone() messages { return messages{c.n, maps.Clone(c.terms)} }

// learnOdds learns from messages of either kind. Without examples of both it
// knows nothing. smoothing is how many messages each term is taken to have been
// seen in beforehand, so that one sighting does not decide (Lidstone).
func learnOdds(these, others messages, smoothing float64) termOdds {
	if these.n == 0 || others.n == 0 {
		return nil
	}
	odds := make(termOdds, max(len(these.terms), len(others.terms)))
	score := func(t term) { odds[t] = float32(oddsOf(these.terms[t], others.terms[t], these.n, others.n, smoothing)) }
	for t := range others.terms {
		score(t)
	}
	for t := range these.terms {
		score(t)
	}
	return odds
}

// oddsOf returns the logarithm of the odds for a term that stands in so many of
// these and of the other messages. The same share of either side is no evidence,
// however many more the one are.
func oddsOf(these, others float64, ofThese, ofOthers int, smoothing float64) float64 {
	scale := float64(ofOthers) / float64(ofThese)
	return math.Log((these+smoothing)*scale) - math.Log(others+smoothing*scale)
}

// of returns the evidence that a message is of the first kind: the mean over its
// terms, growing with the root of their number. A word that no message held
// counts unseen; a pair of such words says nothing more.
func (o termOdds) of(terms []term, unseen float64) float64 {
	sum, n := 0.0, 0
	for _, t := range terms {
		odds, ok := o[t]
		switch {
		case ok:
			sum += float64(odds)
		case unseen != 0 && !t.isPair():
			sum += unseen
		default:
			continue
		}
		n++
	}
	return sum / math.Sqrt(float64(max(n, 1)))
}
