package vietnamese

import (
	"cmp"
	"math"
	"slices"
)

// LanguageModel knows which words follow each other in a collection of texts.
// It is what lets the decoder tell "tạm trú" from "tám trụ". Build it with Add,
// then call Finish once; from then on it may be read by many at a time.
type LanguageModel struct {
	ids   map[string]wordID
	words []modelWord
	pairs map[uint64]float32 // count, by both words
	total float64

	byFold  map[string][]wordID // commonest first
	deletes map[string][]string // folded forms by each way to lose a letter
}

type wordID int32

const noWord wordID = -1

type modelWord struct {
	text, fold string
	count      float32
}

// NewLanguageModel returns an empty model.
func NewLanguageModel() *LanguageModel {
	return &LanguageModel{ids: map[string]wordID{}, pairs: map[uint64]float32{}}
}

// Add counts a text, weight times.
func (m *LanguageModel) Add(tokens []Token, weight float32) {
	before := noWord
	for _, t := range tokens {
		id, known := m.ids[t.Text]
		if !known {
			id = wordID(len(m.words)) //nolint:gosec // a vocabulary is far below 2³¹
			m.ids[t.Text] = id
			m.words = append(m.words, modelWord{text: t.Text, fold: t.Fold})
		}
		m.words[id].count += weight
		m.total += float64(weight)
		if before != noWord && !t.Break {
			m.pairs[pairKey(before, id)] += weight
		}
		before = id
	}
}

func pairKey(a, b wordID) uint64 {
	return uint64(uint32(a))<<32 | uint64(uint32(b)) //nolint:gosec // ids are not negative
}

// Limits of what the decoder looks at, so that a question costs the same on
// any collection: how many words one folded form may stand for, and the length
// of the forms that typing slips are looked up for.
const (
	mostWordsOfFold = 12
	shortestSlip    = 3
	longestSlip     = 8
)

// Finish prepares the model for reading.
func (m *LanguageModel) Finish() {
	m.byFold = make(map[string][]wordID, len(m.words)/3+1)
	for i, w := range m.words {
		m.byFold[w.fold] = append(m.byFold[w.fold], wordID(i))
	}
	m.deletes = map[string][]string{}
	for fold, ids := range m.byFold {
		slices.SortFunc(ids, func(a, b wordID) int {
			return cmp.Or(cmp.Compare(m.words[b].count, m.words[a].count), cmp.Compare(a, b))
		})
		m.byFold[fold] = ids[:min(len(ids), mostWordsOfFold)]
		if m.syllable(fold) || m.common(fold) {
			m.addDeletes(fold) // nothing is a slip of a name or code
		}
	}
	for key, folds := range m.deletes {
		slices.Sort(folds)
		m.deletes[key] = slices.Compact(folds)
	}
}

// addDeletes lists a folded word under each way to lose a letter of it.
func (m *LanguageModel) addDeletes(fold string) {
	n := len(fold)
	if n < shortestSlip || n > longestSlip {
		return
	}
	for i := range n {
		key := fold[:i] + fold[i+1:]
		m.deletes[key] = append(m.deletes[key], fold)
	}
}

// syllable reports whether a folded form stands for a Vietnamese syllable.
func (m *LanguageModel) syllable(fold string) bool {
	return slices.ContainsFunc(m.byFold[fold], func(id wordID) bool {
		_, is := ParseSyllable(m.words[id].text)
		return is
	})
}

// common reports a foreign word that the texts use often: "online", "vneid".
func (m *LanguageModel) common(fold string) bool {
	const often = 5
	return len(fold) > shortestSlip && m.words[m.byFold[fold][0]].count >= often
}

// id returns the word's number, or noWord.
func (m *LanguageModel) id(text string) wordID {
	if id, ok := m.ids[text]; ok {
		return id
	}
	return noWord
}

// The share of a word's probability that its neighbour decides, and the floor
// of an unseen word. Interpolation after Jelinek and Mercer (1980).
const (
	pairShare = 0.8
	unseen    = 0.3
)

// oovCost is what a word outside the model costs, in nats: as much as a rare
// word with a strange neighbour, so that nothing is bent into a known word for
// the sake of being known.
const oovCost = 9.5

// cost returns -ln P(word | before), in nats.
func (m *LanguageModel) cost(before, word wordID) float64 {
	if word == noWord {
		return oovCost
	}
	p := (float64(m.words[word].count) + unseen) / (m.total + 1)
	if before != noWord {
		seen := float64(m.words[before].count)
		p = (1-pairShare)*p + pairShare*float64(m.pairs[pairKey(before, word)])/(seen+1)
	}
	return min(-math.Log(p), oovCost+1)
}

// together reports whether the texts hold the two words side by side.
func (m *LanguageModel) together(a, b wordID) bool {
	return a != noWord && b != noWord && m.pairs[pairKey(a, b)] > 0
}
