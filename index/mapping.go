package index

import (
	"runtime"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/mapping"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// The views of a text that Bleve indexes: syllables with and without marks, and
// pairs without. Unaccented typing finds the folded views; pairs keep folding
// safe, because "tam tru" is one thing where "tam" and "tru" are a dozen each.
const (
	fieldAccented    = "acc"
	fieldFolded      = "fold"
	fieldFoldedPairs = "fold2"
)

// The parts of an article that are searched: what it is called and asked as,
// and what it says.
const (
	partQuestion = "q"
	partBody     = "b"
)

func parts() []string { return []string{partQuestion, partBody} }

// tokensField keeps the tokens of a part as they were cut, for the scorer that
// is loaded from the index when a version is opened.
func tokensField(part string) string { return part + "_tokens" }

// sentenceBreak stands between tokens where a sentence ends. No token holds it.
const sentenceBreak = "."

const preTokenised = "pre_tokenised"

// buildMapping describes the documents to Bleve. Our own analysis has cut the
// text already, so Bleve only splits at spaces. Only the tokens are stored; the
// texts live in the version's own copy of the knowledge.
func buildMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	if err := m.AddCustomAnalyzer(preTokenised, map[string]any{
		"type": custom.Name, "tokenizer": whitespace.Name,
	}); err != nil {
		return nil, err
	}
	m.DefaultAnalyzer = preTokenised
	document := bleve.NewDocumentStaticMapping()
	for _, part := range parts() {
		for _, view := range []string{fieldAccented, fieldFolded, fieldFoldedPairs} {
			field := bleve.NewTextFieldMapping()
			field.Analyzer = preTokenised
			field.Store, field.IncludeInAll, field.IncludeTermVectors, field.DocValues = false, false, false, false
			document.AddFieldMappingsAt(fieldName(part, view), field)
		}
		stored := bleve.NewTextFieldMapping()
		stored.Index, stored.Store, stored.IncludeInAll, stored.IncludeTermVectors, stored.DocValues = false, true, false, false, false
		document.AddFieldMappingsAt(tokensField(part), stored)
	}
	m.DefaultMapping = document
	return m, nil
}

func fieldName(part, view string) string { return part + "_" + view }

// documents analyses articles, as many at a time as there are processors.
func documents(articles []*knowledge.Article) []map[string]any {
	out := make([]map[string]any, len(articles))
	cut := new(vietnamese.Cutter)
	eachArticle(len(articles), func(i int) { out[i] = document(cut, articles[i]) })
	return out
}

// eachArticle does something with each of n articles, on all processors, giving
// way to those who are being answered meanwhile.
func eachArticle(n int, do func(i int)) {
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}

// document returns what Bleve indexes of an article.
func document(cut *vietnamese.Cutter, a *knowledge.Article) map[string]any {
	doc := map[string]any{}
	addPart(cut, doc, partQuestion, strings.Join(questionTexts(a), "\n"))
	var body []string
	for _, s := range a.Sections {
		body = append(body, s.Heading+"\n"+s.Text)
	}
	addPart(cut, doc, partBody, strings.Join(body, "\n"))
	return doc
}

// questionTexts returns everything an article is called or asked as.
func questionTexts(a *knowledge.Article) []string {
	texts := append([]string{a.Title}, a.Asked()...)
	texts = append(texts, a.Keywords...)
	if a.Category != "" {
		texts = append(texts, strings.ReplaceAll(a.Category, "-", " "))
	}
	texts = append(texts, a.Agency)
	if a.Procedure != "" {
		texts = append(texts, a.Procedure)
	}
	return texts
}

func addPart(cut *vietnamese.Cutter, doc map[string]any, part, text string) {
	tokens := cut.Tokens(text)
	var accented, folded, pairs, kept strings.Builder
	for i, t := range tokens {
		accented.WriteString(t.Text + " ")
		folded.WriteString(t.Fold + " ")
		switch {
		case t.Break:
			kept.WriteString(sentenceBreak + " ")
		case i > 0:
			pairs.WriteString(pair(tokens[i-1].Fold, t.Fold) + " ")
		}
		kept.WriteString(t.Text + " ")
	}
	doc[fieldName(part, fieldAccented)] = accented.String()
	doc[fieldName(part, fieldFolded)] = folded.String()
	doc[fieldName(part, fieldFoldedPairs)] = pairs.String()
	doc[tokensField(part)] = kept.String()
}

// keptTokens reads back the tokens of a part.
func keptTokens(kept string) []vietnamese.Token {
	tokens := make([]vietnamese.Token, 0, len(kept)/6)
	pause := false
	for text := range strings.FieldsSeq(kept) {
		if text == sentenceBreak {
			pause = true
			continue
		}
		tokens = append(tokens, vietnamese.Token{Text: text, Fold: vietnamese.Fold(text), Break: pause})
		pause = false
	}
	return tokens
}

func pair(a, b string) string { return a + "_" + b }
