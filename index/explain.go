package index

import "github.com/trolyao/trolyao/knowledge"

// Explain tells staff how a result came about.
type Explain struct {
	Tokens     []TokenExplain        `json:"tokens"`
	Aspects    []knowledge.SectionID `json:"aspects,omitempty"`
	Candidates []HitExplain          `json:"candidates,omitempty"`
	Thresholds map[string]float64    `json:"thresholds"`
	Rule       string                `json:"rule"` // the rule that decided
}

// TokenExplain is one token of the question.
type TokenExplain struct {
	Text   string  `json:"text"`
	Fold   string  `json:"fold"`
	Weight float64 `json:"weight"`
	Known  bool    `json:"known"` // some article holds it
}

// HitExplain is one candidate.
type HitExplain struct {
	Article knowledge.ID        `json:"article"`
	Section knowledge.SectionID `json:"section"`
	Features
}

const explainedHits = 5

func (q question) explain() Explain {
	e := Explain{
		Aspects:    q.aspects,
		Thresholds: map[string]float64{"answer": answerScore, "choices": choicesScore, "lead": clearLead},
	}
	for i, t := range q.tokens {
		e.Tokens = append(e.Tokens, TokenExplain{t.Text, t.Fold, q.weights[i] * q.m.weight(t.Fold), q.m.docFreq[t.Fold] > 0})
	}
	return e
}

func explainHits(hits []Hit) []HitExplain {
	var out []HitExplain
	for _, h := range hits[:min(len(hits), explainedHits)] {
		out = append(out, HitExplain{h.Article.ID, h.Section, h.Detail})
	}
	return out
}
