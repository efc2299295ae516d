// Package zalobot is the channel for a bot of the Zalo Bot Platform, which is
// another product than Official Accounts: one token, no buttons, choices by
// number.
package zalobot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// Config is how the channel reaches the platform.
type Config struct {
	Token string
	API   string // address of the bot API
	// Webhook is the public address for updates; "" asks for them one by one,
	// which the platform offers for trials: a crash may lose one.
	Webhook string
	Secret  string // that comes with every update to the webhook, 8 characters or more
	// PerSecond is how many messages are sent a second; 0 is ten. No bound is
	// published.
	PerSecond int
	Desk      messenger.Config
	// Forged counts requests to the webhook that were dropped.
	Forged func()
}

// Channel is the Zalo Bot channel.
type Channel struct {
	cfg     Config
	health  messenger.Health
	id      string // of the bot, the start of its token
	handler bot.Handler
	log     *slog.Logger
	now     func() time.Time
	client  *http.Client
	desk    *messenger.Desk
	flow    *rate.Limiter
}

const (
	maxText = 1900 // in UTF-16 units; the platform takes 2,000 characters
	// pollWithin is how long the platform may hold a question for updates.
	pollWithin    = 30 * time.Second
	requestWithin = 20 * time.Second
	perSecond     = 10
)

// New returns the channel. It does not call the platform.
func New(cfg Config, handler bot.Handler, inbox messenger.Inbox, log *slog.Logger, now func() time.Time) (*Channel, error) {
	id, secret, ok := strings.Cut(cfg.Token, ":")
	if !ok || id == "" || secret == "" || strings.ContainsAny(cfg.Token, "/ \t\r\n") {
		return nil, errors.New("mã Zalo Bot không đúng dạng số:chữ; chép lại từ tin nhắn của Zalo Bot Manager")
	}
	if cfg.Webhook != "" && len(cfg.Secret) < 8 {
		return nil, errors.New("mã bí mật của webhook Zalo Bot phải từ 8 ký tự")
	}
	if cfg.Forged == nil {
		cfg.Forged = func() {}
	}
	cfg.API = strings.TrimSuffix(cfg.API, "/")
	c := &Channel{
		cfg: cfg, id: id, handler: handler, log: log, now: now,
		client: messenger.NewClient(pollWithin + requestWithin), flow: messenger.NewFlow(cfg.PerSecond, perSecond),
	}
	c.desk = messenger.NewDesk(cfg.Desk, c, inbox, log, now)
	return c, nil
}

// Name implements messenger.Channel.
func (c *Channel) Name() string { return "zalobot" }

// Waiting returns how many updates have no sent reply yet.
func (c *Channel) Waiting() int { return c.desk.Waiting() }

// Trouble is what an admin must look at, in Vietnamese; "" when there is nothing.
func (c *Channel) Trouble() string { return c.health.Trouble() }

// Routes adds the webhook's route, when there is a webhook.
func (c *Channel) Routes(mux *http.ServeMux) {
	messenger.SecretWebhook(mux, c.cfg.Webhook, "/webhook/zalobot", "X-Bot-Api-Secret-Token", c.cfg.Secret, messenger.Webhook{
		Log: c.log, Drop: c.cfg.Forged, Accept: func(r *http.Request, body []byte) error { return c.take(r.Context(), body) },
	})
}

// Run receives, answers and sends until ctx ends.
func (c *Channel) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.desk.Run(ctx) })
	g.Go(func() error {
		c.connect(ctx)
		if c.cfg.Webhook == "" {
			c.poll(ctx)
		}
		return nil
	})
	return g.Wait()
}

// response is the envelope of every answer.
type response struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
}

// call calls a method. The status is what the platform or HTTP says; 0 is a
// connection that failed.
func (c *Channel) call(ctx context.Context, method string, params any) (json.RawMessage, int, error) {
	var res response
	status, err := messenger.PostJSON(ctx, c.client, c.cfg.API+"/bot"+c.cfg.Token+"/"+method, nil, params, &res)
	if err != nil {
		return nil, status, fmt.Errorf("zalobot: %s: %w", method, err)
	}
	if res.OK && status < http.StatusBadRequest {
		return res.Result, status, nil
	}
	if res.Code != 0 {
		status = res.Code
	}
	return nil, status, fmt.Errorf("zalobot: %s: error %d", method, status)
}

// connect tells the platform how updates are to come, until it has heard.
func (c *Channel) connect(ctx context.Context) {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		var err error
		if c.cfg.Webhook == "" {
			_, _, err = c.call(ctx, "deleteWebhook", map[string]string{})
		} else {
			_, _, err = c.call(ctx, "setWebhook", map[string]string{"url": c.cfg.Webhook, "secret_token": c.cfg.Secret})
		}
		if err == nil {
			c.health.Set("")
			return
		}
		c.health.Set("chưa nối được với nền tảng Zalo Bot")
		c.log.WarnContext(ctx, "zalo bot platform is not reached yet", "channel", c.Name(), "err", err)
		messenger.Wait(ctx, pause)
	}
}

// poll asks for updates until ctx ends.
func (c *Channel) poll(ctx context.Context) {
	pause := time.Second
	for ctx.Err() == nil {
		body, status, err := c.call(ctx, "getUpdates", map[string]string{"timeout": strconv.Itoa(int(pollWithin.Seconds()))})
		if status == http.StatusRequestTimeout { // nothing came
			c.health.Set("")
			pause = time.Second
			continue
		}
		if err == nil {
			err = c.keep(ctx, body)
		}
		if err == nil {
			c.health.Set("")
			pause = time.Second
			continue
		}
		c.health.Set("không lấy được tin từ nền tảng Zalo Bot")
		if ctx.Err() == nil {
			c.log.WarnContext(ctx, "updates not taken", "channel", c.Name(), "err", err)
		}
		messenger.Wait(ctx, pause)
		pause = min(2*pause, pollWithin)
	}
}

// keep takes an update that will not come again: it is not let go before it is
// kept.
func (c *Channel) keep(ctx context.Context, body []byte) error {
	for ctx.Err() == nil {
		err := c.take(ctx, body)
		if err == nil || errors.Is(err, messenger.ErrUnreadable) {
			return err
		}
		c.log.ErrorContext(ctx, "update not kept; trying again", "channel", c.Name(), "err", err)
		messenger.Wait(ctx, time.Second)
	}
	return ctx.Err()
}

// update is what the platform tells.
type update struct {
	Name    string `json:"event_name"`
	Message struct {
		ID   string `json:"message_id"`
		From struct {
			ID    string `json:"id"`
			IsBot bool   `json:"is_bot"`
		} `json:"from"`
		Chat struct {
			ID   string `json:"id"`
			Type string `json:"chat_type"`
		} `json:"chat"`
		Text    string `json:"text"`
		Photo   string `json:"photo_url"`
		Voice   string `json:"voice_url"`
		Caption string `json:"caption"`
	} `json:"message"`
}

// read reads an update, bare or wrapped as an answer.
func read(body []byte) (update, error) {
	var wrapped struct {
		Result *update `json:"result"`
		update
	}
	if err := json.Unmarshal(body, &wrapped); err != nil {
		return update{}, messenger.ErrUnreadable
	}
	if wrapped.Result != nil {
		return *wrapped.Result, nil
	}
	return wrapped.update, nil
}

// take keeps an update, given as JSON. Groups are not answered: what people ask
// here is theirs.
func (c *Channel) take(ctx context.Context, body []byte) error {
	u, err := read(body)
	if err != nil || u.Name == "" {
		return messenger.ErrUnreadable
	}
	m := u.Message
	if m.ID == "" || m.Chat.ID == "" || m.From.IsBot || m.Chat.Type == "GROUP" {
		return nil
	}
	return c.desk.Accept(ctx, messenger.Update{
		ID:     bot.TurnID("zalobot:" + c.id + ":" + m.ID),
		Person: bot.ConversationID("zalobot:" + c.id + ":" + m.Chat.ID), At: c.now(), Body: body,
	})
}

// Answer implements messenger.Channel.
func (c *Channel) Answer(ctx context.Context, kept messenger.Update) (bot.Reply, error) {
	u, err := read(kept.Body)
	if err != nil {
		return bot.Reply{}, err
	}
	t := bot.Turn{ID: kept.ID, Conversation: kept.Person, Channel: c.Name(), At: kept.At, Text: u.Message.Text}
	for _, address := range []string{u.Message.Photo, u.Message.Voice} {
		if address == "" {
			continue
		}
		f, err := messenger.Fetch(ctx, c.client, address)
		if err != nil {
			return bot.Reply{}, err
		}
		t.Files, t.Text = append(t.Files, f), u.Message.Caption
	}
	return c.handler.Handle(ctx, t)
}

// Send implements messenger.Channel.
func (c *Channel) Send(ctx context.Context, kept messenger.Update, r bot.Reply) error {
	u, err := read(kept.Body)
	if err != nil {
		return err
	}
	if err := c.flow.Wait(ctx); err != nil {
		return &messenger.LaterError{Err: errors.New("stopped")}
	}
	_, status, err := c.call(ctx, "sendMessage", map[string]string{"chat_id": u.Message.Chat.ID, "text": messenger.Plain(r, maxText)})
	if err == nil {
		return nil
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &messenger.LaterError{Err: errors.New("zalo bot platform cannot be reached")}
	}
	switch {
	case status == 0:
		return &messenger.LaterError{Maybe: true, Err: err}
	case status == http.StatusForbidden:
		return messenger.ErrGone
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusNotFound}, status):
		return &messenger.LaterError{After: time.Minute, Err: err} // the token: an admin may mend it in time
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return &messenger.LaterError{After: time.Second, Err: err}
	}
	return err
}
