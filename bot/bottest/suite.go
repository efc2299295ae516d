// Package bottest holds the tests that every channel must pass, and the plain
// handlers they need.
package bottest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
)

// Seen is what a person sees of one reply.
type Seen struct {
	Text    string   // everything readable, in order
	Buttons []string // titles, in order
	Links   []string
}

// Person is one citizen on a channel under test. Each call acts as that
// channel's own client would, and waits for what comes back.
type Person interface {
	Say(text string) Seen
	Press(title string) Seen
	// Redeliver delivers the last message again, as the network would, and does
	// not wait for anything: it need not be answered twice.
	Redeliver()
}

// TestChannel runs the conformance tests. newPerson returns a fresh citizen of
// a channel that hands its turns to h.
func TestChannel(t *testing.T, newPerson func(t *testing.T, h bot.Handler) Person) {
	t.Helper()
	t.Run("an answer shows its text, source and date", func(t *testing.T) {
		seen := newPerson(t, &Scripted{Reply: Answer()}).Say("mất thẻ")
		mustContain(t, seen.Text, "Cấp lại thẻ căn cước", "Công an xã", "Luật Căn cước", "22/11/2026")
		if len(seen.Links) == 0 || seen.Links[0] != "https://vanban.chinhphu.vn/" {
			t.Errorf("links %v, want the source", seen.Links)
		}
	})
	t.Run("choices are pressed", func(t *testing.T) {
		h := &Scripted{Reply: Choices()}
		p := newPerson(t, h)
		if seen := p.Say("căn cước"); len(seen.Buttons) != 2 {
			t.Fatalf("buttons %v, want 2", seen.Buttons)
		}
		p.Press("Đổi thẻ")
		turns := h.Turns()
		if last := turns[len(turns)-1]; last.Button != "a/doi/tom-tat" {
			t.Errorf("pressed %q", last.Button)
		}
	})
	t.Run("a redelivered message is the same turn", func(t *testing.T) { testRedelivered(t, newPerson) })
	t.Run("one person keeps one conversation, two have two", func(t *testing.T) {
		h := &Scripted{Reply: Answer()}
		one, other := newPerson(t, h), newPerson(t, h)
		one.Say("a")
		one.Say("b")
		other.Say("c")
		turns := h.Turns()
		if turns[0].Conversation != turns[1].Conversation || turns[0].Conversation == turns[2].Conversation || turns[0].ID == turns[1].ID {
			t.Errorf("turns %+v", turns)
		}
	})
	t.Run("markup stays text", func(t *testing.T) {
		const nasty = `<img src=x onerror=alert(1)> & "x" <b>`
		seen := newPerson(t, &Scripted{Reply: bot.Reply{Outcome: bot.OutcomeAbstain, Text: nasty}}).Say(nasty)
		mustContain(t, seen.Text, nasty)
	})
	t.Run("a failure is told kindly, with the emergency numbers", func(t *testing.T) {
		seen := newPerson(t, &Scripted{Err: errors.New("disk full at /secret/path")}).Say("x")
		mustContain(t, seen.Text, "113")
		mustNotContain(t, seen.Text, "secret", "disk full")
	})
}

func testRedelivered(t *testing.T, newPerson func(t *testing.T, h bot.Handler) Person) {
	t.Helper()
	h := &Scripted{Reply: Answer()}
	p := newPerson(t, h)
	p.Say("mất thẻ")
	p.Redeliver()
	p.Say("thẻ khác")
	turns := h.until(t, "thẻ khác")
	first, last := turns[0], turns[len(turns)-1]
	for _, turn := range turns[1:] {
		if turn.Text == first.Text && turn.ID != first.ID || turn.Conversation != first.Conversation {
			t.Errorf("turn %+v, want the same as %+v", turn, first)
		}
	}
	if len(turns) > 3 || last.ID == first.ID {
		t.Errorf("turns %+v", turns)
	}
}

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from:\n%s", want, text)
		}
	}
}

func mustNotContain(t *testing.T, text string, bad ...string) {
	t.Helper()
	for _, b := range bad {
		if strings.Contains(text, b) {
			t.Errorf("%q must not stand in:\n%s", b, text)
		}
	}
}

// Answer is a typical answer.
func Answer() bot.Reply {
	return bot.Reply{Outcome: bot.OutcomeAnswer, Confidence: 0.9, Answer: &bot.Answer{
		Article: "cap-lai-the-can-cuoc", Section: "tom-tat", Title: "Cấp lại thẻ căn cước",
		Text:     "Đến Công an xã.\n\nHồ sơ:\n- Không cần giấy.\n\n1. Đến nơi.\n2. Lấy số.",
		Sources:  []bot.Source{{Title: "Luật Căn cước", URL: "https://vanban.chinhphu.vn/"}, {Title: "Không có địa chỉ"}},
		Reviewed: "2026-11-22", EffectiveFrom: "2024-07-01",
	}}
}

// Choices is a typical question back.
func Choices() bot.Reply {
	return bot.Reply{
		Outcome: bot.OutcomeChoices, Text: "Anh/chị muốn hỏi việc nào?",
		Choices: []bot.Choice{{Article: "cap-lai", Section: "tom-tat", Title: "Cấp lại thẻ"}, {Article: "doi", Section: "tom-tat", Title: "Đổi thẻ"}},
		Buttons: []bot.Button{{ID: "a/cap-lai/tom-tat", Title: "Cấp lại thẻ"}, {ID: "a/doi/tom-tat", Title: "Đổi thẻ"}},
	}
}

// Scripted is a handler that always says the same and remembers what it heard.
// A typed number presses its button, as it does in the engine.
type Scripted struct {
	Reply bot.Reply
	Err   error

	mu    sync.Mutex
	turns []bot.Turn
}

// Handle implements bot.Handler.
func (s *Scripted) Handle(_ context.Context, t bot.Turn) (bot.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err := strconv.Atoi(t.Text); err == nil && n >= 1 && n <= len(s.Reply.Buttons) {
		t.Button = s.Reply.Buttons[n-1].ID
	}
	s.turns = append(s.turns, t)
	if s.Err != nil {
		return bot.Reply{}, s.Err
	}
	return s.Reply, nil
}

// until waits until a text was heard last, and returns the turns so far.
func (s *Scripted) until(t *testing.T, text string) []bot.Turn {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if turns := s.Turns(); len(turns) > 0 && turns[len(turns)-1].Text == text {
			return turns
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
	t.Fatalf("%q was never heard", text)
	return nil
}

// Turns returns the turns heard so far.
func (s *Scripted) Turns() []bot.Turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]bot.Turn(nil), s.turns...)
}
