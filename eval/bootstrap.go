package eval

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
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

// asked tells questions apart: by their words, and where the same words are
// asked several times, by which time it is. A number in a file changes with every
// line put in before it.
type asked struct {
	set, style, text, relevant string
	time                       int
}

// apart yields judgements with what tells their questions apart.
func apart(all []Judged) iter.Seq2[Judged, asked] {
	return func(yield func(Judged, asked) bool) {
		times := map[asked]int{}
		for _, j := range all {
			q := asked{set: j.Set, style: j.Style, text: j.Text, relevant: strings.Join(j.Relevant, " ")}
			times[q]++
			q.time = times[q]
			if !yield(j, q) {
				return
			}
		}
	}
}

// Compare is the paired bootstrap (Efron and Tibshirani 1993, chapter 16; for
// retrieval: Sakai 2006) of "a is right" less "b is right", over the questions
// both have. The same judgements always give the same interval.
func Compare(a, b []Judged, right func(Judged) bool) Interval {
	other := make(map[asked]Judged, len(b))
	for j, q := range apart(b) {
		other[q] = j
	}
	var differences []float64
	for j, q := range apart(a) {
		if o, both := other[q]; both {
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
