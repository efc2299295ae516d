package index

import (
	"fmt"
	"math"
	"slices"

	"github.com/trolyao/trolyao/knowledge"
)

// Evidence is what the confidence in the best candidate rests on.
type Evidence struct {
	Rank    float64 `json:"rank"`    // how well the best candidate fits, seen alone
	Margin  float64 `json:"margin"`  // its score less that of the next article
	Covered float64 `json:"covered"` // share of the question found in it
	Called  float64 `json:"called"`  // share of the question that it is called by
	Unknown float64 `json:"unknown"` // share of the question that no article knows
	Entity  float64 `json:"entity"`  // 1 when it is asked by every name in the question, 0 when it never mentions one
	Alike   float64 `json:"alike"`   // how alike its nearest wording is
	Learned float64 `json:"learned"` // its share among the candidates by what was learnt
	Short   float64 `json:"short"`   // 1 for a single word of matter, towards 0 for many
	Outside float64 `json:"outside"` // above 0 when the question is more like those that no article answers
	Beyond  float64 `json:"beyond"`  // how alike the nearest of those is
}

func (e Evidence) vector() []float64 {
	return []float64{e.Rank, e.Margin, e.Covered, e.Called, e.Unknown, e.Entity, e.Alike, e.Learned, e.Short, e.Outside, e.Beyond}
}

func evidenceNames() []string {
	return []string{"rank", "margin", "covered", "called", "unknown", "entity", "alike", "learned", "short", "outside", "beyond"}
}

func (m *model) evidence(q *Question, hits []Hit) Evidence {
	if len(hits) == 0 {
		return Evidence{}
	}
	best := hits[0]
	e := Evidence{
		Rank: best.Odds, Margin: best.Score, Covered: best.Detail.Covered, Called: best.Detail.Called,
		Entity: best.Detail.Entity,
		Alike:  best.Detail.Alike, Learned: math.Exp(best.Detail.Learned),
	}
	if len(hits) > 1 {
		e.Margin -= hits[1].Score
	}
	unknown, total, matter := 0.0, 0.0, 0
	for i, id := range q.ids {
		total += q.rare[i]
		if id.fold == 0 {
			unknown += q.rare[i]
		}
		if q.weights[i] == 1 {
			matter++
		}
	}
	if total > 0 {
		e.Unknown = unknown / total
	}
	e.Short = 1 / float64(max(matter, 1))
	if m.off != StepOutside {
		e.Outside = m.outside.evidence(q.terms) / outsideUnit
		e.Beyond = m.outside.beyond.of(q.terms)
	}
	return e
}

// calibration is the fitted part of the decision, ready for use.
type calibration struct {
	rankWeights     [featureCount]float64
	sectionWeights  [sectionFeatureCount]float64
	sure            logistic // the first article is right
	worthOffering   logistic // one of the first few is
	goesOn          logistic // the question goes on about the topic
	answer, choices float64
	// goOn are the limits for taking it so, by what would be decided otherwise.
	goOn map[Decision]knowledge.GoOn
}

func newCalibration(c knowledge.Fit) (calibration, error) {
	out := calibration{answer: c.Answer, choices: c.Choices, goOn: map[Decision]knowledge.GoOn{}}
	for _, d := range []Decision{Answer, Choices, Abstain} {
		limits, ok := c.GoOn[string(d)]
		if !ok {
			return out, errNotFitted(string(d))
		}
		out.goOn[d] = limits
	}
	for i, name := range featureNames() {
		w, ok := c.Rank[name]
		if !ok {
			return out, errNotFitted(name)
		}
		out.rankWeights[i] = w
	}
	for i, name := range sectionFeatureNames() {
		w, ok := c.Section[name]
		if !ok {
			return out, errNotFitted(name)
		}
		out.sectionWeights[i] = w
	}
	var err error
	if out.sure, err = newLogistic(c.Confidence, evidenceNames()); err != nil {
		return out, err
	}
	if out.worthOffering, err = newLogistic(c.Offer, evidenceNames()); err != nil {
		return out, err
	}
	out.goesOn, err = newLogistic(c.GoesOn, continuationNames())
	return out, err
}

func newLogistic(weights map[string]float64, names []string) (l logistic, err error) {
	for _, name := range names {
		w, ok := weights[name]
		if !ok {
			return l, errNotFitted(name)
		}
		l.weights = append(l.weights, w)
	}
	l.bias = weights[biasName]
	return l, nil
}

// errNotFitted is returned for a calibration of another program.
func errNotFitted(name string) error {
	return fmt.Errorf("calibration has no weight for %q; run trolyao calibrate", name)
}

const biasName = "bias"

func (c *calibration) rank(f Features) float64 {
	z := 0.0
	for i, x := range f.vector() {
		z += c.rankWeights[i] * x
	}
	return z
}

const (
	maxChoices = 3
	// A choice is shown when it is at least this likely beside the best.
	likelyBeside = 0.03
	// With nothing to choose from, what is likelier right than wrong is answered.
	moreLikelyThanNot = 0.5
)

// decide turns ranked hits into a decision and keeps the hits worth showing.
func (m *model) decide(r *Result, q *Question) {
	evidence := r.evidence.vector()
	r.Confidence = m.calibration.sure.of(evidence)
	offer := m.calibration.worthOffering.of(evidence) >= m.calibration.choices
	if r.evidence.Entity == 0 && len(r.Hits) > 0 {
		decideNamed(r, offer)
		return
	}
	plausible := 0
	for plausible < len(r.Hits) && plausible < maxChoices && r.Hits[plausible].Score >= likelyBeside*r.Hits[0].Score {
		plausible++
	}
	switch {
	case len(r.Hits) == 0:
		r.Rule = "không có bài nào chung từ với câu hỏi"
	case r.Confidence >= m.calibration.answer && len(r.Hits) >= 2 && len(q.Typed) <= fewWords && r.Hits[0].Detail.Alike < called:
		r.Decision, r.Rule = Choices, "chỉ một vài chữ, bài nào cũng có: đưa ra lựa chọn"
		r.Hits = offered(r.Hits, max(plausible, 2))
	case r.Confidence >= m.calibration.answer:
		r.Decision, r.Rule = Answer, "đủ chắc về bài đứng đầu"
		r.Hits = r.Hits[:plausible]
	case len(r.Hits) == 1 && r.Confidence >= moreLikelyThanNot:
		r.Decision, r.Rule = Answer, "chỉ một bài có chung từ với câu hỏi, và có lẽ đúng"
	case offer && len(r.Hits) >= 2:
		r.Decision, r.Rule = Choices, "chưa đủ chắc: đưa ra lựa chọn"
		r.Hits = offered(r.Hits, max(plausible, 2))
	default:
		r.Rule, r.Hits = "không bài nào đủ gần với câu hỏi", nil
	}
}

// What is of so few words, as typed, is answered only when an article is
// called nearly so: "con" and "7 ngày" stand in the wordings of many.
const (
	fewWords = 2
	called   = 0.8
)

// offered picks what is offered: the first n, unless the question says word by
// word how two articles or more are called. Then it is these.
func offered(hits []Hit, n int) []Hit {
	var called []Hit
	for _, h := range hits[:min(len(hits), shown)] {
		if h.Detail.Alike >= wordByWord && len(called) < maxChoices {
			called = append(called, h)
		}
	}
	if len(called) >= 2 {
		return called
	}
	return hits[:n]
}

const wordByWord = 0.999

// decideExpired withholds an answer when the article that fits best is not, or
// not yet, in force. Where one in force answers and is asked much the same way,
// as when a rule changes from one day to the next, that one stands.
func (m *model) decideExpired(r *Result, q *Question, today knowledge.Date) {
	if !slices.ContainsFunc(m.candidates(q, candidates), func(c ranked) bool { return !m.articles[c.doc].article.InForce(today) }) {
		return
	}
	all := m.rank(q, candidates, everyDay)
	if len(all) == 0 || all[0].Article.InForce(today) {
		return
	}
	evidence := m.evidence(q, all).vector()
	meant := m.calibration.worthOffering.of(evidence) >= m.calibration.choices
	if r.Decision == Answer {
		meant = m.calibration.sure.of(evidence) >= m.calibration.answer && r.Hits[0].Detail.Alike < all[0].Detail.Alike-muchAlike
	}
	if !meant {
		return
	}
	r.Decision, r.Hits, r.Expired = Abstain, nil, all[0].Article
	r.Rule = "bài đúng nhất không còn, hoặc chưa, có hiệu lực"
}

// muchAlike is by how much two articles may differ in how alike the nearest of
// their wordings is to a question, to be asked much the same way.
const muchAlike = 0.1

// decideNamed decides when the question names something that the best article
// never mentions: the others that do are offered, with the best where it is likely
// all the same or they are one alone; or nothing is.
func decideNamed(r *Result, offer bool) {
	var named []Hit
	for _, hit := range r.Hits[:min(len(r.Hits), shown)] {
		if hit.Detail.Entity > 0 && len(named) < maxChoices {
			named = append(named, hit)
		}
	}
	switch best := r.Hits[0]; {
	case len(named) > 0 && best.Score >= moreLikelyThanNot:
		named = slices.Insert(named, 0, best)
		named = named[:min(len(named), maxChoices)]
	case len(named) == 1 && named[0].Score >= likelyBeside*best.Score:
		named = append(named, best)
	}
	if len(named) >= 2 && offer {
		r.Decision, r.Hits, r.Rule = Choices, named, "bài gần nhất không nhắc tới tên nêu trong câu hỏi: đưa ra các bài có nhắc"
		return
	}
	r.Hits, r.Rule = nil, "câu hỏi nêu tên một thứ mà bài gần nhất không nhắc tới"
}
