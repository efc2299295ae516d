package index

import (
	"fmt"
	"math"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// model is what re-ranking needs to know of a version: how telling each word
// is, and the wordings of each article.
type model struct {
	articles map[knowledge.ID]*articleModel
	// docFreq counts the articles that hold a folded syllable anywhere.
	docFreq map[string]int
	fillers map[string]bool // folded
	aspects []aspectCue
}

type articleModel struct {
	article *knowledge.Article
	titled  []wording // title, questions and keywords, each alone
	asked   wordSet   // all of them together, with category and agency
	said    wordSet   // the sections
}

// wording is one way to call or ask for an article.
type wording struct {
	text   string
	tokens []vietnamese.Token
	set    wordSet
}

// wordSet holds syllables and pairs by their folded form. The value lists the
// accented forms seen.
type wordSet map[string][]string

func (s wordSet) add(tokens []vietnamese.Token) {
	for i, t := range tokens {
		s.put(t.Fold, t.Text)
		if i > 0 && !t.Break {
			s.put(pair(tokens[i-1].Fold, t.Fold), "")
		}
	}
}

func (s wordSet) put(folded, text string) {
	if !slices.Contains(s[folded], text) {
		s[folded] = append(s[folded], text)
	}
}

type aspectCue struct {
	section knowledge.SectionID
	pattern vietnamese.Pattern
}

func newModel(base *knowledge.Base) (*model, error) {
	m := &model{
		articles: make(map[knowledge.ID]*articleModel, len(base.Articles)),
		docFreq:  map[string]int{},
		fillers:  map[string]bool{},
	}
	for _, a := range base.Articles {
		am := &articleModel{article: a, asked: wordSet{}, said: wordSet{}}
		wordings := append(append([]string{a.Title}, a.Questions...), a.Keywords...)
		for _, text := range wordings {
			w := wording{text: text, tokens: vietnamese.Tokens(text), set: wordSet{}}
			w.set.add(w.tokens)
			am.titled = append(am.titled, w)
		}
		for _, text := range questionTexts(a) {
			am.asked.add(vietnamese.Tokens(text))
		}
		for _, s := range a.Sections {
			am.said.add(vietnamese.Tokens(s.Heading + "\n" + s.Text))
		}
		m.articles[a.ID] = am
		m.count(am)
	}
	for _, w := range base.Lexicon.Fillers {
		m.fillers[vietnamese.Fold(w)] = true
	}
	for _, cue := range base.Lexicon.Aspects {
		p, err := vietnamese.CompilePattern(cue.Cue)
		if err != nil {
			return nil, fmt.Errorf("aspect %q: %w", cue.Cue, err)
		}
		m.aspects = append(m.aspects, aspectCue{cue.Section, p})
	}
	return m, nil
}

func (m *model) count(am *articleModel) {
	for folded := range am.asked {
		m.docFreq[folded]++
	}
	for folded := range am.said {
		if _, both := am.asked[folded]; !both {
			m.docFreq[folded]++
		}
	}
}

// fillerWeight is how much a question word or politeness counts beside a word
// of the matter. Dropping them altogether costs accuracy, because some (mất,
// con, làm) belong to the matter.
const fillerWeight = 0.25

// weight says how telling a folded syllable is: its inverse document
// frequency, ln(1 + (N-n+0.5)/(n+0.5)), as in BM25 (Robertson and Zaragoza,
// "The Probabilistic Relevance Framework", 2009).
func (m *model) weight(folded string) float64 {
	n, total := float64(m.docFreq[folded]), float64(len(m.articles))
	w := math.Log(1 + (total-n+0.5)/(n+0.5))
	if m.fillers[folded] {
		w *= fillerWeight
	}
	return w
}
