package index

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/blevesearch/bleve/v2"
	api "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// loadSources reads the tokens of every article from the Bleve index, in the
// order of the articles. Whatever is held in memory is made from them, so that
// it can never differ from what Bleve finds.
func loadSources(idx bleve.Index, articles []*knowledge.Article) ([]source, error) {
	docs := make([]source, len(articles))
	var readers errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		readers.Go(func() (err error) {
			for i := w; i < len(articles) && err == nil; i += workers {
				docs[i], err = loadSource(idx, articles[i].ID)
			}
			return err
		})
	}
	return docs, readers.Wait()
}

func loadSource(idx bleve.Index, id knowledge.ID) (s source, err error) {
	doc, err := idx.Document(string(id))
	if err != nil {
		return s, fmt.Errorf("read document %s: %w", id, err)
	}
	if doc == nil {
		return s, fmt.Errorf("%w: no document %s", ErrDamaged, id)
	}
	doc.VisitFields(func(f api.Field) {
		switch f.Name() {
		case tokensField(partQuestion):
			s.question = keptTokens(string(f.Value()))
		case tokensField(partBody):
			s.text = keptTokens(string(f.Value()))
		}
	})
	return s, nil
}

// newDecoder learns the language of the articles, and of what people write
// about: the lanes' examples and the meanings of the lexicon.
func newDecoder(docs []source, base *knowledge.Base) *vietnamese.Decoder {
	lm, cut := vietnamese.NewLanguageModel(), new(vietnamese.Cutter)
	for _, d := range docs {
		lm.Add(d.question, askedWeight)
		lm.Add(d.text, 1)
	}
	for _, e := range base.Lanes.Examples {
		if tokens := cut.Tokens(e.Text); vietnamese.MostlyMarked(tokens) {
			lm.Add(slices.DeleteFunc(tokens, leftByKeyboard), 1)
		}
	}
	var shorthand []vietnamese.Shorthand
	for _, s := range base.Lexicon.Teencode {
		shorthand = append(shorthand, vietnamese.Shorthand{Typed: s.Typed, Meanings: s.Meanings})
	}
	for _, s := range base.Lexicon.Abbreviations {
		shorthand = append(shorthand, vietnamese.Shorthand{Typed: s.Typed, Meanings: s.Meanings, Initials: true})
	}
	for _, s := range shorthand {
		for _, m := range s.Meanings {
			lm.Add(cut.Tokens(m), meaningWeight)
		}
	}
	for _, s := range base.Lexicon.Synonyms {
		lm.Add(cut.Tokens(s.Variant), 1)
		lm.Add(cut.Tokens(s.Canonical), meaningWeight)
	}
	lm.Finish()
	return vietnamese.NewDecoder(lm, shorthand)
}

// leftByKeyboard tells "treen" from a word, and "khoong" too, which is a syllable.
// Examples are kept as people typed them, and what is learnt from them must not
// pass for a word thereafter.
func leftByKeyboard(t vietnamese.Token) bool {
	meant, keyed := vietnamese.DecodeKeys(t.Text)
	return keyed && meant != t.Text
}

// How much a text counts for what people are likely to write, beside the text
// of an article: its questions are closest to that, the meanings of the
// lexicon only need to be known.
const (
	askedWeight   = 2
	meaningWeight = 0.3
)
