package index

import (
	"cmp"
	"math"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// sectionWords is the vocabulary of a section, by folded word, in order.
type sectionWords struct {
	id    knowledge.SectionID
	words []sectionWord
}

// sectionWord is a word of a section. It is the section's own by as much as the
// other sections of the article do without it, from 0 to 1.
type sectionWord struct {
	fold uint32
	own  float64
}

func (w sectionWords) find(fold uint32) (int, bool) {
	return slices.BinarySearchFunc(w.words, fold, func(x sectionWord, fold uint32) int { return cmp.Compare(x.fold, fold) })
}

// says returns the weight of the question's words that the section holds, those
// that are its own counting most.
func (w sectionWords) says(q *Question) float64 {
	said := 0.0
	for i, id := range q.ids {
		if at, found := w.find(id.fold); found {
			said += q.rare[i] * w.words[at].own
		}
	}
	return said
}

// sectionsOf prepares the sections of an article, none when there is no choice.
func (m *model) sectionsOf(a *knowledge.Article) []sectionWords {
	if len(a.Sections) < 2 {
		return nil
	}
	out := make([]sectionWords, 0, len(a.Sections))
	holders := map[uint32]int{}
	for _, s := range a.Sections {
		w := sectionWords{id: s.ID}
		for _, t := range vietnamese.Tokens(s.Heading + "\n" + s.Text) {
			if fold := m.scorer.tokenID(t).fold; fold != 0 {
				w.words = append(w.words, sectionWord{fold: fold})
			}
		}
		slices.SortFunc(w.words, func(a, b sectionWord) int { return cmp.Compare(a.fold, b.fold) })
		w.words = slices.Compact(w.words)
		for _, x := range w.words {
			holders[x.fold]++
		}
		out = append(out, w)
	}
	for _, w := range out {
		for i := range w.words {
			w.words[i].own = 1 - float64(holders[w.words[i].fold]-1)/float64(len(out))
		}
	}
	return out
}

// What speaks for showing a section, each weighed by the calibration.
const (
	sectionNamed     = iota // the first aspect that the article has a section for names it
	sectionAlsoNamed        // a later one does
	sectionSays             // share of the question's words that it holds
	sectionSaysMost         // 1 when no other section holds as much
	sectionLead             // it is the lead, which fits every question
	sectionLike             // 1 when the question is most like those that ask for it
	sectionAsks             // how much more like those than like those that ask for others
	sectionNearest          // how alike the nearest wording is that it answers
	sectionFeatureCount
)

func sectionFeatureNames() []string {
	return []string{"named", "also_named", "says", "says_most", "lead", "like", "asks", "nearest"}
}

// sectionEvidence returns the features of each section of an article.
func (m *model) sectionEvidence(am *articleModel, q *Question) [][]float64 {
	out := make([][]float64, len(am.sections))
	total, most := 0.0, 0.0
	likest, alike, nearest := -1, 1.5, am.answered.nearest(q)
	for _, r := range q.rare {
		total += r
	}
	for i, s := range am.sections {
		x := make([]float64, sectionFeatureCount)
		if total > 0 {
			x[sectionSays] = s.says(q) / total
		}
		most = max(most, x[sectionSays])
		if s.id == knowledge.Lead {
			x[sectionLead] = 1
		}
		odds := m.asksFor[s.id].of(q.Plain, 0)
		if odds > alike {
			likest, alike = i, odds
		}
		x[sectionAsks] = odds / asksUnit
		x[sectionNearest] = nearest[s.id]
		out[i] = x
	}
	if likest >= 0 {
		out[likest][sectionLike] = 1
	}
	feature := sectionNamed
	for _, aspect := range q.Aspects {
		if at := am.sectionAt(aspect); at >= 0 {
			out[at][feature] = 1
			feature = sectionAlsoNamed
		}
	}
	for _, x := range out {
		if x[sectionSays] == most {
			x[sectionSaysMost] = 1
		}
	}
	return out
}

// asksUnit brings the odds to the size of the other features, which are shares.
const asksUnit = 10

// answered are the wordings of an article of which it is known which section
// answers them.
type answered struct {
	wordings []answeredWording
	rare     map[uint32]float64 // how telling a word is among them
}

type answeredWording struct {
	section knowledge.SectionID
	words   []uint32 // folded, in order
	size    float64  // as a vector of such words, squared
}

func (m *model) answered(a *knowledge.Article) answered {
	out := answered{rare: map[uint32]float64{}}
	for _, asked := range a.Wordings {
		w := answeredWording{section: asked.Section}
		for _, t := range vietnamese.Tokens(asked.Text) {
			w.words = append(w.words, m.scorer.tokenID(t).fold)
		}
		slices.Sort(w.words)
		w.words = slices.Compact(w.words)
		for _, word := range w.words {
			out.rare[word]++
		}
		out.wordings = append(out.wordings, w)
	}
	for word, n := range out.rare {
		out.rare[word] = math.Log(float64(len(out.wordings)+1) / n)
	}
	for i := range out.wordings {
		for _, word := range out.wordings[i].words {
			out.wordings[i].size += out.rare[word] * out.rare[word]
		}
	}
	return out
}

// nearest returns how alike the question is to the wording most like it of those
// that each section answers: the cosine of their words, which count the more the
// fewer of the article's wordings hold them, for all hold its matter.
func (a *answered) nearest(q *Question) map[knowledge.SectionID]float64 {
	if len(a.wordings) == 0 {
		return nil
	}
	words := make([]uint32, len(q.ids))
	for i, id := range q.ids {
		words[i] = id.fold
	}
	slices.Sort(words)
	words = slices.Compact(words)
	size := 0.0
	for _, word := range words {
		size += a.rare[word] * a.rare[word]
	}
	best := make(map[knowledge.SectionID]float64, len(a.wordings))
	for i := range a.wordings {
		w := &a.wordings[i]
		if shared := w.shared(words, a.rare); shared > 0 {
			best[w.section] = max(best[w.section], shared/math.Sqrt(size*w.size))
		}
	}
	return best
}

// shared is what the words weigh that the wording holds, squared.
func (w *answeredWording) shared(words []uint32, rare map[uint32]float64) float64 {
	sum := 0.0
	for _, word := range words {
		if _, ok := slices.BinarySearch(w.words, word); ok {
			sum += rare[word] * rare[word]
		}
	}
	return sum
}

// calledBy returns how far the question says a name of the article and nothing
// else: the cosine of both, of the name most alike.
func (am *articleModel) calledBy(q *Question) float64 {
	best, total := 0.0, 0.0
	for _, r := range q.rare {
		total += r
	}
	for _, at := range am.names {
		w := &am.wordings[at]
		asked, said := sharedWeight(q.ids, q.rare, w.ids), sharedWeight(w.ids, w.rare, q.ids)
		best = max(best, math.Sqrt(asked/max(total, least)*said/max(w.total, least)))
	}
	return best
}

// sharedWeight adds up the weights of the words that the others hold too.
func sharedWeight(words []tokenID, weights []float64, others []tokenID) float64 {
	sum := 0.0
	for i, id := range words {
		if id.fold != 0 && slices.ContainsFunc(others, func(x tokenID) bool { return x.fold == id.fold }) {
			sum += weights[i]
		}
	}
	return sum
}

func (am *articleModel) sectionAt(id knowledge.SectionID) int {
	return slices.IndexFunc(am.sections, func(s sectionWords) bool { return s.id == id })
}

// onlyCalled is how much a question is but a name of the article when it asks for
// no section.
const onlyCalled = 0.8

// section picks the section of an article that the question asks for, and says
// whether the question names it.
func (m *model) section(q *Question, doc uint32) (id knowledge.SectionID, named bool) {
	id, best := knowledge.Lead, 0.0
	if len(q.Aspects) == 0 && m.articles[doc].calledBy(q) >= onlyCalled {
		return id, false
	}
	for i, x := range m.sectionEvidence(&m.articles[doc], q) {
		z := 0.0
		for k, w := range m.calibration.sectionWeights {
			z += w * x[k]
		}
		if i == 0 || z > best {
			id, named, best = m.articles[doc].sections[i].id, x[sectionNamed]+x[sectionAlsoNamed] > 0, z
		}
	}
	return id, named
}
