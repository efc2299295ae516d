package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/trolyao/trolyao/handoff"
)

// ask asks for what the form waits for, after saying what there is to say.
func (s *scene) ask(d *Draft, first string) Reply {
	text, buttons := s.prompt(d)
	if first != "" {
		text = first + "\n\n" + text
	}
	r := s.private(OutcomeReport, text, buttons)
	r.Files = d.Agreed.Version != ""
	switch d.Step {
	case stepPlace:
		r.Wants = WantPlace
	case stepReporter:
		r.Wants = WantContact
	case stepGate, stepNotice, stepStory, stepPeople, stepReview, stepEdit, stepKind: // want words
	}
	return r
}

// prompt is the question of a step. Every step has a way out.
func (s *scene) prompt(d *Draft) (string, []Button) {
	back, cancel := Button{buttonBack, titleBack}, Button{buttonCancel, titleCancel}
	skip := Button{skipButton(d.Step), titleSkip}
	switch d.Step {
	case stepGate:
		return phraseGate, gateButtons()
	case stepNotice:
		buttons := []Button{{buttonAgree, titleAgree}}
		if a := s.base.Article(vneidArticle); a != nil && a.InForce(s.today) {
			buttons = append(buttons, Button{articleButton(a.ID, "tom-tat"), titleVNeID})
		}
		return s.notice(), append(buttons, cancel)
	case stepStory:
		if (d.Story != "" || len(d.Files) > 0) && !d.Editing {
			return storyPrompt(d), []Button{{skipButton(d.Step), titleEnough}, back, cancel}
		}
		return storyPrompt(d), []Button{back, cancel}
	case stepPlace:
		return placePrompt(d), []Button{skip, back, cancel}
	case stepPeople:
		skip.Title = titleDone
		return phrasePeople, []Button{skip, back, cancel}
	case stepReporter:
		return phraseReporter, []Button{{buttonSecret, titleSecret}, {buttonNoName, titleNoName}, back, cancel}
	case stepEdit:
		var buttons []Button
		for _, item := range editable(d) {
			buttons = append(buttons, Button{buttonItem + ButtonID(item), itemTitles()[item]})
		}
		return phraseEdit, append(buttons, back, cancel)
	case stepKind:
		var buttons []Button
		for _, k := range s.base.Form.Kinds {
			buttons = append(buttons, Button{buttonKind + ButtonID(k.ID), k.Title})
		}
		return phraseKind, append(buttons, back, cancel)
	case stepReview:
	}
	return phraseReview + "\n" + d.review(&s.base.Form) + "\n\n" + phraseSend,
		[]Button{{buttonSend, titleSend}, {buttonEdit, titleEdit}, back, cancel}
}

// vneidArticle tells of the safer way, offered beside the consent.
const vneidArticle = "to-giac-qua-vneid"

// daysKept stands in the form for how many days a delivered report is kept.
const daysKept = "{số ngày}"

// notice is what a person agrees to: what will happen to the report stands
// second, and differs when no agency is connected.
func (s *scene) notice() string {
	where := s.base.Form.Keeper
	if s.cfg.Connected {
		where = strings.ReplaceAll(s.base.Form.Receiver, daysKept, strconv.Itoa(int(s.cfg.ReportsKept/(24*time.Hour))))
	}
	first, rest, _ := strings.Cut(s.base.Form.Notice, "\n")
	return first + "\n- " + where + "\n" + rest
}

func storyPrompt(d *Draft) string {
	switch {
	case d.Supplement > 0:
		return phraseMore
	case d.Story != "" && !d.Editing:
		return phraseHeard + "\"" + shorten(d.Story, maxShown) + "\".\n" + phraseStoryMore
	}
	return phraseStory
}

// placePrompt asks for the place, the time, or both.
func placePrompt(d *Draft) string {
	switch {
	case d.asksTime():
		return phraseWhen
	case d.Where == handoff.Where{} && !d.Editing && (d.When != "" || d.Ongoing):
		return phraseWhere
	}
	return phraseWhereWhen
}

func itemTitles() map[formStep]string {
	return map[formStep]string{
		stepStory: "Lời kể", stepPlace: "Nơi và lúc xảy ra", stepPeople: "Người liên quan", stepReporter: "Danh tính của tôi", stepKind: "Loại việc",
	}
}
