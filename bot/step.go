package bot

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// maxText is how many characters of a message are read. What people ask fits
// many times over; a longer text is a story or an accident.
const maxText = 4000

// likelyMeant is the confidence from which the first choice is rather meant than
// not.
const likelyMeant = 0.5

// scene is all that the decision about one turn may look at.
type scene struct {
	conversation Conversation
	turn         Turn
	message      message
	lanes        *lanes
	base         *knowledge.Base
	today        knowledge.Date
	contact      string
	tooFast      bool
	// search asks the knowledge; it is called at most once, and only when no
	// fixed lane fits.
	search func(index.Query) index.Result
}

// step decides the reply. It is the whole policy of the assistant: it reads no
// clock, writes nothing, and searches through the scene alone.
func step(s scene) Change {
	reply := s.reply()
	next := s.conversation
	next.Turns++
	next.Offered = nil
	switch {
	case reply.Answer != nil:
		next.Article = reply.Answer.Article
	case reply.Outcome == OutcomeChoices:
		for _, c := range reply.Choices {
			next.Offered = append(next.Offered, articleButton(c.Article, c.Section))
		}
		if reply.Confidence >= likelyMeant {
			// Who asks on without choosing goes on about the likeliest.
			next.Article = reply.Choices[0].Article
		}
	}
	return Change{Conversation: next, Reply: reply}
}

func (s scene) reply() Reply {
	// Danger comes before everything, whatever else the message is.
	if hit := s.lanes.match(knowledge.Emergency, s.message); hit != nil {
		return s.laneReply(hit)
	}
	if s.tooFast {
		return Reply{Outcome: OutcomeRefuse, Text: phraseTooFast}
	}
	if button := s.pressed(); button != "" {
		return s.press(button)
	}
	if len(s.message.question.Typed) == 0 {
		return Reply{Outcome: OutcomeSmalltalk, Text: phraseEmpty}
	}
	for _, name := range []knowledge.LaneName{knowledge.Report, knowledge.Refuse, knowledge.Smalltalk} {
		if hit := s.lanes.match(name, s.message); hit != nil {
			return s.laneReply(hit)
		}
	}
	if utf8.RuneCountInString(s.turn.Text) > maxText {
		return s.abstain(phraseTooLong)
	}
	return s.found(s.search(index.Query{Question: s.message.question, Topic: s.conversation.Article, Today: s.today}))
}

// pressed returns the button that the turn presses, also by typing its number.
func (s scene) pressed() ButtonID {
	if s.turn.Button != "" {
		return s.turn.Button
	}
	n := strings.TrimSuffix(vietnamese.Normalize(s.turn.Text), ".")
	if len(n) == 1 && n[0] >= '1' && int(n[0]-'0') <= len(s.conversation.Offered) {
		return s.conversation.Offered[n[0]-'1']
	}
	return ""
}

func (s scene) press(b ButtonID) Reply {
	switch b {
	case buttonNotMeant:
		return s.abstain(phraseNotMeant)
	case buttonReport:
		if rules := s.lanes.rules[knowledge.Report]; len(rules) > 0 {
			return s.laneReply(&laneHit{lane: knowledge.Report, rule: rules[0].Rule})
		}
	}
	id, section, ok := articleOf(b)
	a := s.base.Article(id)
	switch {
	case !ok || a == nil:
		return s.abstain(phraseNotMeant)
	case !a.InForce(s.today):
		return s.abstain(phraseExpired)
	}
	return s.answer(a, section, true, 1)
}

func (s scene) laneReply(hit *laneHit) Reply {
	r := Reply{Text: hit.rule.Reply}
	switch hit.lane {
	case knowledge.Emergency:
		r.Outcome = OutcomeEmergency
	case knowledge.Report:
		r.Outcome = OutcomeReport
	case knowledge.Refuse:
		r.Outcome = OutcomeRefuse
	case knowledge.Smalltalk:
		r.Outcome = OutcomeSmalltalk
	}
	for _, id := range hit.rule.Articles {
		if a := s.base.Article(id); a != nil && a.InForce(s.today) {
			r.Buttons = append(r.Buttons, Button{articleButton(id, knowledge.Lead), a.Title})
		}
	}
	return r
}

func (s scene) found(res index.Result) Reply {
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
	r := s.abstain(phraseUnknown)
	r.Confidence = round(res.Confidence)
	return r
}

// round keeps the digits of a confidence that mean something.
func round(confidence float64) float64 { return math.Round(confidence*1000) / 1000 }

// reportCategory holds the articles about reporting a crime; they offer the
// report itself.
const reportCategory = "to-giac"

func (s scene) answer(a *knowledge.Article, section knowledge.SectionID, named bool, confidence float64) Reply {
	text, buttons := answer(a, section, named, s.today)
	if a.Category == reportCategory {
		buttons = append(buttons, Button{buttonReport, titleReport})
	}
	return Reply{Outcome: OutcomeAnswer, Confidence: confidence, Answer: text, Buttons: buttons}
}

func (s scene) abstain(phrase string) Reply {
	return Reply{Outcome: OutcomeAbstain, Text: withContact(phrase, s.contact)}
}
