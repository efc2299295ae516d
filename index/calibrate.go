package index

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Example is a question with the articles that answer it, none when the
// knowledge has no answer.
type Example struct {
	Text string
	// Before is what the person asked first, "" when nothing was; GoesOn says
	// that the question is still about that.
	Before string
	GoesOn bool
	Expect []knowledge.ID
	// Sections are the right ones of an article, where only some will do.
	Sections map[knowledge.ID][]knowledge.SectionID
	// Near marks an unanswerable question that shares its words with what the
	// knowledge does hold.
	Near bool
}

// Targets are what the thresholds must keep on the examples they are fitted on,
// as shares from 0 to 1.
type Targets struct {
	Wrong     float64 // most direct answers that are wrong, of all examples
	FalseFar  float64 // most direct answers to far unanswerable examples
	FalseNear float64 // and to near ones
	Lost      float64 // most answerable examples that are refused though the right article was found
}

// DefaultTargets are what the assistant promises: few wrong answers, hardly ever
// one to a question that has none. They are stricter than the promise itself,
// since a threshold does better on the questions it was chosen on than on a
// stranger's. About half of the answers that count as wrong are right by an
// article that the question's writer did not think of.
func DefaultTargets() Targets {
	return Targets{Wrong: 0.012, FalseFar: 0.01, FalseNear: 0.05, Lost: 0.004}
}

// ErrFewExamples is returned for examples that say too little to fit anything on.
var ErrFewExamples = errors.New("chưa đủ câu hỏi để tính")

// What must be there, asked alone, to tell what is answered from what is not.
const (
	leastAnswerable   = 20
	leastUnanswerable = 5
)

func enough(examples []Example) error {
	answerable, not := 0, 0
	for _, e := range examples {
		switch {
		case e.Before != "":
		case len(e.Expect) > 0:
			answerable++
		default:
			not++
		}
	}
	if answerable < leastAnswerable || not < leastUnanswerable {
		return fmt.Errorf("%w: nửa tuning có %d câu hỏi một lượt có bài trả lời (cần %d) và %d câu không có bài (cần %d)", ErrFewExamples, answerable, leastAnswerable, not, leastUnanswerable)
	}
	return nil
}

// Calibrate fits the ranking and the confidence on examples, and chooses the
// thresholds: once with the articles as they are, and once without the questions
// they bring, for collections that bring none. The same examples always give
// the same result. source names where they came from. Too few are ErrFewExamples.
func (v *Version) Calibrate(examples []Example, targets Targets, today knowledge.Date, source string) (knowledge.Calibration, error) {
	if err := enough(examples); err != nil {
		return knowledge.Calibration{}, err
	}
	out := knowledge.Calibration{Fitted: today, Questions: len(examples), Source: source, Worded: v.fit(examples, targets, today)}
	plain, err := buildMemory(v.base.WithArticles(withoutQuestions(v.base.Articles)), v.created)
	if err != nil {
		return out, err
	}
	defer plain.Release()
	out.Plain = plain.fit(examples, targets, today)
	return out, nil
}

func withoutQuestions(articles []*knowledge.Article) []*knowledge.Article {
	out := make([]*knowledge.Article, len(articles))
	for i, a := range articles {
		plain := *a
		plain.Questions, plain.Wordings, plain.Keywords, plain.Continuations = nil, nil, nil, nil
		out[i] = &plain
	}
	return out
}

func (v *Version) fit(examples []Example, targets Targets, today knowledge.Date) knowledge.Fit {
	alone := slices.DeleteFunc(slices.Clone(examples), func(e Example) bool { return e.Before != "" })
	c := v.fitAlone(alone, targets)
	v.fitGoesOn(&c, examples, today)
	return c.export()
}

// fitAlone fits all that decides about questions before which nothing was said.
func (v *Version) fitAlone(examples []Example, targets Targets) calibration {
	m := v.model
	questions := make([]*Question, len(examples))
	for i, e := range examples {
		questions[i] = v.Read(e.Text)
	}
	c := calibration{rankWeights: m.fitRank(questions, examples), sectionWeights: m.fitSection(questions, examples)}
	m = m.with(c) // from here on the candidates are ranked with the new weights
	judged := make([]judgedTop, len(examples))
	for i, q := range questions {
		hits := m.rank(q, candidates, everyDay)
		judged[i] = judgedTop{evidence: m.evidence(q, hits).vector(), right: len(hits) > 0 && holds(examples[i], hits[0]), example: examples[i]}
		for _, h := range hits[:min(len(hits), maxChoices)] {
			judged[i].found = judged[i].found || holds(examples[i], h)
		}
	}
	var sure, worthOffering []observation
	for _, j := range judged {
		sure = append(sure, observation{j.evidence, j.right, 1})
		worthOffering = append(worthOffering, observation{j.evidence, j.found, 1})
	}
	c.sure, c.worthOffering = fitLogistic(sure), fitLogistic(worthOffering)
	for i := range judged {
		judged[i].sure, judged[i].worthOffering = c.sure.of(judged[i].evidence), c.worthOffering.of(judged[i].evidence)
	}
	c.answer, c.choices = chooseThresholds(judged, targets)
	return c
}

func holds(e Example, h Hit) bool { return slices.Contains(e.Expect, h.Article.ID) }

// judgedTop is what came first for an example, and whether it was right.
type judgedTop struct {
	example             Example
	evidence            []float64
	sure, worthOffering float64
	right, found        bool // first; among the first few
}

// Training of the fits: passes over all examples, the step, and the penalty on
// large weights that keeps few examples from deciding much.
const (
	fitPasses      = 400
	fitRankStep    = 10.0
	fitSectionStep = 3.0
	fitPenalty     = 1e-3
)

// fitRank chooses the weights that make a right article the likeliest of its
// candidates, none below zero: no evidence that an article fits may count
// against it.
func (m *model) fitRank(questions []*Question, examples []Example) (w [featureCount]float64) {
	var choices []choice
	for i, q := range questions {
		ch := choice{weight: 1}
		found := m.candidates(q, candidates)
		features := m.evaluate(q, found)
		for k, r := range found {
			x := features[k].vector()
			ch.x = append(ch.x, x[:])
			ch.right = append(ch.right, slices.Contains(examples[i].Expect, m.articles[r.doc].article.ID))
		}
		choices = append(choices, ch)
	}
	for k := range w {
		w[k] = 1
	}
	fitChoices(choices, w[:], fitRankStep, true)
	return w
}

// taughtWeight is what a wording counts beside an example when section weights
// are fitted: the wordings are many more, and more roundabout than what people
// ask.
const taughtWeight = 0.07

// fitSection chooses the weights that make a right section the likeliest of its
// article, by the examples that expect one and by the articles' own wordings.
func (m *model) fitSection(questions []*Question, examples []Example) (w [sectionFeatureCount]float64) {
	choices := m.taughtSections()
	for i, q := range questions {
		for _, id := range examples[i].Expect {
			if doc, ok := m.byID[id]; ok && len(examples[i].Sections[id]) > 0 {
				choices = append(choices, m.sectionChoice(&m.articles[doc], q, noWording, examples[i].Sections[id]...))
			}
		}
	}
	fitChoices(choices, w[:], fitSectionStep, false)
	return w
}

// taughtSections are the choices that the articles' own wordings teach, each
// made without the wording itself.
func (m *model) taughtSections() []choice {
	var taught []choice
	for doc := range m.articles {
		am := &m.articles[doc]
		for i, w := range am.article.Wordings {
			if w.Section == "" {
				continue
			}
			ch := m.sectionChoice(am, m.read(vietnamese.Tokens(w.Text)), i, w.Section)
			ch.weight = taughtWeight
			taught = append(taught, ch)
		}
	}
	return taught
}

// sectionChoice is the choice among the sections of an article.
func (m *model) sectionChoice(am *articleModel, q *Question, except int, right ...knowledge.SectionID) choice {
	ch := choice{x: m.sectionEvidence(am, q, except), weight: 1}
	for _, s := range am.sections {
		ch.right = append(ch.right, slices.Contains(right, s.id))
	}
	return ch
}

// choice is what could have been chosen, and which of it was right.
type choice struct {
	x      [][]float64 // features of each
	right  []bool
	weight float64
}

// fitChoices improves weights that make the right of each choice likely
// (conditional logit, McFadden 1974). Choices without a right one teach nothing.
func fitChoices(choices []choice, w []float64, firstStep float64, positive bool) {
	total := 0.0
	choices = slices.DeleteFunc(choices, func(ch choice) bool { return !slices.Contains(ch.right, true) })
	for _, ch := range choices {
		total += ch.weight
	}
	if total == 0 {
		return
	}
	gradient := make([]float64, len(w))
	for pass := range fitPasses {
		clear(gradient)
		for i := range choices {
			choices[i].addGradient(w, gradient)
		}
		step := firstStep / (1 + float64(pass)/100)
		for k := range w {
			w[k] += step * (gradient[k]/total - fitPenalty*w[k])
			if positive {
				w[k] = max(w[k], 0)
			}
		}
	}
}

// addGradient adds how the logarithm of the share of the right ones grows with
// each weight.
func (ch choice) addGradient(w, gradient []float64) {
	p := make([]float64, len(ch.x))
	for i, x := range ch.x {
		for k := range w {
			p[i] += w[k] * x[k]
		}
	}
	softmax(p)
	rightMass := 0.0
	for i := range p {
		if ch.right[i] {
			rightMass += p[i]
		}
	}
	for i, x := range ch.x {
		g := -p[i]
		if ch.right[i] {
			g += p[i] / rightMass
		}
		for k := range w {
			gradient[k] += ch.weight * g * x[k]
		}
	}
}

func softmax(z []float64) {
	top, total := math.Inf(-1), 0.0
	for _, x := range z {
		top = max(top, x)
	}
	for i, x := range z {
		z[i] = math.Exp(x - top)
		total += z[i]
	}
	for i := range z {
		z[i] /= total
	}
}

// chooseThresholds takes the lowest threshold for answering that keeps the
// targets, and the highest for offering choices that refuses few questions
// whose right article was found.
func chooseThresholds(judged []judgedTop, t Targets) (answer, choices float64) {
	kept := func(threshold float64) bool {
		wrong, far, near, fars, nears := 0, 0, 0, 0, 0
		for _, j := range judged {
			answered := j.sure >= threshold
			switch {
			case len(j.example.Expect) > 0:
			case j.example.Near:
				nears++
				near += count(answered)
			default:
				fars++
				far += count(answered)
			}
			wrong += count(answered && !j.right)
		}
		return within(wrong, len(judged), t.Wrong) && within(far, fars, t.FalseFar) && within(near, nears, t.FalseNear)
	}
	answer = 0.999
	for at := 0.995; at >= 0.05; at -= 0.005 {
		if kept(at) {
			answer = at
		}
	}
	var found []float64
	for _, j := range judged {
		if j.found {
			found = append(found, j.worthOffering)
		}
	}
	slices.Sort(found)
	if len(found) > 0 {
		choices = found[int(t.Lost*float64(len(found)-1))]
	}
	return likelihood(answer), likelihood(choices)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func within(n, of int, most float64) bool { return float64(n) <= most*float64(of) }

// likelihood rounds a threshold to what can be reached and missed.
func likelihood(x float64) float64 { return min(max(round3(x), 0.001), 0.999) }

func round3(x float64) float64 { return math.Round(x*1000) / 1000 }

func (c *calibration) export() knowledge.Fit {
	out := knowledge.Fit{Answer: c.answer, Choices: c.choices, Rank: map[string]float64{}, Section: map[string]float64{}, Confidence: c.sure.export(evidenceNames()), Offer: c.worthOffering.export(evidenceNames()), GoesOn: c.goesOn.export(continuationNames()), GoOn: map[string]knowledge.GoOn{}}
	for i, name := range featureNames() {
		out.Rank[name] = round3(c.rankWeights[i])
	}
	for i, name := range sectionFeatureNames() {
		out.Section[name] = round3(c.sectionWeights[i])
	}
	for d, limits := range c.goOn {
		out.GoOn[string(d)] = limits
	}
	return out
}

func (l logistic) export(names []string) map[string]float64 {
	out := map[string]float64{biasName: round3(l.bias)}
	for i, name := range names {
		out[name] = 0
		if len(l.weights) > 0 {
			out[name] = round3(l.weights[i])
		}
	}
	return out
}
