package index

import (
	"context"
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/trolyao/trolyao/knowledge"
)

// Baseline is Bleve as it comes out of the box: standard analyser, default
// scoring, one match query over title and text. It is what every improvement is
// measured against.
type Baseline struct{ bleve bleve.Index }

// NewBaseline indexes articles in memory. What an article is asked as counts as
// its title.
func NewBaseline(articles []*knowledge.Article) (*Baseline, error) {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = standard.Name
	idx, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("create baseline index: %w", err)
	}
	batch := idx.NewBatch()
	for _, a := range articles {
		var text []string
		for _, s := range a.Sections {
			text = append(text, s.Heading, s.Text)
		}
		title := append(append([]string{a.Title}, a.Asked()...), a.Keywords...)
		if err := batch.Index(string(a.ID), map[string]any{"title": strings.Join(title, "\n"), "text": strings.Join(text, "\n")}); err != nil {
			return nil, fmt.Errorf("index baseline: %w", err)
		}
	}
	if err := idx.Batch(batch); err != nil {
		return nil, fmt.Errorf("index baseline: %w", err)
	}
	return &Baseline{idx}, nil
}

// Rank returns the k best articles for the text, best first.
func (b *Baseline) Rank(ctx context.Context, text string, k int) ([]knowledge.ID, error) {
	found, err := b.bleve.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewMatchQuery(text), k, 0, false))
	if err != nil {
		return nil, fmt.Errorf("search baseline: %w", err)
	}
	ids := make([]knowledge.ID, 0, len(found.Hits))
	for _, hit := range found.Hits {
		ids = append(ids, knowledge.ID(hit.ID))
	}
	return ids, nil
}

// Close frees the index.
func (b *Baseline) Close() error { return b.bleve.Close() }
