package bot

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// maxText is how many characters of a message are read. What people ask fits
// many times over; a longer text is a story or an accident.
const maxText = 4000

// scene is all that the decision about one turn may look at, and what it comes
// to.
type scene struct {
	cfg     Config
	turn    Turn
	message message
	lanes   *lanes
	base    *knowledge.Base
	now     time.Time
	at      time.Time // when the turn was taken: earlier, if it had to wait
	today   knowledge.Date
	tooFast bool
	// search asks the knowledge, when no fixed lane fits beyond doubt; result is
	// what it answered, nil before it was asked.
	search func(index.Query) index.Result
	result *index.Result
	// receiptOf looks a code up, and newCode makes one.
	receiptOf func(handoff.Code) (handoff.Receipt, bool, error)
	newCode   func() handoff.Code

	before Conversation // as it was
	change Change       // starts from the conversation as it was
	failed error        // of receiptOf
}

// step decides the reply. It is the whole policy of the assistant: it reads no
// clock, writes nothing, and asks through the scene alone.
func step(s *scene) Change {
	reply := s.reply()
	next := &s.change.Conversation
	next.Offered = nil
	switch {
	case s.change.Forget:
		// When reports were begun and codes tried is kept: else there would be no
		// limit on them.
		*next = Conversation{ID: next.ID, Starts: next.Starts, Guesses: next.Guesses}
	case reply.Answer != nil:
		next.Article = reply.Answer.Article
	}
	reply = s.unsent(reply)
	for _, b := range reply.Buttons {
		next.Offered = append(next.Offered, b.ID)
	}
	s.change.Over = s.before.Draft != nil && (next.Draft == nil || !next.Draft.Begun.Equal(s.before.Draft.Begun))
	s.change.Reply = reply
	return s.change
}

func (s *scene) reply() Reply {
	if forgetMe(s.turn.Text) {
		s.change.Forget = true
		return Reply{Outcome: OutcomeSmalltalk, Text: phraseForgotten}
	}
	if r, ok := s.inForm(); ok {
		return r
	}
	if r, ok := s.command(); ok {
		return r
	}
	// Danger comes before everything, whatever else the message is.
	hit := s.lane(knowledge.Emergency)
	if _, _, valid := handoff.FindCode(s.turn.Text); valid && hit != nil && hit.pattern == "" {
		hit = nil // a receipt code is like anything
	}
	if hit != nil {
		return s.laneReply(hit)
	}
	if s.tooFast {
		return Reply{Outcome: OutcomeRefuse, Text: phraseTooFast}
	}
	if r, ok := s.byCode(); ok {
		return r
	}
	if button := s.pressed(); button != "" {
		return s.press(button)
	}
	switch {
	case len(s.turn.Files) > 0:
		return Reply{Outcome: OutcomeRefuse, Text: phraseNoFiles}
	case s.turn.Place != nil || s.turn.Contact != nil:
		return Reply{Outcome: OutcomeRefuse, Text: phraseNoPlace}
	case len(s.message.question.Typed) == 0:
		return Reply{Outcome: OutcomeSmalltalk, Text: phraseEmpty}
	}
	if hit := s.lane(knowledge.Report); hit != nil {
		return s.laneReply(hit) // the form asks of danger before all else
	}
	return s.cautioned(s.said())
}

// said is the reply to words that are neither a cry for help nor a report.
func (s *scene) said() Reply {
	for _, name := range []knowledge.LaneName{knowledge.Refuse, knowledge.Smalltalk} {
		if hit := s.lane(name); hit != nil {
			return s.laneReply(hit)
		}
	}
	switch {
	case utf8.RuneCountInString(s.turn.Text) > maxText:
		return s.abstain(phraseTooLong)
	case !strings.ContainsFunc(s.turn.Text, unicode.IsLetter):
		// No article is about a number alone, and it may be a code that nobody
		// should be told.
		return s.abstain(phraseNoWords)
	}
	s.change.Conversation.Asked = Mask(s.turn.Text)
	return s.found(s.look())
}

// cautioned says first whom to call, when danger shows in a question.
func (s *scene) cautioned(r Reply) Reply {
	hit := s.lane(knowledge.Caution)
	if hit == nil {
		return r
	}
	r.Text = strings.TrimSpace(hit.rule.Reply + "\n\n" + r.Text)
	return r
}

// lane returns the rule of the lane that the message calls for, nil when none
// does. Where that is in doubt the knowledge is asked as well: a message that an
// article surely answers ("ba tôi mới mất, khai tử ở đâu") is a question. What may
// be danger is not left to an article on crime, and what may be a report only to
// one that would be the answer.
func (s *scene) lane(name knowledge.LaneName) *laneHit {
	hit := s.lanes.match(name, s.message)
	if hit == nil || !hit.doubtful(true) {
		return hit
	}
	found := s.look()
	enough := doubts[name].asked
	if found.GoesOn {
		enough = goesOn
	}
	if len(found.Hits) == 0 || found.Confidence < enough || !hit.doubtful(found.GoesOn) {
		return hit
	}
	left := name == knowledge.Emergency || found.GoesOn || found.Decision != index.Answer || len(s.message.parts) > 0 // a long one is a story
	if left && s.lanes.crime[found.Hits[0].Article.Category] {
		return hit
	}
	return nil
}

// goesOn is how likely a message must be about what was last told, where a lane
// is in doubt, to be taken for a question.
const goesOn = 0.6

// openForm begins a report that nothing has been told of, or goes on with the
// one being written.
func (s *scene) openForm() Reply {
	if d := s.change.Conversation.Draft; d != nil {
		return s.ask(d, "")
	}
	rules := s.lanes.rules[knowledge.Report]
	if len(rules) == 0 {
		return s.abstain(phraseUnknown)
	}
	return s.begin("", rules[0].Reply)
}

// The commands of messengers. Other channels take them as well.
const (
	startCommand  = "/start"
	helpCommand   = "/trogiup"
	reportCommand = "/tocao"
	// forgetCommand deletes what is held about a person.
	forgetCommand = "/xoadulieu"
)

// commandIn is the command that a text gives, "" for none. What follows its
// first word does not matter: it comes from whoever made the link that opened
// the chat.
func commandIn(text string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(text)), " ")
	if slices.Contains([]string{startCommand, helpCommand, reportCommand}, name) {
		return name
	}
	return ""
}

// command takes a command.
func (s *scene) command() (Reply, bool) {
	switch commandIn(s.turn.Text) {
	case startCommand, helpCommand:
		r := Reply{Outcome: OutcomeSmalltalk, Text: phraseStart, Buttons: []Button{{buttonReport, titleReport}}}
		if s.change.Conversation.Draft != nil {
			r = s.between(r)
		}
		return r, true
	case reportCommand:
		return s.openForm(), true
	}
	return Reply{}, false
}

func forgetMe(text string) bool {
	text = vietnamese.Fold(vietnamese.Normalize(text))
	return strings.TrimSpace(text) == forgetCommand || text == "xoa du lieu cua toi"
}

// look asks the knowledge once, however often it is needed. What is not found by
// the whole of a long message is looked for by its end, where most ask, and by its
// beginning.
func (s *scene) look() index.Result {
	if s.result != nil {
		return *s.result
	}
	q := index.Query{Question: s.message.question, Topics: s.topics(), Today: s.today}
	result := s.search(q)
	if parts := s.message.parts; len(parts) > 0 {
		for _, part := range []*index.Question{parts[len(parts)-1], parts[0]} {
			if result.Decision == index.Answer {
				break
			}
			q.Question = part
			if found := s.search(q); found.Decision == index.Answer {
				s.message.question, result = part, found
			}
		}
	}
	s.result = &result
	return result
}

// topics are the articles that a question without a matter of its own is about:
// those that the last reply offered, those on reporting while a report begins,
// then the one last told.
func (s *scene) topics() (ids []knowledge.ID) {
	for _, b := range s.before.Offered {
		if a, _ := s.articleOf(b); a != nil {
			ids = append(ids, a.ID)
		}
	}
	if d := s.before.Draft; d != nil && !d.Step.collects() {
		for _, rule := range s.lanes.rules[knowledge.Report] {
			ids = append(ids, rule.Articles...)
		}
	}
	if s.before.Article != "" {
		ids = append(ids, s.before.Article)
	}
	return unique(ids)
}

// unique drops what stands further in front.
func unique(ids []knowledge.ID) (out []knowledge.ID) {
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// lookUp returns the receipt under a code. A failure is kept for the engine.
func (s *scene) lookUp(code handoff.Code) (handoff.Receipt, bool) {
	receipt, known, err := s.receiptOf(code)
	s.failed = err
	return receipt, known
}

// pressed returns the button that the turn presses, also by typing its number.
func (s *scene) pressed() ButtonID {
	if s.turn.Button != "" {
		return s.turn.Button
	}
	n := strings.TrimSuffix(vietnamese.Normalize(s.turn.Text), ".")
	if at, err := strconv.Atoi(n); err == nil && at >= 1 && at <= len(s.before.Offered) {
		return s.before.Offered[at-1]
	}
	return ""
}

func (s *scene) press(b ButtonID) Reply {
	switch {
	case b == buttonNotMeant:
		return s.missed(OutcomeChoices, phraseNotMeant)
	case b == buttonReport:
		return s.openForm()
	case strings.HasPrefix(string(b), buttonForm):
		return s.over()
	case strings.HasPrefix(string(b), buttonFeedback):
		return s.feedback(b)
	}
	a, section := s.articleOf(b)
	switch {
	case a == nil:
		return s.abstain(phraseNotMeant)
	case !a.InForce(s.today):
		return s.abstain(phraseExpired)
	}
	return s.answer(a, section, true, 1)
}

func (s *scene) laneReply(hit *laneHit) Reply {
	r := Reply{Text: hit.rule.Reply}
	switch hit.lane {
	case knowledge.Emergency:
		r.Outcome = OutcomeEmergency
	case knowledge.Report:
		return s.begin(s.turn.Text, hit.rule.Reply)
	case knowledge.Refuse:
		r.Outcome = OutcomeRefuse
	case knowledge.Smalltalk:
		r.Outcome = OutcomeSmalltalk
	case knowledge.Caution, knowledge.Statement: // the one stands above a reply, the other is no lane
	}
	for _, id := range hit.rule.Articles {
		if a := s.base.Article(id); a != nil && a.InForce(s.today) {
			r.Buttons = append(r.Buttons, Button{articleButton(id, knowledge.Lead), a.Title})
		}
	}
	return r
}

func (s *scene) found(res index.Result) Reply {
	switch {
	case res.Expired != nil:
		return s.abstain(phraseExpired)
	case res.Decision == index.Answer:
		best := res.Hits[0]
		r := s.answer(best.Article, best.Section, best.Named, round(res.Confidence))
		r.Choices, _ = choicesOf(res.Hits[1:])
		return r
	case res.Decision == index.Choices:
		choices, buttons := choicesOf(res.Hits)
		return Reply{
			Outcome: OutcomeChoices, Confidence: round(res.Confidence), Text: phraseChoices, Choices: choices,
			Buttons: append(buttons, Button{buttonNotMeant, titleNotMeant}),
		}
	}
	if s.lanes.tells(s.message) {
		return s.abstain(phraseTold)
	}
	r := s.missed(OutcomeAbstain, phraseUnknown)
	r.Confidence = round(res.Confidence)
	return r
}

// missed says that the knowledge does not help. Staff learn of the question, and
// the person, if it is not the first time, of people who can help.
func (s *scene) missed(outcome Outcome, phrase string) Reply {
	s.change.Conversation.Misses++
	if asked := s.change.Conversation.Asked; asked != "" {
		s.change.Unanswered = &Unanswered{Asked: asked, Outcome: outcome}
	}
	return s.withHuman(s.abstain(phrase), phraseHumanThere)
}

// over is said to who presses a button of a form that is no more.
func (s *scene) over() Reply {
	return Reply{Outcome: OutcomeReport, Text: phraseFormOver, Buttons: []Button{{buttonReport, titleReport}}}
}

// unsent tells who was writing a report that its draft is gone, and keeps what may
// belong to it from staff until something else is being talked about.
func (s *scene) unsent(r Reply) Reply {
	next := &s.change.Conversation
	if !next.Unsent || next.Draft != nil {
		return r
	}
	next.Asked, s.change.Unanswered, s.change.Feedback = "", nil, nil
	switch {
	case r.Answer != nil:
		next.Unsent = false
		r.Text = strings.TrimSpace(phraseLapsed + "\n\n" + r.Text)
	case r.Outcome == OutcomeChoices:
		r.Text = phraseLapsed + "\n\n" + r.Text
	case r.Outcome == OutcomeAbstain || r.Outcome == OutcomeRefuse:
		r = Reply{Outcome: OutcomeReport, Text: phraseLapsed}
	default:
		return r
	}
	r.Buttons = append([]Button{{buttonReport, titleReport}}, r.Buttons...)
	return r
}

// round keeps the digits of a confidence that mean something.
func round(confidence float64) float64 { return math.Round(confidence*1000) / 1000 }

// reportCategory holds the articles about reporting a crime; they offer the
// report itself.
const reportCategory = "to-giac"

func (s *scene) answer(a *knowledge.Article, section knowledge.SectionID, named bool, confidence float64) Reply {
	s.change.Conversation.Misses = 0
	text, buttons := answer(a, section, named, s.today)
	if a.Category == reportCategory {
		buttons = append(buttons, Button{buttonReport, titleReport})
	}
	buttons = append(buttons, feedbackButtons(a.ID)...)
	return Reply{Outcome: OutcomeAnswer, Confidence: confidence, Answer: text, Buttons: buttons}
}

func (s *scene) abstain(phrase string) Reply {
	return Reply{Outcome: OutcomeAbstain, Text: withContact(phrase, s.cfg.Contact)}
}
