package index

import (
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// entity is something that people call by name: a paper, a service, a scheme.
// The words of a question about another entity than an article's are often the
// same ("mất … làm lại ở đâu"), so the name decides.
type entity struct {
	name  string      // the first of its names
	names [][]tokenID // all of them
}

// entities finds names in questions.
type entities struct {
	byKey   map[string][]namedAs // by foldKey of the name
	longest int
}

type namedAs struct {
	tokens []vietnamese.Token
	entity *entity
}

func (m *model) newEntities(lexicon knowledge.Lexicon) entities {
	all := entities{byKey: map[string][]namedAs{}}
	for _, names := range lexicon.Entities {
		e := &entity{name: names[0]}
		for _, name := range names {
			tokens := m.cut.Tokens(name)
			if len(tokens) == 0 {
				continue
			}
			ids := make([]tokenID, len(tokens))
			for i, t := range tokens {
				ids[i] = m.scorer.tokenID(t)
			}
			e.names = append(e.names, ids)
			all.longest = max(all.longest, len(tokens))
			key := foldKey(tokens)
			all.byKey[key] = append(all.byKey[key], namedAs{tokens, e})
		}
	}
	return all
}

// findEntities looks for names in the question, the longest first at each place.
func (m *model) findEntities(q *Question) {
	for i := 0; i < len(q.Meant); {
		step := 1
		for n := min(m.entities.longest, len(q.Meant)-i); n > 0 && step == 1; n-- {
			for _, named := range m.entities.byKey[foldKey(q.Meant[i:i+n])] {
				if (synonym{variant: named.tokens}).fits(q.Meant[i : i+n]) {
					q.names = append(q.names, named.entity)
					step = n
					break
				}
			}
		}
		i += step
	}
}

// onlySaid is what it counts that an article mentions a name in its text but is
// not asked by it.
const onlySaid = 0.5

// mentions returns 1 when the article is asked by every name in the question,
// onlySaid when it mentions them all in its text at least, and 0 when it never
// mentions one of them.
func (m *model) mentions(q *Question, doc uint32) float64 {
	least := 1.0
	for _, e := range q.names {
		least = min(least, m.mentionsOne(e, doc))
	}
	return least
}

func (m *model) mentionsOne(e *entity, doc uint32) float64 {
	best := 0.0
	for _, name := range e.names {
		if !m.says(name, doc) {
			continue
		}
		best = onlySaid
		for i := range m.articles[doc].wordings {
			if m.articles[doc].wordings[i].says(name) {
				return 1
			}
		}
	}
	return best
}

// says reports whether an article holds a name: its word, or each of its pairs.
func (m *model) says(name []tokenID, doc uint32) bool {
	if len(name) == 1 {
		return name[0].fold != 0 && m.scorer.holds(name[0].fold, doc)
	}
	for i := 1; i < len(name); i++ {
		a, b := name[i-1].fold, name[i].fold
		if a == 0 || b == 0 || !m.scorer.holdsTerm(viewFoldedPairs, uint64(a)<<32|uint64(b), doc) {
			return false
		}
	}
	return true
}

// says reports whether a wording holds a name.
func (w *wording) says(name []tokenID) bool {
starts:
	for i := 0; i+len(name) <= len(w.ids); i++ {
		for k := range name {
			if w.ids[i+k].fold != name[k].fold {
				continue starts
			}
		}
		return true
	}
	return false
}
