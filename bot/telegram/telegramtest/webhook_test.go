package telegramtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

// receiver is a webhook.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	fail    int // how many deliveries to refuse
	got     []string
	secrets map[string]bool
	active  int
	most    int
	hold    chan struct{} // nil: answer at once
}

func newReceiver(t *testing.T, fail int) *receiver {
	t.Helper()
	r := &receiver{fail: fail, secrets: map[string]bool{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var u update
	_ = json.Unmarshal(body, &u)
	r.mu.Lock()
	r.active++
	r.most = max(r.most, r.active)
	hold := r.hold
	r.mu.Unlock()
	if hold != nil {
		<-hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active--
	r.secrets[req.Header.Get("X-Telegram-Bot-Api-Secret-Token")] = true
	if r.fail > 0 {
		r.fail--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.got = append(r.got, u.Message.Text)
}

func (r *receiver) texts() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.got, " ")
}

type webhookInfo struct {
	URL     string   `json:"url"`
	Pending int      `json:"pending_update_count"`
	Error   string   `json:"last_error_message"`
	Date    int64    `json:"last_error_date"`
	Most    int      `json:"max_connections"`
	Allowed []string `json:"allowed_updates"`
}

func infoOf(t *testing.T, s *telegramtest.Server) webhookInfo {
	t.Helper()
	var info webhookInfo
	if err := json.Unmarshal(must(t, s, "getWebhookInfo", ""), &info); err != nil {
		t.Fatal(err)
	}
	return info
}

func TestWebhook(t *testing.T) {
	c := newClock()
	s := newServer(t, telegramtest.Options{Now: c.Now})
	hook := newReceiver(t, 3)
	s.Say(lan, "trước")
	a := call(t, s, "setWebhook", `{"url":"`+hook.URL+`","secret_token":"bi-mat_1","allowed_updates":["message"]}`)
	if !a.OK || a.Description != "Webhook was set" {
		t.Errorf("%+v", a)
	}
	waitFor(t, func() bool { return s.Pending() == 0 })
	got := infoOf(t, s)
	want := webhookInfo{hook.URL, 0, "Wrong response from the webhook: 503 Service Unavailable", c.Now().Unix(), 40, []string{"message"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var last int64
	for _, text := range []string{"một", "hai"} {
		last = s.Say(lan, text)
	}
	s.Block(lan) // not asked for
	waitFor(t, func() bool { return s.Pending() == 0 })
	if got := hook.texts(); got != "trước một hai" {
		t.Errorf("%q", got)
	}
	s.Redeliver(last)
	waitFor(t, func() bool { return s.Pending() == 0 })
	if got := hook.texts(); got != "trước một hai "+"hai" {
		t.Errorf("%q", got)
	}
	if diff := cmp.Diff(map[string]bool{"bi-mat_1": true}, hook.secrets); diff != "" {
		t.Error(diff)
	}
	if a := call(t, s, "setWebhook", `{"url":"`+hook.URL+`","secret_token":"bi-mat_1"}`); a.Description != "Webhook is already set" {
		t.Errorf("%+v", a)
	}
	for _, want := range []string{"Webhook was deleted", "Webhook is already deleted"} {
		if a := call(t, s, "deleteWebhook", ""); !a.OK || a.Description != want {
			t.Errorf("%+v", a)
		}
	}
	s.Say(lan, "bốn")
	if got := texts(poll(t, s, 0)); got != "bốn" {
		t.Errorf("%q", got)
	}
	noProblems(t, s)
}

func TestWebhookConnections(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	hook := newReceiver(t, 0)
	hook.hold = make(chan struct{})
	must(t, s, "setWebhook", `{"url":"`+hook.URL+`","max_connections":3}`)
	for person := range int64(10) {
		s.Say(person+1, "a")
		s.Say(person+1, "b")
	}
	waitFor(t, func() bool { hook.mu.Lock(); defer hook.mu.Unlock(); return hook.active == 3 })
	if n := infoOf(t, s).Pending; n != 20 {
		t.Errorf("%d pending", n)
	}
	close(hook.hold)
	waitFor(t, func() bool { return s.Pending() == 0 })
	if hook.most != 3 || strings.Count(hook.texts(), "a") != 10 {
		t.Errorf("%d at once, %q", hook.most, hook.texts())
	}
}

func TestWebhookThatIsDown(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	hook := newReceiver(t, 0)
	must(t, s, "setWebhook", `{"url":"`+hook.URL+`"}`)
	hook.Close()
	s.Say(lan, "a")
	waitFor(t, func() bool { return infoOf(t, s).Error == "Connection refused" })
	if n := s.Pending(); n != 1 {
		t.Errorf("%d pending", n)
	}
	must(t, s, "setWebhook", `{"url":"","drop_pending_updates":true}`)
	if info := infoOf(t, s); info.Pending != 0 || info.URL != "" || info.Error != "" {
		t.Errorf("%+v", info)
	}
}

func TestWebhookAnswersThatDoNotCount(t *testing.T) {
	target := newReceiver(t, 0)
	for _, tt := range []struct {
		name, reason string
		handler      http.HandlerFunc
	}{
		{"redirect", "Wrong response from the webhook: 307 Temporary Redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
		}},
		{"hang up", "Connection closed", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				conn.Close()
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			hook := httptest.NewServer(tt.handler)
			defer hook.Close()
			must(t, s, "setWebhook", `{"url":"`+hook.URL+`"}`)
			s.Say(lan, "a")
			waitFor(t, func() bool { return infoOf(t, s).Error != "" })
			if got := infoOf(t, s).Error; got != tt.reason || s.Pending() != 1 || target.texts() != "" {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestDroppedUpdatesAreNotDelivered(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	hook := newReceiver(t, 0)
	hook.hold = make(chan struct{})
	must(t, s, "setWebhook", `{"url":"`+hook.URL+`"}`)
	s.Say(lan, "a")
	waitFor(t, func() bool { hook.mu.Lock(); defer hook.mu.Unlock(); return hook.active == 1 })
	s.Say(lan, "b")
	must(t, s, "setWebhook", `{"url":"`+hook.URL+`","drop_pending_updates":true}`)
	s.Say(lan, "c")
	close(hook.hold)
	waitFor(t, func() bool { return s.Pending() == 0 })
	if got := hook.texts(); got != "a c" {
		t.Errorf("%q", got)
	}
}

func TestRedeliveryDuringDelivery(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	hook := newReceiver(t, 0)
	hook.hold = make(chan struct{})
	must(t, s, "setWebhook", `{"url":"`+hook.URL+`"}`)
	id := s.Say(lan, "a")
	waitFor(t, func() bool { hook.mu.Lock(); defer hook.mu.Unlock(); return hook.active == 1 })
	s.Redeliver(id)
	close(hook.hold)
	waitFor(t, func() bool { return s.Pending() == 0 })
	if got := strings.Fields(hook.texts()); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
