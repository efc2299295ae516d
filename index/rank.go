package index

import (
	"math"

	"github.com/trolyao/trolyao/knowledge"
)

// Features are the evidence that an article answers a question, each from 0 to
// 1 unless said otherwise.
type Features struct {
	Wording string  `json:"wording,omitempty"` // the article's wording that fits best
	Score   float64 `json:"bm25"`              // BM25F over the best possible for the question
	Alike   float64 `json:"alike"`             // how alike the two are: the cosine of their words
	Asked   float64 `json:"asked"`             // share of the question found in that wording
	Titled  float64 `json:"titled"`            // share of that wording found in the question
	Pairs   float64 `json:"pairs"`             // share of the question's pairs found in it
	Called  float64 `json:"called"`            // share of the question found in any wording
	Learned float64 `json:"learned"`           // what was learnt from all wordings: logarithm of the share among the candidates
	Covered float64 `json:"covered"`           // share of the question found anywhere in the article
	Entity  float64 `json:"entity"`            // 1 when every name in the question is one the article is asked by, 0 when it never mentions one
	Aspect  float64 `json:"aspect"`            // 1 has the section asked for, -1 has not, 0 none asked
}

// vector returns the features in a fixed order for the calibration.
func (f Features) vector() [featureCount]float64 {
	return [featureCount]float64{f.Score, f.Alike, f.Asked, f.Titled, f.Pairs, f.Called, f.Covered, f.Learned, f.Entity, f.Aspect}
}

const featureCount = 10

func featureNames() [featureCount]string {
	return [featureCount]string{"bm25", "alike", "asked", "titled", "pairs", "called", "covered", "learned", "entity", "aspect"}
}

// What a word counts that is met with other marks than it was typed with:
// usually a slip, sometimes another word; and one that the article says
// otherwise, by the lexicon.
const (
	wrongMarks    = 0.6
	saidOtherwise = 0.85
)

// evaluate compares a question with each candidate.
func (m *model) evaluate(q *Question, found []ranked) []Features {
	c := m.newComparison(q)
	defer c.done()
	out := make([]Features, len(found))
	share := make([]float64, len(found))
	if m.off != StepLearned {
		m.learned.score(q.ids, q.breaks, found, share)
	}
	for i, r := range found {
		out[i] = c.features(r.doc)
		out[i].Score, out[i].Learned = float64(r.score), share[i]
	}
	return out
}

// meets reports whether the wording in hand holds a word, with its marks.
func (c *comparison) meets(text uint32) bool {
	for k := range c.met {
		if text != 0 && c.met[k].id.text == text {
			return true
		}
	}
	return false
}

func (m *model) newComparison(q *Question) *comparison {
	worth, _ := m.worths.Get().(*[]float64) // the pool holds nothing else
	c := &comparison{m: m, q: q, worth: *worth, met: make([]met, 0, 16), credits: make([]float64, len(q.ids))}
	c.price()
	for i, r := range q.rare {
		c.total += r
		if i > 0 && !q.Meant[i].Break {
			c.pairs += q.rare[i-1] + r
		}
	}
	return c
}

// done gives the working memory back.
func (c *comparison) done() {
	c.clearWorth()
	c.m.worths.Put(&c.worth)
}

// features compares the words of the question with those of an article.
func (c *comparison) features(doc uint32) Features {
	am := &c.m.articles[doc]
	q := c.q
	f := Features{Entity: c.m.mentions(q, doc), Aspect: aspectOf(q, am.article)}
	if c.total == 0 {
		return f
	}
	called := make([]float64, len(q.ids))
	if c.m.off != StepWordings {
		c.called(am, called)
		c.wordings(am, &f)
	}
	for i, id := range q.ids {
		f.Called += q.rare[i] * called[i] / c.total
		if called[i] < 1 && c.m.scorer.holds(id.fold, doc) {
			called[i] = 1
		}
		f.Covered += q.rare[i] * called[i] / c.total
	}
	return f
}

// called fills in the best credit that each word of the question has among all
// wordings of the article.
func (c *comparison) called(am *articleModel, credits []float64) {
	for i, id := range c.q.ids {
		credits[i] = am.credit(id, &c.q.Meant[i])
	}
	for _, s := range c.q.spans {
		said := true
		for _, id := range s.other.ids {
			said = said && am.calls(id)
		}
		for i := s.from; said && i < s.to; i++ {
			credits[i] = max(credits[i], saidOtherwise)
		}
	}
}

// wordings finds the wording of the article that is most like the question.
func (c *comparison) wordings(am *articleModel, f *Features) {
	best := -1.0
	for i := range am.wordings {
		w := &am.wordings[i]
		if c.meet(w) <= best {
			continue
		}
		asked, titled, pairs := c.against(w)
		alike := math.Sqrt(asked * titled)
		if overlap := alike + pairsCount*pairs; overlap > best {
			best = overlap
			f.Wording, f.Alike, f.Asked, f.Titled, f.Pairs = w.text, alike, asked, titled, pairs
		}
	}
}

// pairsCount is what common pairs count beside common words when wordings of one
// article are compared.
const pairsCount = 0.25

// meet notes which words of the wording the question holds, itself or by a
// synonym, and returns the most that comparing the two can give. Nearly all
// words of a wording are in no question, and nearly all wordings are less alike
// than the best so far; they must cost nothing.
func (c *comparison) meet(w *wording) float64 {
	c.met = c.met[:0]
	asked, titled := 0.0, 0.0
	for j, id := range w.ids {
		if worth := c.worth[id.fold]; worth > 0 {
			c.met = append(c.met, met{at: j, id: id})
			asked += worth
			titled += w.rare[j]
		}
	}
	asked = min(asked, c.total)
	return math.Sqrt(asked/c.total*titled/max(w.total, least)) + pairsCount*min(1, 2*asked/max(c.pairs, least))
}

// least keeps quotients finite.
const least = 1e-9

func aspectOf(q *Question, a *knowledge.Article) float64 {
	if len(q.Aspects) == 0 {
		return 0
	}
	if _, ok := a.Section(q.Aspects[0]); ok {
		return 1
	}
	return -1
}

// price notes what each word can be worth that the question holds, itself or by
// a synonym: no less than it counts when it is met.
func (c *comparison) price() {
	for i, id := range c.q.ids {
		if id.fold != 0 {
			c.worth[id.fold] += c.q.rare[i] + least
		}
	}
	for _, s := range c.q.spans {
		for i := s.from; i < s.to; i++ {
			for _, id := range s.other.ids {
				c.worth[id.fold] += c.q.rare[i] + least
			}
		}
	}
	c.worth[0] = 0
}

func (c *comparison) clearWorth() {
	for _, id := range c.q.ids {
		c.worth[id.fold] = 0
	}
	for _, s := range c.q.spans {
		for _, id := range s.other.ids {
			c.worth[id.fold] = 0
		}
	}
}

// comparison is the working memory of comparing a question with wordings.
type comparison struct {
	m       *model
	q       *Question
	worth   []float64 // by folded word: the most it can count
	met     []met     // words of the wording in hand that the question holds
	credits []float64 // what each word of the question counts in it
	pairs   float64   // what all pairs of the question weigh
	total   float64   // what all its words weigh
}

// met is a word of a wording that the question holds, itself or by a synonym.
type met struct {
	at  int
	id  tokenID
	hit bool
}

// against matches the question with the wording whose words were met: how much of the question it
// finds, how much of the wording is found in the question, and how many of the
// question's pairs, each as a share. credits is filled on the way.
func (c *comparison) against(w *wording) (asked, titled, pairs float64) {
	clear(c.credits)
	if len(c.met) == 0 {
		return 0, 0, 0
	}
	pairs = c.typed(w)
	for _, s := range c.q.spans {
		c.saidOtherwise(s)
	}
	for i, credit := range c.credits {
		asked += c.q.rare[i] * credit
	}
	for _, m := range c.met {
		if m.hit {
			titled += w.rare[m.at]
		}
	}
	return asked / c.total, titled / max(w.total, least), pairs
}

// typed gives credit for the words as they were typed, and returns the share of
// the question's pairs that stand side by side in the wording too.
func (c *comparison) typed(w *wording) (pairs float64) {
	before := -1 // where the word before stands in the wording
	for i := range c.q.ids {
		at := c.typedOne(i, before)
		if i > 0 && at > 0 && before >= 0 && !c.q.Meant[i].Break && w.ids[at-1].fold == c.q.ids[i-1].fold {
			pairs += c.q.rare[i-1] + c.q.rare[i]
		}
		before = at
	}
	return pairs / max(c.pairs, least)
}

// typedOne gives credit for one word and returns where it stands in the
// wording, -1 when it does not: after the word before, if it stands there too.
func (c *comparison) typedOne(i, before int) int {
	id, t, at := c.q.ids[i], &c.q.Meant[i], -1
	for k := range c.met {
		m := &c.met[k]
		if m.id.fold != id.fold {
			continue
		}
		m.hit = true
		credit := 1.0
		if t.Marked() && !t.Guessed && m.id.text != id.text && m.id.text != id.fold {
			credit = wrongMarks
		}
		c.credits[i] = max(c.credits[i], credit)
		if at < 0 || (before >= 0 && m.at == before+1) {
			at = m.at
		}
	}
	return at
}

// saidOtherwise gives credit for words that the wording says otherwise: all the
// words of the synonym must stand in it.
func (c *comparison) saidOtherwise(s synonymSpan) {
	for _, id := range s.other.ids {
		if !c.meets(id.text) {
			return
		}
	}
	for _, id := range s.other.ids {
		for k := range c.met {
			if c.met[k].id.text == id.text {
				c.met[k].hit = true
			}
		}
	}
	for i := s.from; i < s.to; i++ {
		c.credits[i] = max(c.credits[i], saidOtherwise)
	}
}

// candidates ranks the articles by BM25F and returns the best with their share
// of the ideal score.
func (m *model) candidates(q *Question, k int) []ranked {
	var b bag
	pairs := pairWeight
	if m.off == StepPairs {
		pairs = 0
	}
	m.scorer.add(&b, q.Meant, q.weights, 1, pairs)
	ideal := b.ideal
	for _, s := range q.spans {
		weight := 0.0
		for i := s.from; i < s.to; i++ {
			weight = max(weight, q.weights[i])
		}
		weights := make([]float64, len(s.other.tokens))
		for i := range weights {
			weights[i] = weight
		}
		m.scorer.add(&b, s.other.tokens, weights, synonymWeight, pairs)
	}
	top := m.scorer.top(&b, k)
	if ideal > 0 {
		for i := range top {
			top[i].score = float32(min(float64(top[i].score)/ideal, 1))
		}
	}
	return top
}

// synonymWeight is what a wording of the lexicon counts beside the typed one.
const synonymWeight = 0.5
