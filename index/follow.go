package index

import (
	"math"
	"slices"

	"github.com/trolyao/trolyao/knowledge"
)

// A question that goes on names no matter of its own: "thế mất bao lâu", "cần mang
// gì theo"; or it goes into the matter that was spoken of: "con tôi mới 7 tuổi".

// followUpSmoothing is low: a word of a single article names a matter.
const followUpSmoothing = 0.1

// strangeToAll is the evidence, at most, of a word that nobody was seen to ask on
// by: it names a matter that nobody has spoken of.
const strangeToAll = -2.0

// learnFollowUps learns how people ask on, beside how they ask for what there is
// an article on, what there is none on, and what the lanes take for questions: in
// a folder of few articles common words would seem to name no matter.
func (m *model) learnFollowUps(rows []knowledge.FollowUp, base *knowledge.Base, asked messages) {
	asked = asked.clone()
	for _, text := range base.Lexicon.Outside {
		asked.add(m.vocabulary.learn(m.cut.Tokens(text)))
	}
	for _, e := range base.Lanes.Examples {
		if e.Lane == "" {
			asked.add(m.vocabulary.learn(m.cut.Tokens(e.Text)))
		}
	}
	var ways messages
	examples := make([][]term, len(rows))
	for i, row := range rows {
		examples[i] = m.vocabulary.learn(m.cut.Tokens(row.Message))
		ways.add(examples[i])
	}
	m.asksOn = newNearest(examples, asked)
	m.goesOn = learnOdds(ways, asked, followUpSmoothing)
	for t, odds := range m.goesOn {
		if ways.terms[t] == 0 && !t.isPair() {
			m.goesOn[t] = min(odds, strangeToAll) // few wordings hold it, and nobody asks on by it
		}
	}
}

// intoSmoothing hardly matters from 0.2 to 1.
const intoSmoothing = 0.2

// learnContinuations learns how people go into a matter.
func (m *model) learnContinuations(asked messages) {
	var ways messages
	for i := range m.articles {
		for _, w := range m.articles[i].article.Continuations {
			ways.add(m.vocabulary.learn(m.cut.Tokens(w.Text)))
		}
	}
	m.goesInto = learnOdds(ways, asked, intoSmoothing)
}

// Continuation is the evidence that a question goes on about what was last told,
// the topic, rather than begins another matter.
type Continuation struct {
	AsksOn  float64 `json:"asks_on"` // above 0 when it is worded as people ask on
	Into    float64 `json:"into"`    // above 0 when it is worded as people go into a matter
	Worded  float64 `json:"worded"`  // how alike the nearest way to ask on is
	Told    float64 `json:"told"`    // how alike the nearest way to go into the topic is
	Outside float64 `json:"outside"` // as of Evidence
	Beyond  float64 `json:"beyond"`
	Offer   float64 `json:"offer"`   // how likely one of the first few articles answers it
	Sure    float64 `json:"sure"`    // how likely the first one does
	Alike   float64 `json:"alike"`   // how alike the topic's nearest wording is
	Called  float64 `json:"called"`  // share of it that the topic is called by
	Covered float64 `json:"covered"` // share of it found in the topic
	Says    float64 `json:"says"`    // share of it found in the section that says most
	Light   float64 `json:"light"`   // how little its words tell of any matter: "đăng ký ở đâu"
	Entity  float64 `json:"entity"`  // 1 when every name in it is one the topic is asked by
	Ahead   float64 `json:"ahead"`   // by how much, in odds, the best other article fits better
	Other   float64 `json:"other"`   // how alike the nearest wording of that article is
	Akin    float64 `json:"akin"`    // 1 when that article is of the topic's category or related to it
	// Evidence that counts for less, or for more, beside other evidence.
	AsksOnSquared float64 `json:"asks_on_squared"` // the further from 0, the less more of it tells
	AsksInto      float64 `json:"asks_into"`       // asks_on times into
	Fits          float64 `json:"fits"`            // offer times sure
	LightCalled   float64 `json:"light_called"`    // light times called
}

func (c Continuation) vector() []float64 {
	return []float64{c.AsksOn, c.Into, c.Worded, c.Told, c.Outside, c.Beyond, c.Offer, c.Sure, c.Alike, c.Called, c.Covered, c.Says, c.Light, c.Entity, c.Ahead, c.Other, c.Akin, c.AsksOnSquared, c.AsksInto, c.Fits, c.LightCalled}
}

func continuationNames() []string {
	return []string{"asks_on", "into", "worded", "told", "outside", "beyond", "offer", "sure", "alike", "called", "covered", "says", "light", "entity", "ahead", "other", "akin", "asks_on_squared", "asks_into", "fits", "light_called"}
}

// Units that bring what has no bounds near to 1, and its bounds.
const (
	asksOnUnit              = 5.0
	leastAsksOn, mostAsksOn = -1.6, 0.8
	intoUnit                = 5.0
	leastInto, mostInto     = -1.2, 0.8
	aheadUnit               = 5.0
	leastAhead, mostAhead   = -1.2, 3.0
	lightUnit               = 4.0 // of rarity: what "đăng ký ở đâu" has
)

// continuation weighs a question against the topic. hits are all candidates, the
// topic among them.
func (m *model) continuation(q *Question, topic uint32, hits []Hit, e Evidence) Continuation {
	c := Continuation{
		AsksOn:  min(max(m.goesOn.of(q.terms, strangeToAll)/asksOnUnit, leastAsksOn), mostAsksOn),
		Into:    min(max(m.goesInto.of(q.terms, 0)/intoUnit, leastInto), mostInto),
		Worded:  m.asksOn.of(q.terms),
		Told:    m.told(q, topic),
		Outside: e.Outside, Beyond: e.Beyond, Offer: m.calibration.worthOffering.of(e.vector()), Sure: m.calibration.sure.of(e.vector()),
		Entity: m.mentions(q, topic),
	}
	for _, x := range m.sectionEvidence(&m.articles[topic], q, noWording) {
		c.Says = max(c.Says, x[sectionSays])
	}
	told := hits[slices.IndexFunc(hits, func(h Hit) bool { return h.doc == topic })]
	c.Alike, c.Called, c.Covered = told.Detail.Alike, told.Detail.Called, told.Detail.Covered
	if at := slices.IndexFunc(hits, func(h Hit) bool { return h.doc != topic }); at >= 0 {
		other := hits[at]
		c.Ahead = min(max((other.Odds-told.Odds)/aheadUnit, leastAhead), mostAhead)
		c.Other = other.Detail.Alike
		if other.Article.Category == told.Article.Category || slices.Contains(told.Article.Related, other.Article.ID) {
			c.Akin = 1
		}
	}
	total := 0.0
	for _, r := range q.rare {
		total += r
	}
	c.Light = lightUnit / (lightUnit + total)
	c.AsksOnSquared, c.AsksInto, c.Fits, c.LightCalled = c.AsksOn*c.AsksOn, c.AsksOn*c.Into, c.Offer*c.Sure, c.Light*c.Called
	return c
}

// told is how alike a question and the nearest of the ways to go into the topic
// are: the cosine of their words.
func (m *model) told(q *Question, topic uint32) float64 {
	c := m.newComparison(q)
	defer c.done()
	if c.total == 0 {
		return 0
	}
	best := 0.0
	for i := range m.articles[topic].continuations {
		w := &m.articles[topic].continuations[i]
		if c.meet(w) <= best {
			continue
		}
		asked, titled, _ := c.against(w)
		best = max(best, math.Sqrt(asked*titled))
	}
	return best
}

// clearlyMeant is how much likelier than another that was offered with it a topic
// must be, for the other to be left out.
const clearlyMeant = 0.3

// onlyAsksOn is the evidence from which a question is so worded that it can do
// nothing else than ask on, as one that is written among the ways to; saysNoMatter
// is the same where nothing was spoken of before.
const (
	onlyAsksOn   = -1.2
	saysNoMatter = -0.5
)

// goOn reports whether the question goes on about one of the topics, and if so
// answers about it. Of several that were offered, those are meant that it may be
// about, or the one that it is clearly about.
func (m *model) goOn(res *Result, q Query, topics []uint32) bool {
	if len(topics) == 0 {
		return false
	}
	if m.goesOn.of(q.Question.terms, strangeToAll) >= onlyAsksOn || m.asksOn.of(q.Question.terms) >= wordByWord {
		m.askOn(res, q, topics[:min(len(topics), maxChoices)], 1)
		return true
	}
	if slices.ContainsFunc(res.ranking, func(h Hit) bool { return h.Detail.Alike >= wordByWord }) {
		return false // it is how a matter is called
	}
	meant, topic, most := m.likeliest(res, q.Question, topics)
	alone := len(inForce(res.ranking, q.Today)) == 1 // nothing else could be offered
	switch limits := m.calibration.goOn[res.otherwise(topic)]; {
	case most >= limits.Answer, alone && most >= moreLikelyThanNot:
		m.askOn(res, q, meant, most)
		return true
	case most >= limits.Offer:
		return m.offerTopic(res, q, topic, most)
	}
	return false
}

// otherwise returns what would be decided if the topic were no longer meant.
func (res *Result) otherwise(topic uint32) Decision {
	if res.Decision == Answer && res.Hits[0].doc == topic {
		return Choices // either way it is the answer
	}
	return res.Decision
}

// likeliest returns the topics that the question may go on about, the likeliest
// of them, and how likely that is.
func (m *model) likeliest(res *Result, q *Question, topics []uint32) (meant []uint32, topic uint32, most float64) {
	likely := make([]float64, len(topics))
	for i, doc := range topics {
		c := m.continuation(q, doc, res.ranking, res.evidence)
		likely[i] = m.calibration.goesOn.of(c.vector())
		if i == 0 || likely[i] > most {
			topic, most, res.continuation = doc, likely[i], &c
		}
	}
	for i, doc := range topics {
		if likely[i] >= most-clearlyMeant && len(meant) < maxChoices {
			meant = append(meant, doc)
		}
	}
	return meant, topic, most
}

// offerTopic offers the topic beside what fits the question best, and reports
// whether there was anything to offer.
func (m *model) offerTopic(res *Result, q Query, topic uint32, likely float64) bool {
	others := slices.DeleteFunc(inForce(res.ranking, q.Today), func(h Hit) bool { return h.doc == topic })
	if len(others) == 0 || !m.articles[topic].article.InForce(q.Today) {
		return false
	}
	at := min(1, len(others))
	if likely >= (1-likely)*res.Confidence { // likelier than what fits best
		at = 0
	}
	res.Decision, res.Confidence, res.Rule = Choices, likely, "có thể hỏi tiếp về bài trước, có thể hỏi việc khác: đưa ra lựa chọn"
	res.GoesOn = likely >= moreLikelyThanNot
	res.Hits = slices.Insert(others[:min(len(others), maxChoices-1)], at, Hit{Article: m.articles[topic].article, doc: topic})
	m.pickSections(q.Question, res.Hits)
	return true
}

// askOn answers about the topic of the conversation. Of several that may be
// meant it offers those again, each in the section that is now asked for.
func (m *model) askOn(res *Result, q Query, topics []uint32, likely float64) {
	res.Rule = "câu hỏi không nêu việc khác: hiểu là hỏi tiếp về bài trước"
	res.GoesOn, res.Hits, res.Expired = true, nil, nil
	for _, doc := range topics {
		if a := m.articles[doc].article; a.InForce(q.Today) {
			res.Hits = append(res.Hits, m.hit(q.Question, doc))
		} else if res.Expired == nil {
			res.Expired = a
		}
	}
	switch len(res.Hits) {
	case 0:
		res.Decision, res.Confidence = Abstain, 1
	case 1:
		res.Decision, res.Confidence, res.Expired = Answer, likely, nil
		res.Hits[0].Score = 1
	default:
		res.Decision, res.Confidence, res.Expired = Choices, 1/float64(len(res.Hits)), nil
	}
}
