package zalo_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

// FuzzWebhook wants no body to be kept that is not signed, and none, signed or
// not, to do harm.
func FuzzWebhook(f *testing.F) {
	z := zalotest.NewOA(zalotest.OAOptions{})
	f.Cleanup(z.Close)
	set := z.Options()
	from := `{"app_id":"` + set.AppID + `","sender":{"id":"1"},"recipient":{"id":"` + set.OAID + `"},"timestamp":"1",`
	for _, rest := range []string{
		`"event_name":"user_send_text","message":{"msg_id":"a","text":"mất thẻ"}}`,
		`"event_name":"user_send_location","message":{"msg_id":"b","attachments":[{"type":"location","payload":{"coordinates":{"latitude":"9.9","longitude":106.3}}}]}}`,
		`"event_name":"user_submit_info","info":{"name":"A","phone":84912345678}}`,
		`"event_name":"follow","follower":{"id":"7"}}`,
		`"event_name":"user_withdraw","user_id":"7"}`,
	} {
		f.Add([]byte(from+rest), true)
		f.Add([]byte(from+rest), false)
	}
	inbox := &bottest.Inbox{}
	c, err := zalo.New(zalo.Config{AppID: set.AppID, OAID: set.OAID, AppSecret: set.AppSecret, OASecret: set.OASecret, API: z.URL(), OAuth: z.URL(), Seed: z.Grant().Refresh},
		&bottest.Scripted{}, inbox, nothing{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	bottest.Run(f, c.Run)
	f.Fuzz(func(t *testing.T, body []byte, signed bool) {
		if bytes.Contains(body, []byte("url")) || bytes.Contains(body, []byte(`\u`)) {
			t.Skip() // it would be fetched
		}
		before := inbox.Seen()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, zalo.WebhookPath, bytes.NewReader(body))
		if signed {
			r.Header.Set("X-ZEvent-Signature", z.Sign(body))
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
		if !signed && inbox.Seen() != before {
			t.Error("an unsigned event was kept")
		}
	})
}

// nothing is a state that keeps nothing.
type nothing struct{}

func (nothing) State(context.Context, string) ([]byte, error)  { return nil, nil }
func (nothing) SetState(context.Context, string, []byte) error { return nil }
func (nothing) Hold(context.Context, string, time.Duration) (func(context.Context) error, bool, error) {
	return func(context.Context) error { return nil }, true, nil
}
