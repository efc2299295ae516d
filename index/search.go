package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Query is a question as a person typed it.
type Query struct {
	Text string
	// Topic is the article the person was last told about, or "". A question
	// that names no matter of its own is about the topic.
	Topic knowledge.ID
	// Today decides which articles are in force.
	Today knowledge.Date
}

// Decision is what the evidence allows.
type Decision string

// The three decisions.
const (
	Answer  Decision = "answer"  // sure of one article
	Choices Decision = "choices" // two or three may be meant
	Abstain Decision = "abstain" // the knowledge has no answer
)

// Result is the outcome of a search.
type Result struct {
	Decision   Decision
	Confidence float64 // 0 to 1, of the best candidate
	// Hits are the best different articles, best first, each in the section
	// that the question asks for.
	Hits []Hit
	// Expired is set when the best article was left out because its rule is
	// no longer, or not yet, in force.
	Expired *knowledge.Article
	Explain Explain
}

// Hit is one candidate article.
type Hit struct {
	Article *knowledge.Article
	Section knowledge.SectionID
	Score   float64  // 0 to 1
	Detail  Features // how the score came about
}

// maxTokens bounds the work for one question; people who write more are
// telling a story, and its beginning names the matter.
const maxTokens = 48

// candidates is how many articles Bleve hands over for re-ranking. The right
// one is among the first ten in nearly every case; more cost little.
const candidates = 24

// Search finds the articles that answer the question and decides how sure it
// is. An empty question abstains.
func (v *Version) Search(ctx context.Context, q Query) (Result, error) {
	question := v.model.read(q.Text)
	res := Result{Decision: Abstain, Explain: question.explain()}
	if question.topicless() && v.base.Article(q.Topic) != nil {
		a := v.base.Article(q.Topic)
		hit := Hit{Article: a, Section: question.section(a), Score: 1}
		res.Decision, res.Confidence, res.Hits = Answer, 1, []Hit{hit}
		res.Explain.Rule = "câu hỏi không nêu việc nào: hiểu là hỏi tiếp về bài trước"
		return res, nil
	}
	if len(question.tokens) == 0 {
		res.Explain.Rule = "không có chữ nào để tìm"
		return res, nil
	}
	found, err := v.candidates(ctx, question)
	if err != nil {
		return res, err
	}
	for _, id := range found {
		am := v.model.articles[id]
		f := v.model.features(question, am)
		res.Hits = append(res.Hits, Hit{Article: am.article, Section: question.section(am.article), Score: f.Score(), Detail: f})
	}
	slices.SortStableFunc(res.Hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Article.ID, b.Article.ID))
	})
	res.decide(q.Today)
	return res, nil
}

// candidates asks Bleve for the articles that share most with the question.
func (v *Version) candidates(ctx context.Context, q question) ([]knowledge.ID, error) {
	var clauses []query.Query
	add := func(part, view, term string, boost float64) {
		t := bleve.NewTermQuery(term)
		t.SetField(fieldName(part, view))
		t.SetBoost(boost)
		clauses = append(clauses, t)
	}
	views := viewsOf(q.tokens)
	seen := map[string]bool{}
	once := func(view, term string) bool {
		key := view + " " + term
		again := seen[key]
		seen[key] = true
		return !again
	}
	for i, t := range q.tokens {
		if once(viewFolded, t.Fold) {
			add(partQuestion, viewFolded, t.Fold, 0.7*q.weights[i])
			add(partBody, viewFolded, t.Fold, 0.2*q.weights[i])
		}
		if t.Marked() && once(viewAccented, t.Text) {
			add(partQuestion, viewAccented, t.Text, 0.5*q.weights[i])
		}
	}
	for _, p := range views.foldedPairs {
		if once(viewFoldedPairs, p) {
			add(partQuestion, viewFoldedPairs, p, 0.5)
			add(partBody, viewFoldedPairs, p, 0.2)
		}
	}
	req := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(clauses...), candidates, 0, false)
	found, err := v.bleve.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("search index version %s: %w", v.id, err)
	}
	ids := make([]knowledge.ID, 0, len(found.Hits))
	for _, hit := range found.Hits {
		ids = append(ids, knowledge.ID(hit.ID))
	}
	return ids, nil
}

// question is a question after analysis.
type question struct {
	tokens  []vietnamese.Token
	weights []float64 // of each token, relative to a word of the matter
	aspects []knowledge.SectionID
	strict  bool // the writer types with marks
	matter  float64
	m       *model
}

// aspectWeight is how much the words that ask for a section ("bao nhiêu tiền")
// count when choosing the article.
const aspectWeight = 0.4

func (m *model) read(text string) question {
	tokens := vietnamese.Tokens(text)
	if len(tokens) > maxTokens {
		tokens = tokens[:maxTokens]
	}
	q := question{tokens: tokens, weights: make([]float64, len(tokens)), strict: vietnamese.MostlyMarked(tokens), m: m}
	for i := range q.weights {
		q.weights[i] = 1
	}
	for _, cue := range m.aspects {
		from, to, ok := cue.pattern.Find(tokens, q.strict)
		if !ok {
			continue
		}
		if !slices.Contains(q.aspects, cue.section) {
			q.aspects = append(q.aspects, cue.section)
		}
		for i := from; i < to; i++ {
			q.weights[i] = aspectWeight
		}
	}
	for i, t := range tokens {
		if q.weights[i] == 1 && !m.fillers[t.Fold] {
			q.matter += m.weight(t.Fold)
		}
	}
	return q
}

// topicless says whether the question asks for a section, or asks on, without
// naming any matter: "thế lệ phí bao nhiêu".
func (q question) topicless() bool { return len(q.tokens) > 0 && len(q.aspects) > 0 && q.matter == 0 }

// section picks the section of the article that the question asks for.
func (q question) section(a *knowledge.Article) knowledge.SectionID {
	for _, id := range q.aspects {
		for _, id := range append([]knowledge.SectionID{id}, insteadOf(id)...) {
			if _, ok := a.Section(id); ok {
				return id
			}
		}
	}
	return knowledge.Lead
}

// insteadOf names the sections that answer an aspect where the article has no
// section of its own for it.
func insteadOf(id knowledge.SectionID) []knowledge.SectionID {
	switch id { //nolint:exhaustive // the other aspects have no stand-in
	case knowledge.Online:
		return []knowledge.SectionID{knowledge.Steps}
	case knowledge.Steps:
		return []knowledge.SectionID{knowledge.Online}
	case knowledge.Place:
		return []knowledge.SectionID{knowledge.Online}
	}
	return nil
}
