package index

import (
	"cmp"
	"slices"

	"github.com/trolyao/trolyao/knowledge"
)

// Query is a question in its conversation.
type Query struct {
	Question *Question
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
	Confidence float64 // 0 to 1: how likely the best candidate is right
	// Hits are the best different articles, best first, each in the section
	// that the question asks for.
	Hits []Hit
	// Expired is set when the best article was left out because its rule is
	// no longer, or not yet, in force.
	Expired *knowledge.Article
	Rule    string // the rule that decided

	evidence Evidence
	ranking  []Hit // all candidates, as ranked
}

// Hit is one candidate article.
type Hit struct {
	Article *knowledge.Article
	Section knowledge.SectionID
	// Named is set when the question names the section, not only its matter.
	Named  bool
	Odds   float64  // how well it fits, by the fitted weights
	Score  float64  // 0 to 1: how likely it is, if one of the candidates answers
	Detail Features // how the score came about

	doc uint32
}

// candidates is how many articles the scorer hands over for re-ranking. The
// right one is among the first ten in nearly every case; more cost little.
const candidates = 16

// Search finds the articles that answer the question and decides how sure it
// is. A question without words abstains.
func (v *Version) Search(q Query) Result {
	res := Result{Decision: Abstain}
	if len(q.Question.Meant) == 0 {
		res.Rule = "không có chữ nào để tìm"
		return res
	}
	topic, inTalk := v.model.byID[q.Topic]
	if !inTalk {
		topic = -1
	}
	res.Hits = v.model.rank(&v.model.calibration, q.Question, candidates, among{today: q.Today, also: topic})
	res.ranking = slices.Clone(res.Hits)
	res.evidence = v.model.evidence(q.Question, res.Hits)
	if inTalk && v.model.followsUp(q.Question, topic, res.Hits) {
		res.askOn(v.model.hit(q.Question, uint32(topic)), q.Today) //nolint:gosec // a number of articles
		return res
	}
	v.model.decide(&res)
	v.model.decideExpired(&res, q.Question, q.Today)
	v.model.pickSections(q.Question, res.Hits)
	return res
}

// Rank returns the k articles most likely to answer the question, best first,
// whether or not any of them does.
func (v *Version) Rank(q *Question, k int) []Hit {
	hits := v.model.rank(&v.model.calibration, q, k, everyDay)
	v.model.pickSections(q, hits)
	return hits
}

func (m *model) pickSections(q *Question, hits []Hit) {
	for i := range hits {
		hits[i].Section, hits[i].Named = m.section(q, hits[i].doc)
	}
}

// hit is an article in the section that the question asks for.
func (m *model) hit(q *Question, doc uint32) Hit {
	section, named := m.section(q, doc)
	return Hit{Article: m.articles[doc].article, Section: section, Named: named, doc: doc}
}

// askOn answers about the topic of the conversation.
func (r *Result) askOn(topic Hit, today knowledge.Date) {
	r.Confidence, r.Rule = 1, "câu hỏi không nêu việc khác: hiểu là hỏi tiếp về bài trước"
	if !topic.Article.InForce(today) {
		r.Hits, r.Expired = nil, topic.Article
		return
	}
	topic.Score = 1
	r.Decision, r.Hits = Answer, []Hit{topic}
}

// among says which articles are ranked.
type among struct {
	// today leaves out those not in force on the day, "" none.
	today knowledge.Date
	// also, if not negative, is looked at even when it shares nothing with the
	// question, and may come after the number wanted.
	also int
}

// everyDay ranks all articles, in force or not.
var everyDay = among{also: -1} //nolint:gochecknoglobals // a constant

// rank returns the k best articles.
func (m *model) rank(c *calibration, q *Question, k int, a among) []Hit {
	found := m.candidates(q, max(k, candidates))
	if a.today != "" {
		found = slices.DeleteFunc(found, func(r ranked) bool { return !m.articles[r.doc].article.InForce(a.today) })
	}
	if a.also >= 0 && !slices.ContainsFunc(found, func(r ranked) bool { return int(r.doc) == a.also }) {
		found = append(found, ranked{doc: uint32(a.also)}) //nolint:gosec // a number of articles
	}
	hits := make([]Hit, 0, len(found))
	z := make([]float64, len(found))
	features := m.evaluate(q, found)
	for i, r := range found {
		f := features[i]
		z[i] = c.rank(f)
		hits = append(hits, Hit{Article: m.articles[r.doc].article, Odds: z[i], Detail: f, doc: r.doc})
	}
	softmax(z)
	for i := range hits {
		hits[i].Score = z[i]
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Odds, a.Odds) })
	if a.also < 0 {
		hits = hits[:min(len(hits), k)]
	}
	return hits
}

// shown is how many hits anyone looks at.
const shown = 10

// Candidates returns the k articles that the scorer ranks first, before their
// wordings are compared. It serves to measure and to check the scorer.
func (v *Version) Candidates(q *Question, k int) []knowledge.ID {
	found := v.model.candidates(q, k)
	ids := make([]knowledge.ID, len(found))
	for i, r := range found {
		ids[i] = v.model.articles[r.doc].article.ID
	}
	return ids
}
