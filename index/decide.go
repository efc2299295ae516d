package index

import (
	"fmt"
	"math"

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
	Short   float64 `json:"short"`   // 1 for a single word of matter, towards 0 for many
}

const evidenceCount = 7

func (e Evidence) vector() [evidenceCount]float64 {
	return [evidenceCount]float64{e.Rank, e.Margin, e.Covered, e.Called, e.Unknown, e.Entity, e.Short}
}

func evidenceNames() [evidenceCount]string {
	return [evidenceCount]string{"rank", "margin", "covered", "called", "unknown", "entity", "short"}
}

func (m *model) evidence(q *Question, hits []Hit) Evidence {
	if len(hits) == 0 {
		return Evidence{}
	}
	best := hits[0]
	e := Evidence{Rank: best.Odds, Margin: best.Score, Covered: best.Detail.Covered, Called: best.Detail.Called, Entity: best.Detail.Entity}
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
	return e
}

// calibration is the fitted part of the decision, ready for use.
type calibration struct {
	rankWeights       [featureCount]float64
	confidenceBias    float64
	confidenceWeights [evidenceCount]float64
	answer, choices   float64
}

func newCalibration(c knowledge.Fit) (calibration, error) {
	out := calibration{
		confidenceBias: c.Confidence[biasName], answer: c.Answer, choices: c.Choices,
	}
	for i, name := range featureNames() {
		w, ok := c.Rank[name]
		if !ok {
			return out, fmt.Errorf("calibration has no weight for %q; fit it again", name)
		}
		out.rankWeights[i] = w
	}
	for i, name := range evidenceNames() {
		w, ok := c.Confidence[name]
		if !ok {
			return out, fmt.Errorf("calibration has no weight for %q; fit it again", name)
		}
		out.confidenceWeights[i] = w
	}
	return out, nil
}

const biasName = "bias"

func (c *calibration) rank(f Features) float64 {
	z := 0.0
	for i, x := range f.vector() {
		z += c.rankWeights[i] * x
	}
	return z
}

func (c *calibration) confidence(e Evidence) float64 {
	z := c.confidenceBias
	for i, x := range e.vector() {
		z += c.confidenceWeights[i] * x
	}
	return sigmoid(z)
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

const (
	maxChoices = 3
	// A choice is worth offering when it is at least this likely beside the best.
	worthOffering = 0.03
	// With nothing to choose from, what is likelier right than wrong is answered.
	moreLikelyThanNot = 0.5
)

// decide turns ranked hits into a decision and keeps the hits worth showing.
func (m *model) decide(r *Result, today knowledge.Date) {
	r.Confidence = m.calibration.confidence(r.evidence)
	kept := make([]Hit, 0, len(r.Hits))
	for _, hit := range r.Hits {
		if hit.Article.InForce(today) {
			kept = append(kept, hit)
		} else if len(kept) == 0 && r.Expired == nil && r.Confidence >= m.calibration.choices {
			r.Expired = hit.Article
		}
	}
	r.Hits = kept
	if r.evidence.Entity == 0 && len(r.Hits) > 0 {
		m.decideNamed(r)
		return
	}
	plausible := 0
	for plausible < len(kept) && plausible < maxChoices && kept[plausible].Score >= worthOffering*kept[0].Score {
		plausible++
	}
	switch {
	case len(kept) == 0 && r.Expired == nil:
		r.Rule = "không có bài nào chung từ với câu hỏi"
	case r.Expired != nil:
		r.Rule, r.Hits = "bài đúng nhất không còn, hoặc chưa, có hiệu lực", nil
	case r.Confidence >= m.calibration.answer:
		r.Decision, r.Rule = Answer, "đủ chắc về bài đứng đầu"
		r.Hits = r.Hits[:plausible]
	case len(kept) == 1 && r.Confidence >= moreLikelyThanNot:
		r.Decision, r.Rule = Answer, "chỉ một bài có chung từ với câu hỏi, và có lẽ đúng"
	case r.Confidence >= m.calibration.choices && len(kept) >= 2:
		r.Decision, r.Rule = Choices, "chưa đủ chắc: đưa ra lựa chọn"
		r.Hits = r.Hits[:max(plausible, 2)]
	default:
		r.Rule, r.Hits = "không bài nào đủ gần với câu hỏi", nil
	}
}

// decideNamed decides when the question names something that the best article
// never mentions: the others that do are offered, or nothing is.
func (m *model) decideNamed(r *Result) {
	var named []Hit
	for _, hit := range r.Hits[:min(len(r.Hits), shown)] {
		if hit.Detail.Entity > 0 && len(named) < maxChoices {
			named = append(named, hit)
		}
	}
	if len(named) >= 2 && r.Confidence >= m.calibration.choices {
		r.Decision, r.Hits, r.Rule = Choices, named, "bài gần nhất không nhắc tới tên nêu trong câu hỏi: đưa ra các bài có nhắc"
		return
	}
	r.Hits, r.Rule = nil, "câu hỏi nêu tên một thứ mà bài gần nhất không nhắc tới"
}
