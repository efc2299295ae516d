package zalotest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// envelope is the form of every answer of the Bot Platform.
type envelope struct {
	OK          bool   `json:"ok"`
	Result      any    `json:"result,omitempty"`
	Code        int    `json:"error_code,omitempty"`
	Description string `json:"description,omitempty"`
}

// botError is a request that the platform refuses. Where a rule of the platform
// is broken it is a problem too.
type botError struct {
	code   int
	reason string
	breach bool
}

func (e *botError) Error() string { return e.reason }

// breach is an error by the caller's fault.
func breach(format string, args ...any) error {
	return &botError{http.StatusBadRequest, "Bad Request: " + fmt.Sprintf(format, args...), true}
}

func failBot(w http.ResponseWriter, code int) {
	writeJSON(w, envelope{Code: code, Description: orElse(http.StatusText(code), "made to fail")})
}

func (b *Bot) answer(w http.ResponseWriter, r *http.Request, method string) {
	result, err := b.call(r, method)
	if err == nil {
		writeJSON(w, envelope{OK: true, Result: result})
		return
	}
	refused, ok := errors.AsType[*botError](err)
	if !ok {
		refused = &botError{code: http.StatusInternalServerError, reason: err.Error()}
	}
	if refused.breach {
		b.problem("%s: %s", method, refused.reason)
	}
	writeJSON(w, envelope{Code: refused.code, Description: refused.reason})
}

func (b *Bot) call(r *http.Request, method string) (any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost {
		return nil, breach("%s, want POST", r.Method)
	}
	if len(body) > 0 && !hasType(r, "application/json") {
		return nil, breach("content type %q, want application/json", r.Header.Get("Content-Type"))
	}
	switch method {
	case "getMe":
		return map[string]any{"id": "1459232241454765289", "account_name": b.options.Name, "account_type": "BASIC", "can_join_groups": false}, nil
	case "getUpdates":
		return b.getUpdates(r, body)
	case "setWebhook":
		return b.setWebhook(body)
	case "deleteWebhook":
		b.SetWebhook("", "")
		return b.webhookInfo(), nil
	case "getWebhookInfo":
		return b.webhookInfo(), nil
	case "sendMessage":
		return b.sendMessage(body)
	case "sendChatAction":
		return b.sendChatAction(body)
	default:
		return nil, &botError{http.StatusNotFound, "Not Found: no such method", true}
	}
}

// getUpdates waits for one update and hands it over: who loses it has lost it.
func (b *Bot) getUpdates(r *http.Request, body []byte) (any, error) {
	var req struct {
		Timeout string `json:"timeout"` // seconds, in a string
	}
	req.Timeout = "30"
	if len(body) > 0 {
		if err := strictly(body, &req); err != nil {
			return nil, breach("%v", err)
		}
	}
	seconds, err := strconv.Atoi(req.Timeout)
	if err != nil || seconds < 0 {
		return nil, breach("timeout is not a number of seconds")
	}
	end := time.NewTimer(time.Duration(seconds) * time.Second)
	defer end.Stop()
	for {
		update, arrived, err := b.take()
		if update != nil || err != nil {
			return update, err
		}
		select {
		case <-arrived:
		case <-end.C:
			return nil, &botError{code: http.StatusRequestTimeout, reason: "Request timeout"}
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// take returns the oldest queued update, or what to wait for.
func (b *Bot) take() (any, <-chan struct{}, error) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	if b.webhook != "" {
		return nil, nil, &botError{http.StatusConflict, "Conflict: can't use getUpdates while a webhook is set", true}
	}
	if len(b.queue) == 0 {
		return nil, b.arrived, nil
	}
	first := b.queue[0]
	b.queue = b.queue[1:]
	return first.update, nil, nil
}

func (b *Bot) setWebhook(body []byte) (any, error) {
	var req struct {
		URL    string `json:"url"`
		Secret string `json:"secret_token"`
	}
	if err := strictly(body, &req); err != nil {
		return nil, breach("%v", err)
	}
	address, err := url.Parse(req.URL)
	if err != nil || address.Host == "" || !safe(address) {
		return nil, breach("url is not an https address")
	}
	if n := len(req.Secret); n < 8 || n > 256 {
		return nil, breach("secret_token of %d characters, want 8 to 256", n)
	}
	b.SetWebhook(req.URL, req.Secret)
	return b.webhookInfo(), nil
}

// safe reports whether an address is one of https. The test's own machine needs
// no certificate.
func safe(address *url.URL) bool {
	host := address.Hostname()
	local := host == "localhost" || net.ParseIP(host).IsLoopback()
	return address.Scheme == "https" || address.Scheme == "http" && local
}

func (b *Bot) webhookInfo() any {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	return map[string]any{"url": b.webhook, "updated_at": b.since.UnixMilli()}
}

func (b *Bot) sendMessage(body []byte) (any, error) {
	var req struct {
		Chat string `json:"chat_id"`
		Text string `json:"text"`
	}
	if err := strictly(body, &req); err != nil {
		return nil, breach("%v", err)
	}
	if n := units(req.Text); n < 1 || n > longestText {
		return nil, breach("text of %d characters, want 1 to %d", n, longestText)
	}
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	p, err := b.chat(req.Chat)
	if err != nil {
		return nil, err
	}
	m := Message{ID: newID(), User: req.Chat, Text: req.Text, At: b.now()}
	p.send(m)
	return map[string]any{"message_id": m.ID, "date": m.At.UnixMilli()}, nil
}

// chat returns who reads a chat; the caller holds the mutex.
func (b *Bot) chat(id string) (*person, error) {
	p, known := b.people[id]
	if !known || !p.wrote {
		return nil, &botError{code: http.StatusBadRequest, reason: "Bad Request: chat not found"}
	}
	return p, nil
}

func (b *Bot) sendChatAction(body []byte) (any, error) {
	var req struct {
		Chat   string `json:"chat_id"`
		Action string `json:"action"`
	}
	if err := strictly(body, &req); err != nil {
		return nil, breach("%v", err)
	}
	if req.Action != "typing" {
		return nil, breach("action %q, want typing", req.Action)
	}
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	if _, err := b.chat(req.Chat); err != nil {
		return nil, err
	}
	return true, nil
}
