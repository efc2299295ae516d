package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// maxSummary is about how many characters a summary may have: what fits a
// phone screen and half. Longer parts are reached by their buttons.
const maxSummary = 900

// answer puts an approved section into a reply, with its sources and dates.
func answer(a *knowledge.Article, section knowledge.SectionID, today knowledge.Date) (*Answer, []Button) {
	s, ok := a.Section(section)
	if !ok {
		s, _ = a.Section(knowledge.Lead)
	}
	text, shown := heading(s)+s.Text, map[knowledge.SectionID]bool{s.ID: true}
	if s.ID == knowledge.Lead {
		text, shown = summary(a)
	}
	if a.ReviewDue(today) {
		text += "\n\n" + phraseReviewDue
	}
	out := &Answer{
		Article: a.ID, Section: s.ID, Title: a.Title, Text: text,
		Sources: make([]Source, 0, len(a.Sources)), EffectiveFrom: a.Effective.From, Reviewed: a.Reviewed,
	}
	for _, src := range a.Sources {
		out.Sources = append(out.Sources, Source{src.Title, src.URL})
	}
	return out, sectionButtons(a, shown)
}

// summary is the lead and as many whole sections as fit.
func summary(a *knowledge.Article) (text string, shown map[knowledge.SectionID]bool) {
	var b strings.Builder
	shown = map[knowledge.SectionID]bool{}
	for i, s := range a.Sections {
		part := heading(s) + s.Text
		if i > 0 {
			if s.ID == knowledge.Legal || utf8.RuneCountInString(b.String())+utf8.RuneCountInString(part) > maxSummary {
				continue
			}
			b.WriteString("\n\n")
		}
		b.WriteString(part)
		shown[s.ID] = true
	}
	return b.String(), shown
}

func heading(s knowledge.Section) string {
	if s.Heading == "" {
		return ""
	}
	return s.Heading + ":\n"
}

// sectionButtons offers the sections that are not shown.
func sectionButtons(a *knowledge.Article, shown map[knowledge.SectionID]bool) []Button {
	var buttons []Button
	for _, s := range a.Sections {
		if shown[s.ID] {
			continue
		}
		title := s.Heading
		if s.ID == knowledge.Lead {
			title = titleLead
		}
		buttons = append(buttons, Button{articleButton(a.ID, s.ID), title})
	}
	return buttons
}

const (
	buttonArticle           = "a/"
	buttonNotMeant ButtonID = "none"
	buttonReport   ButtonID = "report"
)

func articleButton(id knowledge.ID, section knowledge.SectionID) ButtonID {
	return ButtonID(buttonArticle + string(id) + "/" + string(section))
}

// articleOf reads a button made by articleButton.
func articleOf(b ButtonID) (id knowledge.ID, section knowledge.SectionID, ok bool) {
	rest, ok := strings.CutPrefix(string(b), buttonArticle)
	article, part, both := strings.Cut(rest, "/")
	return knowledge.ID(article), knowledge.SectionID(part), ok && both
}

func choicesOf(hits []index.Hit) (choices []Choice, buttons []Button) {
	for _, hit := range hits {
		choices = append(choices, Choice{hit.Article.ID, hit.Section, hit.Article.Title})
		buttons = append(buttons, Button{articleButton(hit.Article.ID, hit.Section), hit.Article.Title})
	}
	return choices, buttons
}
