package index

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Complete proposes at most k ways to go on with a question that is being
// typed: short wordings of articles in force that hold what was typed as it
// stands, its last word perhaps unfinished, one of each article. Those that
// begin with it come first, among them the shorter.
func (v *Version) Complete(typed string, k int, today knowledge.Date) []string {
	p := &v.model.proposals
	words := p.begun(vietnamese.Tokens(typed))
	if len(words) == 0 || k <= 0 {
		return nil
	}
	var begin, hold []*proposal
	for i := range p.all {
		next := &p.all[i]
		at := next.goesOn(words)
		of := &hold
		if at == 0 {
			of = &begin
		}
		// Of those that hold it twice as many are kept: an article that has one
		// may also have a longer one that begins with it.
		if at < 0 || len(*of) == 2*k || slices.ContainsFunc(*of, next.sameArticle) || !v.base.Articles[next.doc].InForce(today) {
			continue
		}
		if *of = append(*of, next); len(begin) == k {
			break // the rest is longer
		}
	}
	out := make([]string, 0, k)
	for _, b := range begin {
		out = append(out, b.text)
	}
	for _, h := range hold {
		if len(out) < k && !slices.ContainsFunc(begin, h.sameArticle) {
			out = append(out, h.text)
		}
	}
	return out
}

// longestProposal is how many characters a proposal may have: two lines of a
// phone.
const longestProposal = 64

// proposals are the wordings that may be proposed. People type faster than an
// index on disk is read, so these are looked through in memory.
type proposals struct {
	folds, texts []string // the words of all, without and with marks, each once and in order
	all          []proposal
}

// proposal is a wording that may be proposed.
type proposal struct {
	text  string
	doc   int
	words []spelling
}

// spelling is a word by its places in proposals.folds and proposals.texts: those
// that begin alike stand together there.
type spelling struct{ fold, text uint32 }

func (p *proposal) sameArticle(other *proposal) bool { return p.doc == other.doc }

// newProposals gathers the titles and questions that may be proposed, shortest
// first. Those written without marks are no model for anyone.
func newProposals(articles []articleModel) (p proposals) {
	var wordings []*wording
	for doc := range articles {
		am := &articles[doc]
		for i := range am.wordings[:am.editors] {
			w := &am.wordings[i]
			if utf8.RuneCountInString(w.text) > longestProposal || !vietnamese.MostlyMarked(w.tokens) {
				continue
			}
			for _, t := range w.tokens {
				p.folds, p.texts = append(p.folds, t.Fold), append(p.texts, t.Text)
			}
			p.all, wordings = append(p.all, proposal{text: w.text, doc: doc}), append(wordings, w)
		}
	}
	for _, words := range []*[]string{&p.folds, &p.texts} {
		slices.Sort(*words)
		*words = slices.Clone(slices.Compact(*words))
	}
	for i, w := range wordings {
		for _, t := range w.tokens {
			p.all[i].words = append(p.all[i].words, spelling{place(p.folds, t.Fold), place(p.texts, t.Text)})
		}
	}
	slices.SortStableFunc(p.all, func(a, b proposal) int {
		return cmp.Compare(utf8.RuneCountInString(a.text), utf8.RuneCountInString(b.text))
	})
	return p
}

// place is where a word stands among the words in order, or would.
func place(words []string, word string) uint32 {
	at, _ := slices.BinarySearch(words, word)
	return uint32(at) //nolint:gosec // a number of words
}

// begins is where the words that begin so stand.
func begins(words []string, so string) span {
	from := place(words, so)
	n := slices.IndexFunc(words[from:], func(w string) bool { return !strings.HasPrefix(w, so) })
	if n < 0 {
		n = len(words) - int(from)
	}
	return span{from, from + uint32(n)} //nolint:gosec // a number of words
}

// only is where a word stands, if it does.
func only(words []string, word string) span {
	s := begins(words, word)
	if s.from < s.to && words[s.from] == word {
		return span{s.from, s.from + 1}
	}
	return span{}
}

func (s span) has(at uint32) bool { return s.from <= at && at < s.to }

// begunWord is what a typed word may be. Marks may be missing.
type begunWord struct {
	fold, text span
	longer     span // of the folded words: the marks may still come
}

// begun returns what typed words may be, the last of which may be unfinished;
// nothing when no proposal holds one of them.
func (p *proposals) begun(typed []vietnamese.Token) []begunWord {
	var words []begunWord
	for i, t := range typed {
		w := begunWord{fold: only(p.folds, t.Fold), text: only(p.texts, t.Text)}
		if i == len(typed)-1 {
			exact := w.fold
			w.fold, w.text = begins(p.folds, t.Fold), begins(p.texts, t.Text)
			w.longer = span{w.fold.from + exact.to - exact.from, w.fold.to}
		}
		if !t.Marked() {
			w.text = span{0, uint32(len(p.texts))} //nolint:gosec // a number of words
		}
		if w.fold.from == w.fold.to {
			return nil
		}
		words = append(words, w)
	}
	return words
}

// goesOn returns where in a proposal the typed words stand, one after the other,
// -1 when they do not or are all of it.
func (p *proposal) goesOn(typed []begunWord) int {
	if len(p.words) == len(typed) {
		return -1
	}
	for at := 0; at+len(typed) <= len(p.words); at++ {
		if stands(p.words[at:], typed) {
			return at
		}
	}
	return -1
}

func stands(words []spelling, typed []begunWord) bool {
	for i := range typed {
		t, w := &typed[i], words[i]
		if !t.fold.has(w.fold) || !t.text.has(w.text) && !t.longer.has(w.fold) {
			return false
		}
	}
	return true
}
