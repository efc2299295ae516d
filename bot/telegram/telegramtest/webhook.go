package telegramtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// hook is a webhook. The mutex of the server guards it.
type hook struct {
	url    string
	secret string
	most   int // deliveries at once
	lanes  map[int64]*lane
	ready  []*lane // those that have something to deliver
	active int
}

// lane is what one chat has for the webhook. As the live server does, it is
// delivered one by one; but an update that failed is overtaken while it pauses.
type lane struct {
	waiting []*update
	listed  bool // is ready, or delivers
}

// hookLog is what getWebhookInfo tells of failures.
type hookLog struct {
	at   time.Time
	text string
}

// answerWithin is how long a webhook may take to answer.
const answerWithin = 10 * time.Second

// newCourier returns the client that delivers to the webhook. It follows no
// redirects, as the live server does not.
func newCourier() *http.Client {
	return &http.Client{
		Timeout:       answerWithin,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// push lines an update up for the webhook; the caller holds the mutex.
func (s *Server) push(h *hook, u *update) {
	l := h.lanes[u.chat]
	if l == nil {
		l = &lane{}
		h.lanes[u.chat] = l
	}
	l.waiting = append(l.waiting, u)
	h.list(l)
	s.pump(h)
}

// list notes that a lane has something to deliver.
func (h *hook) list(l *lane) {
	if !l.listed && len(l.waiting) > 0 {
		l.listed = true
		h.ready = append(h.ready, l)
	}
}

// pump starts as many deliveries as are allowed at once; the caller holds the
// mutex.
func (s *Server) pump(h *hook) {
	for !s.closed && s.hook == h && h.active < h.most && len(h.ready) > 0 {
		l := h.ready[0]
		h.ready = h.ready[1:]
		u := s.next(l)
		if u == nil {
			l.listed = false
			continue
		}
		h.active++
		s.deliveries.Go(func() {
			err := s.deliver(h, u)
			s.delivered(h, l, u, err)
		})
	}
}

// next returns what a lane is to deliver, without what was dropped meanwhile;
// the caller holds the mutex.
func (s *Server) next(l *lane) *update {
	for len(l.waiting) > 0 {
		u := l.waiting[0]
		l.waiting = l.waiting[1:]
		if _, queued := s.updates.place(u.id); queued {
			u.again = false
			return u
		}
	}
	return nil
}

// deliver posts an update to the webhook.
func (s *Server) deliver(h *hook, u *update) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, h.url, bytes.NewReader(u.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	res, err := s.courier.Do(req)
	if err != nil {
		return err
	}
	// Read to the end, the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return hookError{res.StatusCode}
	}
	return nil
}

// hookError is an answer of the webhook that does not take the update.
type hookError struct{ status int }

func (e hookError) Error() string {
	return "Wrong response from the webhook: " + strconv.Itoa(e.status) + " " + http.StatusText(e.status)
}

// delivered takes note of how a delivery went, and tries again what failed.
func (s *Server) delivered(h *hook, l *lane, u *update, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.active--
	l.listed = false
	h.list(l)
	if err == nil {
		u.attempts = 0
		if !u.again { // else it is lined up once more
			s.updates.remove(u)
		}
	} else if s.hook == h {
		s.hookLog = hookLog{s.options.Now(), reason(err)}
		pause := s.options.RetryScale << min(u.attempts, 5)
		u.attempts++
		time.AfterFunc(pause, func() { s.retry(h, u) })
	}
	s.pump(h)
}

// retry delivers an update again, unless that has become needless.
func (s *Server) retry(h *hook, u *update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, queued := s.updates.place(u.id); queued && s.hook == h {
		s.push(h, u)
	}
}

// reason says why a delivery failed, in the words of the API.
func reason(err error) string {
	netErr, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Connection refused"
	case errors.Is(err, context.DeadlineExceeded), isNet && netErr.Timeout():
		return "Read timeout expired"
	case isNet:
		return "Connection closed"
	}
	return err.Error()
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (s *Server) setWebhook(r *request) (any, error) {
	if !r.has("url") {
		return s.deleteWebhook(r)
	}
	if err := checkHook(r.text("url")); err != nil {
		return nil, err
	}
	if r.has("secret_token") && !secretForm.MatchString(r.text("secret_token")) {
		return nil, badRequest("secret token contains unallowed characters")
	}
	most, err := r.number("max_connections", 40)
	if err != nil {
		return nil, err
	}
	if most < 1 || most > 100 {
		return nil, badRequest("max_connections %d is not between 1 and 100", most)
	}
	kinds, given, err := r.names("allowed_updates")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if given {
		s.updates.allow(kinds)
	}
	if r.flag("drop_pending_updates") {
		s.updates.queue = nil
	}
	if h := s.hook; h != nil && h.url == r.text("url") && h.secret == r.text("secret_token") && h.most == int(most) {
		return described{true, "Webhook is already set"}, nil
	}
	s.updates.end("Conflict: terminated by setWebhook request")
	s.hook, s.hookLog = &hook{url: r.text("url"), secret: r.text("secret_token"), most: int(most), lanes: map[int64]*lane{}}, hookLog{}
	for _, u := range slices.Clone(s.updates.queue) {
		u.attempts = 0
		s.push(s.hook, u)
	}
	return described{true, "Webhook was set"}, nil
}

// checkHook reports whether updates may be delivered to an address. The live
// server takes https only; here a test may listen on loopback without it.
func checkHook(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return badRequest("bad webhook: invalid URL")
	}
	ip := net.ParseIP(u.Hostname())
	if (u.Scheme == "http" || u.Scheme == "https") && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	if u.Scheme != "https" {
		return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if !slices.Contains([]string{"", "80", "88", "443", "8443"}, u.Port()) {
		return badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	}
	return nil
}

func (s *Server) deleteWebhook(r *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.flag("drop_pending_updates") {
		s.updates.queue = nil
	}
	if s.hook == nil {
		return described{true, "Webhook is already deleted"}, nil
	}
	s.hook, s.hookLog = nil, hookLog{}
	return described{true, "Webhook was deleted"}, nil
}

func (s *Server) getWebhookInfo(*request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := struct {
		URL         string   `json:"url"`
		Certificate bool     `json:"has_custom_certificate"`
		Pending     int      `json:"pending_update_count"`
		ErrorDate   int64    `json:"last_error_date,omitempty"`
		Error       string   `json:"last_error_message,omitempty"`
		Most        int      `json:"max_connections,omitempty"`
		Allowed     []string `json:"allowed_updates,omitempty"`
	}{Pending: len(s.updates.queue), Error: s.hookLog.text, Allowed: s.updates.allowed}
	if s.hook != nil {
		info.URL, info.Most = s.hook.url, s.hook.most
	}
	if s.hookLog.text != "" {
		info.ErrorDate = s.hookLog.at.Unix()
	}
	return encode(info), nil
}
