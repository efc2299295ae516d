package zalobot_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
	"github.com/trolyao/trolyao/bot/zalobot"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

const (
	token  = "1459232241454765289:bi-mat-thu-nghiem"
	secret = "mot-bi-mat-dai"
)

// start runs the channel against a stand-in, by webhook or by polling.
func start(t *testing.T, h bot.Handler, byWebhook bool) (z *zalotest.Bot, c *zalobot.Channel, hook string) {
	t.Helper()
	z = zalotest.NewBot(token, zalotest.BotOptions{})
	t.Cleanup(z.Close)
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	cfg := zalobot.Config{Token: token, API: z.URL(), Secret: secret, Desk: messenger.Config{Pause: time.Millisecond}}
	if byWebhook {
		cfg.Webhook = srv.URL + "/webhook/zalobot"
	}
	c, err := zalobot.New(cfg, h, storetest.Open(t, t.TempDir(), time.Now), slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c.Routes(mux)
	t.Cleanup(func() {
		if p := z.Problems(); len(p) > 0 {
			t.Errorf("rules broken: %q", p)
		}
	})
	bottest.Run(t, c.Run)
	for end := time.Now().Add(10 * time.Second); byWebhook && len(z.Calls("setWebhook")) == 0; {
		if time.Now().After(end) {
			t.Fatal("no webhook was set")
		}
		messenger.Wait(t.Context(), time.Millisecond)
	}
	return z, c, cfg.Webhook
}

// citizen is a person who talks to the bot. Buttons are lines with numbers.
type citizen struct {
	t    *testing.T
	z    *zalotest.Bot
	user string
	seen int
	last string
	text string

	byWebhook bool
}

var users atomic.Int64

func (c *citizen) Say(text string) bottest.Seen {
	c.t.Helper()
	c.last = c.z.Say(c.user, text)
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	all, err := c.z.WaitMessages(ctx, c.user, c.seen+1)
	if err != nil {
		c.t.Fatal(err)
	}
	c.text = all[c.seen].Text
	c.seen++
	seen := bottest.Seen{Text: c.text, Links: regexp.MustCompile(`https?://\S+`).FindAllString(c.text, -1)}
	for _, m := range choice.FindAllStringSubmatch(c.text, -1) {
		seen.Buttons = append(seen.Buttons, m[2])
	}
	return seen
}

var choice = regexp.MustCompile(`(?m)^(\d)\. (.*)$`)

func (c *citizen) Press(title string) bottest.Seen {
	c.t.Helper()
	for _, m := range choice.FindAllStringSubmatch(c.text, -1) {
		if m[2] == title {
			return c.Say(m[1])
		}
	}
	c.t.Fatalf("no choice %q in:\n%s", title, c.text)
	return bottest.Seen{}
}

// Redeliver does nothing where updates are asked for: the platform gives each
// once.
func (c *citizen) Redeliver() {
	if c.byWebhook {
		c.z.Redeliver(c.last)
	}
}

func TestChannel(t *testing.T) {
	for name, byWebhook := range map[string]bool{"webhook": true, "polling": false} {
		t.Run(name, func(t *testing.T) {
			bottest.TestChannel(t, func(t *testing.T, h bot.Handler) bottest.Person {
				t.Helper()
				z, _, _ := start(t, h, byWebhook)
				return &citizen{t: t, z: z, user: fmt.Sprint("u", users.Add(1)), byWebhook: byWebhook}
			})
		})
	}
}

func TestWebhookIsGuarded(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	_, _, hook := start(t, h, true)
	body := `{"event_name":"message.text.received","message":{"message_id":"m1","from":{"id":"1"},"chat":{"id":"1","chat_type":"PRIVATE"},"date":1,"text":"x"}}`
	for name, tc := range map[string]struct {
		secret, body string
		want         int
	}{
		"no secret":    {"", body, http.StatusUnauthorized},
		"wrong secret": {"mot-bi-mat-khac", body, http.StatusUnauthorized},
		"no JSON":      {secret, "{", http.StatusOK},
		"a group":      {secret, strings.Replace(body, "PRIVATE", "GROUP", 1), http.StatusOK},
		"another bot":  {secret, strings.Replace(body, `"id":"1"}`, `"id":"1","is_bot":true}`, 1), http.StatusOK},
		"too large":    {secret, strings.Repeat("x", 2<<20), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hook, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Bot-Api-Secret-Token", tc.secret)
			res, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != tc.want {
				t.Errorf("status %d, want %d", res.StatusCode, tc.want)
			}
		})
	}
	if n := len(h.Turns()); n != 0 {
		t.Errorf("%d turns", n)
	}
}
