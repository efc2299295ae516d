package index

import (
	"fmt"
	"slices"
	"sync"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// model is all that answering needs to know of a version, in memory: the
// postings, the wordings of each article, the lexicon and the decoder.
type model struct {
	scorer   *scorer
	learned  *learned
	decoder  *vietnamese.Decoder
	articles []articleModel // in the order of the base's articles
	byID     map[knowledge.ID]int
	begin    []knowledge.Date // when the rules of all articles begin, early ones first
	end      []knowledge.Date // when those end that do

	proposals proposals

	cut        *vietnamese.Cutter // while the model is being made
	vocabulary vocabulary         // of what follows
	outside    outside
	asksOn     nearest  // the ways to ask on that staff wrote
	goesOn     termOdds // asks on, without naming the matter
	goesInto   termOdds // goes into the matter that was spoken of
	asksFor    sectionOdds

	fillers  map[string]bool // folded
	aspects  *vietnamese.PatternSet
	aspectOf []knowledge.SectionID // by pattern

	synonyms       map[string][]synonym // by foldKey of the variant
	longestSynonym int                  // tokens
	entities       entities

	fit         knowledge.Fit // the calibration as it was read
	calibration calibration
	off         Step       // left out, for measuring
	worths      *sync.Pool // *[]float64, one for each word
}

// with returns the model with another calibration.
func (m *model) with(c calibration) *model {
	other := *m
	other.calibration = c
	return &other
}

// articleModel is an article and the wordings it is asked by.
type articleModel struct {
	article  *knowledge.Article
	wordings []wording // title, questions and keywords, each alone
	editors  int       // how many of the wordings, from the first on, are the title and questions of the article's file
	names    []int     // of the wordings, those that are a title or keyword
	words    []tokenID // of all wordings, in order, each once

	continuations []wording // the ways to go into it
	articleSections
}

func (am *articleModel) collectWords() {
	for i := range am.wordings {
		am.words = append(am.words, am.wordings[i].ids...)
	}
	slices.SortFunc(am.words, tokenID.compare)
	am.words = slices.Compact(am.words)
}

// credit is what a word of a question counts among all wordings: 1 as it was
// typed, less with other marks, 0 when none holds it.
func (am *articleModel) credit(id tokenID, t *vietnamese.Token) float64 {
	at, _ := slices.BinarySearchFunc(am.words, tokenID{fold: id.fold}, tokenID.compare)
	if id.fold == 0 || at == len(am.words) || am.words[at].fold != id.fold {
		return 0
	}
	if !t.Marked() || t.Guessed {
		return 1
	}
	for ; at < len(am.words) && am.words[at].fold == id.fold; at++ {
		if am.words[at].text == id.text || am.words[at].text == id.fold {
			return 1
		}
	}
	return wrongMarks
}

// calls reports whether a wording holds the word with its marks.
func (am *articleModel) calls(id tokenID) bool {
	_, found := slices.BinarySearchFunc(am.words, id, tokenID.compare)
	return found
}

// wording is one way to call or ask for an article.
type wording struct {
	text   string
	tokens []vietnamese.Token // while the model is being made
	ids    []tokenID
	breaks []bool    // a sentence ends before the token
	rare   []float64 // how telling each token is
	total  float64   // of rare
}

// newModel makes the model of a version. What was learnt of it before, if it was,
// is not learnt again.
func newModel(base *knowledge.Base, docs []source, before *learned) (*model, error) {
	var reading sync.WaitGroup
	var decoder *vietnamese.Decoder
	reading.Go(func() { decoder = newDecoder(docs, base) })
	m := &model{
		scorer:   newScorer(len(docs), rareAmong(len(base.Articles) >= manyArticles && worded(base.Articles)), func(i int) source { return docs[i] }),
		articles: make([]articleModel, len(base.Articles)),
		byID:     make(map[knowledge.ID]int, len(base.Articles)),
		fillers:  map[string]bool{},
		synonyms: map[string][]synonym{},

		cut:        new(vietnamese.Cutter),
		vocabulary: vocabulary{},
	}
	reading.Wait()
	m.decoder = decoder
	for _, w := range base.Lexicon.Fillers {
		m.fillers[vietnamese.Fold(w)] = true
	}
	for i, a := range base.Articles {
		m.byID[a.ID] = i
		m.begin = append(m.begin, a.Effective.From)
		if a.Effective.Until != "" {
			m.end = append(m.end, a.Effective.Until)
		}
	}
	slices.Sort(m.begin)
	slices.Sort(m.end)
	eachArticle(len(base.Articles), func(i int) { m.articles[i] = m.articleModel(base.Articles[i]) })
	m.proposals = newProposals(m.articles)
	m.fit = base.Calibration.Worded
	if !worded(base.Articles) {
		m.fit = base.Calibration.Plain
	}
	var err error
	if m.calibration, err = newCalibration(m.fit); err != nil {
		return nil, err
	}
	var cues []vietnamese.Pattern
	for _, cue := range base.Lexicon.Aspects {
		p, err := vietnamese.CompilePattern(cue.Cue)
		if err != nil {
			return nil, fmt.Errorf("aspect %q: %w", cue.Cue, err)
		}
		cues = append(cues, p)
		m.aspectOf = append(m.aspectOf, cue.Section)
	}
	m.aspects = vietnamese.NewPatternSet(cues)
	m.addSynonyms(base.Lexicon)
	m.entities = m.newEntities(base.Lexicon)
	words := len(m.scorer.words) + 1
	m.worths = &sync.Pool{New: func() any { worth := make([]float64, words); return &worth }}
	m.learned = before
	var learning sync.WaitGroup
	if before == nil {
		learning.Go(func() { m.learned = m.learn() })
	}
	asked := m.asked()
	m.outside = newOutside(m.vocabulary, asked, base.Lexicon.Outside, m.cut)
	m.learnFollowUps(base.Lexicon.FollowUps, base, asked)
	m.learnContinuations(asked)
	m.learnSections(base.Lexicon.FollowUps)
	learning.Wait()
	m.forgetTokens()
	return m, nil
}

// forgetTokens gives back what only learning needs.
func (m *model) forgetTokens() {
	m.cut = nil
	for i := range m.articles {
		for _, said := range [][]wording{m.articles[i].wordings, m.articles[i].continuations} {
			for k := range said {
				said[k].tokens = nil
			}
		}
	}
}

func (m *model) articleModel(a *knowledge.Article) articleModel {
	am := articleModel{article: a, articleSections: m.sectionsOf(a)}
	asked := a.Asked()
	for i, text := range append(append([]string{a.Title}, asked...), a.Keywords...) {
		if text == "" {
			continue
		}
		if i == 0 || i > len(asked) {
			am.names = append(am.names, len(am.wordings))
		}
		am.wordings = append(am.wordings, m.wording(text))
		if i <= len(a.Questions) {
			am.editors++
		}
	}
	for _, c := range a.Continuations {
		am.continuations = append(am.continuations, m.wording(c.Text))
	}
	am.collectWords()
	return am
}

// asked counts what the words of all wordings are.
func (m *model) asked() (c messages) {
	for i := range m.articles {
		for k := range m.articles[i].wordings {
			c.add(m.vocabulary.learn(m.articles[i].wordings[k].tokens))
		}
	}
	return c
}

// manyArticles is from how many articles on nearly all hold the common words.
// The few of a small folder still differ in them.
const manyArticles = 20

// worded reports whether most articles bring the questions they are asked by.
func worded(articles []*knowledge.Article) bool {
	n := 0
	for _, a := range articles {
		if len(a.Questions)+len(a.Wordings)+len(a.Keywords)+1 >= leastWordings {
			n++
		}
	}
	return 2*n > len(articles)
}

// wording analyses one way to ask for an article.
func (m *model) wording(text string) wording {
	tokens := m.cut.Tokens(text)
	w := wording{text: text, tokens: tokens, ids: make([]tokenID, len(tokens)), breaks: make([]bool, len(tokens)), rare: make([]float64, len(tokens))}
	for i, t := range tokens {
		w.ids[i], w.breaks[i] = m.scorer.tokenID(t), t.Break
		w.rare[i] = m.scorer.rarity(w.ids[i].fold)
		if m.fillers[t.Fold] {
			w.rare[i] *= fillerWeight
		}
		w.total += w.rare[i]
	}
	return w
}

// addSynonyms prepares the rows of the lexicon, in both directions where both
// hold, and the abbreviations that the texts use as they are.
func (m *model) addSynonyms(lexicon knowledge.Lexicon) {
	for _, s := range lexicon.Synonyms {
		m.addSynonym(s.Variant, s.Canonical)
		if s.Both {
			m.addSynonym(s.Canonical, s.Variant)
		}
	}
	for _, s := range lexicon.Abbreviations {
		m.addSynonym(s.Typed, s.Meanings[0])
	}
}

func (m *model) addSynonym(variant, other string) {
	v, o := m.cut.Tokens(variant), m.cut.Tokens(other)
	if len(v) == 0 || len(o) == 0 {
		return
	}
	p := &phrase{text: other, tokens: o}
	known := true
	for _, t := range o {
		id := m.scorer.tokenID(t)
		known = known && id.fold != 0
		p.ids = append(p.ids, id)
		r := m.scorer.rarity(id.fold)
		p.rare = append(p.rare, r)
		p.total += r
	}
	if !known {
		return // no article says it so
	}
	m.longestSynonym = max(m.longestSynonym, len(v))
	m.synonyms[foldKey(v)] = append(m.synonyms[foldKey(v)], synonym{v, p})
}
