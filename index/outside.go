package index

import (
	"github.com/trolyao/trolyao/index/vietnamese"
)

// outside tells how much a question is like those that no article answers,
// rather than like the wordings of the articles. Other evidence asks how well
// the best article fits; this one knows what people ask besides: "thi bằng lái"
// shares its words with the articles on licences, and none is about the test.
type outside struct {
	termOdds // above 0 speaks for outside

	trust  float64 // 0 to 1: how well the knowledge is known to it
	beyond nearest // of the examples
}

func newOutside(v vocabulary, inside messages, texts []string, cut *vietnamese.Cutter) outside {
	var beyond messages
	examples := make([][]term, len(texts))
	for i, text := range texts {
		examples[i] = v.learn(cut.Tokens(text))
		beyond.add(examples[i])
	}
	n := float64(inside.n)
	o := outside{termOdds: learnOdds(beyond, inside, outsideSmoothing), trust: n / (n + enoughInside)}
	if o.termOdds != nil {
		o.beyond = newNearest(examples, inside)
	}
	return o
}

// evidence returns how much more like the examples a question is than like the
// wordings, little where there are few of these: they say little of what is
// inside.
func (o outside) evidence(terms []term) float64 { return o.of(terms, 0) * o.trust }

// enoughInside is the number of wordings at which half is believed.
const enoughInside = 100

// outsideSmoothing was chosen on the tuning half: few examples stand for all that
// people may ask.
const outsideSmoothing = 0.2

// outsideUnit brings the evidence to the size of the others, which are shares.
const outsideUnit = 10
