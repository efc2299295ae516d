package bot

import (
	"strings"

	"github.com/trolyao/trolyao/knowledge"
)

// The buttons under an answer: "f/+/article", "f/-/article", and with a reason
// "f/-/article/reason".
const buttonFeedback = "f/"

// Reasons are why an answer may not have helped: what is kept, and what a person
// reads.
func Reasons() []Button {
	return []Button{{"sai", "Sai"}, {"thieu", "Thiếu"}, {"sai-y", "Không đúng ý tôi"}, {"kho-hieu", "Khó hiểu"}}
}

func feedbackButtons(id knowledge.ID) []Button {
	return []Button{{ButtonID(buttonFeedback + "+/" + inButton(id)), titleGood}, {ButtonID(buttonFeedback + "-/" + inButton(id)), titleBad}}
}

// feedback takes what a person thinks of an answer.
func (s *scene) feedback(b ButtonID) Reply {
	parts := strings.Split(string(b), "/")
	var a *knowledge.Article
	if len(parts) >= 3 {
		a = s.articleIn(parts[2])
	}
	if a == nil {
		return Reply{Outcome: OutcomeSmalltalk, Text: phraseThanks}
	}
	f := &Feedback{Article: a.ID, Good: parts[1] == "+", Asked: s.change.Conversation.Asked}
	s.change.Feedback = f
	switch {
	case f.Good:
		s.change.Conversation.Misses = 0
		return Reply{Outcome: OutcomeSmalltalk, Text: phraseThanks}
	case len(parts) == 3:
		s.change.Conversation.Misses++
		r := Reply{Outcome: OutcomeSmalltalk, Text: phraseWhyNot}
		for _, reason := range Reasons() {
			r.Buttons = append(r.Buttons, Button{b + "/" + reason.ID, reason.Title})
		}
		return r
	}
	for _, reason := range Reasons() {
		if string(reason.ID) == parts[3] {
			f.Reason = parts[3]
		}
	}
	return s.withHuman(Reply{Outcome: OutcomeSmalltalk, Text: phraseNoted}, withContact(phraseHuman, s.cfg.Contact))
}

// missesToHuman is how many replies in a row may miss before the person is shown
// who can help.
const missesToHuman = 2

// helpArticle tells whom to call.
const helpArticle = "tong-dai-ho-tro"

// withHuman puts the way to a person under a reply that did not help, when it
// was not the first. words say so.
func (s *scene) withHuman(r Reply, words string) Reply {
	if s.change.Conversation.Misses < missesToHuman {
		return r
	}
	r.Text += "\n\n" + words
	if a := s.base.Article(helpArticle); a != nil && a.InForce(s.today) {
		r.Buttons = append(r.Buttons, Button{articleButton(a.ID, knowledge.Lead), a.Title})
	}
	return r
}
