package telegram

import (
	"errors"
	"strconv"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// TestProgressIsBounded wants replies whose rest is never sent not to stay in
// memory for ever.
func TestProgressIsBounded(t *testing.T) {
	c := &Channel{progress: map[bot.TurnID]int{}}
	later := &messenger.LaterError{Err: errors.New("no route")}
	for i := range 2*mostProgress + 1 {
		id := bot.TurnID(strconv.Itoa(i))
		c.keepProgress(id, 1, later)
		if c.sent(id) != 1 {
			t.Fatal("a page that was sent is forgotten at once")
		}
	}
	c.keepProgress(bot.TurnID(strconv.Itoa(2*mostProgress)), 2, later)
	if n := len(c.progress); n > mostProgress {
		t.Errorf("%d replies are remembered, want at most %d", n, mostProgress)
	}
}
