package zalo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

func openStore(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t, t.TempDir(), time.Now)
}

// office is an account with the channel behind it.
type office struct {
	*zalotest.OA

	channel *zalo.Channel
	url     string // of the webhook
	log     *bytes.Buffer
	dropped atomic.Int64
	mu      sync.Mutex
	quotas  []string
}

func newOffice(t *testing.T, h bot.Handler, o zalotest.OAOptions) *office {
	t.Helper()
	off := &office{OA: zalotest.NewOA(o), log: &bytes.Buffer{}}
	t.Cleanup(off.Close)
	set := off.Options()
	db := openStore(t)
	c, err := zalo.New(zalo.Config{
		AppID: set.AppID, OAID: set.OAID, AppSecret: set.AppSecret, OASecret: set.OASecret, Seed: off.Grant().Refresh,
		API: off.URL(), OAuth: off.URL(), Desk: messenger.Config{Pause: time.Millisecond}, Forged: func() { off.dropped.Add(1) },
		Quota: func(kind string, remain int) {
			off.mu.Lock()
			defer off.mu.Unlock()
			off.quotas = append(off.quotas, fmt.Sprint(kind, " ", remain))
		},
	}, h, db, db, slog.New(slog.NewTextHandler(&syncWriter{w: off.log}, &slog.HandlerOptions{Level: slog.LevelDebug})), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	off.channel = c
	mux := http.NewServeMux()
	c.Routes(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	off.url = srv.URL + zalo.WebhookPath
	off.SetWebhook(off.url)
	bottest.Run(t, c.Run)
	return off
}

type syncWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// citizen is a person who uses the account.
type citizen struct {
	t    *testing.T
	off  *office
	user string
	seen int
	last string // id of the last message
}

var users atomic.Int64

func (c *citizen) Say(text string) bottest.Seen {
	c.t.Helper()
	c.last = c.off.Say(c.user, text)
	return c.next()
}

func (c *citizen) Press(title string) bottest.Seen {
	c.t.Helper()
	id, err := c.off.Press(c.user, title)
	if err != nil {
		c.t.Fatal(err)
	}
	c.last = id
	return c.next()
}

func (c *citizen) Redeliver() {
	c.t.Helper()
	c.off.Redeliver(c.last)
}

var address = regexp.MustCompile(`https?://\S+`)

func (c *citizen) next() bottest.Seen {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	all, err := c.off.WaitMessages(ctx, c.user, c.seen+1)
	if err != nil {
		c.t.Fatalf("%v; log:\n%s", err, c.off.log)
	}
	c.seen++
	m := all[c.seen-1]
	seen := bottest.Seen{Text: m.Text, Links: address.FindAllString(m.Text, -1)}
	for _, b := range m.Buttons {
		seen.Buttons = append(seen.Buttons, b.Title)
	}
	return seen
}

func newCitizen(t *testing.T, off *office) *citizen {
	t.Helper()
	return &citizen{t: t, off: off, user: fmt.Sprint(8309393969855402000 + users.Add(1))}
}

func TestChannel(t *testing.T) {
	bottest.TestChannel(t, func(t *testing.T, h bot.Handler) bottest.Person {
		t.Helper()
		off := newOffice(t, h, zalotest.OAOptions{})
		t.Cleanup(func() { noProblems(t, off) })
		return newCitizen(t, off)
	})
}

// troubled is a handler that fails so often before it works.
type troubled struct {
	bottest.Scripted

	fails atomic.Int64
}

func (h *troubled) Handle(ctx context.Context, t bot.Turn) (bot.Reply, error) {
	if h.fails.Add(-1) >= 0 {
		return bot.Reply{}, errors.New("database is locked")
	}
	return h.Scripted.Handle(ctx, t)
}

func noProblems(t *testing.T, off *office) {
	t.Helper()
	if p := off.Problems(); len(p) > 0 {
		t.Errorf("rules broken: %q", p)
	}
}

// TestTraps holds one case for each trap of Zalo's webhook.
func TestTraps(t *testing.T) {
	t.Run("only what people do is a turn", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Answer()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		c.Say("mất thẻ") // and an echo of the answer follows
		for _, body := range []string{
			`{"app_id":"APP","event_name":"oa_send_text","sender":{"id":"OA"},"recipient":{"id":"1"},"message":{"msg_id":"e1","text":"x"},"timestamp":"1"}`,
			`{"app_id":"APP","event_name":"user_send_text","sender":{"id":"1"},"recipient":{"id":"999"},"message":{"msg_id":"e2","text":"of another account"},"timestamp":"1"}`,
			`{"app_id":"APP","event_name":"user_send_text","sender":{"id":"OA"},"recipient":{"id":"OA"},"message":{"msg_id":"e3","text":"by itself"},"timestamp":"1"}`,
			`{"app_id":"APP","event_name":"user_seen_message","sender":{"id":"1"},"recipient":{"id":"OA"},"message":{"msg_ids":["a"]},"timestamp":"1"}`,
			`{"app_id":"APP","event_name":"add_user_to_tag","oa_id":"OA","tag":{"name":"x","user_ids":["1"]},"timestamp":1}`,
			`{"app_id":"APP","event_name":"unfollow","follower":{"id":"1"},"oa_id":"OA","timestamp":"1"}`,
			`{"app_id":"APP","event_name":"anonymous_send_text","sender":{"id":"1"},"recipient":{"id":"OA"},"message":{"msg_id":"e4","text":"x"},"timestamp":"1"}`,
		} {
			off.Event([]byte(strings.NewReplacer(`"APP"`, `"`+off.Options().AppID+`"`, `"OA"`, `"`+off.Options().OAID+`"`).Replace(body)), true)
		}
		delivered(t, off)
		if n := len(h.Turns()); n != 1 {
			t.Errorf("%d turns, want 1", n)
		}
		if off.dropped.Load() != 0 {
			t.Errorf("%d signed events were dropped", off.dropped.Load())
		}
	})
	t.Run("who follows is greeted", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Answer()}
		off := newOffice(t, h, zalotest.OAOptions{})
		off.Follow("42")
		c := newCitizen(t, off)
		c.Say("mất thẻ")
		eventually(t, func() bool { return len(h.Turns()) == 2 })
		if !slices.ContainsFunc(h.Turns(), func(turn bot.Turn) bool {
			return turn.Text == "/start" && strings.HasSuffix(string(turn.Conversation), ":42")
		}) {
			t.Errorf("turns %+v, want a greeting and a question", h.Turns())
		}
		eventually(t, func() bool { return len(off.Messages("42")) == 1 })
	})
	t.Run("who withdraws is forgotten and hears nothing", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Answer()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		c.Say("mất thẻ")
		off.Withdraw(c.user)
		eventually(t, func() bool { return len(h.Turns()) == 2 })
		turns := h.Turns()
		if turns[1].Text != "/xoadulieu" || turns[1].Conversation != turns[0].Conversation {
			t.Errorf("turn %+v", turns[1])
		}
		eventually(t, func() bool { return off.channel.Waiting() == 0 })
		if got := off.Messages(c.user); len(got) != 1 {
			t.Errorf("was sent %d messages, want 1", len(got))
		}
	})
	t.Run("a withdrawal waits until it can be carried out", func(t *testing.T) {
		h := &troubled{}
		h.fails.Store(6)
		off := newOffice(t, h, zalotest.OAOptions{})
		off.Withdraw("42")
		eventually(t, func() bool { return len(h.Turns()) == 1 && off.channel.Waiting() == 0 })
		if got := off.Messages("42"); len(got) != 0 {
			t.Errorf("was sent %d messages, want none", len(got))
		}
	})
	t.Run("a place, a photo and a number", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Choices()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		off.SendLocation(c.user, "10.7923119", "106.7820651", "Chợ Trà Cú")
		c.next()
		off.SendImage(c.user, []byte("\x89PNG\r\n\x1a\n"), "nhìn nè")
		c.next()
		off.SendFile(c.user, "lon.pdf", make([]byte, bot.MaxFile+1))
		c.next()
		off.SubmitInfo(c.user, map[string]any{"name": "Kim Sa Rây", "phone": 84912345678})
		c.next()
		turns := h.Turns()
		if p := turns[0].Place; p == nil || p.Lat != 10.7923119 || p.Long != 106.7820651 || p.Name != "Chợ Trà Cú" || turns[0].Text != p.Name {
			t.Errorf("place %+v with %q", p, turns[0].Text)
		}
		if f := turns[1].Files; len(f) != 1 || string(f[0].Data) != "\x89PNG\r\n\x1a\n" || turns[1].Text != "nhìn nè" {
			t.Errorf("photo %+v", turns[1])
		}
		if f := turns[2].Files; len(f) != 1 || !f[0].TooLarge || f[0].Data != nil {
			t.Errorf("large file %+v", f)
		}
		if k := turns[3].Contact; k == nil || k.Name != "Kim Sa Rây" || k.Phone != "+84912345678" {
			t.Errorf("contact %+v", k)
		}
	})
	t.Run("a link and a business card", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Choices()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		for _, sent := range []struct{ url, description, want string }{
			{"https://vi-du.vn/a", "Trúng thưởng xe máy", "Trúng thưởng xe máy\nhttps://vi-du.vn/a"},
			{"", `{"phone":"84912345678","qrCodeUrl":"https://vi-du.vn/q"}`, "Danh thiếp Zalo, số điện thoại 84912345678"},
		} {
			off.SendLink(c.user, sent.url, sent.description)
			c.next()
			if turns := h.Turns(); turns[len(turns)-1].Text != sent.want {
				t.Errorf("turn %+v, want %q", turns[len(turns)-1], sent.want)
			}
		}
	})
	t.Run("numbers stand beside buttons, and alone where buttons are refused", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Choices()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		seen := c.Say("căn cước")
		if len(seen.Buttons) != 2 || !strings.Contains(seen.Text, "1. Cấp lại thẻ\n2. Đổi thẻ") {
			t.Errorf("saw %+v", seen)
		}
		off.FailNext("/v3.0/oa/message/cs", 1, zalotest.Fault{Code: -233})
		for range 2 { // the next message is not tried with buttons at all
			seen = c.Say("căn cước")
			if len(seen.Buttons) != 0 || !strings.Contains(seen.Text, "2. Đổi thẻ") {
				t.Errorf("saw %+v", seen)
			}
		}
		noProblems(t, off)
	})
	t.Run("a message that is refused without buttons too takes them from nobody", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Choices()}
		off := newOffice(t, h, zalotest.OAOptions{})
		off.FailNext("/v3.0/oa/message/cs", 2, zalotest.Fault{Code: -201})
		off.Say("42", "căn cước")
		eventually(t, func() bool { return len(off.Calls("/v3.0/oa/message/cs")) == 2 && off.channel.Waiting() == 0 })
		if seen := newCitizen(t, off).Say("căn cước"); len(seen.Buttons) != 2 {
			t.Errorf("saw %+v", seen)
		}
	})
	t.Run("a typed payload is a button", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bottest.Choices()}
		off := newOffice(t, h, zalotest.OAOptions{})
		newCitizen(t, off).Say("#tl:a/x/y")
		if turn := h.Turns()[0]; turn.Button != "a/x/y" || turn.Text != "" {
			t.Errorf("turn %+v", turn)
		}
	})
	t.Run("free messages are not burned", func(t *testing.T) {
		h := &bottest.Scripted{Reply: long()}
		off := newOffice(t, h, zalotest.OAOptions{})
		c := newCitizen(t, off)
		c.Say("kể hết đi")
		if n := len(off.Messages(c.user)); n != 1 {
			t.Errorf("%d messages for one turn", n)
		}
		noProblems(t, off)
		eventually(t, func() bool {
			off.mu.Lock()
			defer off.mu.Unlock()
			return len(off.quotas) == 1 && off.quotas[0] == "reply 7"
		})
	})
}

func long() bot.Reply {
	r := bottest.Answer()
	r.Answer.Text = strings.Repeat("Nộp hồ sơ tại Trung tâm Phục vụ hành chính công xã, phường nơi ở.\n", 80)
	for i := range 12 {
		r.Buttons = append(r.Buttons, bot.Button{ID: bot.ButtonID(fmt.Sprint("a/x/", i)), Title: fmt.Sprint("Mục ", i+1)})
	}
	return r
}

func delivered(t *testing.T, off *office) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := off.WaitDelivered(ctx); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("never happened")
		}
		messenger.Wait(t.Context(), 2*time.Millisecond)
	}
}

// TestErrors wants each of Zalo's error codes to lead where it should.
func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		fault zalotest.Fault
		n     int // how often it happens
		calls int // to send, in all
		want  int // messages that arrive
	}{
		"asked to slow down":            {zalotest.Fault{Status: 503}, 2, 3, 1},
		"no longer following":           {zalotest.Fault{Code: -213}, 1, 1, 0},
		"silent for seven days":         {zalotest.Fault{Code: -230}, 1, 1, 0},
		"the account lacks a package":   {zalotest.Fault{Code: -224}, 1, 1, 0},
		"unknown":                       {zalotest.Fault{Code: -999}, 1, 1, 0},
		"no answer":                     {zalotest.Fault{HangUp: true}, 1, 2, 1},
		"sent, and the answer was lost": {zalotest.Fault{HangUp: true, After: true}, 1, 2, 2},
		"a page of a proxy":             {zalotest.Fault{Status: 502, Body: "<html>"}, 1, 2, 1},
		"access token refused":          {zalotest.Fault{Code: -216}, 1, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			off := newOffice(t, &bottest.Scripted{Reply: bot.Reply{Text: "chào"}}, zalotest.OAOptions{})
			c := newCitizen(t, off)
			off.FailNext("/v3.0/oa/message/cs", tc.n, tc.fault)
			off.Say(c.user, "alo")
			eventually(t, func() bool {
				return len(off.Calls("/v3.0/oa/message/cs")) == tc.calls && off.channel.Waiting() == 0
			})
			if got := len(off.Messages(c.user)); got != tc.want {
				t.Errorf("%d messages arrived, want %d", got, tc.want)
			}
		})
	}
}

// TestEmptySecrets wants a secret file with nothing in it to be told of as that:
// whoever set it sees that it is set.
func TestEmptySecrets(t *testing.T) {
	for key, cfg := range map[string]zalo.Config{
		"zalo.app_secret_file": {AppID: "1", OAID: "2", OASecret: "x"},
		"zalo.oa_secret_file":  {AppID: "1", OAID: "2", AppSecret: "x"},
	} {
		_, err := zalo.New(cfg, nil, nil, nil, slog.New(slog.DiscardHandler), time.Now)
		if err == nil || err.Error() != key+": tệp trống" {
			t.Errorf("%s: %v", key, err)
		}
	}
}
