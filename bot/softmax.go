package bot

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// softmax is multinomial logistic regression over the features of a message
// (Bishop, "Pattern Recognition and Machine Learning", 4.3.4), trained by
// stochastic gradient descent. The same examples always give the same model.
type softmax struct {
	weights []float32 // of all classes for the first feature, for the second, …
	bias    []float64
}

// labelled is one training message.
type labelled struct {
	features []feature
	class    int
}

// feature is the number of something seen in a message.
type feature int32

// featureNumbers numbers what is seen in the messages that are learnt from.
type featureNumbers map[string]feature

// learn numbers the features of a message, new ones too.
func (n featureNumbers) learn(features []string) []feature {
	ids := make([]feature, len(features))
	for i, f := range features {
		id, seen := n[f]
		if !seen {
			id = feature(len(n)) //nolint:gosec // far below 2³¹
			n[f] = id
		}
		ids[i] = id
	}
	return ids
}

// known returns the numbers of those features that have one.
func (n featureNumbers) known(features []string) []feature {
	ids := make([]feature, 0, len(features))
	for _, f := range features {
		if id, ok := n[f]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// Training: passes over the examples, and the step size, which falls from pass to
// pass. In all but the last passes a step does not see a share of an example's
// features: who must do without some of the words does not rest on one alone
// (Srivastava et al., "Dropout", 2014).
const (
	passes    = 12
	whole     = 2 // of them, the last
	firstStep = 2.0
	unseen    = 0.4
)

// council is models of the same examples, each taught in its own order and doing
// without other words. What one of them happens to rest on the mean rests on less.
type council []*softmax

// seats is how many models a council has: as many as the least machine has
// processors, so that they learn in the time of one.
const seats = 2

// trainCouncil trains models side by side; see trainSoftmax.
func trainCouncil(examples []labelled, features, classes int, cost map[int]float64) council {
	c := make(council, seats)
	var training sync.WaitGroup
	for seat := range c {
		training.Go(func() { c[seat] = trainSoftmax(examples, features, classes, cost, uint64(seat)) }) //nolint:gosec // a small number
	}
	training.Wait()
	return c
}

// probabilities are the mean of those of the models; see softmax.probabilities.
func (c council) probabilities(ids []feature, n int, leftOut ...int) []float64 {
	mean := make([]float64, len(c[0].bias))
	for _, s := range c {
		for k, p := range s.probabilities(ids, n, leftOut...) {
			mean[k] += p / float64(len(c))
		}
	}
	return mean
}

// trainSoftmax learns to tell classes apart by so many features. cost says how
// much heavier than 1 an example of a class weighs, and seed in which order.
func trainSoftmax(examples []labelled, features, classes int, cost map[int]float64, seed uint64) *softmax {
	s := &softmax{weights: make([]float32, features*classes), bias: make([]float64, classes)}
	p := make([]float64, classes)
	// A fixed seed: the same knowledge must always behave the same.
	order := rand.New(rand.NewPCG(seed+1, 2)) //nolint:gosec // shuffling, not secrecy
	known := make([]int8, len(examples))      // how often in a row each taught nothing
	rest := make([]int8, len(examples))       // for how many passes it is left out
	var seen []feature
	for pass := range passes {
		step := firstStep / (1 + float64(pass)/4)
		for _, i := range order.Perm(len(examples)) {
			if rest[i] > 0 {
				rest[i]--
				continue
			}
			class := examples[i].class
			ids := examples[i].features
			if pass < passes-whole {
				seen = some(ids, order, seen)
				ids = seen
			}
			if s.learn(ids, class, step*max(cost[class], 1), p) {
				known[i] = 0
			} else {
				known[i]++
				rest[i] = known[i] // what is known well is asked less and less often
			}
			runtime.Gosched() // people are being answered meanwhile
		}
	}
	return s
}

// some puts those features into seen that a step sees.
func some(ids []feature, order *rand.Rand, seen []feature) []feature {
	seen = seen[:0]
	for _, id := range ids {
		if order.Float64() >= unseen {
			seen = append(seen, id)
		}
	}
	return seen
}

// learn takes one step towards the class of an example, and reports whether there
// was anything to learn from it. p is room to work in. The race detector, under
// which this is what takes longest, need not watch it: nobody else has the model
// while it is trained.
//
//go:norace
func (s *softmax) learn(ids []feature, class int, step float64, p []float64) bool {
	if len(ids) == 0 {
		return false
	}
	s.score(ids, len(ids), p)
	share(p)
	if p[class] > sureEnough {
		return false
	}
	scale := 1 / math.Sqrt(float64(len(ids)))
	for k := range p {
		target := 0.0
		if k == class {
			target = 1
		}
		p[k] = step * (target - p[k]) * scale
		s.bias[k] += p[k] * scale
	}
	for _, id := range ids {
		weights := s.weights[int(id)*len(p):][:len(p)]
		for k, gradient := range p {
			weights[k] += float32(gradient)
		}
	}
	return true
}

// sureEnough is the probability from which an example teaches nothing more.
const sureEnough = 0.999

// probabilities of the classes, adding up to 1, for a message of n features of
// which those with ids have been seen. It may be of none of the classes left out.
func (s *softmax) probabilities(ids []feature, n int, leftOut ...int) []float64 {
	p := make([]float64, len(s.bias))
	s.score(ids, n, p)
	for _, class := range leftOut {
		p[class] = math.Inf(-1)
	}
	share(p)
	return p
}

// score fills in how much speaks for each class. Features that came after those it
// was trained by tell nothing. What learn says of the race detector holds here too:
// once trained, the weights are only read.
//
//go:norace
func (s *softmax) score(ids []feature, n int, scores []float64) {
	copy(scores, s.bias)
	scale := 1 / math.Sqrt(float64(max(n, 1)))
	for _, id := range ids {
		if at := int(id) * len(scores); at < len(s.weights) {
			for k, w := range s.weights[at:][:len(scores)] {
				scores[k] += float64(w) * scale
			}
		}
	}
}

// share turns scores into probabilities. It is unwatched as score is.
//
//go:norace
func share(scores []float64) {
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
}
