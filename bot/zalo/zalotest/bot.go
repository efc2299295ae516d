package zalotest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// BotOptions is how a Bot is set up; every field has a default.
type BotOptions struct {
	Name       string        // of the account
	RetryScale time.Duration // what 30 s of the assumed retry schedule take here; 30 ms
	Latency    time.Duration // between a request's work and its answer
	Now        func() time.Time
}

// Bot is a stand-in for the Zalo Bot Platform. Its methods may be called from
// many goroutines at once.
type Bot struct {
	*ledger
	*courier
	options BotOptions
	token   string
	server  *httptest.Server

	// Guarded by the ledger's mutex.
	webhook string
	since   time.Time     // when the webhook was set or deleted
	queue   []queued      // without a webhook: what getUpdates will take
	arrived chan struct{} // closed when queue or webhook change
	pushed  int           // deliveries made so far
}

// queued is an update that waits for getUpdates.
type queued struct {
	id, user string
	update   json.RawMessage
}

// NewBot starts a stand-in for the bot with this token; Close ends it.
func NewBot(token string, o BotOptions) *Bot {
	o.Name = orElse(o.Name, "bot.TroLyAo")
	o.RetryScale = orElse(o.RetryScale, 30*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Bot{
		ledger: newLedger(o.Now, o.Latency),
		// The platform documents neither; these are the OA's, without the end.
		courier: newCourier(2*time.Second, schedule(o.RetryScale, 1, 10, 30, 60)),
		options: o,
		token:   token,
		arrived: make(chan struct{}),
	}
	b.taken = func(status int) bool { return status/100 == 2 }
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+mediaPath+"{id}/{name}", func(w http.ResponseWriter, r *http.Request) {
		b.serve(w, r, mediaPath, b.serveMedia, failBot)
	})
	mux.HandleFunc("/{bot}/{method}", b.serveMethod)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b.problem("%s: the address is not /bot<TOKEN>/<method>", r.Method)
		w.WriteHeader(http.StatusNotFound)
		failBot(w, http.StatusNotFound)
	})
	b.server = httptest.NewServer(mux)
	return b
}

// URL is the base address of the API, before "/bot<TOKEN>/<method>".
func (b *Bot) URL() string { return b.server.URL }

// Close ends all deliveries and the server.
func (b *Bot) Close() {
	b.close()
	b.server.CloseClientConnections()
	b.server.Close()
}

// said delivers an update with a message from a person.
func (b *Bot) said(user, event string, fields ...field) string {
	b.heard(user)
	id := newID()
	message := append(object{
		{"message_id", id},
		{"from", object{{"id", user}, {"display_name", "Người dân"}, {"is_bot", false}}},
		{"chat", object{{"id", user}, {"chat_type", "PRIVATE"}}},
		{"date", b.now().UnixMilli()},
	}, fields...)
	b.post(user, id, object{{"event_name", event}, {"message", message}})
	return id
}

// Say sends a text from a person and returns the message's id.
func (b *Bot) Say(user, text string) string {
	return b.said(user, "message.text.received", field{"text", text})
}

// SendImage sends a picture, which this server serves, with a caption that may
// be empty.
func (b *Bot) SendImage(user string, data []byte, caption string) string {
	photo := field{"photo_url", b.URL() + b.keep("image.jpg", data)}
	if caption == "" {
		return b.said(user, "message.image.received", photo)
	}
	return b.said(user, "message.image.received", photo, field{"caption", caption})
}

// SendSticker sends a sticker.
func (b *Bot) SendSticker(user string) string {
	return b.said(user, "message.sticker.received", field{"sticker", "bfe458bf64fa8da4d4eb"})
}

// Unsupported sends something of which the platform tells no more than that it
// came.
func (b *Bot) Unsupported(user string) string {
	return b.said(user, "message.unsupported.received")
}

// Event delivers any other update: raw when it is a json.RawMessage or a
// []byte, else encoded. It returns the id of its message or else a key.
func (b *Bot) Event(update any) string {
	if raw, ok := update.([]byte); ok {
		update = json.RawMessage(raw)
	}
	body, err := plain(update)
	if raw, ok := update.(json.RawMessage); ok {
		body, err = raw, nil // also when it is no JSON
	}
	if err != nil {
		b.problem("the test's own update cannot be encoded: %v", err)
		return ""
	}
	var parts struct {
		Message struct {
			ID   string `json:"message_id"`
			Chat struct {
				ID string `json:"id"`
			} `json:"chat"`
		} `json:"message"`
	}
	_ = json.Unmarshal(body, &parts) // what can be read of it
	id, user := orElse(parts.Message.ID, newID()), parts.Message.Chat.ID
	if user == "" {
		user = id // belongs into no one's order
	} else {
		b.heard(user)
	}
	b.hand(queued{id, user, body})
	return id
}

// Redeliver delivers an update once more, to the webhook.
func (b *Bot) Redeliver(id string) {
	if !b.again(id) {
		b.problem("the test's own Redeliver: update %q was not delivered to a webhook", id)
	}
}

func (b *Bot) post(user, id string, update object) {
	body, err := plain(update)
	if err != nil {
		b.problem("the test's own update cannot be encoded: %v", err)
		return
	}
	b.hand(queued{id, user, body})
}

// hand passes an update on: to the webhook, or to who will ask for it.
func (b *Bot) hand(u queued) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	if b.webhook == "" {
		b.queue = append(b.queue, u)
		b.change()
		return
	}
	b.push(u)
}

// push sends an update to the webhook, every other one in the envelope of
// the API; the caller holds the mutex.
func (b *Bot) push(u queued) {
	body := []byte(u.update)
	if b.pushed%2 == 1 {
		body = append(append([]byte(`{"ok":true,"result":`), body...), '}')
	}
	b.pushed++
	b.enqueue(&delivery{id: u.id, user: u.user, body: body})
}

// change wakes those who wait for an update; the caller holds the mutex.
func (b *Bot) change() {
	close(b.arrived)
	b.arrived = make(chan struct{})
}

// SetWebhook sets where updates are delivered, and the secret they carry, as
// the method setWebhook does.
func (b *Bot) SetWebhook(url, secret string) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	b.webhook, b.since = url, b.now()
	b.direct(url, map[string]string{"X-Bot-Api-Secret-Token": secret})
	if url != "" {
		for _, u := range b.queue {
			b.push(u)
		}
		b.queue = nil
	}
	b.change()
}

// serveMethod answers /bot<TOKEN>/<method>.
func (b *Bot) serveMethod(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	b.serve(w, r, method, func(w http.ResponseWriter, r *http.Request) {
		if token, ok := strings.CutPrefix(r.PathValue("bot"), "bot"); !ok || token != b.token {
			w.WriteHeader(http.StatusUnauthorized)
			failBot(w, http.StatusUnauthorized)
			return
		}
		b.answer(w, r, method) //nolint:contextcheck // a delivery outlives the call that causes it
	}, failBot)
}
