package index

import (
	"math"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// termOdds tells messages of one kind from those of another, by naive Bayes
// over their words and pairs of words, without marks. It holds the logarithm of
// the odds by term: above 0 speaks for the first kind.
type termOdds map[string]float64

// messages are how often each term stands in a number of messages.
type messages struct {
	n     int
	terms map[string]float64
}

// add counts a message.
func (c *messages) add(tokens []vietnamese.Token) {
	if c.terms == nil {
		c.terms = map[string]float64{}
	}
	c.n++
	for _, term := range termsOf(tokens) {
		c.terms[term]++
	}
}

// without returns what is left when others, which are among them, are taken out.
func (c messages) without(others messages) messages {
	rest := messages{n: c.n - others.n, terms: make(map[string]float64, len(c.terms))}
	for term, n := range c.terms {
		if n -= others.terms[term]; n > 0 {
			rest.terms[term] = n
		}
	}
	return rest
}

func messagesOf(texts []string) (c messages) {
	for _, text := range texts {
		c.add(vietnamese.Tokens(text))
	}
	return c
}

// learnOdds learns from messages of either kind. Without examples of both it
// knows nothing. smoothing is how many messages each term is taken to have been
// seen in beforehand, so that one sighting does not decide (Lidstone).
func learnOdds(these, others messages, smoothing float64) termOdds {
	if these.n == 0 || others.n == 0 {
		return nil
	}
	in, out := others.terms, these.terms
	// The same share of either side is no evidence, however many more the one
	// are.
	scale := float64(others.n) / float64(these.n)
	odds := make(termOdds, len(in)+len(out))
	score := func(term string) {
		odds[term] = math.Log((out[term]+smoothing)*scale) - math.Log(in[term]+smoothing*scale)
	}
	for term := range in {
		score(term)
	}
	for term := range out {
		score(term)
	}
	return odds
}

// of returns the evidence that a message is of the first kind: the mean over its
// terms, growing with the root of their number. A word that no message held
// counts unseen; a pair of such words says nothing more.
func (o termOdds) of(tokens []vietnamese.Token, unseen float64) float64 {
	sum, n := 0.0, 0
	for _, term := range termsOf(tokens) {
		odds, ok := o[term]
		switch {
		case ok:
			sum += odds
		case unseen != 0 && !strings.Contains(term, " "):
			sum += unseen
		default:
			continue
		}
		n++
	}
	return sum / math.Sqrt(float64(max(n, 1)))
}

// termsOf returns the words and pairs of a message, each once, in their order.
func termsOf(tokens []vietnamese.Token) []string {
	terms := make([]string, 0, 2*len(tokens))
	for i, t := range tokens {
		terms = append(terms, t.Fold)
		if i > 0 && !t.Break {
			terms = append(terms, tokens[i-1].Fold+" "+t.Fold)
		}
	}
	return once(terms)
}

// once returns the terms without those that came before.
func once(terms []string) []string {
	seen := make(map[string]bool, len(terms))
	return slices.DeleteFunc(terms, func(term string) bool {
		again := seen[term]
		seen[term] = true
		return again
	})
}
