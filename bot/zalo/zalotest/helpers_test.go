package zalotest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

const user = "8309393969855402319"

// got is a delivery as the webhook saw it.
type got struct {
	body   string
	header http.Header
}

// event is what tests read of a delivery.
func (g got) event(t *testing.T) map[string]any {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal([]byte(g.body), &e); err != nil {
		t.Fatalf("%s: %v", g.body, err)
	}
	return e
}

// hook is a webhook that records deliveries and answers with the statuses given,
// and then with 200.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	all      []got
	changed  chan struct{}
}

func newHook(t *testing.T, statuses ...int) *hook {
	t.Helper()
	h := &hook{statuses: statuses, changed: make(chan struct{})}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all = append(h.all, got{string(body), r.Header.Clone()})
		if len(h.statuses) > 0 {
			w.WriteHeader(h.statuses[0])
			h.statuses = h.statuses[1:]
		}
		close(h.changed)
		h.changed = make(chan struct{})
	}))
	t.Cleanup(h.Close)
	return h
}

// wait returns the deliveries once there are n.
func (h *hook) wait(t *testing.T, n int) []got {
	t.Helper()
	ctx := soon(t)
	for {
		h.mu.Lock()
		all, changed := h.all, h.changed
		h.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d of %d deliveries", len(all), n)
		}
	}
}

// sent is what tests read of the message in a delivery.
type sent struct {
	Name   string `json:"event_name"`
	Sender struct {
		ID string `json:"id"`
	} `json:"sender"`
	Message struct {
		Text        string `json:"text"`
		Attachments []struct {
			Payload struct {
				URL string `json:"url"`
			} `json:"payload"`
		} `json:"attachments"`
	} `json:"message"`
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newOA(t *testing.T, o zalotest.OAOptions) *zalotest.OA {
	t.Helper()
	z := zalotest.NewOA(o)
	t.Cleanup(z.Close)
	return z
}

// post sends a body; header holds pairs of name and value. An empty method is
// POST.
func post(t *testing.T, method, url, body string, header ...string) (int, string, error) {
	t.Helper()
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, string(answer), err
}

// mustPost is post for requests whose answer does not matter.
func mustPost(t *testing.T, url, body string, header ...string) {
	t.Helper()
	if _, _, err := post(t, "", url, body, header...); err != nil {
		t.Fatal(err)
	}
}

// answer is what tests read of the OpenAPI's and the token endpoint's answers.
type answer struct {
	Error   int    `json:"error"`
	Message string `json:"message"`
	Data    struct {
		MessageID string `json:"message_id"`
		UserID    string `json:"user_id"`
		Quota     struct {
			Type    string `json:"quota_type"`
			Remain  any    `json:"remain"`
			Total   any    `json:"total"`
			Expires string `json:"expired_date"`
		} `json:"quota"`
	} `json:"data"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Expires any    `json:"expires_in"`
	Name    string `json:"error_name"`
}

func parse(t *testing.T, status int, body string, err error) answer {
	t.Helper()
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %q %v", status, body, err)
	}
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return a
}

const cs = "/v3.0/oa/message/cs"

// sendText answers a person with a text.
func sendText(t *testing.T, z *zalotest.OA, access, to, text string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"recipient": map[string]string{"user_id": to}, "message": map[string]string{"text": text}})
	if err != nil {
		t.Fatal(err)
	}
	status, got, err := post(t, "", z.URL()+cs, string(body), "access_token", access, "Content-Type", "application/json")
	return parse(t, status, got, err)
}

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// wantProblems fails when the problems do not contain these texts, in order.
func wantProblems(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("problems %q, want %q", got, want)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("problem %q, want %q", got[i], want[i])
		}
	}
}
