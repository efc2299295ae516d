package index

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
)

// learned tells articles apart by the wordings that staff wrote for them. Word
// overlap treats every word of a question alike but for its rarity; learning
// finds out which words really tell an article from its neighbours ("đổi" from
// "cấp lại", "mức 1" from "mức 2").
//
// It is a conditional logit over an article and the articles most like the
// wording (its candidates by BM25F), with one weight for each feature and
// article, trained by stochastic gradient descent. The cost grows with the
// number of wordings, not with the number of articles. The same articles always
// give the same weights.
type learned struct {
	rows    map[uint64]span // of a feature's weights
	weights []articleWeight // in order of the article
}

type articleWeight struct {
	doc    uint32
	weight float32 // a multiple of weightUnit
}

// Training of the weights: passes, step size, and how many articles a wording
// is told apart from. An article with fewer wordings than leastWordings is not
// worth learning from: a title alone says nothing about how people ask.
const (
	learnPasses   = 6
	learnStep     = 2.0
	learnRivals   = 16
	leastWordings = 3
)

// feature kinds, in the top bits of a feature's number.
const (
	featureText = 1 << 62
	featurePair = 1 << 63
)

// lesson is a wording with its article and the rivals to tell it apart from.
type lesson struct {
	wording  *wording
	features []int32
	rivals   []uint32 // the right article first
	weight   float64  // less where an article has many, so that it does not win by their number
	slots    []int32  // numbers of the weights, by rival, then feature
}

// weightUnit is how finely weights are told apart: finely enough that no answer
// depends on it, and coarsely enough to be kept in two bytes.
const weightUnit = 1.0 / 4096

// leastWeight leaves out weights that tell next to nothing: seven of ten, at no
// cost in answers.
const leastWeight = 0.05

func (m *model) learn() *learned {
	features := featureNumbers{}
	lessons := m.lessons(features)
	owners := numberWeights(lessons, len(features), len(m.articles))
	touched := 0
	for _, docs := range owners {
		touched += len(docs)
	}
	weights := make([]float32, touched)
	// A fixed seed: the same knowledge must always behave the same.
	order := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // shuffling, not secrecy
	z := make([]float64, learnRivals+1)
	rests := make([]bool, len(lessons)) // what was known is left out once
	for pass := range learnPasses {
		step := learnStep / (1 + float64(pass)/3)
		for _, i := range order.Perm(len(lessons)) {
			if rests[i] {
				rests[i] = false
				continue
			}
			rests[i] = !lessons[i].take(weights, step, z)
			runtime.Gosched() // people are being answered meanwhile
		}
	}
	return newLearned(features, owners, weights)
}

// newLearned orders the weights by feature and article. owners are the articles
// of each feature in the order of their weights.
func newLearned(features featureNumbers, owners [][]uint32, weights []float32) *learned {
	l := &learned{rows: make(map[uint64]span, len(features)), weights: make([]articleWeight, 0, len(weights))}
	spans := make([]span, len(owners))
	n := 0
	for f, docs := range owners {
		from := len(l.weights)
		for _, doc := range docs {
			if w := math.Round(float64(weights[n])/weightUnit) * weightUnit; math.Abs(w) >= leastWeight {
				l.weights = append(l.weights, articleWeight{doc, float32(w)})
			}
			n++
		}
		slices.SortFunc(l.weights[from:], func(a, b articleWeight) int { return cmp.Compare(a.doc, b.doc) })
		spans[f] = span{uint32(from), uint32(len(l.weights))} //nolint:gosec // far below 2³²
	}
	for feature, f := range features {
		l.rows[feature] = spans[f]
	}
	return l
}

// numberWeights gives every weight that the lessons touch a number, by feature
// and then by article, and tells the lessons theirs. It returns the articles of
// each feature in the order of their numbers.
func numberWeights(lessons []lesson, features, articles int) (owners [][]uint32) {
	type place struct{ lesson, at int32 } // of a feature among those of a lesson
	holders := make([][]place, features)
	for i := range lessons {
		s := &lessons[i]
		s.slots = make([]int32, len(s.rivals)*len(s.features))
		for k, f := range s.features {
			holders[f] = append(holders[f], place{int32(i), int32(k)})
		}
	}
	owners = make([][]uint32, features)
	number, owner := make([]int32, articles), make([]int32, articles) // of each article, and for which feature
	next := int32(0)
	for f := range holders {
		for _, p := range holders[f] {
			s := &lessons[p.lesson]
			for k, doc := range s.rivals {
				if owner[doc] != int32(f)+1 {
					owner[doc], number[doc] = int32(f)+1, next
					owners[f] = append(owners[f], doc)
					next++
				}
				s.slots[k*len(s.features)+int(p.at)] = number[doc]
			}
		}
	}
	return owners
}

// take makes one step of gradient descent towards the right article, and reports
// whether there was anything to learn. The race detector, under which this is what
// takes longest, need not watch it: nobody else has the weights yet.
//
//go:norace
func (s *lesson) take(weights []float32, step float64, z []float64) bool {
	z = z[:len(s.rivals)]
	n := len(s.features)
	scale := 1 / math.Sqrt(float64(max(n, 1)))
	for k := range s.rivals {
		sum := float32(0)
		for _, slot := range s.slots[k*n : (k+1)*n] {
			sum += weights[slot]
		}
		z[k] = float64(sum) * scale
	}
	softmax(z)
	if z[0] > knownWell {
		return false
	}
	for k := range s.rivals {
		if k > 0 && z[k] < toldApart {
			continue // as good as told apart
		}
		target := 0.0
		if k == 0 {
			target = 1
		}
		g := float32(step * s.weight * (target - z[k]) * scale)
		for _, slot := range s.slots[k*n : (k+1)*n] {
			weights[slot] += g
		}
	}
	return true
}

// knownWell is the share of the right article from which a lesson teaches nothing
// more, and toldApart that of a rival below which it teaches nothing of that one.
const (
	knownWell = 0.99
	toldApart = 1e-4
)

// lessons finds the rivals of every wording.
func (m *model) lessons(features featureNumbers) []lesson {
	lessons := m.wordingsToLearn()
	eachArticle(len(lessons), func(i int) { m.addRivals(&lessons[i]) })
	for i := range lessons {
		for _, f := range featuresOf(lessons[i].wording.ids, lessons[i].wording.breaks) {
			lessons[i].features = append(lessons[i].features, features.of(f))
		}
	}
	return lessons
}

func (m *model) wordingsToLearn() []lesson {
	var lessons []lesson
	average := m.averageWordings()
	for doc := range m.articles {
		am := &m.articles[doc]
		if len(am.wordings) < leastWordings {
			continue
		}
		for i := range am.wordings {
			lessons = append(lessons, lesson{wording: &am.wordings[i], rivals: []uint32{uint32(doc)}, weight: math.Sqrt(average / float64(len(am.wordings)))})
		}
	}
	return lessons
}

// averageWordings is how many wordings an article worth learning from has.
func (m *model) averageWordings() float64 {
	wordings, articles := 0, 0
	for i := range m.articles {
		if n := len(m.articles[i].wordings); n >= leastWordings {
			wordings += n
			articles++
		}
	}
	return float64(wordings) / float64(max(articles, 1))
}

// featureNumbers numbers the features while weights are learnt.
type featureNumbers map[uint64]int32

// of returns the number of a feature, a new one for a new feature.
func (n featureNumbers) of(feature uint64) int32 {
	id, ok := n[feature]
	if !ok {
		id = int32(len(n)) //nolint:gosec // far below 2³¹
		n[feature] = id
	}
	return id
}

// addRivals finds the articles that are most like the wording of a lesson.
func (m *model) addRivals(s *lesson) {
	right := s.rivals[0]
	for _, r := range m.scorer.top(m.wordingBag(s.wording), learnRivals+1) {
		if r.doc != right && len(s.rivals) <= learnRivals {
			s.rivals = append(s.rivals, r.doc)
		}
	}
}

// wordingBag asks the scorer for what is like a wording.
func (m *model) wordingBag(w *wording) *bag {
	b := &bag{}
	for _, id := range w.ids {
		b.put(m.scorer, viewFoldedWords, uint64(id.fold), id.fold != 0, 1)
	}
	return b
}

// featuresOf lists the features of a text: its words without marks, its words
// with their marks, and its pairs without.
func featuresOf(ids []tokenID, breaks []bool) []uint64 {
	out := make([]uint64, 0, 3*len(ids))
	for i, id := range ids {
		if id.fold == 0 {
			continue
		}
		out = append(out, uint64(id.fold))
		if id.text != id.fold && id.text != 0 {
			out = append(out, featureText|uint64(id.text))
		}
		if i > 0 && !breaks[i] && ids[i-1].fold != 0 {
			out = append(out, featurePair|uint64(ids[i-1].fold)<<31|uint64(id.fold))
		}
	}
	return out
}

// score fills z with what was learnt of each candidate, as the logarithm of its
// share among them.
func (l *learned) score(ids []tokenID, breaks []bool, docs []ranked, z []float64) {
	features := featuresOf(ids, breaks)
	scale := 1 / math.Sqrt(float64(max(len(features), 1)))
	clear(z)
	for _, f := range features {
		at, ok := l.rows[f]
		if !ok {
			continue
		}
		row := l.weights[at.from:at.to]
		for i, d := range docs {
			at, found := slices.BinarySearchFunc(row, d.doc, func(w articleWeight, doc uint32) int { return cmp.Compare(w.doc, doc) })
			if found {
				z[i] += float64(row[at].weight)
			}
		}
	}
	for i := range docs {
		z[i] *= scale
	}
	softmax(z)
	for i := range docs {
		z[i] = math.Log(z[i] + leastShare)
	}
}

// leastShare keeps the logarithm of a share finite.
const leastShare = 1e-4
