package store_test

import (
	"fmt"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/internal/store"
)

func TestMemory(t *testing.T) {
	bottest.TestStore(t, func(*testing.T) bot.Store { return store.NewMemory(10) })
}

func TestMemoryIsBounded(t *testing.T) {
	s := store.NewMemory(3)
	for i := range 10 {
		id := bot.ConversationID(fmt.Sprint(i))
		// The first person keeps coming back and must not be forgotten.
		if _, err := s.Load(t.Context(), "0"); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), bot.Turn{ID: bot.TurnID(id), Conversation: id}, bot.Change{Conversation: bot.Conversation{ID: id, Misses: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range 10 {
		if c, err := s.Load(t.Context(), bot.ConversationID(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		} else if c.Misses == 1 {
			kept++
		}
	}
	if c, err := s.Load(t.Context(), "0"); err != nil || c.Misses != 1 || kept != 3 {
		t.Errorf("kept %d of 3, the first %+v, %v", kept, c, err)
	}
}
