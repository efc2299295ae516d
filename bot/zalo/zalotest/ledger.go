package zalotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger is what both stand-ins keep: who was sent what, which requests came,
// what is to go wrong, and the breaches seen. The stand-ins guard their own
// state with its mutex too.
type ledger struct {
	now     func() time.Time
	latency time.Duration

	mu       sync.Mutex
	people   map[string]*person
	calls    map[string][]Call
	faults   map[string][]faults
	problems []string
	media    map[string][]byte
}

// person is someone who writes to the account, or is waited for.
type person struct {
	wrote    bool
	last     time.Time // when they wrote last
	replies  int       // messages sent to them since then
	messages []Message
	changed  chan struct{} // closed when a message comes
}

type faults struct {
	left  int
	fault Fault
}

func newLedger(now func() time.Time, latency time.Duration) *ledger {
	return &ledger{now: now, latency: latency, people: map[string]*person{}, calls: map[string][]Call{}, faults: map[string][]faults{}, media: map[string][]byte{}}
}

// person returns the entry of a person; the caller holds the mutex.
func (l *ledger) person(user string) *person {
	p, ok := l.people[user]
	if !ok {
		p = &person{changed: make(chan struct{})}
		l.people[user] = p
	}
	return p
}

// heard notes that a person wrote now: what may be sent to them, and for free,
// counts from here.
func (l *ledger) heard(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.person(user)
	p.wrote, p.last, p.replies = true, l.now(), 0
}

// send puts a message before its reader; the caller holds the mutex.
func (p *person) send(m Message) {
	p.replies++
	p.messages = append(p.messages, m)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Messages returns what a person was sent, oldest first.
func (l *ledger) Messages(user string) []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.people[user]; ok {
		return slices.Clone(p.messages)
	}
	return nil
}

// WaitMessages returns what a person was sent once there are n messages. When
// ctx ends first it returns those there are, and an error.
func (l *ledger) WaitMessages(ctx context.Context, user string, n int) ([]Message, error) {
	for {
		l.mu.Lock()
		p := l.person(user)
		have, changed := len(p.messages), p.changed
		l.mu.Unlock()
		if have >= n {
			return l.Messages(user), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return l.Messages(user), fmt.Errorf("%d of %d messages for %s: %w", have, n, user, context.Cause(ctx))
		}
	}
}

// Calls returns the requests to a path (on the Bot Platform: of a method) in
// the order they came. "/media/" stands for every picture and file.
func (l *ledger) Calls(path string) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls[path])
}

// FailNext makes the next n requests to a path (on the Bot Platform: of a
// method) fail, after those that earlier calls made fail. A negative n means
// until further notice, and 0 takes everything back.
func (l *ledger) FailNext(path string, n int, f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n == 0 {
		delete(l.faults, path)
		return
	}
	l.faults[path] = append(l.faults[path], faults{n, f})
}

// fault takes the next fault of a path, if one is due.
func (l *ledger) fault(path string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := l.faults[path]
	if len(due) == 0 {
		return Fault{}, false
	}
	next := due[0].fault
	due[0].left--
	if due[0].left == 0 {
		l.faults[path] = due[1:]
	}
	return next, true
}

// Problems returns every breach of the platform's rules, in order.
func (l *ledger) Problems() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.problems)
}

func (l *ledger) problem(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// largest is the largest request read, in bytes: no call to Zalo comes near it.
const largest = 1 << 20

// record notes a request and gives it its body back. It reports whether the
// body could be read.
func (l *ledger) record(w http.ResponseWriter, r *http.Request, path string) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := Call{Method: r.Method, Path: path, Body: string(body), At: l.now()}
	call.Secret = orElse(r.Header.Get("access_token"), r.Header.Get("secret_key"))
	if hasType(r, "application/x-www-form-urlencoded") {
		call.Fields = fields(string(body))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[path] = append(l.calls[path], call)
	return err == nil
}

func fields(form string) map[string]string {
	values, _ := url.ParseQuery(form) // what can be read of it
	all := make(map[string]string, len(values))
	for name := range values {
		all[name] = values.Get(name)
	}
	return all
}

func hasType(r *http.Request, want string) bool {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && got == want
}

// serve records a request and answers it with work, or with the fault that is
// due. refuse writes an error code in the platform's own way.
func (l *ledger) serve(w http.ResponseWriter, r *http.Request, path string, work http.HandlerFunc, refuse func(w http.ResponseWriter, code int)) {
	if !l.record(w, r, path) {
		return // the caller left, or sends without end
	}
	f, due := l.fault(path)
	if !due {
		l.late(w, r, work)
		return
	}
	if f.After {
		work(httptest.NewRecorder(), r)
	}
	if !pause(r.Context(), f.Delay) {
		return
	}
	switch {
	case f.lost():
		hangUp(w)
	case f.Status != 0 || f.Body != "":
		w.WriteHeader(orElse(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body) // the caller may have left
	case f.Code != 0:
		refuse(w, f.Code)
	default:
		work(w, r)
	}
}

// late does the work and answers after the latency of the network.
func (l *ledger) late(w http.ResponseWriter, r *http.Request, work http.HandlerFunc) {
	if l.latency == 0 {
		work(w, r)
		return
	}
	answer := httptest.NewRecorder()
	work(answer, r)
	if !pause(r.Context(), l.latency) {
		return // done, and nobody is left to hear of it
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w) // the caller may have left
}

// pause waits, and reports whether ctx lasted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "hung up", http.StatusBadGateway)
		return
	}
	_ = conn.Close()
}

// mediaPath is where pictures and files are served.
const mediaPath = "/media/"

// keep stores what a person sends and returns the path it is served at.
func (l *ledger) keep(name string, data []byte) string {
	path := mediaPath + newID() + "/" + url.PathEscape(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.media[path] = slices.Clone(data)
	return path
}

func (l *ledger) serveMedia(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	data, ok := l.media[r.URL.EscapedPath()]
	l.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("access_token") != "" || r.Header.Get("Authorization") != "" {
		l.problem("the token was sent along with the request for a picture or file, which other hosts serve")
	}
	w.Header().Set("Content-Type", http.DetectContentType(data))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// callPath is the name under which a request is recorded.
func callPath(path string) string {
	if strings.HasPrefix(path, mediaPath) {
		return mediaPath
	}
	return path
}
