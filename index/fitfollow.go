package index

import (
	"math/rand/v2"
	"slices"

	"github.com/trolyao/trolyao/knowledge"
)

// How questions are taken to follow something that they are not about: each is
// put behind so many articles, and weighs so much beside a real conversation;
// one that no article answers weighs more, since to take it for a question that
// goes on is to answer it wrongly.
const (
	otherTopics   = 4
	otherWeight   = 0.2
	outsideWeight = 0.6
	talkWeight    = 2.0
)

// fitGoesOn fits how a question that goes on is told from a new one, on
// conversations, and on questions before which nothing was said as if an article
// had been told just before; then how sure of it one must be.
func (v *Version) fitGoesOn(c *calibration, examples []Example, today knowledge.Date) {
	m := v.model.with(*c)
	var seen []observation
	var turns []turn
	for i := range examples {
		e := &examples[i]
		topics, weight := m.otherTopicsOf(i, e), otherWeight
		switch {
		case e.Before != "":
			topics, weight = v.topicOf(m, e), talkWeight
		case len(e.Expect) == 0:
			weight = outsideWeight
		}
		q := Query{Question: v.Read(e.Text), Today: today}
		for _, topic := range topics {
			res := Result{Decision: Abstain}
			m.alone(&res, q, []uint32{topic})
			seen = append(seen, observation{m.continuation(q.Question, topic, res.ranking, res.evidence).vector(), e.GoesOn, weight})
			turns = append(turns, newTurn(e, &res, topic))
		}
	}
	c.goesOn = fitLogistic(seen)
	for i := range turns {
		turns[i].likely, turns[i].weight = c.goesOn.of(seen[i].x), seen[i].weight
	}
	c.goOn = map[Decision]knowledge.GoOn{}
	for _, d := range []Decision{Answer, Choices, Abstain} {
		c.goOn[d] = chooseGoOn(slices.DeleteFunc(slices.Clone(turns), func(t turn) bool { return t.otherwise != d }))
	}
}

// otherTopicsOf returns some articles that do not answer the example, always the
// same.
func (m *model) otherTopicsOf(number int, e *Example) (topics []uint32) {
	dice := rand.New(rand.NewPCG(uint64(number), 1)) //nolint:gosec // a choice, no secret; a number of examples
	for _, topic := range dice.Perm(len(m.articles)) {
		if len(topics) < otherTopics && !slices.Contains(e.Expect, m.articles[topic].article.ID) {
			topics = append(topics, uint32(topic)) //nolint:gosec // a number of articles
		}
	}
	return topics
}

// topicOf returns the article that was told before the question of a
// conversation: the one it goes on about, or what its first question is taken
// for; none when that was not understood.
func (v *Version) topicOf(m *model, e *Example) []uint32 {
	if e.GoesOn {
		topics := m.docsOf(e.Expect)
		return topics[:min(1, len(topics))]
	}
	for _, h := range m.rank(v.Read(e.Before), 1, everyDay) {
		if !holds(*e, h) {
			return []uint32{h.doc}
		}
	}
	return nil
}

// turn is an example after a topic, and what harm comes of what one may do.
type turn struct {
	likely    float64  // to go on about the topic
	otherwise Decision // if it does not
	weight    float64
	goesOn    bool
	// Harm of answering about the topic, of offering it, and of leaving it.
	answered, offered, left float64
}

// Harm, beside that of a question that stays without its answer, which is 1: a
// wrong answer is believed, and a choice is one more step.
const (
	harmOfWrong  = 3.0
	harmOfChoice = 0.3
	harmOfVain   = 0.3 // a choice among articles of which none answers, since none does
)

func newTurn(e *Example, res *Result, topic uint32) turn {
	t := turn{otherwise: res.otherwise(topic), goesOn: e.GoesOn, left: harm(e, res.Decision, res.Hits), answered: harmOfWrong}
	if e.GoesOn {
		t.answered, t.offered = 0, harmOfChoice
		return t
	}
	others := slices.DeleteFunc(slices.Clone(res.ranking), func(h Hit) bool { return h.doc == topic })
	t.offered = harm(e, Choices, others[:min(len(others), maxChoices-1)])
	return t
}

// harm is what harm a decision does to the one who asked.
func harm(e *Example, d Decision, hits []Hit) float64 {
	right := slices.ContainsFunc(hits, func(h Hit) bool { return holds(*e, h) })
	switch {
	case d == Answer && len(hits) > 0 && holds(*e, hits[0]), d == Abstain && len(e.Expect) == 0:
		return 0
	case d == Answer:
		return harmOfWrong
	case d == Choices && right:
		return harmOfChoice
	case d == Choices && len(e.Expect) == 0:
		return harmOfVain
	}
	return 1
}

// chooseGoOn takes the limits from which answering about the topic, and offering
// it, is expected to do less harm than what else could be done, by how likely it
// is to be meant and what harm each does on average when it is and is not.
func chooseGoOn(turns []turn) knowledge.GoOn {
	var meant, other harms
	for _, t := range turns {
		if t.goesOn {
			meant.add(t, 1-t.likely) // those count that are hard to tell
		} else {
			other.add(t, t.likely)
		}
	}
	if meant.weight == 0 || other.weight == 0 {
		return knowledge.GoOn{Answer: moreLikelyThanNot, Offer: moreLikelyThanNot}
	}
	m, o := meant.mean(), other.mean()
	offer := breakEven(m.left-m.offered, o.offered-o.left)
	answer := max(breakEven(m.offered-m.answered, o.answered-o.offered), breakEven(m.left-m.answered, o.answered-o.left))
	return knowledge.GoOn{Answer: likelihood(answer), Offer: likelihood(min(offer, answer))}
}

// harms is what harm each of the three does to a number of turns.
type harms struct{ answered, offered, left, weight float64 }

func (h *harms) add(t turn, weight float64) {
	weight *= t.weight
	h.weight += weight
	h.answered += weight * t.answered
	h.offered += weight * t.offered
	h.left += weight * t.left
}

func (h *harms) mean() harms {
	return harms{h.answered / h.weight, h.offered / h.weight, h.left / h.weight, 1}
}

// breakEven is how likely the topic must be for one thing to do less harm than
// another: gain is how much less when it is meant, loss how much more when not.
func breakEven(gain, loss float64) float64 {
	if loss <= 0 {
		return 0
	}
	return loss / (max(gain, 0) + loss)
}
