package telegramtest

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// Fault is how a call fails. With a Delay alone the call is only slow.
type Fault struct {
	Status     int           // of the answer; 429 when there is only a RetryAfter, 200 when there is only a Body
	RetryAfter int           // seconds that the bot is told to wait
	Body       string        // raw body instead of the JSON
	HangUp     bool          // close the connection without an answer
	After      bool          // do the work first, then fail: the bot cannot know that it was done
	Delay      time.Duration // before anything else happens
}

// fault is a Fault that some more calls will meet.
type fault struct {
	Fault
	left int
}

// FailNext makes the next n calls of a method fail. The method "file" is the
// download of a file. Faults of one method follow each other. What fails this
// way is no problem.
func (s *Server) FailNext(method string, n int, f Fault) {
	key := strings.ToLower(method)
	if _, known := s.methods[key]; !known && key != downloads {
		s.testProblem("FailNext: there is no method " + method)
		return
	}
	if n <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[key] = append(s.faults[key], &fault{f, n})
}

// nextFault returns the fault of this call, if there is one; the caller holds
// the mutex.
func (s *Server) nextFault(key string) *Fault {
	list := s.faults[key]
	if len(list) == 0 {
		return nil
	}
	list[0].left--
	if list[0].left <= 0 {
		s.faults[key] = list[1:]
	}
	return &list[0].Fault
}

// delay waits, and reports whether the bot still waits for an answer.
func (s *Server) delay(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

// fails reports whether more is wrong than slowness.
func (f *Fault) fails() bool { return f.Status > 0 || f.RetryAfter > 0 || f.Body != "" || f.HangUp }

// answer writes the failure.
func (f *Fault) answer(w http.ResponseWriter) {
	if f.HangUp {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close() // gone is gone
		}
		return
	}
	if f.Body != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body) // the bot may have left
		return
	}
	status := cmp.Or(f.Status, http.StatusTooManyRequests)
	answer := refused(status, http.StatusText(status))
	if f.RetryAfter > 0 {
		answer.Parameters = &parameters{f.RetryAfter}
	}
	write(w, status, answer)
}
