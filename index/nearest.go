package index

import "math"

// nearest finds the example that a message is most like.
type nearest struct {
	rare    map[term]float64 // how telling a word is among all messages
	holders map[term][]int32 // the examples that hold it
	sizes   []float64        // of the examples, as vectors of such words, squared
	unseen  float64          // how telling a word is that no message holds
}

// newNearest prepares examples, given by their terms, for finding the nearest.
// others are the messages that they stand beside.
func newNearest(examples [][]term, others messages) nearest {
	var these messages
	for _, terms := range examples {
		these.add(terms)
	}
	all := float64(these.n + others.n)
	n := nearest{rare: map[term]float64{}, holders: map[term][]int32{}, sizes: make([]float64, len(examples)), unseen: math.Log(all)}
	for i, terms := range examples {
		for _, word := range terms {
			if word.isPair() {
				continue
			}
			n.rare[word] = math.Log(all / (these.terms[word] + others.terms[word]))
			n.holders[word] = append(n.holders[word], int32(i))
			n.sizes[i] += n.rare[word] * n.rare[word]
		}
	}
	for word, count := range others.terms {
		if _, ok := n.rare[word]; !ok && !word.isPair() {
			n.rare[word] = math.Log(all / count)
		}
	}
	return n
}

// of returns how alike the message is to the example most like it: the cosine of
// their words, 1 for the same words.
func (n nearest) of(terms []term) float64 {
	size, shared := 0.0, make([]float64, len(n.sizes))
	for _, word := range terms {
		if word.isPair() {
			continue
		}
		rare, ok := n.rare[word]
		if !ok {
			rare = n.unseen
		}
		size += rare * rare
		for _, i := range n.holders[word] {
			shared[i] += rare * rare
		}
	}
	best := 0.0
	for i, dot := range shared {
		if dot > 0 {
			best = max(best, dot*dot/n.sizes[i])
		}
	}
	if best > 0 {
		best = math.Sqrt(best / size)
	}
	return best
}
