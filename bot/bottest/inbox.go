package bottest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// Run runs a channel until the test ends.
func Run(tb testing.TB, run func(context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
}

// Inbox is a messenger.Inbox in memory.
type Inbox struct {
	mu   sync.Mutex
	kept []messenger.Update
	seen int
}

// Accept implements messenger.Inbox.
func (i *Inbox) Accept(_ context.Context, _ string, updates []messenger.Update) ([]messenger.Update, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kept = append(i.kept, updates...)
	i.seen += len(updates)
	return updates, nil
}

// Waiting implements messenger.Inbox.
func (i *Inbox) Waiting(context.Context, string) ([]messenger.Update, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.kept), nil
}

// Done implements messenger.Inbox.
func (i *Inbox) Done(_ context.Context, id bot.TurnID) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kept = slices.DeleteFunc(i.kept, func(u messenger.Update) bool { return u.ID == id })
	return nil
}

// Seen returns how many updates were ever accepted.
func (i *Inbox) Seen() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.seen
}
