package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	within := func(f *highlight.Fragment) (inside highlight.TermLocations) {
		for _, l := range locations {
			if l.Start >= f.Start && l.End <= f.End {
				inside = append(inside, l)
			}
		}
		return inside
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

// Complete proposes at most k ways to go on with a question that is being
// typed: short wordings of articles that hold what was typed as it stands, its
// last word perhaps unfinished. Those that begin with it come first.
func (v *Version) Complete(ctx context.Context, typed string, k int, today knowledge.Date) ([]string, error) {
	tokens := vietnamese.Tokens(typed)
	if len(tokens) == 0 || len(tokens) > maxTokens {
		return nil, nil
	}
	field := fieldName(partQuestion, fieldFolded)
	last := len(tokens) - 1
	prefix := bleve.NewPrefixQuery(tokens[last].Fold)
	prefix.SetField(field)
	all := []query.Query{prefix}
	for _, t := range tokens[:last] {
		term := bleve.NewTermQuery(t.Fold)
		term.SetField(field)
		all = append(all, term)
	}
	found, err := v.bleve.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewConjunctionQuery(all...), completed, 0, false))
	if err != nil {
		return nil, fmt.Errorf("complete in index version %s: %w", v.id, err)
	}
	var proposals []proposal
	for _, hit := range found.Hits {
		if a := v.base.Article(knowledge.ID(hit.ID)); a.InForce(today) {
			if p, ok := proposed(a, tokens); ok {
				proposals = append(proposals, p)
			}
		}
	}
	slices.SortStableFunc(proposals, proposal.compare)
	var out []string
	for _, p := range proposals[:min(len(proposals), k)] {
		out = append(out, p.text)
	}
	return out, nil
}

const (
	// completed is how many articles are looked through for completions.
	completed = 64
	// longestProposal is how many characters a proposal may have: two lines of
	// a phone.
	longestProposal = 64
)

// proposal is a wording that goes on from what was typed.
type proposal struct {
	text   string
	at     int // the word where what was typed begins
	length int
}

func (p proposal) compare(other proposal) int {
	return cmp.Or(cmp.Compare(min(p.at, 1), min(other.at, 1)), cmp.Compare(p.length, other.length))
}

// proposed returns the best proposal among the wordings of an article. Those
// written without marks are no model for anyone.
func proposed(a *knowledge.Article, typed []vietnamese.Token) (best proposal, ok bool) {
	for _, text := range append([]string{a.Title}, a.Questions...) {
		p := proposal{text: text, length: utf8.RuneCountInString(text)}
		wording := vietnamese.Tokens(text)
		if p.length > longestProposal || !vietnamese.MostlyMarked(wording) {
			continue
		}
		if p.at = goesOn(wording, typed); p.at < 0 || len(wording) == len(typed) {
			continue
		}
		if !ok || p.compare(best) < 0 {
			best, ok = p, true
		}
	}
	return best, ok
}

// goesOn returns where in a wording the typed words stand, one after the other,
// -1 when they do not. The last may be unfinished, and marks may be missing.
func goesOn(wording, typed []vietnamese.Token) int {
	last := len(typed) - 1
	for at := 0; at+last < len(wording); at++ {
		stands := true
		for i, t := range typed {
			w := wording[at+i]
			switch {
			case i == last && t.Marked():
				stands = stands && (strings.HasPrefix(w.Text, t.Text) || strings.HasPrefix(w.Fold, t.Fold) && len(w.Fold) > len(t.Fold))
			case i == last:
				stands = stands && strings.HasPrefix(w.Fold, t.Fold)
			default:
				stands = stands && w.Fold == t.Fold && (!t.Marked() || w.Text == t.Text)
			}
		}
		if stands {
			return at
		}
	}
	return -1
}
