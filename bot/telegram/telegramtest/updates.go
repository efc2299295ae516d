package telegramtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// updates is the queue of what the bot is to learn. The mutex of the server
// guards it.
type updates struct {
	first   int64     // id of all[0]
	all     []*update // ever made
	queue   []*update // by id: not confirmed, or not delivered
	allowed []string  // kinds; nil is the default
	arrived chan struct{}
	poller  *poller
}

// update is one update, with its id in the body.
type update struct {
	id       int64
	chat     int64
	body     json.RawMessage
	again    bool // is to come once more, whatever the offset
	attempts int  // deliveries to the webhook that failed
}

// poller is a getUpdates that waits.
type poller struct{ ended chan string } // takes why it was ended

// newUpdates starts the ids where no server before has used them, for a bot that
// remembers the ids it has seen.
func newUpdates(now time.Time) updates {
	return updates{first: now.UnixMilli()%1_000_000_000 + 1, arrived: make(chan struct{})}
}

// onlyWhenAsked reports whether a kind of update comes only to a bot that asks
// for it.
func onlyWhenAsked(kind string) bool {
	return kind == "chat_member" || kind == "message_reaction" || kind == "message_reaction_count"
}

// wants reports whether the bot takes this kind of update.
func (q *updates) wants(kind string) bool {
	if q.allowed == nil {
		return !onlyWhenAsked(kind)
	}
	return slices.Contains(q.allowed, kind)
}

// allow remembers the kinds that the bot takes. An empty list is the default.
func (q *updates) allow(kinds []string) {
	q.allowed = nil
	if len(kinds) > 0 {
		q.allowed = slices.Clone(kinds)
	}
}

// add makes an update. body is a JSON object without the id.
func (q *updates) add(chat int64, kind string, body json.RawMessage) (u *update, wanted bool) {
	u = &update{id: q.first + int64(len(q.all)), chat: chat}
	u.body = slices.Concat([]byte(`{"update_id":`+strconv.FormatInt(u.id, 10)+`,`), bytes.TrimPrefix(body, []byte("{")))
	q.all = append(q.all, u)
	if !q.wants(kind) {
		return u, false
	}
	q.queue = append(q.queue, u)
	return u, true
}

// find returns an update that was made before.
func (q *updates) find(id int64) *update {
	if i := id - q.first; i >= 0 && i < int64(len(q.all)) {
		return q.all[i]
	}
	return nil
}

func (q *updates) place(id int64) (int, bool) {
	return slices.BinarySearchFunc(q.queue, id, func(u *update, id int64) int { return cmp.Compare(u.id, id) })
}

// restore puts an update back into the queue.
func (q *updates) restore(u *update) {
	if i, queued := q.place(u.id); !queued {
		q.queue = slices.Insert(q.queue, i, u)
	}
	u.again = true
}

// remove takes an update out of the queue.
func (q *updates) remove(u *update) {
	if i, queued := q.place(u.id); queued {
		q.queue = slices.Delete(q.queue, i, i+1)
	}
}

// confirm forgets what is below the offset. A negative offset keeps that many
// from the end.
func (q *updates) confirm(offset int64) {
	i, _ := q.place(offset)
	if offset < 0 {
		i = max(0, len(q.queue)+int(offset))
	}
	var again []*update
	for _, u := range q.queue[:i] {
		if u.again {
			again = append(again, u)
		}
	}
	q.queue = q.queue[i:]
	if len(again) > 0 {
		q.queue = append(again, q.queue...)
	}
}

// take returns the first updates of the queue. They stay in it.
func (q *updates) take(limit int) []json.RawMessage {
	taken := make([]json.RawMessage, 0, min(limit, len(q.queue)))
	for _, u := range q.queue[:cap(taken)] {
		u.again = false
		taken = append(taken, u.body)
	}
	return taken
}

// wake lets those look who wait for an update.
func (q *updates) wake() {
	close(q.arrived)
	q.arrived = make(chan struct{})
}

// end ends a getUpdates that waits.
func (q *updates) end(why string) {
	if q.poller != nil {
		q.poller.ended <- why // never blocks: only the first to end it sees it here
		q.poller = nil
	}
}

// Pending returns how many updates are not confirmed by an offset, or not
// delivered to the webhook.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates.queue)
}

// Redeliver delivers an update once more under its old id, as happens when an
// answer of the webhook or a confirmation is lost.
func (s *Server) Redeliver(update int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.updates.find(update)
	if u == nil {
		s.problem("the test's own Redeliver: there is no update " + strconv.FormatInt(update, 10))
		return
	}
	s.updates.restore(u)
	s.pass(u)
}

// hand queues an update and passes it on; the caller holds the mutex.
func (s *Server) hand(chat int64, kind string, body json.RawMessage) int64 {
	u, wanted := s.updates.add(chat, kind, body)
	if wanted {
		s.pass(u)
	}
	return u.id
}

// pass delivers an update, or lets it be fetched; the caller holds the mutex.
func (s *Server) pass(u *update) {
	if s.hook != nil {
		s.push(s.hook, u)
		return
	}
	s.updates.wake()
}

// longest is how long getUpdates waits at most, in seconds.
const longest = 50

func (s *Server) getUpdates(r *request) (any, error) {
	offset, err1 := r.number("offset", 0)
	limit, err2 := r.number("limit", 100)
	seconds, err3 := r.number("timeout", 0)
	kinds, given, err4 := r.names("allowed_updates")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if limit < 1 || limit > 100 {
		return nil, badRequest("limit %d is not between 1 and 100", limit)
	}
	if seconds < 0 {
		return nil, badRequest("timeout %d is negative", seconds)
	}
	p, err := s.begin(offset, kinds, given)
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(time.Duration(min(seconds, longest)) * time.Second)
	defer timer.Stop()
	for wait := seconds > 0; ; {
		taken, arrived := s.collect(p, int(limit), wait)
		if len(taken) > 0 || !wait {
			return taken, nil
		}
		select {
		case <-arrived:
		case <-timer.C:
			wait = false
		case why := <-p.ended:
			return nil, &apiError{code: http.StatusConflict, text: why, excused: s.gone(r.ctx)}
		case <-r.ctx.Done():
			wait = false
			s.leave(p)
		case <-s.ctx.Done():
			wait = false
		}
	}
}

// gone reports whether a bot has left, or is leaving. Who has died cannot be
// blamed for the one that follows.
func (s *Server) gone(ctx context.Context) bool {
	return !s.delay(ctx, 100*time.Millisecond)
}

// begin confirms what is below the offset and makes this the one getUpdates that
// waits.
func (s *Server) begin(offset int64, kinds []string, given bool) (*poller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hook != nil {
		return nil, &apiError{code: http.StatusConflict, text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if given {
		s.updates.allow(kinds)
	}
	s.updates.end("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
	s.updates.confirm(offset)
	p := &poller{make(chan string, 1)}
	s.updates.poller = p
	return p, nil
}

// collect takes updates, or says what to wait for. A getUpdates that was ended
// takes nothing: its successor does.
func (s *Server) collect(p *poller, limit int, wait bool) (taken []json.RawMessage, arrived <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.updates.poller != p {
		return []json.RawMessage{}, nil
	}
	taken = s.updates.take(limit)
	if len(taken) > 0 || !wait {
		s.updates.poller = nil
	}
	return taken, s.updates.arrived
}

// leave ends the waiting of a bot that has gone.
func (s *Server) leave(p *poller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.updates.poller == p {
		s.updates.poller = nil
	}
}
