package index

import (
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// sectionWords is the vocabulary of a section, by folded word, in order.
type sectionWords struct {
	id    knowledge.SectionID
	folds []uint32
}

func (w sectionWords) holds(fold uint32) bool {
	_, found := slices.BinarySearch(w.folds, fold)
	return found
}

// says returns the weight of the question's words that the section holds.
func (w sectionWords) says(q *Question) float64 {
	said := 0.0
	for i, id := range q.ids {
		if w.holds(id.fold) {
			said += q.rare[i]
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
	for _, s := range a.Sections {
		w := sectionWords{id: s.ID}
		for _, t := range vietnamese.Tokens(s.Heading + "\n" + s.Text) {
			if fold := m.scorer.tokenID(t).fold; fold != 0 {
				w.folds = append(w.folds, fold)
			}
		}
		slices.Sort(w.folds)
		w.folds = slices.Compact(w.folds)
		out = append(out, w)
	}
	return out
}

// section picks the section of an article that the question asks for: the one
// named by an aspect, else the one that says clearly more of the question's
// words than the lead does, else the lead.
func (m *model) section(q *Question, doc uint32) knowledge.SectionID {
	am := &m.articles[doc]
	for _, id := range q.Aspects {
		for _, id := range append([]knowledge.SectionID{id}, insteadOf(id)...) {
			if _, ok := am.article.Section(id); ok {
				return id
			}
		}
	}
	total, lead, best, found := 0.0, 0.0, 0.0, knowledge.Lead
	for _, r := range q.rare {
		total += r
	}
	for _, s := range am.sections {
		said := s.says(q)
		switch {
		case s.id == knowledge.Lead:
			lead = said
		case s.id != knowledge.Legal && said > best:
			best, found = said, s.id
		}
	}
	if best-lead < clearlyMore*total {
		return knowledge.Lead
	}
	return found
}

// clearlyMore is the share of a question that a section must say beyond the
// lead to be shown in its place. The lead decides the matter and is shown with
// what fits of the rest, so it takes much to pass over it.
const clearlyMore = 0.2

// insteadOf names the sections that answer an aspect where the article has no
// section of its own for it.
func insteadOf(id knowledge.SectionID) []knowledge.SectionID {
	switch id { //nolint:exhaustive // the other aspects have no stand-in
	case knowledge.Online:
		return []knowledge.SectionID{knowledge.Steps}
	case knowledge.Steps:
		return []knowledge.SectionID{knowledge.Online}
	case knowledge.Place:
		return []knowledge.SectionID{knowledge.Online}
	}
	return nil
}
