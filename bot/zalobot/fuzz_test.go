package zalobot_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
	"github.com/trolyao/trolyao/bot/zalobot"
)

// FuzzWebhook wants no body to do harm.
func FuzzWebhook(f *testing.F) {
	z := zalotest.NewBot(token, zalotest.BotOptions{})
	f.Cleanup(z.Close)
	f.Add([]byte(`{"event_name":"message.text.received","message":{"message_id":"m1","from":{"id":"1"},"chat":{"id":"1","chat_type":"PRIVATE"},"date":1,"text":"x"}}`))
	f.Add([]byte(`{"ok":true,"result":{"event_name":"message.sticker.received","message":{"message_id":"m1","chat":{"id":"1"}}}}`))
	c, err := zalobot.New(zalobot.Config{Token: token, API: z.URL(), Webhook: "http://127.0.0.1/webhook/zalobot", Secret: secret}, &bottest.Scripted{}, &bottest.Inbox{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	bottest.Run(f, c.Run)
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Contains(body, []byte("url")) || bytes.Contains(body, []byte(`\u`)) {
			t.Skip() // it would be fetched
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook/zalobot", bytes.NewReader(body))
		r.Header.Set("X-Bot-Api-Secret-Token", secret)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
	})
}
