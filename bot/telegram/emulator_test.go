//go:build emulator

package telegram_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/telegram"
)

// startEmulator runs an emulator that others wrote, from npm, and returns its
// address.
func startEmulator(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/emulator")); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm: %v\n%s", err, out)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	var log bytes.Buffer
	node := exec.Command("node", "adapter.js", address[strings.LastIndex(address, ":")+1:])
	node.Dir, node.Stdout, node.Stderr = dir, &log, &log
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = node.Process.Kill()
		_ = node.Wait()
		if t.Failed() {
			t.Logf("node: %s", log.String())
		}
	})
	eventually(t, func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return "http://" + address
}

// emulated is a person who talks to the bot through the emulator. Each has a bot
// of his own, for the emulator forgets nothing between the cases.
type emulated struct {
	t     *testing.T
	url   string
	token string
	chat  int64
	seen  int
	last  emulatedMessage
}

type emulatedMessage struct {
	Chat  json.RawMessage `json:"chat_id"`
	Text  string          `json:"text"`
	Reply struct {
		Inline [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

// post calls the emulator's side for people.
func (p *emulated) post(path string, body map[string]any) []byte {
	p.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, bytes.NewReader(data))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %v %s %s", path, err, res.Status, out)
	}
	return out
}

func (p *emulated) from() (user, chat map[string]any) {
	return map[string]any{"id": p.chat, "is_bot": false, "first_name": "A"}, map[string]any{"id": p.chat, "type": "private", "first_name": "A"}
}

func (p *emulated) Say(text string) bottest.Seen {
	p.t.Helper()
	user, chat := p.from()
	p.post("/sendMessage", map[string]any{"botToken": p.token, "from": user, "chat": chat, "date": time.Now().Unix(), "text": text})
	return p.next()
}

func (p *emulated) Press(title string) bottest.Seen {
	p.t.Helper()
	user, chat := p.from()
	for _, row := range p.last.Reply.Inline {
		for _, b := range row {
			if b.Text == title {
				p.post("/sendCallback", map[string]any{"botToken": p.token, "from": user, "message": map[string]any{"message_id": 1, "chat": chat}, "data": b.Data})
				return p.next()
			}
		}
	}
	p.t.Fatalf("no button %q", title)
	return bottest.Seen{}
}

// Redeliver does nothing: the emulator gives every update once.
func (p *emulated) Redeliver() {}

var (
	tag  = regexp.MustCompile(`<[^>]*>`)
	href = regexp.MustCompile(`href="([^"]*)"`)
)

func (p *emulated) next() bottest.Seen {
	p.t.Helper()
	var mine []emulatedMessage
	eventually(p.t, func() bool {
		var history struct {
			Result []struct {
				Message emulatedMessage `json:"message"`
			} `json:"result"`
		}
		if err := json.Unmarshal(p.post("/getUpdatesHistory", map[string]any{"token": p.token}), &history); err != nil {
			p.t.Fatal(err)
		}
		mine = nil
		for _, u := range history.Result {
			if strings.Trim(string(u.Message.Chat), `"`) == fmt.Sprint(p.chat) { // only what the bot sent has it
				mine = append(mine, u.Message)
			}
		}
		return len(mine) > p.seen
	})
	p.last = mine[p.seen]
	p.seen++
	seen := bottest.Seen{Text: html.UnescapeString(tag.ReplaceAllString(p.last.Text, ""))}
	for _, m := range href.FindAllStringSubmatch(p.last.Text, -1) {
		seen.Links = append(seen.Links, html.UnescapeString(m[1]))
	}
	for _, row := range slices.All(p.last.Reply.Inline) {
		for _, b := range row {
			seen.Buttons = append(seen.Buttons, b.Text)
		}
	}
	return seen
}

// TestEmulator runs the conformance tests against an emulator of Telegram that
// others wrote: our own stand-in may share our misunderstandings.
func TestEmulator(t *testing.T) {
	url := startEmulator(t)
	bottest.TestChannel(t, func(t *testing.T, h bot.Handler) bottest.Person {
		t.Helper()
		n := chats.Add(1)
		p := &emulated{t: t, url: url, token: fmt.Sprintf("%d:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", 110201543+n), chat: 5000 + n}
		c, err := telegram.New(telegram.Config{Token: p.token, API: url, PerSecond: 1000, Desk: messenger.Config{Pause: time.Millisecond}},
			h, nil, openStore(t), slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		bottest.Run(t, c.Run)
		return p
	})
}
