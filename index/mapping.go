package index

import (
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/mapping"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// The four views of a text: syllables with and without marks, alone and in
// pairs. Unaccented typing finds the folded views; pairs keep folding safe,
// because "tam tru" is one thing where "tam" and "tru" are a dozen each.
const (
	viewAccented      = "acc"
	viewFolded        = "fold"
	viewAccentedPairs = "acc2"
	viewFoldedPairs   = "fold2"
)

// The parts of an article that are searched: what the article is called and
// asked as, what it says, and each section alone.
const (
	partQuestion = "q"
	partBody     = "b"
	partSection  = "s"
)

const preTokenised = "pre_tokenised"

// buildMapping describes the documents to Bleve. Our own analysis has cut the
// text already, so Bleve only splits at spaces. Nothing is stored: the texts
// live in the version's own copy of the knowledge.
func buildMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	if err := m.AddCustomAnalyzer(preTokenised, map[string]any{
		"type": custom.Name, "tokenizer": whitespace.Name,
	}); err != nil {
		return nil, err
	}
	m.DefaultAnalyzer = preTokenised
	document := bleve.NewDocumentStaticMapping()
	for _, part := range []string{partQuestion, partBody, partSection} {
		for _, view := range []string{viewAccented, viewFolded, viewAccentedPairs, viewFoldedPairs} {
			field := bleve.NewTextFieldMapping()
			field.Analyzer = preTokenised
			field.Store, field.IncludeInAll, field.IncludeTermVectors, field.DocValues = false, false, false, false
			document.AddFieldMappingsAt(fieldName(part, view), field)
		}
	}
	m.DefaultMapping = document
	return m, nil
}

func fieldName(part, view string) string { return part + "_" + view }

// sectionDocID names the document of one section; an article's own document is
// named by its id. Ids hold no "#".
func sectionDocID(id knowledge.ID, section knowledge.SectionID) string {
	return string(id) + "#" + string(section)
}

// documents returns every document of an article, by id.
func documents(a *knowledge.Article) map[string]map[string]any {
	article := map[string]any{}
	addViews(article, partQuestion, strings.Join(questionTexts(a), "\n"))
	docs := map[string]map[string]any{string(a.ID): article}
	var body []string
	for _, s := range a.Sections {
		text := s.Heading + "\n" + s.Text
		body = append(body, text)
		section := map[string]any{}
		addViews(section, partSection, text)
		docs[sectionDocID(a.ID, s.ID)] = section
	}
	addViews(article, partBody, strings.Join(body, "\n"))
	return docs
}

// questionTexts returns everything an article is called or asked as.
func questionTexts(a *knowledge.Article) []string {
	texts := append([]string{a.Title}, a.Questions...)
	texts = append(texts, a.Keywords...)
	texts = append(texts, strings.ReplaceAll(a.Category, "-", " "), a.Agency)
	if a.Procedure != "" {
		texts = append(texts, a.Procedure)
	}
	return texts
}

func addViews(doc map[string]any, part, text string) {
	v := viewsOf(vietnamese.Tokens(text))
	doc[fieldName(part, viewAccented)] = strings.Join(v.accented, " ")
	doc[fieldName(part, viewFolded)] = strings.Join(v.folded, " ")
	doc[fieldName(part, viewAccentedPairs)] = strings.Join(v.accentedPairs, " ")
	doc[fieldName(part, viewFoldedPairs)] = strings.Join(v.foldedPairs, " ")
}

type views struct{ accented, folded, accentedPairs, foldedPairs []string }

func viewsOf(tokens []vietnamese.Token) views {
	var v views
	for i, t := range tokens {
		v.accented = append(v.accented, t.Text)
		v.folded = append(v.folded, t.Fold)
		if i > 0 && !t.Break {
			v.accentedPairs = append(v.accentedPairs, pair(tokens[i-1].Text, t.Text))
			v.foldedPairs = append(v.foldedPairs, pair(tokens[i-1].Fold, t.Fold))
		}
	}
	return v
}

func pair(a, b string) string { return a + "_" + b }
