package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/web"
)

// visit is a request as the server sees it.
type visit struct {
	path    string
	from    string // the other end of the connection
	through string // what proxies say of where it comes from
}

// knock makes a visit.
func knock(t *testing.T, mux *http.ServeMux, v visit) *httptest.ResponseRecorder {
	t.Helper()
	body, contentType := `{"text":"mất"}`, "application/json"
	switch v.path {
	case "/", "/embed":
		body, contentType = "text=x", "application/x-www-form-urlencoded"
	case "/api/files":
		form, data := upload(t, nil, 1)
		body, contentType = string(data), form
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, v.path, strings.NewReader(body))
	r.RemoteAddr = v.from
	r.Header.Set("Content-Type", contentType)
	if v.through != "" {
		r.Header.Set("X-Forwarded-For", v.through)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// many visits are more than any address may make a minute.
const many = 2000

// answered counts the visits that are answered, of many.
func answered(t *testing.T, mux *http.ServeMux, of func(i int) visit) int {
	t.Helper()
	n := 0
	for i := range many {
		if knock(t, mux, of(i)).Code == http.StatusOK {
			n++
		}
	}
	return n
}

func always(v visit) func(int) visit { return func(int) visit { return v } }

// TestAddressesAreBounded wants one address to be heard as often as a full hall
// needs, for suggestions as often as one person types, and no more, whatever it
// calls itself.
func TestAddressesAreBounded(t *testing.T) {
	const chats, sent, typed = 600, 60, 240
	for name, tc := range map[string]struct {
		of   func(i int) visit
		want int
	}{
		"messages":                {always(visit{path: "/api/chat", from: "203.0.113.9:1000"}), chats},
		"files":                   {always(visit{path: "/api/files", from: "203.0.113.9:1000"}), sent},
		"without JavaScript":      {always(visit{path: "/", from: "203.0.113.9:1000"}), chats},
		"in a frame":              {always(visit{path: "/embed", from: "203.0.113.9:1000"}), chats},
		"suggestions":             {always(visit{path: "/api/suggest", from: "203.0.113.9:1000"}), typed},
		"messages on all ways":    {func(i int) visit { return visit{path: []string{"/", "/api/chat"}[i%2], from: "203.0.113.9:1000"} }, chats},
		"connections of one host": {func(i int) visit { return visit{path: "/api/chat", from: fmt.Sprint("203.0.113.9:", 1000+i)} }, chats},
		"addresses of one host":   {func(i int) visit { return visit{path: "/api/chat", from: fmt.Sprintf("[2001:db8::%x]:1000", i)} }, chats},
		"different hosts":         {func(i int) visit { return visit{path: "/api/chat", from: fmt.Sprintf("203.0.%d.%d:1", i/250, i%250)} }, many},
		"a stranger's header":     {func(i int) visit { return visit{"/api/chat", "203.0.113.9:1", fmt.Sprint("198.51.100.", i%250)} }, chats},
		"through a proxy":         {always(visit{"/api/chat", "127.0.0.1:1", "203.0.113.9"}), chats},
		"through two":             {always(visit{"/api/chat", "[::1]:1", "203.0.113.9, 10.0.0.7"}), chats},
		"people behind a proxy":   {func(i int) visit { return visit{"/api/chat", "172.17.0.1:1", fmt.Sprintf("203.0.%d.%d", i/250, i%250)} }, many},
		"a header sent to a proxy": {func(i int) visit {
			return visit{"/api/chat", "127.0.0.1:1", fmt.Sprintf("198.51.100.%d, 203.0.113.9", i%250)}
		}, chats},
		"a proxy that says nothing":  {always(visit{path: "/api/chat", from: "127.0.0.1:1"}), many},
		"a proxy that says nonsense": {always(visit{"/api/chat", "127.0.0.1:1", "unknown"}), many},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := answered(t, routes(t), tc.of); got != tc.want {
					t.Errorf("%d of %d were answered, want %d", got, many, tc.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		mux := routes(t)
		for _, path := range []string{"/api/chat", "/api/suggest", "/"} {
			v := visit{path: path, from: "203.0.113.9:1000"}
			answered(t, mux, always(v))
			w := knock(t, mux, v)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "113, 114 hoặc 115") {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble
		if w := knock(t, mux, visit{path: "/api/chat", from: "203.0.113.9:1000"}); w.Code != http.StatusOK {
			t.Errorf("a minute later: %d", w.Code)
		}
		page := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		page.RemoteAddr = "203.0.113.9:1000"
		for range many {
			w := httptest.NewRecorder()
			if mux.ServeHTTP(w, page); w.Code != http.StatusOK {
				t.Fatalf("the page is refused: %d", w.Code)
			}
		}
	})
}

func routes(t *testing.T) *http.ServeMux {
	t.Helper()
	c, err := web.New(web.Config{Name: "x"}, &bottest.Scripted{Reply: bottest.Answer()}, suggestions{"mất thẻ"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	return mux
}
