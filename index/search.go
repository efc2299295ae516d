package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Query is a question in its conversation.
type Query struct {
	Question *Question
	// Topics are what the person was last told about: one article, or those
	// that were offered, likeliest first. A question that names no matter of its
	// own is about them.
	Topics []knowledge.ID
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
	// GoesOn is set when the question was taken to be rather about the topic still.
	GoesOn bool
	// Expired is set when the best article was left out because its rule is
	// no longer, or not yet, in force.
	Expired *knowledge.Article
	Rule    string // the rule that decided

	evidence     Evidence
	continuation *Continuation // of the likeliest topic, if there are topics
	ranking      []Hit         // all candidates and topics, in force or not, as ranked
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
const candidates = 12

// Search finds the articles that answer the question and decides how sure it
// is. A question without words abstains.
func (v *Version) Search(q Query) Result {
	res := Result{Decision: Abstain}
	if !slices.ContainsFunc(q.Question.Meant, func(t vietnamese.Token) bool { return !isNumeral(t) }) {
		res.Rule = "không có chữ nào để tìm"
		return res
	}
	topics := v.model.docsOf(q.Topics)
	v.model.alone(&res, q, topics)
	if v.model.goOn(&res, q, topics) {
		return res
	}
	if offered := inForce(res.ranking, q.Today); res.Decision == Answer && len(offered) >= 2 && v.model.goesOn.of(q.Question.terms, strangeToAll) >= saysNoMatter {
		res.Decision, res.Rule = Choices, "câu hỏi không nêu việc gì: đưa ra lựa chọn"
		res.Hits = offered[:min(len(offered), maxChoices)]
	}
	v.model.decideExpired(&res, q.Question, q.Today)
	v.model.pickSections(q.Question, res.Hits)
	return res
}

// alone decides as if nothing had been spoken of before. The topics are ranked
// all the same.
func (m *model) alone(res *Result, q Query, topics []uint32) {
	res.ranking = m.rank(q.Question, candidates, among{today: q.Today, also: topics})
	res.Hits = inForce(res.ranking, q.Today)
	res.evidence = m.evidence(q.Question, res.Hits)
	m.decide(res, q.Question)
}

// inForce returns the hits whose rules are in force: an article that was told
// yesterday may have expired since.
func inForce(hits []Hit, today knowledge.Date) []Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { return !h.Article.InForce(today) })
}

// isNumeral reports whether a word is a count, as in "2 tháng". Longer numbers
// are names: 113, 1022. So are those with a letter: 4G, B1.
func isNumeral(t vietnamese.Token) bool {
	return len(t.Text) < 3 && strings.Trim(t.Text, "0123456789") == ""
}

// Rank returns the k articles most likely to answer the question, best first,
// whether or not any of them does.
func (v *Version) Rank(q *Question, k int) []Hit {
	hits := v.model.rank(q, k, everyDay)
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

// docsOf returns the numbers of articles, of those that there are.
func (m *model) docsOf(ids []knowledge.ID) (docs []uint32) {
	for _, id := range ids {
		if doc, ok := m.byID[id]; ok {
			docs = append(docs, uint32(doc)) //nolint:gosec // a number of articles
		}
	}
	return docs
}

// among says which articles are ranked.
type among struct {
	// today leaves out those not in force on the day, "" none.
	today knowledge.Date
	// also are looked at even when they share nothing with the question, and may
	// come after the number wanted.
	also []uint32
}

// everyDay ranks all articles, in force or not.
var everyDay = among{} //nolint:gochecknoglobals // a constant

// past returns how many articles are not, or not yet, in force on the day, "" for
// none. An article does not end before it begins.
func (m *model) past(today knowledge.Date) int {
	if today == "" {
		return 0
	}
	ended, _ := slices.BinarySearch(m.end, today)
	begun, _ := slices.BinarySearchFunc(m.begin, today, func(from, day knowledge.Date) int { // those that begin on the day have begun
		if from <= day {
			return -1
		}
		return 1
	})
	return ended + len(m.begin) - begun
}

// rank returns the k best articles.
func (m *model) rank(q *Question, k int, a among) []Hit {
	n := max(k, candidates)
	found := m.candidates(q, n+m.past(a.today)) // what is over must not push out what is in force
	if a.today != "" {
		found = slices.DeleteFunc(found, func(r ranked) bool { return !m.articles[r.doc].article.InForce(a.today) })
	}
	found = found[:min(len(found), n)]
	for _, doc := range a.also {
		if !slices.ContainsFunc(found, func(r ranked) bool { return r.doc == doc }) {
			found = append(found, ranked{doc: doc})
		}
	}
	hits := make([]Hit, 0, len(found))
	z := make([]float64, len(found))
	features := m.evaluate(q, found)
	for i, r := range found {
		f := features[i]
		z[i] = m.calibration.rank(f)
		hits = append(hits, Hit{Article: m.articles[r.doc].article, Odds: z[i], Detail: f, doc: r.doc})
	}
	softmax(z)
	for i := range hits {
		hits[i].Score = z[i]
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Odds, a.Odds) })
	if len(a.also) == 0 {
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
