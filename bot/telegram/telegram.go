// Package telegram is the channel for Telegram. It takes updates by long polling
// or by webhook, keeps each before Telegram is told that it has arrived, and
// sends replies as HTML with keys to press. Sending and the kinds of things are
// the library's; receiving is our own, because the library acknowledges updates
// before they are handled.
package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	tg "github.com/go-telegram/bot"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// Config is how the channel reaches Telegram.
type Config struct {
	Token string
	API   string // address of the Bot API
	// Webhook is the public address for updates; "" polls.
	Webhook string
	// Secret is what Telegram sends with every update to the webhook; "" makes
	// one from the token.
	Secret string
	Admins []int64 // user ids that may give orders
	// PerSecond is how many messages are sent a second; 0 is a little below what
	// Telegram takes (https://core.telegram.org/bots/faq).
	PerSecond int
	Desk      messenger.Config
	// Forged counts requests to the webhook that were dropped.
	Forged func()
}

// Admin carries out the orders of admins. What it returns is for them to read.
type Admin interface {
	Reindex(ctx context.Context) (string, error)
	Status(ctx context.Context) (string, error)
}

// Channel is the Telegram channel.
type Channel struct {
	cfg     Config
	health  messenger.Health
	id      string // of the bot, the start of its token
	handler bot.Handler
	admin   Admin
	log     *slog.Logger
	now     func() time.Time
	api     *tg.Bot
	client  *http.Client
	desk    *messenger.Desk
	flow    *rate.Limiter

	mu       sync.Mutex
	until    time.Time          // Telegram wants nothing sent before
	progress map[bot.TurnID]int // pages sent of replies that are not sent whole
	username string             // once known
	blocked  map[int64]bool     // chats that take nothing from us
}

const perSecond = 25

// requestWithin is how long a call of the API may take.
const requestWithin = 20 * time.Second

// New returns the channel. It does not call Telegram: the other channels must
// work when Telegram cannot be reached.
func New(cfg Config, handler bot.Handler, admin Admin, inbox messenger.Inbox, log *slog.Logger, now func() time.Time) (*Channel, error) {
	id, secret, ok := strings.Cut(cfg.Token, ":")
	if !ok || id == "" || secret == "" || strings.ContainsAny(cfg.Token, "/ \t\r\n") {
		return nil, errors.New("mã Telegram không đúng dạng 123456:ABC…; chép lại từ BotFather")
	}
	if cfg.Secret == "" {
		cfg.Secret = secretFrom(cfg.Token)
	}
	if cfg.Forged == nil {
		cfg.Forged = func() {}
	}
	cfg.API = strings.TrimSuffix(cfg.API, "/")
	c := &Channel{
		cfg: cfg, id: id, handler: handler, admin: admin, log: log, now: now,
		client: messenger.NewClient(pollWithin + requestWithin), flow: messenger.NewFlow(cfg.PerSecond, perSecond),
		progress: map[bot.TurnID]int{}, blocked: map[int64]bool{},
	}
	api, err := tg.New(cfg.Token, tg.WithSkipGetMe(), tg.WithServerURL(cfg.API), tg.WithHTTPClient(time.Minute, sender{messenger.NewClient(requestWithin)}),
		tg.WithErrorsHandler(func(error) {})) // it speaks of what it could not read, word for word
	if err != nil {
		return nil, errors.New("telegram client not made")
	}
	c.api = api
	c.desk = messenger.NewDesk(cfg.Desk, c, inbox, log, now)
	return c, nil
}

// secretFrom makes the webhook's secret, the same for every replica.
func secretFrom(token string) string {
	h := hmac.New(sha256.New, []byte(token))
	_, _ = h.Write([]byte("trolyao telegram webhook"))
	return hex.EncodeToString(h.Sum(nil))
}

// Name implements messenger.Channel.
func (c *Channel) Name() string { return "telegram" }

// Waiting returns how many updates have no sent reply yet.
func (c *Channel) Waiting() int { return c.desk.Waiting() }

// Trouble is what an admin must look at, in Vietnamese; "" when there is nothing.
func (c *Channel) Trouble() string { return c.health.Trouble() }

// Routes adds the webhook's route, when there is a webhook.
func (c *Channel) Routes(mux *http.ServeMux) {
	messenger.SecretWebhook(mux, c.cfg.Webhook, "/webhook/telegram", "X-Telegram-Bot-Api-Secret-Token", c.cfg.Secret, messenger.Webhook{
		Log: c.log, Drop: c.cfg.Forged, Accept: func(r *http.Request, body []byte) error { return c.take(r.Context(), body) },
	})
}

// Run receives, answers and sends until ctx ends.
func (c *Channel) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.desk.Run(ctx) })
	g.Go(func() error {
		c.introduce(ctx)
		if c.cfg.Webhook == "" {
			c.poll(ctx)
		}
		return nil
	})
	return g.Wait()
}

// introduce tells Telegram how updates are to come, until it has heard, and
// which commands there are.
func (c *Channel) introduce(ctx context.Context) {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		err := c.connect(ctx)
		if err == nil {
			c.health.Set("")
			break
		}
		c.health.Set("chưa nối được với Telegram")
		c.log.WarnContext(ctx, "telegram is not reached yet", "channel", c.Name(), "err", plain(err))
		messenger.Wait(ctx, pause)
	}
	if _, err := c.api.SetMyCommands(ctx, commands()); err != nil && ctx.Err() == nil {
		c.log.InfoContext(ctx, "telegram commands not set", "channel", c.Name(), "err", plain(err))
	}
}

func (c *Channel) connect(ctx context.Context) error {
	me, err := c.api.GetMe(ctx)
	if err != nil {
		return fmt.Errorf("getMe: %w", err)
	}
	c.mu.Lock()
	c.username = me.Username
	c.mu.Unlock()
	if c.cfg.Webhook == "" {
		if _, err := c.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{}); err != nil {
			return fmt.Errorf("deleteWebhook: %w", err)
		}
		return nil
	}
	_, err = c.api.SetWebhook(ctx, &tg.SetWebhookParams{URL: c.cfg.Webhook, SecretToken: c.cfg.Secret, AllowedUpdates: allowed(), MaxConnections: deliveries})
	if err != nil {
		return fmt.Errorf("setWebhook: %w", err)
	}
	return nil
}

// deliveries is how many updates Telegram may deliver at once.
const deliveries = 20

func allowed() []string { return []string{"message", "callback_query", "my_chat_member"} }
