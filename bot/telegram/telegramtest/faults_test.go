package telegramtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  telegramtest.Fault
		status int // 0: no answer
		body   string
		done   bool // the message is there
	}{
		{"status", telegramtest.Fault{Status: 502}, 502, `{"ok":false,"error_code":502,"description":"Bad Gateway"}`, false},
		{"after", telegramtest.Fault{Status: 502, After: true}, 502, `"error_code":502`, true},
		{"later", telegramtest.Fault{RetryAfter: 7}, 429, `"parameters":{"retry_after":7}`, false},
		{"body", telegramtest.Fault{Body: "<html>"}, 200, "<html>", false},
		{"body and status", telegramtest.Fault{Status: 500, Body: "<html>", After: true}, 500, "<html>", true},
		{"hang up", telegramtest.Fault{HangUp: true}, 0, "", false},
		{"hang up after", telegramtest.Fault{HangUp: true, After: true}, 0, "", true},
		{"delay", telegramtest.Fault{Delay: 30 * time.Millisecond}, 200, `"ok":true`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			s.Say(lan, "Chào")
			s.FailNext("SendMessage", 2, tt.fault)
			s.FailNext("sendMessage", 0, telegramtest.Fault{Status: 500})
			for range 2 {
				start := time.Now()
				status, body, err := send(t, s.URL()+"/bot"+token+"/sendMessage", "application/json", strings.NewReader(`{"chat_id":42,"text":"a"}`))
				if (err != nil) != (tt.status == 0) || status != tt.status || !strings.Contains(string(body), tt.body) {
					t.Errorf("%d %s %v", status, body, err)
				}
				if time.Since(start) < tt.fault.Delay {
					t.Error("too early")
				}
			}
			want := 1
			if tt.done {
				want = 3
			}
			must(t, s, "sendMessage", `{"chat_id":42,"text":"a"}`)
			if n := len(s.Messages(lan)); n != want {
				t.Errorf("%d messages, want %d", n, want)
			}
			if n := len(s.Calls("sendMessage")); n != 3 {
				t.Errorf("%d calls", n)
			}
			noProblems(t, s)
		})
	}
}

func TestFaultsFollowEachOther(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.FailNext("getMe", 1, telegramtest.Fault{Status: 500})
	s.FailNext("getMe", 1, telegramtest.Fault{Status: 502})
	for _, want := range []int{500, 502, 0} {
		if a := call(t, s, "getMe", ""); a.Code != want {
			t.Errorf("%+v", a)
		}
	}
}

func TestCloseEndsDelays(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.FailNext("getMe", 1, telegramtest.Fault{Delay: time.Hour})
	done := make(chan struct{})
	go func() {
		defer close(done)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/bot"+token+"/getMe", nil)
		if res, err := (&http.Client{}).Do(req); err == nil {
			res.Body.Close()
		}
	}()
	waitFor(t, func() bool { return len(s.Calls("getMe")) == 1 })
	s.Close()
	<-done
	s.Say(lan, "vẫn không sao")
}
