package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/highlight"
	"github.com/blevesearch/bleve/v2/search/highlight/fragmenter/simple"
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
	for i, t := range tokens {
		for _, part := range parts() {
			add(part, fieldFolded, t.Fold, 1)
			add(part, fieldAccented, t.Text, 1)
			if i > 0 && !t.Break {
				add(part, fieldFoldedPairs, pair(tokens[i-1].Fold, t.Fold), pairWeight)
			}
		}
	}
	return bleve.NewDisjunctionQuery(clauses...)
}

// Found is an article that free search found.
type Found struct {
	Article *knowledge.Article
	// Fragment is the passage that holds most of the words searched for, in
	// pieces; the pieces that are such words are marked.
	Fragment []Piece
}

// Piece is a stretch of text.
type Piece struct {
	Text string
	Hit  bool
}

// Find is free search for people who look through the knowledge: whatever holds
// the words, best first, with the place where they stand. It decides nothing.
func (v *Version) Find(ctx context.Context, text string, k int) ([]Found, error) {
	ids, err := v.BleveRank(ctx, text, k)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, t := range vietnamese.Tokens(text) {
		wanted[t.Fold] = true
	}
	out := make([]Found, 0, len(ids))
	for _, id := range ids {
		a := v.base.Article(id)
		out = append(out, Found{a, fragment(a, wanted)})
	}
	return out, nil
}

// fragmentSize is about how many bytes of text a fragment shows.
const fragmentSize = 240

// fragment cuts out the passage of an article that holds most wanted words.
func fragment(a *knowledge.Article, wanted map[string]bool) []Piece {
	var texts []string
	for _, s := range a.Sections {
		texts = append(texts, s.Text)
	}
	text := strings.Join(texts, "\n")
	var locations highlight.TermLocations
	for i, t := range vietnamese.Locate(text) {
		if wanted[t.Fold] {
			locations = append(locations, &highlight.TermLocation{Term: t.Fold, Pos: i, Start: t.Start, End: t.End})
		}
	}
	fragments := simple.NewFragmenter(fragmentSize).Fragment([]byte(text), locations)
	if len(fragments) == 0 {
		return nil
	}
	// There are as many fragments as locations, so neither walks the other.
	within := func(f *highlight.Fragment) highlight.TermLocations {
		from := sort.Search(len(locations), func(i int) bool { return locations[i].Start >= f.Start })
		to := sort.Search(len(locations), func(i int) bool { return locations[i].End > f.End })
		return locations[from:max(from, to)]
	}
	best := slices.MaxFunc(fragments, func(a, b *highlight.Fragment) int { return cmp.Compare(len(within(a)), len(within(b))) })
	var pieces []Piece
	at := best.Start
	for _, l := range within(best) {
		if l.Start < at {
			continue // two tokens of one word
		}
		pieces = append(pieces, Piece{text[at:l.Start], false}, Piece{text[l.Start:l.End], true})
		at = l.End
	}
	return append(pieces, Piece{text[at:best.End], false})
}
