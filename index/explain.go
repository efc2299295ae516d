package index

import (
	"strings"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Explain tells staff how a result came about.
type Explain struct {
	Tokens     []TokenExplain        `json:"tokens"`
	Changes    []vietnamese.Change   `json:"changes,omitempty"`  // what was read otherwise than typed
	Synonyms   []SynonymExplain      `json:"synonyms,omitempty"` // what the lexicon says otherwise
	Names      []string              `json:"names,omitempty"`    // of papers, services and schemes
	Aspects    []knowledge.SectionID `json:"aspects,omitempty"`
	Candidates []HitExplain          `json:"candidates,omitempty"`
	Evidence   *Evidence             `json:"evidence,omitempty"`
	GoesOn     *Continuation         `json:"goes_on,omitempty"`    // when something was told before
	GoesOnBy   float64               `json:"goes_on_by,omitempty"` // how likely the question is about that still
	Confidence float64               `json:"confidence"`
	Fitted     knowledge.Date        `json:"fitted"`      // the day of the calibration,
	FittedOn   int                   `json:"fitted_on"`   // the number of its questions
	FittedFrom string                `json:"fitted_from"` // and their file
	Fit        knowledge.Fit         `json:"fit"`
	Rule       string                `json:"rule"` // the rule that decided
}

// TokenExplain is one token of the question.
type TokenExplain struct {
	Text    string  `json:"text"`
	Fold    string  `json:"fold"`
	Guessed bool    `json:"guessed,omitempty"` // its marks
	Weight  float64 `json:"weight"`            // what it tells
	Known   bool    `json:"known"`             // some article holds it
}

// SynonymExplain is a wording of the question that the lexicon says otherwise.
type SynonymExplain struct {
	Typed string `json:"typed"` // as it was read
	Other string `json:"other"`
}

// HitExplain is one candidate.
type HitExplain struct {
	Article knowledge.ID        `json:"article"`
	Section knowledge.SectionID `json:"section"`
	Likely  float64             `json:"likely"` // its share among the candidates
	Features
}

const explainedHits = 5

// Explain tells how the version came to a result for the question.
func (v *Version) Explain(q *Question, res Result) Explain {
	e := Explain{
		Changes: q.Changes, Aspects: q.Aspects, Confidence: res.Confidence,
		Fitted: v.base.Calibration.Fitted, FittedOn: v.base.Calibration.Questions, FittedFrom: v.base.Calibration.Source,
		Fit: v.model.fit, Rule: res.Rule,
	}
	for i, t := range q.Meant {
		e.Tokens = append(e.Tokens, TokenExplain{t.Text, t.Fold, t.Guessed, q.rare[i], q.ids[i].fold != 0})
	}
	for _, s := range q.spans {
		e.Synonyms = append(e.Synonyms, SynonymExplain{spoken(q.Meant[s.from:s.to]), s.other.text})
	}
	for _, n := range q.names {
		e.Names = append(e.Names, n.name)
	}
	for _, h := range res.ranking[:min(len(res.ranking), explainedHits)] {
		section, _ := v.model.section(q, h.doc)
		e.Candidates = append(e.Candidates, HitExplain{h.Article.ID, section, h.Score, h.Detail})
	}
	if len(res.ranking) > 0 {
		e.Evidence = &res.evidence
	}
	if res.continuation != nil {
		e.GoesOn, e.GoesOnBy = res.continuation, v.model.calibration.goesOn.of(res.continuation.vector())
	}
	return e
}

// spoken is what tokens say, in words.
func spoken(tokens []vietnamese.Token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	return strings.Join(words, " ")
}
