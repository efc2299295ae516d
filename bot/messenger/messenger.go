// Package messenger is what channels of messages have in common: an update is
// kept durably before the network is told that it has arrived, the updates of
// one person are answered in their order and those of different people side by
// side, and a reply is sent until it has arrived or is worth nothing any more.
//
// A crash at any moment loses nothing: what is kept is answered at the next
// start, and what was answered gets the same reply, for a turn's id is known.
package messenger

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/trolyao/trolyao/bot"
)

// Update is one message or event, kept until its reply has been sent.
type Update struct {
	ID     bot.TurnID         // never given twice
	Person bot.ConversationID // whose updates are answered one after another
	At     time.Time          // when it was taken in
	Body   []byte             // as the network wrote it
	// Answered is when its reply was committed, in an earlier run of the
	// program; zero when it was not.
	Answered time.Time
}

// Inbox keeps updates.
type Inbox interface {
	// Accept keeps updates, all or none, and returns those that are new: not
	// kept now, and no turn that has been committed. What a channel answers itself,
	// such as an admin's order, makes no turn: delivered again, it is new again.
	Accept(ctx context.Context, channel string, updates []Update) ([]Update, error)
	// Waiting returns what is kept for a channel and is this process's to
	// answer, in the order it came: what it has accepted, and what another one
	// that answers no more has left over. It is to be asked again and again,
	// for that also tells the others that this one is alive.
	Waiting(ctx context.Context, channel string) ([]Update, error)
	// Done forgets an update. Its turn stays answered.
	Done(ctx context.Context, id bot.TurnID) error
}

// Channel reads the updates of one network and sends replies over it.
type Channel interface {
	Name() string
	// Answer returns the reply to an update; one without outcome and text says
	// that there is nothing to send. The same update gets the same reply. Its
	// error says what is to be done: a *LaterError to try until it works, any
	// other to tell the person of trouble after a few tries.
	Answer(ctx context.Context, u Update) (bot.Reply, error)
	// Send sends a reply to who wrote the update. Its error says what is to be
	// done: a *LaterError to try again, any other to give up.
	Send(ctx context.Context, u Update, r bot.Reply) error
}

// LaterError says that an update was not answered, or its reply not sent, but may
// be, later.
type LaterError struct {
	After time.Duration // how long to wait at least; 0 leaves it to the desk
	// Maybe says that the reply may have been sent all the same. It is tried a
	// few times and no more: nobody wants the same text all day.
	Maybe bool
	Err   error
}

// Error implements error.
func (e *LaterError) Error() string { return "not yet: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LaterError) Unwrap() error { return e.Err }

// ErrGone is returned by Send when the person cannot be reached any more: has
// blocked the assistant, or left.
var ErrGone = errors.New("person cannot be reached")

// ErrBusy is returned by Accept when too much is waiting. The network is to
// deliver again later.
var ErrBusy = errors.New("too many updates are waiting")

// How long a reply is worth sending after it was found. An answer that comes
// after ten minutes answers a question nobody is asking any more; a receipt for
// a report is worth having a day later.
const (
	worthAnswer  = 10 * time.Minute
	worthReceipt = 24 * time.Hour
)

func worth(r bot.Reply) time.Duration {
	if r.Outcome == bot.OutcomeReport {
		return worthReceipt
	}
	return worthAnswer
}

// Health remembers whether a network is reached.
type Health struct{ trouble atomic.Pointer[string] }

// Set notes what is wrong, in Vietnamese; "" when nothing is any more.
func (h *Health) Set(trouble string) { h.trouble.Store(&trouble) }

// Trouble returns what is wrong; "" when nothing is.
func (h *Health) Trouble() string {
	if t := h.trouble.Load(); t != nil {
		return *t
	}
	return ""
}

// Wait waits, or returns early when ctx ends.
func Wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// NewFlow bounds the messages sent a second; with n 0 to the default.
func NewFlow(n, byDefault int) *rate.Limiter {
	if n <= 0 {
		n = byDefault
	}
	return rate.NewLimiter(rate.Limit(n), n)
}
