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
	Others  float64 `json:"others"`            // the mean likeness of the next few wordings
	Called  float64 `json:"called"`            // share of the question found in any wording
	Learned float64 `json:"learned"`           // what was learnt from all wordings: logarithm of the share among the candidates
	Covered float64 `json:"covered"`           // share of the question found anywhere in the article
	Entity  float64 `json:"entity"`            // 1 when every name in the question is one the article is asked by, 0 when it never mentions one
	Aspect  float64 `json:"aspect"`            // 1 has the section asked for, -1 has not, 0 none asked
}

// vector returns the features in a fixed order for the calibration.
func (f Features) vector() [featureCount]float64 {
	return [featureCount]float64{f.Score, f.Alike, f.Asked, f.Titled, f.Pairs, f.Others, f.Called, f.Covered, f.Learned, f.Entity, f.Aspect}
}

const featureCount = 11

func featureNames() [featureCount]string {
	return [featureCount]string{"bm25", "alike", "asked", "titled", "pairs", "others", "called", "covered", "learned", "entity", "aspect"}
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
	out := make([]Features, len(found))
	share := make([]float64, len(found))
	if m.off != StepLearned {
		m.learned.score(q.ids, q.breaks, found, share)
	}
	for i, r := range found {
		out[i] = m.features(q, r.doc)
		out[i].Score, out[i].Learned = float64(r.score), share[i]
	}
	return out
}

// features compares the words of a question with those of an article.
func (m *model) features(q *Question, doc uint32) Features {
	am := &m.articles[doc]
	var f Features
	total := 0.0
	for _, r := range q.rare {
		total += r
	}
	if total == 0 {
		return f
	}
	n := len(q.ids)
	called := make([]float64, n)
	credits := make([]float64, n)
	best := -1.0
	var next [4]float64 // the best likenesses
	for i := range am.wordings {
		if m.off == StepWordings {
			break
		}
		w := &am.wordings[i]
		asked, titled, pairs := m.compare(q, w, credits)
		for k, c := range credits {
			called[k] = max(called[k], c)
		}
		asked /= total
		alike := math.Sqrt(asked * titled)
		if overlap := alike + 0.25*pairs; overlap > best {
			best = overlap
			f.Wording, f.Alike, f.Asked, f.Titled, f.Pairs = w.text, alike, asked, titled, pairs
		}
		for k := range next {
			if alike > next[k] {
				copy(next[k+1:], next[k:])
				next[k] = alike
				break
			}
		}
	}
	for _, alike := range next[1:] {
		f.Others += alike / float64(len(next)-1)
	}
	for i, id := range q.ids {
		f.Called += q.rare[i] * called[i] / total
		c := called[i]
		if c < 1 && m.scorer.holds(id.fold, doc) {
			c = max(c, 1)
		}
		f.Covered += q.rare[i] * c / total
	}
	f.Entity = m.mentions(q, doc)
	f.Aspect = aspectOf(q, am.article)
	return f
}

func aspectOf(q *Question, a *knowledge.Article) float64 {
	if len(q.Aspects) == 0 {
		return 0
	}
	if _, ok := a.Section(q.Aspects[0]); ok {
		return 1
	}
	return -1
}

// compare matches a question with one wording: how much of the question it
// finds (in weight), how much of the wording (a share), and how many of the
// question's pairs (a share). credits is filled with what each word counts.
func (m *model) compare(q *Question, w *wording, credits []float64) (asked, titled, pairs float64) {
	var hit [64]bool // of the wording's tokens
	size := min(len(w.ids), len(hit))
	before := -1 // where the word before stands in the wording
	var pairMass, pairFound float64
	for i, id := range q.ids {
		credits[i] = 0
		at := -1
		for j := range size {
			if id.fold == 0 || w.ids[j].fold != id.fold {
				continue
			}
			hit[j] = true
			c := 1.0
			if t := &q.Meant[i]; t.Marked() && !t.Guessed && w.ids[j].text != id.text && w.ids[j].text != id.fold {
				c = wrongMarks
			}
			credits[i] = max(credits[i], c)
			if at < 0 || (before >= 0 && j == before+1) {
				at = j
			}
		}
		if i > 0 && !q.Meant[i].Break {
			mass := q.rare[i-1] + q.rare[i]
			pairMass += mass
			if at > 0 && before >= 0 && w.ids[at-1].fold == q.ids[i-1].fold {
				pairFound += mass
			}
		}
		before = at
	}
	for _, s := range q.spans {
		m.compareSaidOtherwise(q, s, w, &hit, credits)
	}
	for i, c := range credits {
		asked += q.rare[i] * c
	}
	if w.total > 0 {
		for j := range size {
			if hit[j] {
				titled += w.rare[j]
			}
		}
		titled /= w.total
	}
	if pairMass > 0 {
		pairs = pairFound / pairMass
	}
	return asked, titled, pairs
}

// compareSaidOtherwise gives credit for words that the wording says otherwise.
func (m *model) compareSaidOtherwise(q *Question, s synonymSpan, w *wording, hit *[64]bool, credits []float64) {
	size := min(len(w.ids), len(hit))
	found := 0.0
	for k, id := range s.other.ids {
		for j := range size {
			if w.ids[j].text == id.text {
				found += s.other.rare[k]
				break
			}
		}
	}
	if s.other.total == 0 || found < s.other.total*0.99 {
		return
	}
	for _, id := range s.other.ids {
		for j := range size {
			if w.ids[j].text == id.text {
				hit[j] = true
			}
		}
	}
	for i := s.from; i < s.to; i++ {
		credits[i] = max(credits[i], saidOtherwise)
	}
}

// candidates ranks the articles by BM25F and returns the best with their share
// of the ideal score.
func (m *model) candidates(q *Question, k int) []ranked {
	var b bag
	views := m.viewWeights()
	m.scorer.add(&b, q.Meant, q.weights, 1, views)
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
		m.scorer.add(&b, s.other.tokens, weights, synonymWeight, views)
	}
	top := m.scorer.top(&b, k)
	if ideal > 0 {
		for i := range top {
			top[i].score = float32(min(float64(top[i].score)/ideal, 1))
		}
	}
	return top
}

func (m *model) viewWeights() viewWeights {
	w := defaultViewWeights()
	switch m.off { //nolint:exhaustive // the other steps are not views
	case StepFolded:
		w[scoreFolded], w[scoreFoldedPairs] = 0, 0
	case StepAccented:
		w[scoreAccented], w[scoreAccentedPairs] = 0, 0
	case StepPairs:
		w[scoreFoldedPairs], w[scoreAccentedPairs] = 0, 0
	}
	return w
}

// synonymWeight is what a wording of the lexicon counts beside the typed one.
const synonymWeight = 0.5
