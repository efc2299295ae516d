package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

// withoutRace skips a test whose server would take minutes to start under the
// race detector. "make process" runs it; the parts it puts together are under
// the detector in their own packages.
func withoutRace(t *testing.T) {
	t.Helper()
	if slowdown > 1 {
		t.Skip("make process runs this")
	}
}

// shown is what a person sees of one reply.
type shown struct {
	text    string
	buttons []string // what can be pressed, or typed as a number
}

// person is a citizen on one channel. Every act waits for one reply.
type person interface {
	say(text string) shown
	press(title string) shown
	photo(data []byte, words string) shown
}

// networks are the stand-ins for the messengers, and what a server is told of
// them.
type networks struct {
	telegram *telegramtest.Server
	oa       *zalotest.OA
	zalobot  *zalotest.Bot
	settings string
	files    map[string]string
}

const (
	telegramToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	zaloBotToken  = "1459232241454765289:bi-mat-thu-nghiem"
	zaloBotSecret = "mot-bi-mat-dai"
)

// latency is how long the networks take to answer, as from Vietnam to a server
// in the country.
const latency = 30 * time.Millisecond

// newNetworks starts the stand-ins. mode is Telegram's.
func newNetworks(t *testing.T, mode string) *networks {
	t.Helper()
	n := &networks{telegram: telegramtest.New(telegramToken, telegramtest.Options{Latency: latency}), oa: zalotest.NewOA(zalotest.OAOptions{RetryScale: 200 * time.Millisecond, Latency: latency}), zalobot: zalotest.NewBot(zaloBotToken, zalotest.BotOptions{RetryScale: 200 * time.Millisecond, Latency: latency})}
	t.Cleanup(n.telegram.Close)
	t.Cleanup(n.oa.Close)
	t.Cleanup(n.zalobot.Close)
	o := n.oa.Options()
	n.files = map[string]string{
		"telegram": telegramToken, "zaloapp": o.AppSecret, "zalooa": o.OASecret, "zaloseed": n.oa.Grant().Refresh,
		"zalobot": zaloBotToken, "zalobotsecret": zaloBotSecret,
	}
	n.settings = fmt.Sprintf(`telegram: {token_file: DIR/telegram, mode: %s, api: %q, webhook_url: "URL/webhook/telegram", per_second: 100000}
zalo: {app_id: %q, oa_id: %q, app_secret_file: DIR/zaloapp, oa_secret_file: DIR/zalooa, refresh_token_file: DIR/zaloseed, api: %q, oauth: %q, per_second: 100000}
zalo_bot: {token_file: DIR/zalobot, api: %q, webhook_url: "URL/webhook/zalobot", secret_file: DIR/zalobotsecret, per_second: 100000}
`, mode, n.telegram.URL(), o.AppID, o.OAID, n.oa.URL(), n.oa.URL(), n.zalobot.URL())
	return n
}

// problems are the rules that were broken, of all networks.
func (n *networks) problems() []string {
	return append(append(n.telegram.Problems(), n.oa.Problems()...), n.zalobot.Problems()...)
}

const patience = 20 * time.Second

// onTelegram is a person on Telegram.
type onTelegram struct {
	t    *testing.T
	s    *telegramtest.Server
	chat int64
	seen int
}

func (p *onTelegram) say(text string) shown {
	p.t.Helper()
	p.s.Say(p.chat, text)
	return p.next()
}

func (p *onTelegram) press(title string) shown {
	p.t.Helper()
	if _, err := p.s.Press(p.chat, title); err != nil {
		p.t.Fatal(err)
	}
	return p.next()
}

func (p *onTelegram) photo(data []byte, words string) shown {
	p.t.Helper()
	p.s.SendPhoto(p.chat, data, words)
	return p.next()
}

func (p *onTelegram) next() shown {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	all, err := p.s.WaitMessages(ctx, p.chat, p.seen+1)
	if err != nil {
		p.t.Fatalf("telegram: %v", err)
	}
	m := all[p.seen]
	p.seen++
	out := shown{text: m.Text}
	for _, row := range m.Inline {
		for _, b := range row {
			out.buttons = append(out.buttons, b.Text)
		}
	}
	for _, row := range m.Keyboard {
		for _, k := range row {
			if !k.Contact && !k.Location {
				out.buttons = append(out.buttons, k.Text)
			}
		}
	}
	return out
}

// choice is a line of the menu of channels without buttons.
var choice = regexp.MustCompile(`(?m)^(\d)\. (.*)$`)

// choices reads the menu at the end of a text.
func choices(text string) (titles, numbers []string) {
	_, menu, ok := strings.Cut(text, "Chọn: gõ số")
	if !ok {
		return nil, nil
	}
	for _, m := range choice.FindAllStringSubmatch(menu, -1) {
		titles, numbers = append(titles, m[2]), append(numbers, m[1])
	}
	return titles, numbers
}

// onZalo is a person who writes to the Official Account.
type onZalo struct {
	t    *testing.T
	z    *zalotest.OA
	user string
	seen int
	last shown
}

func (p *onZalo) say(text string) shown {
	p.t.Helper()
	p.z.Say(p.user, text)
	return p.next()
}

// press presses a button, or types the number of one that found no room.
func (p *onZalo) press(title string) shown {
	p.t.Helper()
	if _, err := p.z.Press(p.user, title); err == nil {
		return p.next()
	}
	return p.say(number(p.t, p.last.text, title))
}

func number(t *testing.T, text, title string) string {
	t.Helper()
	titles, numbers := choices(text)
	for i := range titles {
		if titles[i] == title {
			return numbers[i]
		}
	}
	t.Fatalf("no choice %q in:\n%s", title, text)
	return ""
}

func (p *onZalo) photo(data []byte, words string) shown {
	p.t.Helper()
	p.z.SendImage(p.user, data, words)
	return p.next()
}

func (p *onZalo) next() shown {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	all, err := p.z.WaitMessages(ctx, p.user, p.seen+1)
	if err != nil {
		p.t.Fatalf("zalo: %v", err)
	}
	p.last = shown{text: all[p.seen].Text}
	p.seen++
	p.last.buttons, _ = choices(p.last.text)
	return p.last
}

// onZaloBot is a person who writes to the bot of the Zalo Bot Platform.
type onZaloBot struct {
	t    *testing.T
	z    *zalotest.Bot
	user string
	seen int
	last shown
}

func (p *onZaloBot) say(text string) shown {
	p.t.Helper()
	p.z.Say(p.user, text)
	return p.next()
}

func (p *onZaloBot) press(title string) shown {
	p.t.Helper()
	return p.say(number(p.t, p.last.text, title))
}

func (p *onZaloBot) photo(data []byte, words string) shown {
	p.t.Helper()
	p.z.SendImage(p.user, data, words)
	return p.next()
}

func (p *onZaloBot) next() shown {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	all, err := p.z.WaitMessages(ctx, p.user, p.seen+1)
	if err != nil {
		p.t.Fatalf("zalobot: %v", err)
	}
	p.last = shown{text: all[p.seen].Text}
	p.seen++
	p.last.buttons, _ = choices(p.last.text)
	return p.last
}

// onWeb is a person on the chat page. It also tells what the other channels must
// show.
type onWeb struct {
	t       *testing.T
	url     string
	n       int
	id      string
	article string // of the last answer
	body    string // of the last reply, without title and sources
	pressed map[string]string
}

type webReply struct {
	Conversation string `json:"conversation"`
	Replies      []struct {
		Text   string `json:"text"`
		Answer *struct {
			Article string `json:"article"`
			Title   string `json:"title"`
			Text    string `json:"text"`
		} `json:"answer"`
		Buttons []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"buttons"`
	} `json:"replies"`
}

func (p *onWeb) say(text string) shown {
	p.t.Helper()
	return p.send(map[string]string{"text": text}, nil)
}

func (p *onWeb) press(title string) shown {
	p.t.Helper()
	if p.pressed[title] == "" {
		p.t.Fatalf("no button %q among %v", title, p.pressed)
	}
	return p.send(map[string]string{"button": p.pressed[title]}, nil)
}

func (p *onWeb) photo(data []byte, words string) shown {
	p.t.Helper()
	return p.send(map[string]string{"text": words}, data)
}

func (p *onWeb) send(fields map[string]string, photo []byte) shown {
	p.t.Helper()
	p.n++
	fields["conversation"], fields["turn"] = p.id, fmt.Sprint(p.n)
	path, contentType := "/api/chat", "application/json"
	body, err := json.Marshal(fields)
	if photo != nil {
		path = "/api/files"
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		for name, value := range fields {
			err = w.WriteField(name, value)
		}
		part, partErr := w.CreateFormFile("file", "anh.png")
		if partErr != nil {
			p.t.Fatal(partErr)
		}
		_, _ = part.Write(photo)
		_ = w.Close()
		body, contentType = form.Bytes(), w.FormDataContentType()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := (&http.Client{Timeout: patience}).Post(p.url+path, contentType, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var got webReply
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || len(got.Replies) != 1 {
		p.t.Fatalf("web: %v, status %s", err, res.Status)
	}
	p.id = got.Conversation
	r := got.Replies[0]
	p.pressed, p.article, p.body = map[string]string{}, "", r.Text
	out := shown{text: r.Text}
	if r.Answer != nil {
		p.article, p.body = r.Answer.Article, r.Answer.Text
		out.text = r.Answer.Title + "\n" + r.Answer.Text
	}
	for _, b := range r.Buttons {
		p.pressed[b.Title] = b.ID
		out.buttons = append(out.buttons, b.Title)
	}
	return out
}
