package telegram_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/telegram"
	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

// FuzzWebhook wants no update to do harm, whatever it holds.
func FuzzWebhook(f *testing.F) {
	s := telegramtest.New(token, telegramtest.Options{})
	f.Cleanup(s.Close)
	for _, body := range []string{
		`{"update_id":1,"message":{"message_id":1,"chat":{"id":1,"type":"private"},"from":{"id":1},"text":"hi","entities":[{"type":"bot_command","offset":50,"length":9}]}}`,
		`{"update_id":2,"callback_query":{"id":"1","from":{"id":1},"data":"a/x/y"}}`,
		`{"update_id":3,"my_chat_member":{"chat":{"id":-1,"type":"group"},"new_chat_member":{"status":"member"}}}`,
		`{"update_id":4,"message":{"chat":{"id":1,"type":"private"},"from":{"id":1},"location":{"latitude":9.9,"longitude":106},"contact":{"user_id":1}}}`,
	} {
		f.Add([]byte(body))
	}
	c, err := telegram.New(telegram.Config{Token: token, API: s.URL(), Webhook: "http://127.0.0.1/webhook/telegram", Secret: "mot-bi-mat"},
		&bottest.Scripted{}, nil, &bottest.Inbox{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	bottest.Run(f, c.Run)
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook/telegram", bytes.NewReader(body))
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "mot-bi-mat")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
	})
}
