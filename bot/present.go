package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// maxSummary is about how many characters a summary may have: what fits a
// phone screen and half. Longer parts are reached by their buttons.
const maxSummary = 900

// answer puts approved text into a reply, with its sources and dates: the
// section alone when it was asked for by name, else what fits, the lead and that
// section first.
func answer(a *knowledge.Article, section knowledge.SectionID, named bool, today knowledge.Date) (*Answer, []Button) {
	s, ok := a.Section(section)
	if !ok {
		s, _ = a.Section(knowledge.Lead)
	}
	text, shown := heading(s)+s.Text, map[knowledge.SectionID]bool{s.ID: true}
	if s.ID == knowledge.Lead || !named {
		text, shown = summary(a, s.ID)
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

// summary is the lead, the section that fits the question best, and as many
// other whole sections as fit. They keep the order of the article.
func summary(a *knowledge.Article, best knowledge.SectionID) (text string, shown map[knowledge.SectionID]bool) {
	shown = map[knowledge.SectionID]bool{}
	length := 0
	take := func(s knowledge.Section) {
		shown[s.ID] = true
		length += utf8.RuneCountInString(heading(s) + s.Text)
	}
	for _, s := range a.Sections {
		if s.ID == knowledge.Lead || s.ID == best {
			take(s)
		}
	}
	var parts []string
	for _, s := range a.Sections {
		part := heading(s) + s.Text
		if !shown[s.ID] && s.ID != knowledge.Legal && length+utf8.RuneCountInString(part) <= maxSummary {
			take(s)
		}
		if shown[s.ID] {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n"), shown
}

func heading(s knowledge.Section) string {
	if s.Heading == "" {
		return ""
	}
	return s.Heading + ":\n"
}

// maxHeading is the longest line, in characters, that is taken for a heading.
const maxHeading = 60

// IsHeading reports whether a line of an answer's text is a heading, to be drawn
// as one: it ends in a colon and its text follows at once. Before a blank line
// it introduces a list. more says that the next line is not blank.
func IsHeading(line string, more bool) bool {
	return more && strings.HasSuffix(line, ":") && utf8.RuneCountInString(line) <= maxHeading && line == strings.TrimSpace(line)
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

// maxButton is the longest button id, in bytes.
const maxButton = 64

// articleButton shows a section. A long heading is named by a digest.
func articleButton(id knowledge.ID, section knowledge.SectionID) ButtonID {
	b := ButtonID(buttonArticle + inButton(id) + "/" + string(section))
	if len(b) <= maxButton {
		return b
	}
	return ButtonID(buttonArticle + inButton(id) + "/" + digest(string(section)))
}

// inButton names an article so that there is room for more beside it.
func inButton(id knowledge.ID) string {
	if len(id) > knowledge.MaxIDLength {
		return digest(string(id))
	}
	return string(id)
}

// digest names an id or a section in nine bytes. Neither begins with "~".
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "~" + hex.EncodeToString(sum[:4])
}

// articleIn returns the article that a button names, nil when there is none.
func (s *scene) articleIn(name string) *knowledge.Article {
	if !strings.HasPrefix(name, "~") {
		return s.base.Article(knowledge.ID(name))
	}
	at := slices.IndexFunc(s.base.Articles, func(a *knowledge.Article) bool { return digest(string(a.ID)) == name })
	if at < 0 {
		return nil
	}
	return s.base.Articles[at]
}

// articleOf reads a button made by articleButton.
func (s *scene) articleOf(b ButtonID) (a *knowledge.Article, section knowledge.SectionID) {
	rest, ok := strings.CutPrefix(string(b), buttonArticle)
	id, part, both := strings.Cut(rest, "/")
	if a = s.articleIn(id); a == nil || !ok || !both {
		return nil, ""
	}
	section = knowledge.SectionID(part)
	for _, known := range a.Sections {
		if digest(string(known.ID)) == part {
			section = known.ID
		}
	}
	return a, section
}

func choicesOf(hits []index.Hit) (choices []Choice, buttons []Button) {
	for _, hit := range hits {
		choices = append(choices, Choice{hit.Article.ID, hit.Section, hit.Article.Title})
		buttons = append(buttons, Button{articleButton(hit.Article.ID, hit.Section), hit.Article.Title})
	}
	return choices, buttons
}
