package index

import (
	"maps"
	"math"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// A follow-up names no matter of its own: "thế mất bao lâu", "cần mang gì theo".
// Which words name a matter is seen from the wordings of all articles: a word
// that few articles are asked by names one; "nộp", "giấy tờ" and "bao lâu" are
// asked of all.

// newTopical returns how far each folded word, and each pair of them, names a matter, from 0 to 1: how
// little is left to ask about the article when the word is known. It is one less
// the entropy of the articles given the word, over that of all articles, counted
// in their wordings.
func (m *model) newTopical() map[uint64]float64 {
	counts := map[uint64]map[int]float64{} // by folded word or pair, then article
	articles := 0.0
	for doc := range m.articles {
		am := &m.articles[doc]
		if len(am.wordings) > 0 {
			articles++
		}
		for k := range am.wordings {
			for _, term := range foldedTerms(am.wordings[k].ids) {
				if counts[term] == nil {
					counts[term] = map[int]float64{}
				}
				counts[term][doc]++
			}
		}
	}
	out := make(map[uint64]float64, len(counts))
	for term, byArticle := range counts {
		out[term] = max(0, 1-entropy(byArticle)/math.Log(max(articles, 2))-vague) / (1 - vague)
	}
	return out
}

// entropy of a distribution given by counts, in nats.
func entropy(counts map[int]float64) float64 {
	total, h := 0.0, 0.0
	for _, n := range counts {
		total += n
	}
	for _, doc := range slices.Sorted(maps.Keys(counts)) { // in order: sums must not change from run to run
		h -= counts[doc] / total * math.Log(counts[doc]/total)
	}
	return h
}

// vague is what even words that are asked of all articles seem to tell, because
// not all articles are asked alike.
const vague = 0.4

// foldedTerms lists the folded words of a text and its pairs.
func foldedTerms(ids []tokenID) []uint64 {
	out := make([]uint64, 0, 2*len(ids))
	for i, id := range ids {
		out = append(out, uint64(id.fold))
		if i > 0 {
			out = append(out, foldedPair(ids[i-1], id))
		}
	}
	return out
}

func foldedPair(a, b tokenID) uint64 { return uint64(a.fold)<<32 | uint64(b.fold) }

// strangeWord is how far a word that no article is asked by names a matter.
const strangeWord = 0.5

// matterOf adds up how far the words and pairs of the question name a matter,
// and how far those do that the article never says.
func (m *model) matterOf(q *Question, doc uint32) (named, strange float64) {
	for i, id := range q.ids {
		if q.weights[i] < 1 || isNumeral(q.Meant[i]) {
			continue
		}
		topical, asked := m.topical[uint64(id.fold)]
		if !asked {
			topical = strangeWord
		}
		named += topical
		if !m.scorer.holds(id.fold, doc) {
			strange += topical
		}
		if i == 0 || q.weights[i-1] < 1 || q.Meant[i].Break {
			continue
		}
		pair := foldedPair(q.ids[i-1], id)
		named += m.topical[pair]
		if !m.scorer.holdsTerm(viewFoldedPairs, pair, doc) {
			strange += m.topical[pair]
		}
	}
	return named, strange
}

// isNumeral reports whether a word is a count, as in "2 tháng". Longer numbers
// are names: 113, 1022.
func isNumeral(t vietnamese.Token) bool {
	return t.Text[0] >= '0' && t.Text[0] <= '9' && len(t.Text) < 3
}

// How far a question may go beyond the topic and still be about it.
const (
	// longestFollowUp is how many words it may have; who writes more says what
	// it is about.
	longestFollowUp = 14
	// namesNothing is the matter that is no matter at all.
	namesNothing = 0.2
	// notSaid is the matter in words that the topic never says.
	notSaid = 0.7
	// clearlyMore is the share of the question that a section says beyond the
	// lead when it is that section which is asked for.
	clearlyMore = 0.2
	// fitsBetter is by how much, in odds, another article fits the question
	// better than the topic does. The topic has what was said before on its side.
	fitsBetter = 3.0
	// surelyOther is the same where another article would be the answer for
	// sure, had nothing been said before, and the question names no matter by
	// words that few articles are asked by.
	surelyOther = 6.0
	// clearlyOther is the same where the question is worded as one that asks on.
	clearlyOther = 16.0
	// asksOn is the evidence from which a question is worded so.
	asksOn = -2.6
	// ratherOutside is the evidence from which a question that is only worded
	// like one that asks on is about what no article answers.
	ratherOutside = 0.4
	// onlyAsksOn is the evidence from which it can be nothing else, where
	// something was spoken of before; and saysNoMatter where nothing was.
	onlyAsksOn   = -0.9
	saysNoMatter = -0.5
)

// followUpSmoothing is low: a word of a single article names a matter.
const followUpSmoothing = 0.1

// strangeToAll is the evidence, at most, of a word that nobody was seen to ask on
// by: it names a matter that nobody has spoken of.
const strangeToAll = -2.0

// learnFollowUps learns how people ask on.
func (m *model) learnFollowUps(rows []knowledge.FollowUp, asked messages) {
	var ways messages
	for _, row := range rows {
		ways.add(m.vocabulary.learn(vietnamese.Tokens(row.Message)))
	}
	m.goesOn = learnOdds(ways, asked, followUpSmoothing)
	for t, odds := range m.goesOn {
		if ways.terms[t] == 0 && !t.isPair() {
			m.goesOn[t] = min(odds, strangeToAll) // few wordings hold it, and nobody asks on by it
		}
	}
}

// details reports whether a section of the article says clearly more of the
// question than its lead does.
func (m *model) details(am *articleModel, q *Question) bool {
	lead, most := 0.0, 0.0
	for _, x := range m.sectionEvidence(am, q, noWording) {
		if x[sectionLead] == 1 {
			lead = x[sectionSays]
		}
		most = max(most, x[sectionSays])
	}
	return most-lead >= clearlyMore
}

// followsUp reports whether the question goes on about the topic: it is worded
// as people ask on, or names nothing, or nothing that the topic does not say and
// that another article fits clearly better. hits are all candidates, the topic
// among them; sure says that the first of them would be the answer, had nothing
// been said before.
func (m *model) followsUp(q *Question, doc uint32, hits []Hit, sure bool) bool {
	if len(q.Meant) == 0 || len(q.Meant) > longestFollowUp || m.mentions(q, doc) < 1 {
		return false
	}
	worded := m.goesOn.of(q.terms, strangeToAll)
	if worded >= onlyAsksOn {
		return true
	}
	if len(q.Aspects) == 0 && !m.details(&m.articles[doc], q) {
		return false // it asks for nothing
	}
	at := slices.IndexFunc(hits, func(h Hit) bool { return h.doc == doc })
	ahead := hits[0].Odds - hits[at].Odds
	named, strange := m.matterOf(q, doc)
	switch {
	case named >= namesNothing && m.outside.evidence(q.terms) > ratherOutside:
		return false
	case worded > asksOn:
		return !sure || strange <= notSaid && ahead < clearlyOther
	case strange > notSaid:
		return false
	case named < namesNothing:
		return !sure || ahead < surelyOther
	}
	return ahead < fitsBetter
}
