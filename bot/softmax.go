package bot

import (
	"math"
	"math/rand/v2"
	"runtime"
)

// softmax is multinomial logistic regression over the features of a message
// (Bishop, "Pattern Recognition and Machine Learning", 4.3.4), trained by
// stochastic gradient descent. The same examples always give the same model.
type softmax struct {
	ids     map[string]int // of the features seen in training
	weights [][]float64    // by feature, then class
	bias    []float64
}

// labelled is one training message.
type labelled struct {
	features []string
	class    int
}

// Training: passes over the examples, and the step size, which falls from pass
// to pass.
const (
	passes    = 30
	firstStep = 2.0
)

// trainSoftmax learns to tell classes apart. cost says how much heavier than 1
// an example of a class weighs.
func trainSoftmax(examples []labelled, classes int, cost map[int]float64) *softmax {
	s := &softmax{ids: map[string]int{}, bias: make([]float64, classes)}
	features := make([][]int, len(examples))
	for i, e := range examples {
		for _, f := range e.features {
			id, seen := s.ids[f]
			if !seen {
				id = len(s.ids)
				s.ids[f] = id
				s.weights = append(s.weights, make([]float64, classes))
			}
			features[i] = append(features[i], id)
		}
	}
	// A fixed seed: the same knowledge must always behave the same.
	order := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // shuffling, not secrecy
	for pass := range passes {
		step := firstStep / (1 + float64(pass)/4)
		for _, i := range order.Perm(len(examples)) {
			class := examples[i].class
			s.learn(features[i], class, step*max(cost[class], 1))
			runtime.Gosched() // people are being answered meanwhile
		}
	}
	return s
}

// learn takes one step towards the class of an example.
func (s *softmax) learn(ids []int, class int, step float64) {
	if len(ids) == 0 {
		return
	}
	p := s.probabilities(ids, len(ids))
	scale := 1 / math.Sqrt(float64(len(ids)))
	for k := range p {
		target := 0.0
		if k == class {
			target = 1
		}
		gradient := step * (target - p[k]) * scale
		s.bias[k] += gradient * scale
		for _, id := range ids {
			s.weights[id][k] += gradient
		}
	}
}

// known returns the ids of the features that were seen in training.
func (s *softmax) known(features []string) []int {
	ids := make([]int, 0, len(features))
	for _, f := range features {
		if id, ok := s.ids[f]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// probabilities of the classes, adding up to 1, for a message of n features of
// which those with ids were seen in training.
func (s *softmax) probabilities(ids []int, n int) []float64 {
	scores := append(make([]float64, 0, len(s.bias)), s.bias...)
	scale := 1 / math.Sqrt(float64(max(n, 1)))
	for _, id := range ids {
		for k, w := range s.weights[id] {
			scores[k] += w * scale
		}
	}
	best, total := math.Inf(-1), 0.0
	for _, v := range scores {
		best = max(best, v)
	}
	for k, v := range scores {
		scores[k] = math.Exp(v - best)
		total += scores[k]
	}
	for k := range scores {
		scores[k] /= total
	}
	return scores
}
