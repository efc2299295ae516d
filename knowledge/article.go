// Package knowledge is the assistant's store of reviewed answers: what an
// article is, how its file is read, and every rule a file must keep. It also
// reads the fixed lanes (emergency, report, refuse, smalltalk, caution) and the
// lexicon that staff edit beside the articles.
//
// It knows files and nothing else: not how articles are searched, not how a
// conversation uses them, not how they are shown. It imports no other package
// of the project.
package knowledge

import (
	"slices"
	"time"
)

// ID names an article for good: the file's name without ".md". It is unique
// across categories and never changes once published.
type ID string

// SectionID names a section of an article. Known headings have fixed ids (see
// Lead and the constants below); any other heading becomes its slug.
type SectionID string

// The section ids that a question's aspect can point at.
const (
	Lead       SectionID = "tom-tat"
	Conditions SectionID = "dieu-kien"
	Papers     SectionID = "ho-so"
	Steps      SectionID = "cach-thuc-hien"
	Online     SectionID = "truc-tuyen"
	Place      SectionID = "noi-nop"
	Fee        SectionID = "le-phi"
	Duration   SectionID = "thoi-han"
	Notes      SectionID = "luu-y"
	Legal      SectionID = "can-cu"
)

// Article is one reviewed answer to one matter that citizens ask about.
type Article struct {
	ID        ID
	Category  string
	Title     string
	Questions []string // how citizens ask, each a different wording
	// Wordings are more ways to ask, from the wordings file beside the articles.
	Wordings []Wording
	// Continuations are ways to go on about it when it was just told, from the
	// file of continuations. They do not name the matter.
	Continuations []Wording
	Keywords      []string // other names of the same matter
	Procedure     string   // code on the national public service portal, "" when there is none
	Agency        string
	Effective     Period
	Reviewed      Date
	// ReviewEvery is the number of days after Reviewed at which the article
	// is due for another check.
	ReviewEvery int
	Sources     []Source
	Related     []ID
	Sections    []Section // the first is always the Lead
	File        string    // path inside the knowledge folder
}

// Wording is one way to ask for an article, and the section that answers it, ""
// where that is open.
type Wording struct {
	Text    string
	Section SectionID
}

// Asked returns every way to ask for the article: its questions, then its
// wordings.
func (a *Article) Asked() []string {
	all := slices.Clone(a.Questions)
	for _, w := range a.Wordings {
		all = append(all, w.Text)
	}
	return all
}

// Section is a part of an article that can be shown alone.
type Section struct {
	ID      SectionID
	Heading string // as written; "" for the lead
	Text    string // plain text: paragraphs, "- " and "1. " lists
}

// Source is a document that the answer rests on.
type Source struct {
	Title string
	URL   string // "" when the document has no public address
	From  Date   // "" when unknown
}

// Period is the validity of a rule, both days included. An empty Until means
// no end is known.
type Period struct{ From, Until Date }

// Overlaps says whether both periods hold some day.
func (p Period) Overlaps(other Period) bool {
	return (p.Until == "" || other.From <= p.Until) && (other.Until == "" || p.From <= other.Until)
}

// Section returns the section with the given id.
func (a *Article) Section(id SectionID) (Section, bool) {
	for _, s := range a.Sections {
		if s.ID == id {
			return s, true
		}
	}
	return Section{}, false
}

// InForce says whether the article may be served as an answer on the day.
func (a *Article) InForce(day Date) bool {
	return a.Effective.From <= day && (a.Effective.Until == "" || day <= a.Effective.Until)
}

// ReviewDue says whether the article's last check is older than it should be.
func (a *Article) ReviewDue(day Date) bool {
	return a.Reviewed != "" && a.Reviewed.AddDays(a.ReviewEvery) < day
}

// Date is a calendar day in the form 2006-01-02, or "" when unknown. Days in
// this form compare with < and >.
type Date string

// Vietnam is the time zone in which days are counted. Vietnam has had no
// daylight saving since 1975, so a fixed offset needs no zone database.
func Vietnam() *time.Location { return time.FixedZone("ICT", 7*60*60) }

// DateOf returns the day in Vietnam at the instant t.
func DateOf(t time.Time) Date { return Date(t.In(Vietnam()).Format(time.DateOnly)) }

// AddDays returns the day n days later, or "" for an unknown day.
func (d Date) AddDays(n int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Date(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Vietnamese returns the day as people write it, 31/12/2026.
func (d Date) Vietnamese() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return t.Format("02/01/2006")
}
