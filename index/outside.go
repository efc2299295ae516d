package index

import (
	"math"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// outside tells how much a question is like those that no article answers,
// rather than like the wordings of the articles. Other evidence asks how well
// the best article fits; this one knows what people ask besides: "thi bằng lái"
// shares its words with the articles on licences, and none is about the test.
type outside struct {
	termOdds // above 0 speaks for outside

	trust   float64          // 0 to 1: how well the knowledge is known to it
	rare    map[term]float64 // how telling a word is among all messages
	holders map[term][]int32 // the examples that hold it
	sizes   []float64        // of the examples, as vectors of such words, squared
	unseen  float64          // how telling a word is that no message holds
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
		o.keep(examples, inside.terms, beyond.terms, float64(inside.n+beyond.n))
	}
	return o
}

// keep prepares the examples for finding the nearest.
func (o *outside) keep(examples [][]term, in, out map[term]float64, all float64) {
	o.rare, o.holders, o.sizes = map[term]float64{}, map[term][]int32{}, make([]float64, len(examples))
	for i, terms := range examples {
		for _, word := range terms {
			if word.isPair() {
				continue
			}
			o.rare[word] = math.Log(all / (in[word] + out[word]))
			o.holders[word] = append(o.holders[word], int32(i))
			o.sizes[i] += o.rare[word] * o.rare[word]
		}
	}
	for word, n := range in {
		if _, ok := o.rare[word]; !ok && !word.isPair() {
			o.rare[word] = math.Log(all / n)
		}
	}
	o.unseen = math.Log(all)
}

// evidence returns how much more like the examples a question is than like the
// wordings, little where there are few of these: they say little of what is
// inside.
func (o outside) evidence(terms []term) float64 { return o.of(terms, 0) * o.trust }

// enoughInside is the number of wordings at which half is believed.
const enoughInside = 100

// nearest returns how alike the question is to the example most like it: the
// cosine of their words, 1 for the same words.
func (o outside) nearest(terms []term) float64 {
	size, shared := 0.0, make([]float64, len(o.sizes))
	for _, word := range terms {
		if word.isPair() {
			continue
		}
		rare, ok := o.rare[word]
		if !ok {
			rare = o.unseen
		}
		size += rare * rare
		for _, i := range o.holders[word] {
			shared[i] += rare * rare
		}
	}
	best := 0.0
	for i, dot := range shared {
		if dot > 0 {
			best = max(best, dot*dot/o.sizes[i])
		}
	}
	if best > 0 {
		best = math.Sqrt(best / size)
	}
	return best
}

// outsideSmoothing was chosen on the tuning half: few examples stand for all that
// people may ask.
const outsideSmoothing = 0.2

// outsideUnit brings the evidence to the size of the others, which are shares.
const outsideUnit = 10
