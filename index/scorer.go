package index

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// scorer holds the postings of a version in memory and ranks all articles for a
// bag of terms, one term after the other. It is loaded from the Bleve index of
// the version; Bleve's own scoring does the same work two orders of magnitude
// slower, because it walks its compressed postings and scores each hit through
// an interface.
//
// The score is BM25F (Robertson, Zaragoza and Taylor 2004): the frequencies of
// a term in the question side and the text side of an article are added, each
// by its field's weight and length, and the sum saturates once.
type scorer struct {
	units int               // among which a term is rare or common
	words map[string]uint32 // every token text, accented or folded
	views [viewCount]termView
	pool  sync.Pool // *[]float32, one accumulator a document
}

// The views that are held. The accented ones are scored: what was typed without
// marks has been given them before. The folded ones tell whether an article
// holds a word or a name at all, whatever its marks; scoring them too gains
// nothing (docs/quality.md).
const (
	viewWords = iota
	viewPairs
	viewFoldedWords
	viewFoldedPairs
	viewCount
)

// termView is the postings of one view. The documents and impacts of a term
// stand side by side from span.from to span.to.
type termView struct {
	terms   map[uint64]postings
	docs    []uint32
	impacts []float32
}

type span struct{ from, to uint32 }

// postings are where a term stands, and its inverse document frequency.
type postings struct {
	span
	idf float32
}

// rareAmong says among what a term is rare or common. Where each article is asked
// by many wordings, every article holds "làm", "ở đâu" and "giấy" somewhere, and
// among articles all common words would tell nothing; among sentences they still
// tell more or less. A passage of a text is best taken whole.
type rareAmong bool

const (
	rareAmongDocuments rareAmong = false
	rareAmongSentences rareAmong = true
)

// bm25F are the parameters of the score.
type bm25F struct {
	k1                         float64 // saturation
	questionWeight, textWeight float64
	questionB, textB           float64 // length normalisation
}

// BM25 is flat around its usual parameters; these were the best of a grid on
// the tuning sets, by less than a point.
func defaultBM25F() bm25F {
	return bm25F{k1: 0.9, questionWeight: 3, textWeight: 1, questionB: 0.75, textB: 0.75}
}

// source is a document as the scorer takes it in.
type source struct{ question, text []vietnamese.Token }

// newScorer takes in n documents.
func newScorer(n int, among rareAmong, doc func(i int) source) *scorer {
	s := &scorer{words: map[string]uint32{"": 0}} // 0 is no word
	var builders [viewCount]viewBuilder
	for v := range builders {
		builders[v].index = map[uint64]uint32{}
	}
	lengths := make([][2]float64, n)
	var total [2]float64
	for i := range n {
		d := doc(i)
		if among == rareAmongDocuments {
			s.units++
		}
		for f, tokens := range [][]vietnamese.Token{d.question, d.text} {
			lengths[i][f] = float64(len(tokens))
			total[f] += float64(len(tokens))
			s.takeIn(&builders, tokens, f, among)
		}
		for v := range builders {
			builders[v].endDoc()
		}
	}
	average := [2]float64{total[0]/float64(max(n, 1)) + 1e-9, total[1]/float64(max(n, 1)) + 1e-9}
	for v := range builders {
		s.views[v] = builders[v].finish(defaultBM25F(), lengths, average, s.idf)
	}
	s.pool.New = func() any { a := make([]float32, n); return &a }
	return s
}

// takeIn counts the terms of one field of the document in hand.
func (s *scorer) takeIn(builders *[viewCount]viewBuilder, tokens []vietnamese.Token, field int, among rareAmong) {
	for sentence := range sentences(tokens) {
		if among == rareAmongSentences {
			s.units++
		}
		s.terms(sentence, true, func(view int, term uint64) { builders[view].add(term, field, s.units) })
	}
}

// sentences cuts tokens where a sentence ends.
func sentences(tokens []vietnamese.Token) iter.Seq[[]vietnamese.Token] {
	return func(yield func([]vietnamese.Token) bool) {
		for len(tokens) > 0 {
			n := 1
			for n < len(tokens) && !tokens[n].Break {
				n++
			}
			if !yield(tokens[:n]) {
				return
			}
			tokens = tokens[n:]
		}
	}
}

// terms calls yield with every term of the tokens, view by view. Unknown words
// are given a number when grow is set, else passed over.
func (s *scorer) terms(tokens []vietnamese.Token, grow bool, yield func(view int, term uint64)) {
	var beforeFold, beforeText uint64
	okFold, okText := false, false
	for _, t := range tokens {
		fold, hasFold := s.word(t.Fold, grow)
		text, hasText := fold, hasFold
		if t.Marked() {
			text, hasText = s.word(t.Text, grow)
		}
		if hasFold {
			yield(viewFoldedWords, fold)
			if okFold && !t.Break {
				yield(viewFoldedPairs, beforeFold<<32|fold)
			}
		}
		if hasText {
			yield(viewWords, text)
			if okText && !t.Break {
				yield(viewPairs, beforeText<<32|text)
			}
		}
		beforeFold, okFold, beforeText, okText = fold, hasFold, text, hasText
	}
}

func (s *scorer) word(text string, grow bool) (uint64, bool) {
	id, ok := s.words[text]
	if !ok && grow {
		id, ok = uint32(len(s.words)), true //nolint:gosec // a vocabulary is far below 2³²
		s.words[text] = id
	}
	return uint64(id), ok
}

// tokenID returns the numbers of a token's two forms, 0 where no text has it.
func (s *scorer) tokenID(t vietnamese.Token) tokenID {
	fold := s.words[t.Fold]
	if !t.Marked() {
		return tokenID{fold, fold}
	}
	return tokenID{s.words[t.Text], fold}
}

// rarity is the inverse document frequency of a folded word: what it tells.
func (s *scorer) rarity(fold uint32) float64 {
	p, ok := s.views[viewFoldedWords].terms[uint64(fold)]
	if !ok {
		return strangeness * s.idf(0)
	}
	return float64(p.idf)
}

// holds reports whether a document holds a folded word.
func (s *scorer) holds(fold, doc uint32) bool {
	return s.holdsTerm(viewFoldedWords, uint64(fold), doc)
}

// holdsTerm reports whether a document holds a term of a view.
func (s *scorer) holdsTerm(view int, term uint64, doc uint32) bool {
	v := &s.views[view]
	sp, ok := v.terms[term]
	if !ok {
		return false
	}
	_, found := slices.BinarySearch(v.docs[sp.from:sp.to], doc)
	return found
}

// viewBuilder gathers the postings of one view, document by document.
type viewBuilder struct {
	index   map[uint64]uint32 // number of each term
	terms   []uint64
	df      []uint32 // documents that hold each
	units   []uint32 // units that hold each, and the last of them
	last    []int
	current []hit // of the document in hand, unsorted
	entries []entry
	ends    []int // of each document in entries
}

type hit struct {
	term  uint32
	field uint8
}

type entry struct {
	term uint32
	freq [2]uint16
}

// add takes in a term that stands in the given field of the document and unit in
// hand.
func (b *viewBuilder) add(term uint64, field, unit int) {
	id, ok := b.index[term]
	if !ok {
		id = uint32(len(b.terms)) //nolint:gosec // see scorer.word
		b.index[term] = id
		b.terms, b.df = append(b.terms, term), append(b.df, 0)
		b.units, b.last = append(b.units, 0), append(b.last, 0)
	}
	if b.last[id] != unit {
		b.last[id] = unit
		b.units[id]++
	}
	b.current = append(b.current, hit{id, uint8(field)}) //nolint:gosec // 0 or 1
}

func (b *viewBuilder) endDoc() {
	slices.SortFunc(b.current, func(x, y hit) int { return cmp.Compare(x.term, y.term) })
	for i, h := range b.current {
		if i == 0 || b.current[i-1].term != h.term {
			b.entries = append(b.entries, entry{term: h.term})
			b.df[h.term]++
		}
		if f := &b.entries[len(b.entries)-1].freq[h.field]; *f < math.MaxUint16 {
			*f++
		}
	}
	b.current = b.current[:0]
	b.ends = append(b.ends, len(b.entries))
}

func (b *viewBuilder) finish(p bm25F, lengths [][2]float64, average [2]float64, idf func(n int) float64) termView {
	v := termView{
		terms:   make(map[uint64]postings, len(b.terms)),
		docs:    make([]uint32, len(b.entries)),
		impacts: make([]float32, len(b.entries)),
	}
	next := make([]uint32, len(b.terms))
	at := uint32(0)
	for id, term := range b.terms {
		v.terms[term] = postings{span{at, at + b.df[id]}, float32(idf(int(b.units[id])))}
		next[id] = at
		at += b.df[id]
	}
	from := 0
	for doc, end := range b.ends {
		q := p.questionWeight / (1 - p.questionB + p.questionB*lengths[doc][0]/average[0])
		t := p.textWeight / (1 - p.textB + p.textB*lengths[doc][1]/average[1])
		for _, e := range b.entries[from:end] {
			tf := q*float64(e.freq[0]) + t*float64(e.freq[1])
			v.docs[next[e.term]] = uint32(doc)
			v.impacts[next[e.term]] = float32(tf / (tf + p.k1))
			next[e.term]++
		}
		from = end
	}
	return v
}

// weighted is one term of a question.
type weighted struct {
	span   span
	view   uint8
	weight float32 // times the inverse document frequency
}

// bag is what a question asks of the scorer.
type bag struct {
	terms []weighted
	ideal float64 // the score of a document that holds every term to saturation
}

// pairWeight is what a pair counts beside a word.
const pairWeight = 0.8

// idf is ln(1 + (N-n+0.5)/(n+0.5)) for a term that n of all N units hold
// (Robertson and Zaragoza 2009).
func (s *scorer) idf(n int) float64 {
	return math.Log(1 + (float64(s.units)-float64(n)+0.5)/(float64(n)+0.5))
}

// add puts the terms of the tokens into the bag. weights, one a token, is how
// much each counts; a pair counts as the greater of its two, because a question
// word beside a word of the matter is often part of it ("cấp lại", "mất bao lâu").
func (s *scorer) add(b *bag, tokens []vietnamese.Token, weights []float64, scale, pairs float64) {
	var before uint64
	held := false
	for i, t := range tokens {
		word, ok := s.word(t.Text, false)
		b.put(s, viewWords, word, ok, scale*weights[i])
		if i > 0 && !t.Break {
			b.put(s, viewPairs, before<<32|word, held && ok, scale*pairs*max(weights[i], weights[i-1]))
		}
		before, held = word, ok
	}
}

// put adds one term. A term that no document holds still counts towards the
// ideal: it is a part of the question that nothing answers.
func (b *bag) put(s *scorer, view int, term uint64, known bool, weight float64) {
	if weight <= 0 {
		return
	}
	p, found := s.views[view].terms[term]
	if !known || !found {
		b.ideal += weight * s.idf(0)
		return
	}
	w := weight * float64(p.idf)
	b.ideal += w
	for i := range b.terms {
		if b.terms[i].span == p.span && int(b.terms[i].view) == view {
			b.terms[i].weight += float32(w)
			return
		}
	}
	b.terms = append(b.terms, weighted{p.span, uint8(view), float32(w)}) //nolint:gosec // four views
}

// ranked is a document with its score.
type ranked struct {
	doc   uint32
	score float32
}

// top returns the k best documents, best first; equal scores in document order.
func (s *scorer) top(b *bag, k int) []ranked {
	acc, _ := s.pool.Get().(*[]float32) // the pool holds nothing else
	scores := *acc
	clear(scores)
	for _, t := range b.terms {
		v := &s.views[t.view]
		docs, impacts := v.docs[t.span.from:t.span.to], v.impacts[t.span.from:t.span.to]
		for i, d := range docs {
			scores[d] += t.weight * impacts[i]
		}
	}
	best := make([]ranked, 0, k+1)
	floor := float32(0)
	for d, score := range scores {
		if score <= floor {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, score, func(r ranked, score float32) int {
			if r.score >= score {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, ranked{uint32(d), score})
		if len(best) > k {
			best = best[:k]
			floor = best[k-1].score
		}
	}
	s.pool.Put(acc)
	return best
}

// strangeness is what a word that no article holds tells, beside one that a
// single article holds. Most such words are talk around the matter.
const strangeness = 0.5
