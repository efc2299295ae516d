package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// The buttons of the form.
const (
	buttonSafe     ButtonID = "r/safe"
	buttonDanger   ButtonID = "r/danger"
	buttonAgree    ButtonID = "r/agree"
	buttonSkip     ButtonID = "r/skip"
	buttonBack     ButtonID = "r/back"
	buttonCancel   ButtonID = "r/cancel"
	buttonContinue ButtonID = "r/continue"
	buttonKeep     ButtonID = "r/keep" // the message taken for a question belongs to the story
	buttonSecret   ButtonID = "r/secret"
	buttonNoName   ButtonID = "r/none"
	buttonSend     ButtonID = "r/send"
	buttonEdit     ButtonID = "r/edit"

	buttonForm = "r/"
	buttonItem = "r/edit/"
	buttonKind = "r/kind/"
	buttonMore = "r/more/"
)

// skipButton skips one step and no other: who presses twice must not leave out
// what he has not been asked yet.
func skipButton(step formStep) ButtonID { return buttonSkip + "/" + ButtonID(step) }

// enoughStory is how many syllables of a first message make a story that need
// not be told again.
const enoughStory = 25

// begin opens the form. opening is what the person wrote to open it.
func (s *scene) begin(opening, gate string) Reply {
	if !within(&s.change.Conversation.Starts, maxStarts, s.now) {
		return s.abstain(phraseManyReports)
	}
	d := &Draft{Step: stepGate, Begun: s.now, Touched: s.now}
	f := s.lanes.form.read(opening, s.at, false)
	d.fill(f)
	if words := len(vietnamese.Tokens(opening)); f.kind != "" || words >= enoughStory {
		d.Story, d.Told = strings.TrimSpace(opening), words >= enoughStory
	}
	s.write(d)
	return s.private(OutcomeReport, gate+"\n\n"+phraseGate, gateButtons())
}

// write makes d the report being written. What is asked and told beside it is
// not for staff to read.
func (s *scene) write(d *Draft) {
	s.change.Conversation.Draft, s.change.Conversation.Unsent, s.change.Conversation.Asked = d, true, ""
}

func gateButtons() []Button {
	return []Button{{buttonSafe, titleSafe}, {buttonDanger, titleDanger}, {buttonCancel, titleCancel}}
}

// private is a reply that holds words of the report, or may.
func (s *scene) private(outcome Outcome, text string, buttons []Button) Reply {
	s.change.Private = true
	return Reply{Outcome: outcome, Text: text, Buttons: buttons}
}

// inForm takes a turn of a person who is writing a report. ok is false when the
// turn is not for the form.
func (s *scene) inForm() (reply Reply, ok bool) {
	d := s.change.Conversation.Draft
	if d == nil {
		return Reply{}, false
	}
	if !d.live(s.at, s.now) {
		s.change.Conversation.Draft = nil
		return Reply{}, false
	}
	d = d.clone()
	d.Touched = s.now
	s.change.Conversation.Draft = d
	hit := s.lanes.match(knowledge.Emergency, s.message)
	switch button := s.formButton(); {
	case button != "":
		return s.pressForm(d, button), true
	case len(s.turn.Files) > 0:
		return alarmed(s.takeFiles(d), hit), true
	case s.turn.Place != nil:
		return alarmed(s.takePlace(d), hit), true
	case s.turn.Contact != nil:
		return s.takeContact(d), true
	case commandIn(s.turn.Text) != "":
		return Reply{}, false
	case hit != nil && d.Step.collects() && strings.TrimSpace(s.turn.Text) != "":
		// A story of violence sounds like violence now: nothing told is lost.
		return alarmed(s.collect(d, s.turn.Text), hit), true
	case hit != nil:
		d.Ongoing = true
		r := s.laneReply(hit)
		r.Buttons = []Button{{buttonContinue, titleContinue}, {buttonCancel, titleCancel}}
		return r, true
	case s.pressed() != "": // of an answer, looked at in between
		return Reply{}, false
	case s.tooFast:
		return s.private(OutcomeReport, phraseTooFast, []Button{{buttonContinue, titleContinue}}), true
	case strings.TrimSpace(s.turn.Text) == "":
		return s.ask(d, ""), true
	case d.Step.collects():
		if r, is := s.aside(d); is {
			return r, true
		}
		return s.collect(d, s.turn.Text), true
	}
	return s.typed(d), true
}

// alarmed puts whom to call before a reply of the form, when what was sent sounds
// like danger now; hit is nil when it does not.
func alarmed(r Reply, hit *laneHit) Reply {
	if hit != nil {
		r.Outcome, r.Text = OutcomeEmergency, hit.rule.Reply+"\n\n"+r.Text
	}
	return r
}

// formButton is the button of the form that the turn presses, also by typing
// its number, its title or another word for it.
func (s *scene) formButton() ButtonID {
	if b := s.pressed(); strings.HasPrefix(string(b), buttonForm) {
		return b
	}
	if s.turn.Button != "" {
		return ""
	}
	d := s.change.Conversation.Draft
	typed := strings.Trim(vietnamese.Fold(vietnamese.Normalize(s.turn.Text)), " .!?")
	_, buttons := s.prompt(d)
	for _, b := range buttons {
		if strings.HasPrefix(string(b.ID), buttonForm) && vietnamese.Fold(vietnamese.Normalize(b.Title)) == typed {
			return b.ID
		}
	}
	return typedButton(typed, d.Step)
}

// typedButton reads the words that stand for a button at a step.
func typedButton(typed string, step formStep) ButtonID {
	words := map[ButtonID][]string{
		buttonCancel:   {"huy", "huy va xoa", "khong to giac nua", "huy don", "xoa don", "thoat"},
		buttonBack:     {"quay lai", "tro lai", "lui lai"},
		buttonSkip:     {"bo qua", "khong co", "khong biet", "khong nho", "khong ro", "xong", "het roi", "du roi"},
		buttonContinue: {"tiep tuc", "tiep tuc don", "viet tiep"},
	}
	switch step {
	case stepGate:
		delete(words, buttonSkip)
		words[buttonSafe] = []string{"khong", "ko", "k", "hong", "hok", "khong co", "khong ai", "khong co ai", "da goi", "da goi roi", "goi roi", "an toan", "qua roi", "het roi", "chua", "xong roi", "da an toan", "khong nguy hiem", "khong phai", "xay ra roi", "da xay ra", "da qua"}
		words[buttonDanger] = []string{"co", "dang", "dang xay ra", "nguy hiem", "co nguoi gap nguy hiem", "dang nguy hiem"}
	case stepNotice:
		words[buttonAgree] = []string{"dong y", "toi dong y", "em dong y", "con dong y", "minh dong y"}
	case stepReview:
		words[buttonSend] = []string{"gui", "gui di", "gui don", "dung het", "dung roi gui di"}
		words[buttonEdit] = []string{"sua", "sua lai", "chua dung"}
	case stepReporter:
		words[buttonSecret] = []string{"giu kin", "giu kin danh tinh", "bao mat"}
		words[buttonNoName] = []string{"khong cung cap", "khong", "bo qua", "an danh", "khong co", "thoi"}
		delete(words, buttonSkip)
	case stepPeople:
		words[buttonSkip] = append(words[buttonSkip], "khong", "ko", "k", "hong", "hok", "khong co ai")
	case stepStory, stepPlace, stepEdit, stepKind:
	}
	for button, list := range words {
		if slices.Contains(list, typed) {
			return button
		}
	}
	return ""
}

// formPress is what a button of the form does, and at which step; "" is any.
type formPress struct {
	at formStep
	do func(*scene, *Draft) Reply
}

func formPresses() map[ButtonID]formPress {
	return map[ButtonID]formPress{
		buttonCancel: {"", (*scene).cancel},
		buttonBack: {"", func(s *scene, d *Draft) Reply {
			d.Step, d.Editing = d.previous(), false
			return s.ask(d, "")
		}},
		buttonSkip:   {"", (*scene).skip},
		buttonDanger: {"", (*scene).danger},
		buttonSafe:   {stepGate, (*scene).advance},
		buttonAgree: {stepNotice, func(s *scene, d *Draft) Reply {
			d.Agreed = s.consent()
			return s.advance(d)
		}},
		buttonSecret: {stepReporter, func(s *scene, d *Draft) Reply {
			d.Reporter.Disclosure = handoff.Confidential
			return s.advance(d)
		}},
		buttonNoName: {stepReporter, func(s *scene, d *Draft) Reply {
			d.Reporter = handoff.Reporter{Disclosure: handoff.None}
			return s.advance(d)
		}},
		buttonEdit: {stepReview, func(s *scene, d *Draft) Reply {
			d.Step = stepEdit
			return s.ask(d, "")
		}},
		buttonSend: {stepReview, (*scene).send},
	}
}

// pressForm presses a button of the form. One of a step that is over does
// nothing but ask again.
func (s *scene) pressForm(d *Draft, b ButtonID) Reply {
	item, isItem := strings.CutPrefix(string(b), buttonItem)
	kind, isKind := strings.CutPrefix(string(b), buttonKind)
	if b == skipButton(d.Step) {
		b = buttonSkip
	}
	press, known := formPresses()[b]
	switch {
	case isItem && d.Step == stepEdit:
		return s.edit(d, formStep(item))
	case isKind && d.Step == stepKind:
		d.Kind = s.base.Form.Kind(kind).ID
		return s.advance(d)
	case b == buttonKeep && d.Aside != "" && d.Step.collects():
		return s.collect(d, d.Aside)
	case known && (press.at == "" || press.at == d.Step):
		return press.do(s, d)
	}
	return s.ask(d, "")
}

func (s *scene) cancel(*Draft) Reply {
	s.change.Conversation.Draft, s.change.Conversation.Unsent = nil, false
	return Reply{Outcome: OutcomeReport, Text: phraseCancelled}
}

func (s *scene) danger(d *Draft) Reply {
	d.Ongoing = true
	return s.private(OutcomeEmergency, s.base.Form.Danger, []Button{{buttonSafe, titleCalled}, {buttonCancel, titleCancel}})
}

// consent is to the notice as it stands now.
func (s *scene) consent() handoff.Consent {
	return handoff.Consent{Version: string(s.base.Form.Version), At: stamp(s.at)}
}

// skip leaves out what may be left out.
func (s *scene) skip(d *Draft) Reply {
	switch d.Step {
	case stepStory:
		d.Told = true
	case stepPlace:
		d.Dated = true
	case stepPeople:
		d.Named = true
	case stepGate, stepNotice, stepReporter, stepReview, stepEdit, stepKind:
		return s.ask(d, phraseNotSkipped)
	}
	return s.advance(d)
}

// collect takes what the person wrote at a step that asks for words.
func (s *scene) collect(d *Draft, text string) Reply {
	text = strings.TrimSpace(text)
	d.Aside = ""
	f := s.lanes.form.read(text, s.at, d.Step == stepPlace)
	switch d.Step {
	case stepStory:
		if d.Editing {
			d.Story, d.Kind = "", ""
		}
		d.Story, d.Told = joined(d.Story, text), true
		d.fill(f)
	case stepPlace:
		d.locate(text, f)
	case stepPeople:
		if d.Editing {
			d.People = ""
		}
		d.People, d.Named = joined(d.People, text), true
	case stepGate, stepNotice, stepReporter, stepReview, stepEdit, stepKind: // take no words as they are
	}
	d.introduce(f)
	return s.advance(d)
}

// locate takes what was told of the place and the time.
func (d *Draft) locate(text string, f facts) {
	d.Dated = true
	switch {
	case d.asksTime() && f.commune != "":
		d.Where = handoff.Where{Commune: cmp.Or(d.Where.Commune, f.commune), Text: beside(d.Where.Text, text)}
	case d.asksTime() && f.when == "":
		d.When = shorten(text, maxShown)
	case d.asksTime(): // the place stays as it is
	case f.when == "" || f.commune != "" || len(vietnamese.Tokens(text)) > 4 || d.Where == handoff.Where{} && d.When != "" && !d.Editing:
		// The day alone is no place.
		d.Where = handoff.Where{Commune: f.commune, Text: text}
	}
	if f.when != "" {
		d.When = f.when
	}
}

// asksTime reports whether the time is asked for, and the place is not.
func (d *Draft) asksTime() bool {
	return !d.Editing && d.When == "" && !d.Ongoing && d.Where != handoff.Where{}
}

// beside puts more words on a place beside those there are.
func beside(place, more string) string {
	if place == "" {
		return more
	}
	return head(place+"; "+more, maxStory)
}

// maxStory is how long a story may grow, in characters.
const maxStory = 20_000

func joined(a, b string) string { return head(strings.TrimSpace(a+"\n"+b), maxStory) }

// typed takes words at a step that wants a button.
func (s *scene) typed(d *Draft) Reply {
	if d.Step == stepReporter {
		if number := phoneIn(s.turn.Text); number != "" {
			d.Reporter = handoff.Reporter{Disclosure: handoff.Contact, Name: nameBeside(s.turn.Text), Phone: number}
			return s.advance(d)
		}
	}
	if d.Step == stepGate && s.lanes.match(knowledge.Report, s.message) != nil {
		d.Story = joined(d.Story, s.turn.Text)
		d.Told = len(vietnamese.Tokens(d.Story)) >= enoughStory
		d.fill(s.lanes.form.read(s.turn.Text, s.at, false))
		return s.ask(d, "")
	}
	res := s.look()
	if res.Expired == nil && (res.Decision == index.Answer || res.Decision == index.Choices && asks(s.turn.Text, s.message.question.Typed)) {
		return s.between(s.found(res))
	}
	return s.ask(d, phrasePressOne)
}

// longAside is how many syllables a question in between may have; a story has
// more.
const longAside = 30

// aside answers a question in between, when the message is one.
func (s *scene) aside(d *Draft) (Reply, bool) {
	tokens := s.message.question.Typed
	if len(tokens) == 0 || len(tokens) > longAside || !asks(s.turn.Text, tokens) {
		return Reply{}, false
	}
	res := s.look()
	if res.Decision != index.Answer || res.Expired != nil {
		return Reply{}, false
	}
	d.Aside = s.turn.Text
	r := s.between(s.found(res))
	r.Buttons = append(r.Buttons, Button{buttonKeep, titleKeep})
	return r, true
}

// asks reports whether a message ends like a question.
func asks(text string, tokens []vietnamese.Token) bool {
	if strings.HasSuffix(strings.TrimSpace(text), "?") {
		return true
	}
	ends := []string{"khong", "ko", "k", "hong", "hok", "dau", "sao", "gi", "nao", "may", "nhieu", "lau", "ai", "ha", "gio"}
	for _, t := range tokens[max(0, len(tokens)-2):] {
		if slices.Contains(ends, t.Fold) {
			return true
		}
	}
	return false
}

// between puts the way back to the form under an answer.
func (s *scene) between(r Reply) Reply {
	r.Buttons = append([]Button{{buttonContinue, titleContinue}}, r.Buttons...)
	return r
}

// edit asks for one item anew.
func (s *scene) edit(d *Draft, item formStep) Reply {
	if !slices.Contains(editable(d), item) {
		return s.ask(d, "")
	}
	d.Step, d.Editing = item, true
	return s.ask(d, "")
}

func editable(d *Draft) []formStep {
	if d.Supplement > 0 {
		return []formStep{stepStory}
	}
	return []formStep{stepStory, stepPlace, stepPeople, stepReporter, stepKind}
}

// advance goes on to what is missing.
func (s *scene) advance(d *Draft) Reply {
	d.Editing = false
	d.Step = d.next()
	return s.ask(d, "")
}

// send hands the report off and gives the receipt.
func (s *scene) send(d *Draft) Reply {
	if d.Story == "" && d.People == "" && len(d.Files) == 0 {
		d.Step = stepStory
		return s.ask(d, phraseNothingTold)
	}
	s.change.Conversation.Draft, s.change.Conversation.Unsent = nil, false
	if s.cfg.Rehearsal {
		return Reply{Outcome: OutcomeReport, Text: phraseRehearsed}
	}
	if d.Code == "" {
		d.Code = s.newCode()
	}
	s.change.Report, s.change.To = d.report(s.turn.Channel, s.at), d.To
	return Reply{Outcome: OutcomeReport, Text: s.receipt(d)}
}

// within counts one more event, unless there were as many as allowed within the
// last hour.
func within(events *[]time.Time, most int, now time.Time) bool {
	recent := slices.DeleteFunc(slices.Clone(*events), func(t time.Time) bool { return now.Sub(t).Abs() > time.Hour })
	ok := len(recent) < most
	if ok {
		recent = append(recent, now)
	}
	*events = recent
	return ok
}
