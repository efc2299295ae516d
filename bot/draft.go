package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/knowledge"
)

// Draft is a report being written.
type Draft struct {
	Step     formStep
	Begun    time.Time
	Touched  time.Time
	Editing  bool // one item is being changed, from the review
	Agreed   handoff.Consent
	Kind     string
	Ongoing  bool
	When     string
	Where    handoff.Where
	Story    string
	Told     bool // the story is complete
	Dated    bool // the person was asked where and when
	People   string
	Named    bool // the person was asked who is involved
	Files    []handoff.File
	Reporter handoff.Reporter
	// Aside is a message taken for a question in between, in case it was part
	// of the story.
	Aside string
	// Code and To are set when something is added to a report sent before, and
	// Supplement counts.
	Code       handoff.Code
	To         handoff.ID
	Supplement int
}

// formStep is what the form is waiting for.
type formStep string

const (
	stepGate     formStep = "gate"   // is anybody in danger now?
	stepNotice   formStep = "notice" // consent
	stepStory    formStep = "story"
	stepPlace    formStep = "place" // and time
	stepPeople   formStep = "people"
	stepReporter formStep = "reporter"
	stepReview   formStep = "review"
	stepEdit     formStep = "edit" // which item?
	stepKind     formStep = "kind"
)

// DraftLife is how long a draft lives without a word from the person.
const DraftLife = 30 * time.Minute

// live reports whether the draft is still to be used by a turn that was taken at
// a moment and is answered now: it is when either is soon enough after the last
// word. What had to wait longer than that came in time all the same, and what
// waited behind it came even before that was answered. A clock that jumped back
// does not lengthen the draft's life.
func (d *Draft) live(at, now time.Time) bool {
	idle, kept := now.Sub(d.Touched), at.Sub(d.Touched)
	return max(idle, -idle) <= DraftLife || kept >= 0 && kept <= DraftLife
}

// clone returns a draft that can be changed without changing this one.
func (d *Draft) clone() *Draft {
	c := *d
	c.Files = slices.Clone(d.Files)
	return &c
}

// collects reports whether the step takes what a person writes as it is.
func (st formStep) collects() bool {
	return st == stepStory || st == stepPlace || st == stepPeople
}

// next is the first thing that is still missing.
func (d *Draft) next() formStep {
	switch {
	case d.Agreed.Version == "":
		return stepNotice
	case !d.Told:
		return stepStory
	case d.Supplement > 0:
		return stepReview
	case !d.Dated && (d.When == "" && !d.Ongoing || d.Where == handoff.Where{}):
		return stepPlace
	case !d.Named:
		return stepPeople
	case d.Reporter.Disclosure == "":
		return stepReporter
	}
	return stepReview
}

// previous is the step before this one, for people who want to go back.
func (d *Draft) previous() formStep {
	if d.Editing || d.Step == stepEdit || d.Step == stepKind {
		return stepReview
	}
	order := []formStep{stepGate, stepNotice, stepStory, stepPlace, stepPeople, stepReporter, stepReview}
	if d.Supplement > 0 {
		order = []formStep{stepNotice, stepStory, stepReview}
	}
	return order[max(0, slices.Index(order, d.Step)-1)]
}

// report is the draft as it is handed off.
func (d *Draft) report(channel string, at time.Time) *handoff.Report {
	kind := d.Kind
	if d.Supplement > 0 {
		kind = "bo-sung"
	}
	where := d.Where
	where.Unknown = where.Text == "" && where.Commune == ""
	return &handoff.Report{
		Schema: handoff.Schema, Code: d.Code, SubmittedAt: stamp(at), Channel: channel, Kind: kind, Ongoing: d.Ongoing,
		When: d.When, Where: where, Story: d.Story, People: d.People, Evidence: slices.Clone(d.Files), Reporter: d.Reporter,
		Consent: d.Agreed, Supplement: d.Supplement,
	}
}

// stamp is a moment as it travels: in the citizen's time, to the second.
func stamp(t time.Time) time.Time { return t.In(knowledge.Vietnam()).Truncate(time.Second) }

// review shows the person what will be sent.
func (d *Draft) review(form *knowledge.ReportForm) string {
	var b strings.Builder
	line := func(title, value, none string) {
		if value == "" {
			value = none
		}
		if value != "" {
			b.WriteString("- " + title + ": " + value + "\n")
		}
	}
	if d.Supplement == 0 {
		line("Việc", form.Kind(d.Kind).Title, "")
		line("Lúc nào", d.time(), "không rõ")
		line("Ở đâu", d.place(), "không nhớ")
	}
	line("Lời kể", shorten(d.Story, maxShown), "chưa có")
	line("Người liên quan", shorten(d.People, maxShown), "")
	line("Tệp gửi kèm", d.files(), "")
	if d.Supplement == 0 {
		line("Danh tính", d.identity(), "")
	}
	return strings.TrimSpace(b.String())
}

// maxShown is how much of a long text the review repeats, in characters.
const maxShown = 400

func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if short := head(s, most); short != s {
		return short + "…"
	}
	return s
}

func (d *Draft) time() string {
	when := d.When
	if date, err := time.Parse(time.DateOnly, when); err == nil {
		when = date.Format("02/01/2006")
	}
	switch {
	case d.Ongoing && when == "":
		return "đang xảy ra"
	case d.Ongoing:
		return when + ", còn đang xảy ra"
	}
	return when
}

func (d *Draft) place() string {
	if d.Where.Commune == "" || strings.Contains(d.Where.Text, d.Where.Commune) {
		return shorten(d.Where.Text, maxShown)
	}
	if d.Where.Text == "" {
		return d.Where.Commune
	}
	return d.Where.Commune + " (" + shorten(d.Where.Text, maxShown) + ")"
}

func (d *Draft) files() string {
	var names []string
	for _, f := range d.Files {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func (d *Draft) identity() string {
	who := strings.TrimSpace(d.Reporter.Name + " " + d.Reporter.Phone)
	switch d.Reporter.Disclosure {
	case handoff.Contact:
		return "cho phép liên hệ: " + who
	case handoff.Confidential:
		return strings.TrimSuffix("giữ kín: "+who, ": ")
	case handoff.None:
	}
	return "không cung cấp"
}
