package zalotest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

const botToken = "1459232241454765289:abcDEF"

func newBot(t *testing.T) *zalotest.Bot {
	t.Helper()
	b := zalotest.NewBot(botToken, zalotest.BotOptions{RetryScale: time.Millisecond})
	t.Cleanup(b.Close)
	return b
}

// botAnswer is what tests read of an answer of the Bot Platform.
type botAnswer struct {
	OK     bool            `json:"ok"`
	Code   int             `json:"error_code"`
	Result json.RawMessage `json:"result"`
}

func ask(t *testing.T, b *zalotest.Bot, method, body string) botAnswer {
	t.Helper()
	_, got, err := post(t, "", b.URL()+"/bot"+botToken+"/"+method, body, "Content-Type", "application/json")
	var a botAnswer
	if err == nil {
		err = json.Unmarshal([]byte(got), &a)
	}
	if err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	return a
}

func TestBotRules(t *testing.T) {
	long := strings.Repeat("ễ", 2001)
	secret := strings.Repeat("x", 8)
	for _, tt := range []struct {
		name, method, body string
		code               int
		problem            string
	}{
		{"getMe", "getMe", "", 0, ""},
		{"text", "sendMessage", `{"chat_id":"` + user + `","text":"` + long[3:] + `"}`, 0, ""},
		{"long text", "sendMessage", `{"chat_id":"` + user + `","text":"` + long + `"}`, 400, "text of 2001"},
		{"no text", "sendMessage", `{"chat_id":"` + user + `","text":""}`, 400, "text of 0"},
		{"a number for an id", "sendMessage", `{"chat_id":1,"text":"a"}`, 400, "chat_id"},
		{"buttons", "sendMessage", `{"chat_id":"` + user + `","text":"a","reply_markup":{}}`, 400, "reply_markup"},
		{"a stranger", "sendMessage", `{"chat_id":"1","text":"a"}`, 400, ""},
		{"typing", "sendChatAction", `{"chat_id":"` + user + `","action":"typing"}`, 0, ""},
		{"another action", "sendChatAction", `{"chat_id":"` + user + `","action":"upload_photo"}`, 400, "upload_photo"},
		{"no secret", "setWebhook", `{"url":"https://a.vn"}`, 400, "secret_token of 0"},
		{"a short secret", "setWebhook", `{"url":"https://a.vn","secret_token":"` + secret[1:] + `"}`, 400, "secret_token of 7"},
		{"a long secret", "setWebhook", `{"url":"https://a.vn","secret_token":"` + strings.Repeat("x", 257) + `"}`, 400, "secret_token of 257"},
		{"no https", "setWebhook", `{"url":"http://a.vn","secret_token":"` + secret + `"}`, 400, "https"},
		{"a webhook", "setWebhook", `{"url":"https://127.0.0.1:1","secret_token":"` + secret + `"}`, 0, ""},
		{"a number for a timeout", "getUpdates", `{"timeout":0}`, 400, "timeout"},
		{"no such method", "editMessageText", `{}`, 404, "no such method"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBot(t)
			b.Say(user, "chào")
			if a := ask(t, b, tt.method, tt.body); a.OK != (tt.code == 0) || a.Code != tt.code || a.OK != (a.Result != nil) {
				t.Errorf("%+v, want %d", a, tt.code)
			}
			if tt.problem == "" {
				wantProblems(t, b.Problems())
			} else {
				wantProblems(t, b.Problems(), tt.problem)
			}
			if n := len(b.Calls(tt.method)); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestBotRequests(t *testing.T) {
	b := newBot(t)
	if status, body, err := post(t, "", b.URL()+"/bot1:x/getMe", "", "Content-Type", "application/json"); status != http.StatusUnauthorized || !strings.Contains(body, "401") || err != nil {
		t.Errorf("%d %s %v", status, body, err)
	}
	for _, tt := range []struct{ method, contentType, body string }{{http.MethodGet, "", ""}, {http.MethodPost, "text/plain", "{}"}} {
		if _, body, err := post(t, tt.method, b.URL()+"/bot"+botToken+"/getMe", tt.body, "Content-Type", tt.contentType); !strings.Contains(body, `"error_code":400`) || err != nil {
			t.Errorf("%s %v", body, err)
		}
	}
	wantProblems(t, b.Problems(), "want POST", "text/plain")
}

func TestBotUpdatesOneByOne(t *testing.T) {
	b := newBot(t)
	if a := ask(t, b, "getUpdates", `{"timeout":"0"}`); a.OK || a.Code != 408 {
		t.Errorf("%+v", a)
	}
	ids := []string{b.Say(user, "một"), b.SendSticker(user)}
	for _, want := range ids {
		a := ask(t, b, "getUpdates", `{"timeout":"30"}`)
		if !a.OK || !strings.Contains(string(a.Result), want) {
			t.Errorf("%s, want %s", a.Result, want)
		}
	}
	got := make(chan botAnswer)
	go func() { got <- ask(t, b, "getUpdates", `{"timeout":"30"}`) }()
	id := b.Unsupported(user)
	if a := <-got; !strings.Contains(string(a.Result), id) {
		t.Errorf("%s", a.Result)
	}
}

func TestBotWebhook(t *testing.T) {
	h := newHook(t, http.StatusInternalServerError)
	b := newBot(t)
	ids := []string{b.Say(user, "một")} // before there is a webhook
	if a := ask(t, b, "setWebhook", `{"url":"`+h.URL+`","secret_token":"bí mật 123"}`); !a.OK || !strings.Contains(string(a.Result), h.URL) {
		t.Fatalf("%+v", a)
	}
	if a := ask(t, b, "getUpdates", ""); a.Code != http.StatusConflict {
		t.Errorf("%+v", a)
	}
	wantProblems(t, b.Problems(), "webhook is set")
	if err := b.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	ids = append(ids, ids[0], b.SendImage(user, []byte("ảnh"), "đây"), b.SendImage(user, nil, ""), b.SendSticker(user), b.Unsupported(user))
	names := []string{"text", "text", "image", "image", "sticker", "unsupported"}
	wrapped := 0
	all := h.wait(t, len(ids))
	for i, g := range all {
		if g.header.Get("X-Bot-Api-Secret-Token") != "bí mật 123" {
			t.Errorf("%v", g.header)
		}
		e := g.event(t)
		if e["ok"] == true {
			wrapped++
			e, _ = e["result"].(map[string]any)
		}
		m, _ := e["message"].(map[string]any)
		if e["event_name"] != "message."+names[i]+".received" || m["message_id"] != ids[i] || m["chat"].(map[string]any)["id"] != user || m["date"].(float64) < 1e12 {
			t.Errorf("%d: %s", i, g.body)
		}
		if photo, _ := m["photo_url"].(string); names[i] == "image" {
			if status, _, err := post(t, http.MethodGet, photo, ""); status != http.StatusOK || err != nil {
				t.Errorf("%s: %d %v", photo, status, err)
			}
		}
	}
	if wrapped != 2 || all[0].body != all[1].body {
		t.Errorf("%d of %d wrapped; a retry of %s was %s", wrapped, len(all), all[0].body, all[1].body)
	}
	b.Redeliver(ids[5])
	if again := h.wait(t, 7)[6]; again.body != all[5].body {
		t.Errorf("%s", again.body)
	}
	if a := ask(t, b, "deleteWebhook", ""); !a.OK {
		t.Errorf("%+v", a)
	}
	if a := ask(t, b, "getWebhookInfo", ""); !strings.Contains(string(a.Result), `"url":""`) {
		t.Errorf("%s", a.Result)
	}
}

func TestBotRawEvents(t *testing.T) {
	h := newHook(t)
	b := newBot(t)
	b.SetWebhook(h.URL, "secret12")
	if b.Event([]byte("no JSON")) == "" || b.Event(map[string]any{"event_name": "x"}) == "" {
		t.Error("no key")
	}
	if id := b.Event(json.RawMessage(`{"message":{"message_id":"m1","chat":{"id":"7"}}}`)); id != "m1" {
		t.Errorf("id %q", id)
	}
	h.wait(t, 3)
	if a := ask(t, b, "sendMessage", `{"chat_id":"7","text":"đáp"}`); !a.OK {
		t.Errorf("%+v", a)
	}
}

func TestBotMessagesAndFaults(t *testing.T) {
	b := newBot(t)
	b.Say(user, "chào")
	b.FailNext("sendMessage", 1, zalotest.Fault{Code: 429})
	b.FailNext("sendMessage", 1, zalotest.Fault{After: true, Status: 500})
	body := `{"chat_id":"` + user + `","text":"đáp"}`
	if a := ask(t, b, "sendMessage", body); a.OK || a.Code != 429 {
		t.Errorf("%+v", a)
	}
	if status, _, err := post(t, "", b.URL()+"/bot"+botToken+"/sendMessage", body, "Content-Type", "application/json"); status != 500 || err != nil {
		t.Errorf("%d %v", status, err)
	}
	if a := ask(t, b, "sendMessage", body); !a.OK {
		t.Errorf("%+v", a)
	}
	messages, err := b.WaitMessages(soon(t), user, 2)
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	if diff := cmp.Diff([]string{"đáp", "đáp"}, texts); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if calls := b.Calls("sendMessage"); len(calls) != 3 || calls[0].Body != body || strings.Contains(calls[0].Path, botToken) {
		t.Errorf("%+v", calls)
	}
}
