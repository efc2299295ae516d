package handoff

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
)

// Parcel is a report on its way.
type Parcel struct {
	ID       ID
	Box      Box
	Attempts int // before this one
}

// Result is what became of one attempt.
type Result struct {
	State     State
	At        time.Time
	NextAt    time.Time // of the next attempt, while pending
	Reference string    // when delivered
	Problem   string    // when not
}

// Store keeps the outbox.
type Store interface {
	// Claim takes the report that has been due longest and puts its next
	// attempt off by the lease for a box of so many bytes, so that a crash in
	// the middle delays it and loses nothing. It returns nil when none is due.
	Claim(ctx context.Context, now time.Time, lease func(bytes int) time.Duration) (*Parcel, error)
	// Settle records the result of an attempt.
	Settle(ctx context.Context, id ID, r Result) error
}

// Deliverer takes a report to the agency. It returns the agency's reference; an
// error wraps ErrRefused when trying again is of no use.
type Deliverer interface {
	Deliver(ctx context.Context, id ID, body []byte) (reference string, err error)
}

// Outbox delivers what is in the store, for as long as it takes.
type Outbox struct {
	store   Store
	sealer  *Sealer
	to      Deliverer
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time
	wake    chan struct{}
}

const (
	workers   = 4               // reports under way at once
	pollEvery = time.Second     // how often due reports are looked for
	settleIn  = 5 * time.Second // to record a result while the program stops
	// slowest is the slowest line, in bytes of a box per second, over which a
	// report must arrive: photos take their time on the line of a commune.
	slowest = 48 << 10
	// LongestWait is the longest time between two attempts.
	LongestWait = time.Hour
)

// NewOutbox returns an outbox. timeout bounds one attempt, beside the time that
// the report itself may take on the line.
func NewOutbox(store Store, sealer *Sealer, to Deliverer, timeout time.Duration, log *slog.Logger, now func() time.Time) *Outbox {
	return &Outbox{store: store, sealer: sealer, to: to, timeout: timeout, log: log, now: now, wake: make(chan struct{}, 1)}
}

// Wake makes the outbox look for due reports at once.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default: // it has been told already
	}
}

// Run delivers until ctx ends. What is under way then is recorded first.
func (o *Outbox) Run(ctx context.Context) error {
	var g errgroup.Group
	for range workers {
		g.Go(func() error {
			o.work(ctx)
			return nil
		})
	}
	return g.Wait()
}

func (o *Outbox) work(ctx context.Context) {
	ticks := time.NewTicker(pollEvery)
	defer ticks.Stop()
	for ctx.Err() == nil {
		worked, err := o.one(ctx)
		if err != nil && ctx.Err() == nil {
			o.log.ErrorContext(ctx, "outbox cannot be read or written", "err", err)
		}
		if worked && err == nil {
			o.Wake() // there may be more for the others
			continue
		}
		select {
		case <-ticks.C:
		case <-o.wake:
		case <-ctx.Done():
		}
	}
}

// one makes one attempt at the report that is due longest, and reports whether
// there was one.
func (o *Outbox) one(ctx context.Context) (bool, error) {
	now := o.now()
	p, err := o.store.Claim(ctx, now, func(bytes int) time.Duration { return o.longest(bytes) + settleIn })
	if p == nil || err != nil {
		return false, err
	}
	result := o.attempt(ctx, p)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleIn)
	defer cancel()
	return true, o.store.Settle(settling, p.ID, result)
}

// longest is how long one attempt at a box of so many bytes may take.
func (o *Outbox) longest(bytes int) time.Duration {
	return o.timeout + time.Duration(bytes)*time.Second/slowest
}

func (o *Outbox) attempt(ctx context.Context, p *Parcel) Result {
	body, err := o.sealer.Body(p.Box)
	reference := ""
	if err == nil {
		trying, cancel := context.WithTimeout(ctx, o.longest(len(p.Box.Data)))
		defer cancel()
		reference, err = o.to.Deliver(trying, p.ID, body)
	}
	at := o.now()
	switch {
	case err == nil:
		return Result{State: Delivered, At: at, Reference: reference}
	case errors.Is(err, ErrRefused):
		o.log.ErrorContext(ctx, "report refused by the agency's endpoint", "report", string(p.ID), "err", err)
		return Result{State: Stuck, At: at, Problem: err.Error()}
	case ctx.Err() != nil: // we stop; it was not the endpoint's fault
		return Result{State: Pending, At: at, NextAt: at, Problem: err.Error()}
	}
	wait := waitAfter(p.Attempts + 1)
	o.log.WarnContext(ctx, "report not delivered", "report", string(p.ID), "attempt", p.Attempts+1, "again_in", wait, "err", err)
	return Result{State: Pending, At: at, NextAt: at.Add(wait), Problem: err.Error()}
}

// waitAfter is how long to wait after the given number of attempts: its fourth power
// in seconds, at most an hour, give or take a fifth, so that many reports do not
// come back at once. There is no last attempt.
func waitAfter(attempts int) time.Duration {
	wait := LongestWait
	if attempts < 8 { // 8⁴ seconds are more than an hour
		wait = min(LongestWait, time.Duration(attempts*attempts*attempts*attempts)*time.Second)
	}
	return wait - wait/5 + rand.N(2*wait/5+1) //nolint:gosec // spreading load needs no secrecy
}
