package messenger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/trolyao/trolyao/bot"
)

// Results of sending, as counted.
const (
	ResultSent    = "sent"
	ResultRetried = "retried"
	ResultRefused = "refused" // by the network, for good
	ResultGone    = "gone"    // the person cannot be reached
	ResultLate    = "late"    // given up: too old
	ResultTrouble = "trouble" // the reply could not be found
)

// Config bounds the work of a desk. Zero values stand for the defaults.
type Config struct {
	Workers int // people answered at once; 32
	Most    int // updates that may wait; 20,000
	// Pause is the first pause before something is tried again, half a second;
	// it doubles up to a minute.
	Pause time.Duration
	// Count is told the result of every attempt to send.
	Count func(result string)
}

// Desk answers the updates of one channel.
type Desk struct {
	cfg     Config
	channel Channel
	inbox   Inbox
	log     *slog.Logger
	now     func() time.Time

	loaded chan struct{} // closed when what was left over is in its lanes
	ready  chan struct{} // holds one while somebody may have work

	mu      sync.Mutex
	lanes   map[bot.ConversationID]*lane
	queue   []*lane // lanes with work, the longest waiting first
	waiting int
	closed  bool
	// known are the updates at hand. Those done with while somebody looks into
	// the inbox stay known until he has, for he may have seen them there.
	known   map[bot.TurnID]bool
	looking bool
	done    []bot.TurnID
}

// lane is the updates of one person. Only its first is being worked on.
type lane struct {
	updates []*item
}

// item is an update and how far it has come.
type item struct {
	Update

	reply  *bot.Reply // once found
	found  time.Time
	tries  int
	maybes int
	over   bool // there is nothing left to do but to forget it
}

// NewDesk returns a desk; Run starts its work.
func NewDesk(cfg Config, channel Channel, inbox Inbox, log *slog.Logger, now func() time.Time) *Desk {
	if cfg.Workers <= 0 {
		cfg.Workers = 32
	}
	if cfg.Most <= 0 {
		cfg.Most = 20_000
	}
	if cfg.Pause <= 0 {
		cfg.Pause = time.Second / 2
	}
	if cfg.Count == nil {
		cfg.Count = func(string) {}
	}
	return &Desk{
		cfg: cfg, channel: channel, inbox: inbox, log: log.With("channel", channel.Name()), now: now,
		loaded: make(chan struct{}), ready: make(chan struct{}, 1), lanes: map[bot.ConversationID]*lane{}, known: map[bot.TurnID]bool{},
	}
}

// Waiting returns how many updates have no sent reply yet.
func (d *Desk) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting
}

// Accept keeps updates and has them answered. When it returns nil they are
// durable and the network may be told so; after an error it must deliver again.
func (d *Desk) Accept(ctx context.Context, updates ...Update) error {
	select {
	case <-d.loaded: // what was left over comes first
	case <-ctx.Done():
		return ctx.Err()
	}
	if d.Waiting()+len(updates) > d.cfg.Most {
		return ErrBusy
	}
	ours := d.reserve(updates) // so that a look into the inbox leaves them to us
	fresh, err := d.inbox.Accept(ctx, d.channel.Name(), updates)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ours {
		d.forget(id)
	}
	// After an error it may be kept all the same: the next look finds out.
	d.enqueue(fresh)
	return err
}

// reserve makes updates known, and returns those that were not.
func (d *Desk) reserve(updates []Update) (ours []bot.TurnID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range updates {
		if !d.known[u.ID] {
			d.known[u.ID] = true
			ours = append(ours, u.ID)
		}
	}
	return ours
}

// forget makes an update unknown, now or once nobody looks.
func (d *Desk) forget(id bot.TurnID) {
	if d.looking {
		d.done = append(d.done, id)
		return
	}
	delete(d.known, id)
}

// enqueue puts updates at the end of their people's lanes.
func (d *Desk) enqueue(updates []Update) {
	for _, u := range updates {
		d.known[u.ID] = true
		d.done = slices.DeleteFunc(d.done, func(id bot.TurnID) bool { return id == u.ID })
		d.waiting++
		l := d.lanes[u.Person]
		if l == nil {
			l = &lane{}
			d.lanes[u.Person] = l
			d.queue = append(d.queue, l)
		}
		l.updates = append(l.updates, &item{Update: u})
	}
	d.wake()
}

// wake tells a worker that there is work.
func (d *Desk) wake() {
	select {
	case d.ready <- struct{}{}:
	default:
	}
}

// next takes the lane that has waited longest and its first update, nil when
// none has work.
func (d *Desk) next() (*lane, *item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 || d.closed {
		return nil, nil
	}
	l := d.queue[0]
	d.queue = d.queue[1:]
	if len(d.queue) > 0 {
		d.wake()
	}
	return l, l.updates[0]
}

// back returns a lane after its first update was worked on.
func (d *Desk) back(l *lane, finished bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if finished {
		d.waiting--
		d.forget(l.updates[0].ID)
		person := l.updates[0].Person
		if l.updates = l.updates[1:]; len(l.updates) == 0 {
			delete(d.lanes, person)
			return
		}
	}
	d.queue = append(d.queue, l)
	d.wake()
}

// finishWithin is how long an update that is being worked on may still take
// when the desk stops.
const finishWithin = 5 * time.Second

// Run answers updates until ctx ends, what was left over from the last run
// first. Then it finishes what it has begun; the rest stays kept.
func (d *Desk) Run(ctx context.Context) error {
	if err := d.look(ctx); err != nil {
		return fmt.Errorf("%s: %w", d.channel.Name(), err)
	}
	close(d.loaded)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		d.mu.Lock()
		d.closed = true
		d.mu.Unlock()
		time.AfterFunc(finishWithin, cancel)
	})()
	var workers sync.WaitGroup
	workers.Go(func() { d.keepLooking(ctx) })
	for range d.cfg.Workers {
		workers.Go(func() { d.work(ctx, work) })
	}
	workers.Wait()
	return nil
}

// lookEvery is how often the inbox is looked into for what a replica that has
// died left over, and what was kept although keeping it seemed to fail.
const lookEvery = 15 * time.Second

func (d *Desk) keepLooking(ctx context.Context) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "inbox not readable", "err", err)
		}
	}
}

// look takes up what is kept and not at hand.
func (d *Desk) look(ctx context.Context) error {
	d.mu.Lock()
	d.looking = true
	d.mu.Unlock()
	kept, err := d.inbox.Waiting(ctx, d.channel.Name())
	d.mu.Lock()
	defer d.mu.Unlock()
	d.enqueue(slices.DeleteFunc(kept, func(u Update) bool { return d.known[u.ID] }))
	d.looking = false
	for _, id := range d.done {
		delete(d.known, id)
	}
	d.done = nil
	return err
}

func (d *Desk) work(stop, ctx context.Context) {
	for {
		select {
		case <-d.ready:
		case <-stop.Done():
			d.wake() // the others too
			return
		}
		for l, it := d.next(); l != nil; l, it = d.next() {
			if pause := d.step(ctx, it); pause > 0 {
				// The person waits, and the worker does not.
				time.AfterFunc(pause, func() { d.back(l, false) })
				continue
			}
			d.back(l, true)
		}
	}
}

// step brings an update as far as it goes. A pause says that it is to be tried
// again after it; 0, that it is finished.
func (d *Desk) step(ctx context.Context, it *item) (pause time.Duration) {
	defer func() {
		if p := recover(); p != nil { // one message must not end the program
			d.log.ErrorContext(ctx, "update not answered", "turn", it.ID, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			if it.reply != nil {
				pause = d.finish(ctx, it, ResultTrouble)
				return
			}
			pause = d.cfg.Pause
			d.trouble(it)
		}
	}()
	if it.over {
		return d.finish(ctx, it, "")
	}
	if it.reply == nil {
		if pause := d.find(ctx, it); pause > 0 {
			return pause
		}
	}
	if it.reply.Outcome == "" && it.reply.Text == "" {
		return d.finish(ctx, it, "")
	}
	if d.now().Sub(it.found) > worth(*it.reply) {
		d.log.WarnContext(ctx, "reply not sent in time", "turn", it.ID)
		return d.finish(ctx, it, ResultLate)
	}
	return d.send(ctx, it)
}

// findTries is how often a reply is looked for before the person is told that
// there is trouble.
const findTries = 4

func (d *Desk) find(ctx context.Context, it *item) time.Duration {
	reply, err := d.channel.Answer(ctx, it.Update)
	if err != nil && ctx.Err() != nil {
		return d.cfg.Pause // stopping; it is kept
	}
	if err != nil {
		it.tries++
		d.log.ErrorContext(ctx, "turn not answered", "turn", it.ID, "try", it.tries, "err", err)
		if later, ok := errors.AsType[*LaterError](err); ok {
			return max(later.After, d.pause(it))
		}
		if it.tries < findTries {
			return d.pause(it)
		}
		d.trouble(it)
		return 0
	}
	d.found(it, reply)
	return 0
}

// trouble makes the reply to an update that there is none to.
func (d *Desk) trouble(it *item) {
	d.cfg.Count(ResultTrouble)
	d.found(it, bot.Reply{Text: bot.PhraseTrouble})
}

func (d *Desk) found(it *item, reply bot.Reply) {
	it.reply, it.found, it.tries = &reply, it.Answered, 0
	if it.found.IsZero() {
		it.found = d.now()
	}
}

// maybeTries is how often a reply is sent that may have arrived every time.
const maybeTries = 3

func (d *Desk) send(ctx context.Context, it *item) time.Duration {
	err := d.channel.Send(ctx, it.Update, *it.reply)
	later, again := errors.AsType[*LaterError](err)
	if again && later.Maybe {
		it.maybes++
		again = it.maybes < maybeTries
	}
	switch {
	case err == nil:
		return d.finish(ctx, it, ResultSent)
	case again:
		it.tries++
		d.cfg.Count(ResultRetried)
		d.log.InfoContext(ctx, "reply not sent yet", "turn", it.ID, "try", it.tries, "err", err)
		return max(later.After, d.pause(it))
	case errors.Is(err, ErrGone):
		return d.finish(ctx, it, ResultGone)
	}
	d.log.ErrorContext(ctx, "reply not sent", "turn", it.ID, "err", err)
	return d.finish(ctx, it, ResultRefused)
}

// finish forgets an update. While that fails it is tried again: a reply that is
// not known to be sent would be sent again at the next start.
func (d *Desk) finish(ctx context.Context, it *item, result string) time.Duration {
	if result != "" && !it.over {
		d.cfg.Count(result)
	}
	it.over = true
	if err := d.inbox.Done(ctx, it.ID); err != nil {
		it.tries++
		d.log.ErrorContext(ctx, "update not taken out of the inbox", "turn", it.ID, "err", err)
		return d.pause(it)
	}
	return 0
}

const longestPause = time.Minute

func (d *Desk) pause(it *item) time.Duration {
	return min(d.cfg.Pause<<min(it.tries-1, 16), longestPause)
}
