package index

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// BleveRank ranks the articles by Bleve itself, over the same views as the
// scorer. It serves free search, and to check that what is held in memory
// agrees with the index.
func (v *Version) BleveRank(ctx context.Context, text string, k int) ([]knowledge.ID, error) {
	req := bleve.NewSearchRequestOptions(viewsQuery(vietnamese.Tokens(text)), k, 0, false)
	found, err := v.bleve.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("search index version %s: %w", v.id, err)
	}
	ids := make([]knowledge.ID, 0, len(found.Hits))
	for _, hit := range found.Hits {
		ids = append(ids, knowledge.ID(hit.ID))
	}
	return ids, nil
}

// viewsQuery asks for any of the tokens, in every view.
func viewsQuery(tokens []vietnamese.Token) query.Query {
	var clauses []query.Query
	seen := map[string]bool{}
	add := func(part, view, term string, boost float64) {
		field := fieldName(part, view)
		if seen[field+" "+term] {
			return
		}
		seen[field+" "+term] = true
		t := bleve.NewTermQuery(term)
		t.SetField(field)
		t.SetBoost(boost)
		clauses = append(clauses, t)
	}
	weights := defaultViewWeights()
	for i, t := range tokens {
		for _, part := range parts() {
			add(part, viewFolded, t.Fold, weights[scoreFolded])
			add(part, viewAccented, t.Text, weights[scoreAccented])
			if i > 0 && !t.Break {
				add(part, viewFoldedPairs, pair(tokens[i-1].Fold, t.Fold), weights[scoreFoldedPairs])
			}
		}
	}
	return bleve.NewDisjunctionQuery(clauses...)
}
