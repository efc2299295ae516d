package bot

import (
	"math"
	"math/rand/v2"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// classifier tells the lanes apart by example. Rules catch the wordings that
// staff thought of; the classifier catches what is like the messages in
// lanes/examples.tsv. It is multinomial logistic regression over syllables and
// pairs, trained anew for each knowledge version, always with the same result.
type classifier struct {
	ids      map[string]int // of the features seen in training
	weights  [][classes]float64
	bias     [classes]float64
	examples map[knowledge.LaneName][]learnt
}

// learnt is an example with its features.
type learnt struct {
	knowledge.Example
	features map[string]bool
}

// The classes, and how many there are. Everything that is for no lane is a
// question: the articles' own questions are its examples.
const (
	classQuestion = iota
	classEmergency
	classReport
	classRefuse
	classSmalltalk
	classes
)

// threshold is the least probability at which a message is taken into a lane.
// Danger is taken early: a needless warning costs a line of text. The others
// must be likelier than a question.
func threshold(lane knowledge.LaneName) float64 {
	switch lane {
	case knowledge.Emergency:
		return 0.42
	case knowledge.Report:
		return 0.45
	case knowledge.Refuse:
		return 0.6
	case knowledge.Smalltalk:
		return 0.75
	}
	return 1
}

// leastWords is how many syllables a message must have for its likeness to mean
// anything. Shorter ones ("tra cứu", "bị treo") share their words with
// everything; what is urgent in two words ("cứu với") is a rule.
func leastWords(lane knowledge.LaneName) int {
	if lane == knowledge.Smalltalk {
		return 3
	}
	return 5
}

// belongs reports whether a message is of the lane. What is likelier to be told
// of the past is no emergency.
func (c *classifier) belongs(lane knowledge.LaneName, words int, features []string) bool {
	if words < leastWords(lane) {
		return false
	}
	ids := make([]int, 0, len(features))
	for _, f := range features {
		if id, ok := c.ids[f]; ok {
			ids = append(ids, id)
		}
	}
	if len(ids) < len(features)/leastKnown {
		return false // in words never seen: another language, a name
	}
	p := c.probabilities(ids, len(features))
	if lane == knowledge.Emergency && p[classReport] > p[classEmergency] {
		return false
	}
	return p[classOf(lane)] >= threshold(lane)
}

// nearest returns the example of the lane that shares most with a message.
func (c *classifier) nearest(lane knowledge.LaneName, features []string) knowledge.Example {
	var best knowledge.Example
	bestShare := 0.0
	for _, e := range c.examples[lane] {
		shared := 0.0
		for _, f := range features {
			if e.features[f] {
				shared++
			}
		}
		if share := shared / math.Sqrt(float64(len(e.features)+1)); share > bestShare {
			best, bestShare = e.Example, share
		}
	}
	return best
}

// leastKnown is the divisor of what must be known of a message to judge it.
const leastKnown = 3

func classOf(lane knowledge.LaneName) int {
	switch lane {
	case knowledge.Emergency:
		return classEmergency
	case knowledge.Report:
		return classReport
	case knowledge.Refuse:
		return classRefuse
	case knowledge.Smalltalk:
		return classSmalltalk
	}
	return classQuestion
}

// Training: passes over the examples, and the step size, which falls from pass
// to pass. Danger weighs double: missing it costs more than a needless warning.
const (
	passes     = 30
	firstStep  = 2.0
	dangerCost = 2.0
)

// example is one training message, its features as ids.
type example struct {
	ids   []int
	class int
}

// newClassifier learns from the examples and the articles of a version.
func newClassifier(base *knowledge.Base) *classifier {
	c := &classifier{ids: map[string]int{}, examples: map[knowledge.LaneName][]learnt{}}
	var examples []example
	add := func(features []string, class int) {
		e := example{class: class}
		for _, f := range features {
			id, seen := c.ids[f]
			if !seen {
				id = len(c.ids)
				c.ids[f] = id
			}
			e.ids = append(e.ids, id)
		}
		if len(e.ids) > 0 {
			examples = append(examples, e)
		}
	}
	for _, e := range base.Lanes.Examples {
		seen := features(vietnamese.Tokens(e.Text))
		add(seen, classOf(e.Lane))
		if e.Lane == "" {
			continue
		}
		l := learnt{e, make(map[string]bool, len(seen))}
		for _, f := range seen {
			l.features[f] = true
		}
		c.examples[e.Lane] = append(c.examples[e.Lane], l)
	}
	for _, a := range base.Articles {
		add(features(vietnamese.Tokens(a.Title)), classQuestion)
		for _, q := range a.Questions {
			add(features(vietnamese.Tokens(q)), classQuestion)
		}
	}
	c.train(examples)
	return c
}

func (c *classifier) train(examples []example) {
	c.weights = make([][classes]float64, len(c.ids))
	// A fixed seed: the same knowledge must always behave the same.
	order := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // shuffling, not secrecy
	for pass := range passes {
		step := firstStep / (1 + float64(pass)/4)
		for _, i := range order.Perm(len(examples)) {
			c.learn(examples[i], step)
		}
	}
}

// learn takes one step towards the example's class.
func (c *classifier) learn(e example, step float64) {
	p := c.probabilities(e.ids, len(e.ids))
	if e.class == classEmergency {
		step *= dangerCost
	}
	scale := 1 / math.Sqrt(float64(len(e.ids)))
	for k := range p {
		target := 0.0
		if k == e.class {
			target = 1
		}
		gradient := step * (target - p[k]) * scale
		c.bias[k] += gradient * scale
		for _, id := range e.ids {
			c.weights[id][k] += gradient
		}
	}
}

// probabilities of the classes, adding up to 1, for a message of n features of
// which those with ids were seen in training.
func (c *classifier) probabilities(ids []int, n int) [classes]float64 {
	scores := c.bias
	scale := 1 / math.Sqrt(float64(max(n, 1)))
	for _, id := range ids {
		w := &c.weights[id]
		for k := range scores {
			scores[k] += w[k] * scale
		}
	}
	best, total := scores[0], 0.0
	for _, s := range scores {
		best = max(best, s)
	}
	for k, s := range scores {
		scores[k] = math.Exp(s - best)
		total += scores[k]
	}
	for k := range scores {
		scores[k] /= total
	}
	return scores
}

// features are what the classifier sees of a message: syllables and pairs
// without marks, and marked syllables as typed, because "cháy" is not "chạy".
func features(tokens []vietnamese.Token) []string {
	out := make([]string, 0, 3*len(tokens))
	for i, t := range tokens {
		out = append(out, t.Fold)
		if t.Marked() {
			out = append(out, t.Text)
		}
		if i > 0 {
			out = append(out, tokens[i-1].Fold+"_"+t.Fold)
		}
	}
	return out
}
