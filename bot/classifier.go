package bot

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// classifier tells the lanes apart by example, and the rules within a lane.
// Rules catch the wordings that staff thought of; the classifier catches what
// is like the messages in lanes/examples.tsv. It is trained anew for each
// knowledge version.
type classifier struct {
	numbers featureNumbers
	lanes   council
	rules   map[knowledge.LaneName]ruleModel
}

// ruleModel tells which rule of one lane a message of that lane calls for.
type ruleModel struct {
	model    *softmax
	names    []string // of the classes
	examples []learnt
}

// learnt is an example with its features.
type learnt struct {
	knowledge.Example
	features []feature
}

// The classes, and how many there are. Everything that is for no lane is a
// question: the articles' own questions are its examples.
const (
	classQuestion = iota
	classEmergency
	classReport
	classRefuse
	classSmalltalk
	classCaution
	classStatement
	classContinuation
	classes
)

// threshold is the least probability at which a message is taken into a lane,
// chosen on messages that were not learnt from. Danger, a report and a caution are
// taken early: a needless warning costs a line of text, and the knowledge is asked
// in doubt. What just says something must be likelier than all else.
func threshold(lane knowledge.LaneName) float64 {
	switch lane {
	case knowledge.Emergency:
		return 0.2
	case knowledge.Report:
		return 0.25
	case knowledge.Caution:
		return 0.24
	case knowledge.Refuse, knowledge.Smalltalk:
		return 0.35
	case knowledge.Statement:
		return 0.5
	}
	return 1
}

// leastWords is how many syllables a message must have for its likeness to mean
// anything. Shorter ones ("tra cứu", "bị treo") share their words with
// everything; what is urgent in two words ("cứu với") is a rule.
func leastWords(lane knowledge.LaneName) int {
	if lane == knowledge.Smalltalk || lane == knowledge.Statement {
		return 3
	}
	return 5
}

// mayBePast is how likely danger must be beside a report of what is over, to be
// taken for danger: it need not be the likelier.
const mayBePast = 0.7

// mayBeHarmless is the same beside what people just say.
const mayBeHarmless = 0.3

// belongs reports whether a message is of the lane. What is much likelier to be
// told of the past, or just said, is no emergency.
func (c *classifier) belongs(lane knowledge.LaneName, r reading, told bool) bool {
	if len(r.tokens) < leastWords(lane) {
		return false
	}
	ids := c.numbers.known(r.features)
	if len(ids) < len(r.features)/leastKnown {
		return false // in words never seen: another language, a name
	}
	p := c.probabilities(ids, len(r.features), told)
	if lane == knowledge.Emergency && (mayBePast*p[classReport] > p[classEmergency] || mayBeHarmless*(p[classStatement]+p[classSmalltalk]) > p[classEmergency]) {
		return false
	}
	return p[classOf(lane)] >= threshold(lane)
}

// probabilities of the classes for a message of n features of which those with
// ids have been seen. Before anything was told nobody goes on about it.
func (c *classifier) probabilities(ids []feature, n int, told bool) []float64 {
	if told {
		return c.lanes.probabilities(ids, n)
	}
	return c.lanes.probabilities(ids, n, classContinuation)
}

// belief returns how likely the message is of the lane in its likeliest reading,
// 1 when a reading is too short to tell.
func (c *classifier) belief(lane knowledge.LaneName, m message) float64 {
	most := 0.0
	for _, r := range m.readings {
		if len(r.tokens) < leastWords(lane) {
			return 1
		}
		p := c.probabilities(c.numbers.known(r.features), len(r.features), m.told)
		most = max(most, p[classOf(lane)])
	}
	return most
}

// sureOfRule is the least probability at which the classifier names a rule. Not
// knowing which number to call, it is better to list them all.
const sureOfRule = 0.55

// rule names the rule of the lane that a message of that lane calls for, "" when
// that is not clear, and the example most like the message.
func (c *classifier) rule(lane knowledge.LaneName, features []string) (rule, like string) {
	r := c.rules[lane]
	if len(r.names) == 0 {
		return "", ""
	}
	ids := c.numbers.known(features)
	likeliest, most := 0, 0.0
	for k, p := range r.model.probabilities(ids, len(features)) {
		if p > most {
			likeliest, most = k, p
		}
	}
	if most >= sureOfRule {
		rule = r.names[likeliest]
	}
	return rule, r.nearest(rule, ids)
}

// nearest returns the example of the rule, of any when it is "", that shares
// most with a message.
func (r ruleModel) nearest(rule string, ids []feature) string {
	best, bestShare := "", 0.0
	for _, e := range r.examples {
		if rule != "" && e.Rule != rule {
			continue
		}
		shared := 0.0
		for _, id := range ids {
			if slices.Contains(e.features, id) {
				shared++
			}
		}
		if share := shared / math.Sqrt(float64(len(e.features)+1)); share > bestShare {
			best, bestShare = e.Text, share
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
	case knowledge.Caution:
		return classCaution
	case knowledge.Statement:
		return classStatement
	}
	return classQuestion
}

// costs says how much heavier than a question an example of a class weighs: the
// articles bring far more questions than the lanes have examples, and to miss
// danger is worse than to warn needlessly.
func costs(questions int) map[int]float64 {
	more := max(1, float64(questions)/costedQuestions)
	return map[int]float64{classEmergency: 3 * more, classReport: 2.2 * more, classRefuse: 3 * more, classSmalltalk: 1.5 * more, classStatement: 1.5 * more}
}

// costedQuestions is how many questions the costs were fitted beside. Beside
// more of them each example of a lane weighs more.
const costedQuestions = 6500

// newClassifier learns from the examples and the articles of a version.
func newClassifier(base *knowledge.Base) *classifier {
	c := &classifier{numbers: featureNumbers{}, rules: map[knowledge.LaneName]ruleModel{}}
	var all []labelled
	byLane := map[knowledge.LaneName][]learnt{}
	cut := new(vietnamese.Cutter)
	for _, e := range base.Lanes.Examples {
		ids := c.numbers.learn(features(cut.Tokens(e.Text)))
		all = append(all, labelled{ids, classOf(e.Lane)})
		byLane[e.Lane] = append(byLane[e.Lane], learnt{e, ids})
		runtime.Gosched() // people are being answered meanwhile
	}
	inExamples := len(c.numbers)
	var rules sync.WaitGroup
	rules.Go(func() {
		for _, lane := range knowledge.LaneNames() {
			c.rules[lane] = newRuleModel(byLane[lane], inExamples)
		}
	})
	questions := someQuestions(base)
	for _, text := range questions {
		all = append(all, labelled{c.numbers.learn(features(cut.Tokens(text))), classQuestion})
		runtime.Gosched()
	}
	for _, text := range harmlessContinuations(base) {
		all = append(all, labelled{c.numbers.learn(features(cut.Tokens(text))), classContinuation})
		runtime.Gosched()
	}
	c.lanes = trainCouncil(all, len(c.numbers), classes, costs(len(questions)))
	rules.Wait()
	return c
}

// enoughQuestions is how many of the articles' questions teach what a question
// looks like; more only take time.
const enoughQuestions = 10_000

// someQuestions takes the articles' titles and questions, what people ask besides,
// and the ways they ask on, evenly over all when there are very many.
func someQuestions(base *knowledge.Base) []string {
	all := slices.Clone(base.Lexicon.Outside)
	for _, f := range base.Lexicon.FollowUps {
		all = append(all, f.Message)
	}
	for _, a := range base.Articles {
		all = append(append(all, a.Title), a.Asked()...)
	}
	step := float64(len(all)) / enoughQuestions
	if step <= 1 {
		return all
	}
	some := make([]string, enoughQuestions)
	for i := range some {
		some[i] = all[int(float64(i)*step)]
	}
	return some
}

// harmlessContinuations returns the ways to go into the articles. What goes on about
// crime may be a report.
func harmlessContinuations(base *knowledge.Base) (texts []string) {
	crime := crimeCategories(base)
	for _, a := range base.Articles {
		if crime[a.Category] {
			continue
		}
		for _, c := range a.Continuations {
			texts = append(texts, c.Text)
		}
	}
	return texts
}

func newRuleModel(examples []learnt, features int) ruleModel {
	r := ruleModel{examples: examples}
	var named []labelled
	for _, e := range examples {
		if e.Rule == "" {
			continue
		}
		class := slices.Index(r.names, e.Rule)
		if class < 0 {
			class = len(r.names)
			r.names = append(r.names, e.Rule)
		}
		named = append(named, labelled{e.features, class})
		runtime.Gosched()
	}
	r.model = trainSoftmax(named, features, len(r.names), nil, 0)
	return r
}

// features are what the classifier sees of a message, each once: syllables and
// pairs without marks, and marked syllables as typed, because "cháy" is not
// "chạy". How a message ends is a feature of its own: "… được không" and "… ở đâu"
// ask, whatever was told before.
func features(tokens []vietnamese.Token) []string {
	out := make([]string, 0, 3*len(tokens)+2)
	add := func(f string) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	for i, t := range tokens {
		add(t.Fold)
		if t.Marked() {
			add(t.Text)
		}
		if i > 0 {
			add(tokens[i-1].Fold + "_" + t.Fold)
		}
	}
	if n := len(tokens); n > 0 {
		add(tokens[n-1].Fold + "_$")
		if n > 1 {
			add(tokens[n-2].Fold + "_" + tokens[n-1].Fold + "_$")
		}
	}
	return out
}
