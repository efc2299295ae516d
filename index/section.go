package index

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/knowledge"
)

// sectionWords is the vocabulary of a section, by folded word, in order.
type sectionWords struct {
	id      knowledge.SectionID
	words   []sectionWord
	heading wordBag
	lines   []wordBag
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

// wordBag is the words of a line or a wording, each once, weighed by how far they
// tell it from others of its article.
type wordBag struct {
	words []weighedWord // in order
	size  float64       // as a vector, squared
}

type weighedWord struct {
	fold   uint32
	weight float64
}

// newWordBag weighs the words that have a weight.
func newWordBag(folds []uint32, weigh func(fold uint32) float64) wordBag {
	var b wordBag
	slices.Sort(folds)
	for _, fold := range slices.Compact(folds) {
		if w := weigh(fold); w > 0 {
			b.words = append(b.words, weighedWord{fold, w})
			b.size += w * w
		}
	}
	return b
}

// alike returns the cosine of both, 1 for the same words.
func (b wordBag) alike(other wordBag) float64 {
	shared, k := 0.0, 0
	for _, w := range b.words {
		for k < len(other.words) && other.words[k].fold < w.fold {
			k++
		}
		if k < len(other.words) && other.words[k].fold == w.fold {
			shared += w.weight * other.words[k].weight
		}
	}
	if shared == 0 {
		return 0
	}
	return shared / math.Sqrt(b.size*other.size)
}

func (m *model) foldsOf(text string) []uint32 {
	var folds []uint32
	for _, t := range m.cut.Tokens(text) {
		if fold := m.scorer.tokenID(t).fold; fold != 0 {
			folds = append(folds, fold)
		}
	}
	return folds
}

// articleSections is what choosing among the sections of an article needs.
type articleSections struct {
	sections []sectionWords
	weights  map[uint32]float64 // of the article's words
	answered []answeredWording
	rare     map[uint32]float64 // how telling a word is among those wordings
}

// sectionsOf prepares the sections of an article, none when there is no choice.
func (m *model) sectionsOf(a *knowledge.Article) (out articleSections) {
	if len(a.Sections) < 2 {
		return out
	}
	holders := map[uint32]int{}
	for _, s := range a.Sections {
		w := sectionWords{id: s.ID}
		folds := m.foldsOf(s.Heading + "\n" + s.Text)
		slices.Sort(folds)
		for _, fold := range slices.Compact(folds) {
			w.words = append(w.words, sectionWord{fold: fold})
			holders[fold]++
		}
		out.sections = append(out.sections, w)
	}
	out.weights = make(map[uint32]float64, len(holders))
	for i := range out.sections {
		for k := range out.sections[i].words {
			w := &out.sections[i].words[k]
			w.own = 1 - float64(holders[w.fold]-1)/float64(len(out.sections))
			out.weights[w.fold] = m.scorer.rarity(w.fold) * w.own
		}
	}
	weigh := func(fold uint32) float64 { return out.weights[fold] }
	for i, s := range a.Sections {
		out.sections[i].heading = newWordBag(m.foldsOf(s.Heading), weigh)
		for line := range strings.Lines(s.Text) {
			if b := newWordBag(m.foldsOf(line), weigh); b.size > 0 {
				out.sections[i].lines = append(out.sections[i].lines, b)
			}
		}
	}
	m.addAnswered(&out, slices.Concat(a.Wordings, a.Continuations))
	return out
}

// addAnswered prepares the wordings of which it is known which section answers
// them.
func (m *model) addAnswered(s *articleSections, wordings []knowledge.Wording) {
	s.rare = map[uint32]float64{}
	folds := make([][]uint32, len(wordings))
	for i, w := range wordings {
		folds[i] = m.foldsOf(w.Text)
		slices.Sort(folds[i])
		folds[i] = slices.Compact(folds[i])
		for _, fold := range folds[i] {
			s.rare[fold]++
		}
	}
	for fold, n := range s.rare {
		s.rare[fold] = math.Log(float64(len(wordings)+1) / n)
	}
	for i, w := range wordings {
		s.answered = append(s.answered, answeredWording{w.Section, newWordBag(folds[i], func(fold uint32) float64 { return s.rare[fold] })})
	}
}

// answeredWording is a wording and the section that answers it. Its words count
// the more the fewer of the article's wordings hold them, for all hold its matter.
type answeredWording struct {
	section knowledge.SectionID
	wordBag
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
	sectionHeading          // how alike its heading is
	sectionLine             // how alike the nearest of its lines is
	sectionFeatureCount
)

func sectionFeatureNames() []string {
	return []string{"named", "also_named", "says", "says_most", "lead", "like", "asks", "nearest", "heading", "line"}
}

// noWording stands for none of an article's wordings.
const noWording = -1

// sectionEvidence returns the features of each section of an article. except is
// a wording of the article that is not looked at.
func (m *model) sectionEvidence(am *articleModel, q *Question, except int) [][]float64 {
	out := make([][]float64, len(am.sections))
	total, most := 0.0, 0.0
	likest, alike := -1, 1.5
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
		odds := m.asksFor.of(s.id, q.terms)
		if odds > alike {
			likest, alike = i, odds
		}
		x[sectionAsks] = odds / asksUnit
		out[i] = x
	}
	if likest >= 0 {
		out[likest][sectionLike] = 1
	}
	am.compareSections(q, except, out)
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

// compareSections adds how alike the question is to the headings, the lines and
// the wordings of each section.
func (s *articleSections) compareSections(q *Question, except int, out [][]float64) {
	folds := make([]uint32, len(q.ids))
	for i, id := range q.ids {
		folds[i] = id.fold
	}
	asked := newWordBag(folds, func(fold uint32) float64 { return s.weights[fold] })
	for i := range s.sections {
		out[i][sectionHeading] = asked.alike(s.sections[i].heading)
		for _, line := range s.sections[i].lines {
			out[i][sectionLine] = max(out[i][sectionLine], asked.alike(line))
		}
	}
	asked = newWordBag(folds, func(fold uint32) float64 { return s.rare[fold] })
	for k, w := range s.answered {
		if i := s.sectionAt(w.section); k != except && i >= 0 {
			out[i][sectionNearest] = max(out[i][sectionNearest], asked.alike(w.wordBag))
		}
	}
}

// asksUnit brings the odds to the size of the other features, which are shares.
const asksUnit = 10

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

func (s *articleSections) sectionAt(id knowledge.SectionID) int {
	return slices.IndexFunc(s.sections, func(w sectionWords) bool { return w.id == id })
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
	for i, x := range m.sectionEvidence(&m.articles[doc], q, noWording) {
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
