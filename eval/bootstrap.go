package eval

import (
	"math/rand/v2"
	"slices"
)

// Interval is a difference of two shares with the bounds that hold it in 95 of
// 100 resamples.
type Interval struct {
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	N          int     `json:"n"`
}

// resamples of the bootstrap.
const resamples = 2000

// Compare is the paired bootstrap (Efron and Tibshirani 1993, chapter 16; for
// retrieval: Sakai 2006) of "a is right" less "b is right", over the questions
// both have. The same judgements always give the same interval.
func Compare(a, b []Judged, right func(Judged) bool) Interval {
	type key struct{ set, style, id string }
	other := make(map[key]Judged, len(b))
	for _, j := range b {
		other[key{j.Set, j.Style, j.ID}] = j
	}
	var differences []float64
	for _, j := range a {
		if o, both := other[key{j.Set, j.Style, j.ID}]; both {
			differences = append(differences, share(right(j))-share(right(o)))
		}
	}
	n := len(differences)
	if n == 0 {
		return Interval{}
	}
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // resampling, not secrecy
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range n {
			sum += differences[dice.IntN(n)]
		}
		means[i] = sum / float64(n)
	}
	slices.Sort(means)
	sum := 0.0
	for _, d := range differences {
		sum += d
	}
	return Interval{sum / float64(n), means[resamples*25/1000], means[resamples*975/1000-1], n}
}
