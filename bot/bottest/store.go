package bottest

import (
	"context"
	"testing"

	"github.com/trolyao/trolyao/bot"
)

// TestStore runs what every bot.Store must do.
func TestStore(t *testing.T, newStore func(t *testing.T) bot.Store) {
	t.Helper()
	t.Run("a stranger has an empty conversation", func(t *testing.T) {
		c, err := newStore(t).Load(t.Context(), "web:new")
		if err != nil || c.ID != "web:new" || c.Article != "" || c.Misses != 0 {
			t.Errorf("%+v %v", c, err)
		}
	})
	t.Run("what is committed is kept, by person and turn", func(t *testing.T) { testKept(t, newStore(t)) })
	t.Run("a commit that is too late does nothing", func(t *testing.T) { testLate(t, newStore(t)) })
}

func testKept(t *testing.T, s bot.Store) {
	t.Helper()
	change := bot.Change{Conversation: bot.Conversation{ID: "web:a", Article: "x", Offered: []bot.ButtonID{"b"}, Misses: 1}, Reply: Answer()}
	if err := s.Commit(t.Context(), bot.Turn{ID: "1", Conversation: "web:a"}, change); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Load(t.Context(), "web:a"); err != nil || c.Article != "x" || c.Misses != 1 || len(c.Offered) != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := s.Load(t.Context(), "web:b"); err != nil || c.Article != "" {
		t.Errorf("another person got %+v %v", c, err)
	}
	if r, done, err := s.Replied(t.Context(), "1"); err != nil || !done || r.Answer == nil || r.Answer.Title != Answer().Answer.Title {
		t.Errorf("%+v %v %v", r, done, err)
	}
	if _, done, err := s.Replied(t.Context(), "2"); err != nil || done {
		t.Errorf("an unknown turn was answered: %v %v", done, err)
	}
}

func testLate(t *testing.T, s bot.Store) {
	t.Helper()
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(late, bot.Turn{ID: "1", Conversation: "web:a"}, bot.Change{Reply: Answer()}); err == nil {
		t.Error("committed after its time")
	}
	if _, done, err := s.Replied(t.Context(), "1"); err != nil || done {
		t.Errorf("half a commit: %v %v", done, err)
	}
}
