package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// What a message may hold. Zalo takes 2,000 characters and does not say of what
// kind.
const (
	maxText    = 1900
	maxButtons = 5
	maxTitle   = 100
)

type outgoing struct {
	Recipient recipient `json:"recipient"`
	Message   content   `json:"message"`
}

type recipient struct {
	UserID string `json:"user_id"`
}

type content struct {
	Text       string    `json:"text"`
	Attachment *template `json:"attachment,omitempty"`
}

type template struct {
	Type    string  `json:"type"`
	Payload buttons `json:"payload"`
}

type buttons struct {
	Buttons []button `json:"buttons"`
}

type button struct {
	Title   string `json:"title"`
	Type    string `json:"type"`
	Payload string `json:"payload"`
}

type sent struct {
	Error   literal `json:"error"`
	Message string  `json:"message"`
	Data    struct {
		Quota *struct {
			Type   string  `json:"quota_type"`
			Remain literal `json:"remain"`
		} `json:"quota"`
	} `json:"data"`
}

// Send implements messenger.Channel. A reply is one message: its text, the
// choices by number, and up to five of them as buttons.
func (c *Channel) Send(ctx context.Context, kept messenger.Update, r bot.Reply) error {
	var e event
	if err := json.Unmarshal(kept.Body, &e); err != nil {
		return fmt.Errorf("read event: %w", messenger.ErrUnreadable)
	}
	if rest := c.holdOff(); rest > 0 {
		return &messenger.LaterError{After: rest, Err: errors.New("zalo asked to wait")}
	}
	if err := c.flow.Wait(ctx); err != nil {
		return &messenger.LaterError{Err: errors.New("stopped")}
	}
	m := outgoing{recipient{c.person(&e)}, content{Text: messenger.Plain(r, maxText)}}
	if c.mayHaveButtons() {
		m.Message.Attachment = attachmentOf(r.Buttons)
	}
	code, err := c.sendOnce(ctx, m)
	if err == nil && isToken(code) {
		// Once more, with a token that is known to be fresh.
		code, err = c.sendOnce(ctx, m)
	}
	if err == nil && m.Message.Attachment != nil && isShape(code) {
		// The choices stand in the text as well.
		m.Message.Attachment = nil
		if code, err = c.sendOnce(ctx, m); err == nil && code == 0 {
			c.withoutButtons() // they were what was wrong
		}
	}
	if err != nil {
		return err
	}
	return c.verdict(code)
}

// sendOnce sends a message and returns Zalo's error code, which comes with the
// HTTP status 200.
func (c *Channel) sendOnce(ctx context.Context, m outgoing) (code int, err error) {
	token, err := c.tokens.Access(ctx)
	if err != nil {
		// A new token, or an admin's help, is on its way.
		return 0, &messenger.LaterError{After: 5 * time.Second, Err: err}
	}
	var res sent
	status, err := messenger.PostJSON(ctx, c.client, c.cfg.API+"/v3.0/oa/message/cs", http.Header{"Access_token": {token}}, m, &res)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return 0, &messenger.LaterError{Err: errors.New("zalo cannot be reached")}
	}
	if status >= http.StatusInternalServerError {
		return 0, &messenger.LaterError{Err: fmt.Errorf("zalo: HTTP status %d", status)}
	}
	if err != nil {
		return 0, &messenger.LaterError{Maybe: true, Err: err}
	}
	code, err = strconv.Atoi(string(res.Error))
	if err != nil {
		return 0, &messenger.LaterError{Maybe: true, Err: errors.New("zalo: reply without error code")}
	}
	if isToken(code) {
		c.tokens.Refused(token)
	}
	if code == 0 {
		c.count(res)
	}
	return code, nil
}

// count tells against what a message counted. A reply that is not free means
// that a person got more than eight since his last message, or waited too long.
func (c *Channel) count(res sent) {
	kind, remain := "charged", -1
	if q := res.Data.Quota; q != nil {
		kind = q.Type
		if n, err := strconv.Atoi(string(q.Remain)); err == nil {
			remain = n
		}
	}
	c.cfg.Quota(kind, remain)
}

// isToken reports whether a code says that the access token is bad.
func isToken(code int) bool { return slices.Contains([]int{-216, -220, -124}, code) }

// isShape reports whether a code says that the form of the message is wrong, as
// it is when the account may not send buttons.
func isShape(code int) bool { return slices.Contains([]int{-201, -210, -233, -235}, code) }

// verdict says what a code means for the reply.
func (c *Channel) verdict(code int) error {
	problem := fmt.Errorf("zalo: error %d", code)
	switch {
	case code == 0:
		return nil
	case code == -32: // too many calls a minute
		c.mu.Lock()
		c.until = c.now().Add(callPause)
		c.mu.Unlock()
		return &messenger.LaterError{After: callPause, Err: problem}
	case isToken(code):
		return &messenger.LaterError{After: 10 * time.Second, Err: problem}
	case slices.Contains([]int{-213, -217, -218, -227, -230, -232, -244}, code): // not there, or has had enough
		return messenger.ErrGone
	case slices.Contains([]int{-204, -205, -209, -211, -212, -221, -223, -224, -240, -248, -320, -321}, code):
		return fmt.Errorf("%w: an admin must look at the account's settings on oa.zalo.me", problem)
	case code == -1: // nobody knows
		return &messenger.LaterError{Maybe: true, Err: problem}
	}
	return problem
}

// callPause is how long nothing is sent after Zalo said that there were too many
// calls within a minute.
const callPause = 20 * time.Second

// bareFor is how long no buttons are tried after Zalo refused them.
const bareFor = time.Hour

func (c *Channel) mayHaveButtons() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.now().Before(c.bare)
}

func (c *Channel) withoutButtons() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bare = c.now().Add(bareFor)
}

func (c *Channel) holdOff() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.Sub(c.now())
}

// attachmentOf makes the first buttons a template.
func attachmentOf(all []bot.Button) *template {
	if len(all) == 0 {
		return nil
	}
	t := &template{Type: "template"}
	for _, b := range all[:min(len(all), maxButtons)] {
		title := b.Title
		if runes := []rune(title); len(runes) > maxTitle {
			title = strings.TrimSpace(string(runes[:maxTitle-1])) + "…"
		}
		t.Payload.Buttons = append(t.Payload.Buttons, button{title, "oa.query.hide", payload + string(b.ID)})
	}
	return t
}
