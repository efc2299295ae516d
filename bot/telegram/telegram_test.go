package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/telegram"
	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

const (
	token   = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	adminID = 777
)

func openStore(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t, t.TempDir(), time.Now)
}

// office is a bot with the channel behind it.
type office struct {
	*telegramtest.Server

	channel *telegram.Channel
	hook    string
	dropped atomic.Int64
	counts  sync.Map // of results
	log     syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// orders are an admin's, carried out by nobody.
type orders struct{}

func (orders) Reindex(context.Context) (string, error) { return "Đã đưa lên.", nil }
func (orders) Status(context.Context) (string, error) {
	return "", errors.New("cơ sở dữ liệu bận")
}

func newOffice(t *testing.T, h bot.Handler, byWebhook bool, o telegramtest.Options) *office {
	t.Helper()
	off := &office{Server: telegramtest.New(token, o)}
	t.Cleanup(off.Close)
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	cfg := telegram.Config{
		Token: token, API: off.URL(), Admins: []int64{adminID}, PerSecond: 1000, Forged: func() { off.dropped.Add(1) },
		Desk: messenger.Config{Pause: time.Millisecond, Count: func(result string) {
			n, _ := off.counts.LoadOrStore(result, new(atomic.Int64))
			n.(*atomic.Int64).Add(1) //nolint:forcetypeassert // nothing else is stored
		}},
	}
	if byWebhook {
		cfg.Webhook = srv.URL + "/webhook/telegram"
	}
	off.hook = cfg.Webhook
	c, err := telegram.New(cfg, h, orders{}, openStore(t), slog.New(slog.NewTextHandler(&off.log, &slog.HandlerOptions{Level: slog.LevelDebug})), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	off.channel = c
	c.Routes(mux)
	t.Cleanup(func() {
		if strings.Contains(off.log.String(), strings.SplitN(token, ":", 2)[1]) {
			t.Error("the token stands in the log")
		}
	})
	bottest.Run(t, c.Run)
	eventually(t, func() bool { return len(off.Calls("setMyCommands")) > 0 })
	return off
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

func (off *office) count(result string) int64 {
	n, ok := off.counts.Load(result)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load() //nolint:forcetypeassert // nothing else is stored
}

// citizen is a person who talks to the bot.
type citizen struct {
	t    *testing.T
	off  *office
	chat int64
	seen int
	last int64
}

var chats atomic.Int64

func newCitizen(t *testing.T, off *office) *citizen {
	t.Helper()
	return &citizen{t: t, off: off, chat: 1000 + chats.Add(1)}
}

func (c *citizen) Say(text string) bottest.Seen {
	c.t.Helper()
	c.last = c.off.Say(c.chat, text)
	return c.next()
}

func (c *citizen) Press(title string) bottest.Seen {
	c.t.Helper()
	id, err := c.off.Press(c.chat, title)
	if err != nil {
		c.t.Fatal(err)
	}
	c.last = id
	return c.next()
}

func (c *citizen) Redeliver() { c.off.Redeliver(c.last) }

func (c *citizen) message() telegramtest.Message {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	all, err := c.off.WaitMessages(ctx, c.chat, c.seen+1)
	if err != nil {
		c.t.Fatalf("%v; log:\n%s", err, c.off.log.String())
	}
	c.seen++
	return all[c.seen-1]
}

func (c *citizen) next() bottest.Seen {
	c.t.Helper()
	m := c.message()
	seen := bottest.Seen{Text: m.Text, Links: m.Links}
	for _, row := range m.Inline {
		for _, b := range row {
			seen.Buttons = append(seen.Buttons, b.Text)
		}
	}
	return seen
}

func TestChannel(t *testing.T) {
	for name, byWebhook := range map[string]bool{"webhook": true, "polling": false} {
		t.Run(name, func(t *testing.T) {
			bottest.TestChannel(t, func(t *testing.T, h bot.Handler) bottest.Person {
				t.Helper()
				off := newOffice(t, h, byWebhook, telegramtest.Options{})
				t.Cleanup(func() { noProblems(t, off) })
				return newCitizen(t, off)
			})
		})
	}
}

func noProblems(t *testing.T, off *office) {
	t.Helper()
	if p := off.Problems(); len(p) > 0 {
		t.Errorf("rules broken: %q", p)
	}
}

// TestLook wants a reply to look as Telegram lets it look.
func TestLook(t *testing.T) {
	t.Run("a heading is bold, a source is a link", func(t *testing.T) {
		off := newOffice(t, &bottest.Scripted{Reply: bottest.Answer()}, false, telegramtest.Options{})
		c := newCitizen(t, off)
		off.Say(c.chat, "mất thẻ")
		raw := c.message().Raw
		for _, want := range []string{"<b>Cấp lại thẻ căn cước</b>", "<b>Hồ sơ:</b>", `<a href="https://vanban.chinhphu.vn/">Luật Căn cước</a>`, "Căn cứ: Không có địa chỉ"} {
			if !strings.Contains(raw, want) {
				t.Errorf("%q is missing from:\n%s", want, raw)
			}
		}
	})
	t.Run("what must be read first stands above the title", func(t *testing.T) {
		r := bottest.Answer()
		r.Text = "Gọi ngay 113."
		off := newOffice(t, &bottest.Scripted{Reply: r}, false, telegramtest.Options{})
		c := newCitizen(t, off)
		off.Say(c.chat, "chồng đánh hoài, mất thẻ")
		if raw := c.message().Raw; !strings.HasPrefix(raw, "Gọi ngay 113.\n\n<b>Cấp lại thẻ căn cước</b>") {
			t.Errorf("got:\n%s", raw)
		}
	})
	t.Run("a long answer is several messages, keys under the last", func(t *testing.T) {
		r := bottest.Answer()
		r.Answer.Text = strings.Repeat("Nộp hồ sơ < tại & Trung tâm Phục vụ hành chính công xã, phường nơi ở.\n", 100)
		r.Buttons = bottest.Choices().Buttons
		off := newOffice(t, &bottest.Scripted{Reply: r}, false, telegramtest.Options{})
		c := newCitizen(t, off)
		off.Say(c.chat, "kể hết đi")
		first, second := c.message(), c.message()
		if len(first.Inline) != 0 || len(second.Inline) == 0 || !strings.Contains(second.Text, "Kiểm tra ngày 22/11/2026") {
			t.Errorf("keys %v and %v", first.Inline, second.Inline)
		}
		noProblems(t, off)
	})
	t.Run("where a place or a number is wanted there is a key for it", func(t *testing.T) {
		r := bot.Reply{Outcome: bot.OutcomeReport, Text: "Ở đâu?", Buttons: []bot.Button{{ID: "r/skip", Title: "Bỏ qua"}, {ID: "r/back", Title: "Quay lại"}}, Wants: bot.WantPlace}
		h := &bottest.Scripted{Reply: r}
		off := newOffice(t, h, false, telegramtest.Options{})
		c := newCitizen(t, off)
		off.Say(c.chat, "tố giác")
		m := c.message()
		if len(m.Keyboard) != 2 || !m.Keyboard[0][0].Location || len(m.Keyboard[1]) != 2 || len(m.Inline) != 0 {
			t.Errorf("keyboard %+v", m.Keyboard)
		}
		off.SendLocation(c.chat, 9.93, 106.34)
		c.message()
		off.SendContact(c.chat, c.chat, "Kim Sa Rây", "+84912345678")
		c.message()
		off.SendContact(c.chat, 99, "Người Khác", "0999")
		c.message()
		turns := h.Turns()
		if p := turns[1].Place; p == nil || p.Lat != 9.93 || p.Long != 106.34 {
			t.Errorf("place %+v", p)
		}
		if k := turns[2].Contact; k == nil || k.Phone != "+84912345678" || k.Name != "Kim Sa Rây" {
			t.Errorf("contact %+v", k)
		}
		if turns[3].Contact != nil || turns[3].Text != "Người Khác 0999" {
			t.Errorf("somebody else's contact is %+v", turns[3])
		}
	})
}

// TestUpdates wants each kind of update to be taken as what it is.
func TestUpdates(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	off := newOffice(t, h, false, telegramtest.Options{Username: "thu_bot"})
	c := newCitizen(t, off)
	t.Run("a photo comes with its words", func(t *testing.T) {
		off.SendPhoto(c.chat, []byte("\x89PNG\r\n\x1a\n"), "nhìn nè")
		c.message()
		turn := h.Turns()[0]
		if len(turn.Files) != 1 || string(turn.Files[0].Data) != "\x89PNG\r\n\x1a\n" || turn.Text != "nhìn nè" {
			t.Errorf("turn %+v", turn)
		}
	})
	t.Run("a file that is too large is not fetched", func(t *testing.T) {
		off.SendDocument(c.chat, "lon.pdf", "application/pdf", make([]byte, bot.MaxFile+1))
		c.message()
		turns := h.Turns()
		if f := turns[len(turns)-1].Files; len(f) != 1 || !f[0].TooLarge || f[0].Data != nil {
			t.Errorf("files %+v", f)
		}
	})
	t.Run("groups, bots, edits and who leaves are no turns", func(t *testing.T) {
		before := len(h.Turns())
		group := map[string]any{"id": -100, "type": "group", "title": "Tổ dân phố"}
		from := map[string]any{"id": 5, "is_bot": false, "first_name": "A"}
		off.Edit(c.chat, "sửa lại")
		off.Block(4321)
		off.Post(map[string]any{"message": map[string]any{"message_id": 1, "date": 1, "chat": group, "from": from, "text": "căn cước làm ở đâu"}})
		off.Post(map[string]any{"message": map[string]any{"message_id": 2, "date": 1, "chat": group, "from": from, "text": "/start@khac_bot"}})
		off.Post(map[string]any{"message": map[string]any{"message_id": 3, "date": 1, "chat": map[string]any{"id": 9, "type": "private"}, "from": map[string]any{"id": 9, "is_bot": true, "first_name": "B"}, "text": "x"}})
		off.Post(map[string]any{"channel_post": map[string]any{"message_id": 4, "date": 1, "chat": map[string]any{"id": -7, "type": "channel"}, "text": "x"}})
		off.Post(map[string]any{"poll": map[string]any{"id": "1"}})
		c.Say("xong")
		if turns := h.Turns(); len(turns) != before+1 {
			t.Errorf("%d turns more, want 1", len(turns)-before)
		}
	})
	t.Run("a command may call the bot by name", func(t *testing.T) {
		c.Say("/start@thu_bot thu-tuc")
		if turns := h.Turns(); turns[len(turns)-1].Text != "/start thu-tuc" {
			t.Errorf("turn %+v", turns[len(turns)-1])
		}
	})
	t.Run("a press on a message that Telegram forgot", func(t *testing.T) {
		off.Say(555, "a")
		off.Post(map[string]any{"callback_query": map[string]any{"id": "old1", "from": map[string]any{"id": 555, "is_bot": false, "first_name": "A"}, "chat_instance": "1", "data": "a/x/y"}})
		eventually(t, func() bool {
			turns := h.Turns()
			return turns[len(turns)-1].Button == "a/x/y"
		})
	})
	t.Run("orders are admins'", func(t *testing.T) {
		admin := &citizen{t: t, off: off, chat: adminID}
		if seen := admin.Say("/reindex"); seen.Text != "Đã đưa lên." {
			t.Errorf("admin saw %q", seen.Text)
		}
		if seen := admin.Say("/trangthai"); !strings.Contains(seen.Text, "cơ sở dữ liệu bận") {
			t.Errorf("admin saw %q", seen.Text)
		}
		if seen := c.Say("/reindex"); !strings.Contains(seen.Text, "Cấp lại thẻ") {
			t.Errorf("a citizen saw %q", seen.Text)
		}
	})
}

// TestGroup wants one polite word in a group, when called by name.
func TestGroup(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	off := newOffice(t, h, false, telegramtest.Options{Username: "thu_bot"})
	group := map[string]any{"id": -100, "type": "group", "title": "Tổ dân phố"}
	off.Post(map[string]any{"message": map[string]any{"message_id": 2, "date": 1, "chat": group, "from": map[string]any{"id": 5, "is_bot": false, "first_name": "A"}, "text": "/start@Thu_Bot"}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	all, err := off.WaitMessages(ctx, -100, 1)
	if err != nil || !strings.Contains(all[0].Text, "nhắn riêng") {
		t.Errorf("%v %+v", err, all)
	}
	if len(h.Turns()) != 0 {
		t.Error("the group was answered")
	}
}

// TestErrors wants each failure of the API to lead where it should.
func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  telegramtest.Fault
		n      int
		want   int // messages that arrive
		result string
	}{
		"asked to wait":             {telegramtest.Fault{Status: 429, RetryAfter: 1}, 1, 1, messenger.ResultSent},
		"blocked":                   {telegramtest.Fault{Status: 403}, 1, 0, messenger.ResultGone},
		"server in trouble":         {telegramtest.Fault{Status: 502, Body: "<html>bad gateway</html>"}, 1, 1, messenger.ResultSent},
		"no answer":                 {telegramtest.Fault{HangUp: true}, 1, 1, messenger.ResultSent},
		"sent, the answer was lost": {telegramtest.Fault{HangUp: true, After: true}, 1, 2, messenger.ResultSent},
		"done, but told unreadably": {telegramtest.Fault{After: true, Status: 200, Body: `{"ok":true,"result":[]}`}, 1, 1, messenger.ResultSent},
		"lost for good":             {telegramtest.Fault{HangUp: true, After: true}, 3, 3, messenger.ResultRefused},
	} {
		t.Run(name, func(t *testing.T) {
			off := newOffice(t, &bottest.Scripted{Reply: bot.Reply{Text: "chào"}}, false, telegramtest.Options{})
			off.FailNext("sendMessage", tc.n, tc.fault)
			off.Say(42, "alo")
			eventually(t, func() bool { return off.count(tc.result) == 1 && off.channel.Waiting() == 0 })
			if got := len(off.Messages(42)); got != tc.want {
				t.Errorf("%d messages arrived, want %d", got, tc.want)
			}
		})
	}
	t.Run("who has blocked the bot is not written to, until he writes again", func(t *testing.T) {
		h := &bottest.Scripted{Reply: bot.Reply{Text: "chào"}}
		off := newOffice(t, h, false, telegramtest.Options{})
		c := newCitizen(t, off)
		c.Say("một")
		off.FailNext("sendMessage", 1, telegramtest.Fault{Status: 503})
		off.Say(c.chat, "hai")
		off.Block(c.chat)
		eventually(t, func() bool { return off.count(messenger.ResultGone) == 1 && off.channel.Waiting() == 0 })
		c.Say("ba")
	})
	t.Run("an update that is not readable does not come for ever", func(t *testing.T) {
		off := newOffice(t, &bottest.Scripted{Reply: bot.Reply{Text: "chào"}}, false, telegramtest.Options{})
		off.Post(map[string]any{"message": map[string]any{
			"message_id": 1, "date": 1, "chat": map[string]any{"id": 9, "type": "private"}, "text": map[string]any{"of": "a new kind"},
		}})
		eventually(t, func() bool { return off.Pending() == 0 })
		if trouble := off.channel.Trouble(); trouble != "" {
			t.Errorf("the admin is told %q", trouble)
		}
		newCitizen(t, off).Say("một")
	})
	t.Run("polling goes on after trouble, and loses nothing", func(t *testing.T) {
		off := newOffice(t, &bottest.Scripted{Reply: bot.Reply{Text: "chào"}}, false, telegramtest.Options{})
		off.FailNext("getUpdates", 2, telegramtest.Fault{HangUp: true})
		c := newCitizen(t, off)
		c.Say("một")
		c.Say("hai")
		if n := off.Pending(); n > 1 {
			t.Errorf("%d updates not confirmed", n)
		}
	})
}

func TestWebhookIsGuarded(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	off := newOffice(t, h, true, telegramtest.Options{})
	body := `{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"from":{"id":1,"is_bot":false,"first_name":"A"},"text":"x"}}`
	for name, tc := range map[string]struct {
		secret, body string
		want         int
	}{
		"no secret":    {"", body, http.StatusUnauthorized},
		"wrong secret": {"abc", body, http.StatusUnauthorized},
		"too large":    {"", strings.Repeat("x", 2<<20), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, off.hook, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Telegram-Bot-Api-Secret-Token", tc.secret)
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
	if n := len(h.Turns()); n != 0 || off.dropped.Load() != 3 {
		t.Errorf("%d turns, %d dropped", n, off.dropped.Load())
	}
}

func TestBadToken(t *testing.T) {
	for _, bad := range []string{"", "abc", "1:", ":x", "1:a/b", "1:a b"} {
		if _, err := telegram.New(telegram.Config{Token: bad}, nil, nil, nil, slog.New(slog.DiscardHandler), time.Now); err == nil {
			t.Errorf("%q was taken", bad)
		} else if bad != "" && strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
}
