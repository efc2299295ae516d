package index

import (
	"math"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// A follow-up names no matter of its own: "thế mất bao lâu", "cần mang gì theo".
// Which words name a matter is seen from the wordings of all articles: a word
// that few articles are asked by names one; "nộp", "giấy tờ" and "bao lâu" are
// asked of all.

// topical returns how far each folded word names a matter, from 0 to 1.
func (m *model) newTopical() map[uint32]float64 {
	asked := map[uint32]int{}
	articles := 0
	for i := range m.articles {
		am := &m.articles[i]
		if len(am.wordings) == 0 {
			continue
		}
		articles++
		seen := map[uint32]bool{}
		for k := range am.wordings {
			for _, id := range am.wordings[k].ids {
				if !seen[id.fold] {
					seen[id.fold] = true
					asked[id.fold]++
				}
			}
		}
	}
	// A word asked of a tenth of the articles names nothing; in a small
	// collection, one asked of more than the square root of their number.
	most := math.Log(float64(max(articles, 2)))
	common := min(math.Log(10), most/2)
	out := make(map[uint32]float64, len(asked))
	for fold, n := range asked {
		out[fold] = max(0, most-math.Log(float64(n))-common) / (most - common)
	}
	return out
}

// strangeWord is how far a word that no article is asked by names a matter.
const strangeWord = 0.5

// matterOf returns how far each word of the question names a matter.
func (m *model) matterOf(q *Question) []float64 {
	out := make([]float64, len(q.ids))
	for i, id := range q.ids {
		if q.weights[i] < 1 || isNumeral(q.Meant[i]) {
			continue
		}
		topical, asked := m.topical[id.fold]
		if !asked {
			topical = strangeWord
		}
		out[i] = topical
	}
	return out
}

func isNumeral(t vietnamese.Token) bool { return t.Text[0] >= '0' && t.Text[0] <= '9' }

// How much a question may name beyond the topic and still be about it: by
// another article, or by words the topic does not say.
const (
	namedElsewhere = 0.45
	notSaid        = 0.6
)

// followsUp reports whether the question goes on about the topic: what it names
// is no more than the topic says, and no other article is called by it.
func (m *model) followsUp(q *Question, topic uint32, hits []Hit) bool {
	if len(q.Meant) == 0 || len(q.Meant) > longestFollowUp {
		return false
	}
	if m.mentions(q, topic) < 1 {
		return false // it calls something else by name
	}
	matter := m.matterOf(q)
	if len(q.Aspects) == 0 && m.section(q, topic) == knowledge.Lead {
		return false // it asks for nothing
	}
	strange := 0.0
	for i, id := range q.ids {
		if !m.scorer.holds(id.fold, topic) {
			strange += matter[i]
		}
	}
	return strange <= notSaid && !m.namesAnother(q, matter, topic, hits)
}

// namesAnother reports whether the question names what another article is asked
// by and the topic is not.
func (m *model) namesAnother(q *Question, matter []float64, topic uint32, hits []Hit) bool {
	mine := m.named(matter, q, topic)
	best := 0.0
	for i, h := range hits[:min(len(hits), maxChoices)] {
		if h.doc == topic {
			continue
		}
		named := m.named(matter, q, h.doc)
		if i == 0 && named > 0 && h.Detail.Covered > clearlyCovered && m.calibration.confidence(m.evidence(q, hits)) >= m.calibration.answer {
			return true // clear enough without the conversation
		}
		best = max(best, named)
	}
	return best-mine >= namedElsewhere
}

// clearlyCovered is the share of a question that another article must hold to
// be what it is about.
const clearlyCovered = 0.8

// longestFollowUp is how many words a follow-up may have; who writes more says
// what it is about.
const longestFollowUp = 14

// named returns how much of the matter an article is asked by.
func (m *model) named(matter []float64, q *Question, doc uint32) float64 {
	total := 0.0
	for i, id := range q.ids {
		if matter[i] == 0 {
			continue
		}
	wordings:
		for k := range m.articles[doc].wordings {
			for _, w := range m.articles[doc].wordings[k].ids {
				if w.fold == id.fold {
					total += matter[i]
					break wordings
				}
			}
		}
	}
	return total
}
