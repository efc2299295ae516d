// Package zalo is the channel for a Zalo Official Account. Its webhook proves
// that an event comes from Zalo, keeps it, and answers within the two seconds
// that Zalo waits; replies are sent afterwards, one message each, for every
// message counts against the account's free ones.
package zalo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// Config is how the channel reaches Zalo.
type Config struct {
	AppID     string
	OAID      string // of the Official Account
	AppSecret string
	OASecret  string // signs the webhook's events; not the app's secret
	// Seed is a refresh token to begin with. It is used once; later ones are
	// kept in the store.
	Seed  string
	API   string // address of the OpenAPI
	OAuth string // address of the token service
	// PerSecond is how many messages are sent a second. Zalo's bound is not
	// published; 0 is half of what others report to work.
	PerSecond int
	Desk      messenger.Config
	// Forged counts requests to the webhook that were dropped.
	Forged func()
	// Quota is told, after every message sent, against what it counted
	// ("reply" is free) and how many remain; -1 when Zalo does not say.
	Quota func(kind string, remain int)
}

// WebhookPath is where Zalo delivers events.
const WebhookPath = "/webhook/zalo"

// Channel is the Zalo channel.
type Channel struct {
	cfg     Config
	handler bot.Handler
	log     *slog.Logger
	now     func() time.Time
	client  *http.Client
	tokens  *Tokens
	desk    *messenger.Desk
	flow    *rate.Limiter

	mu    sync.Mutex
	bare  time.Time // no buttons are sent before: the account may not
	until time.Time // nothing is sent before: too many calls
}

const perSecond = 10

// requestWithin is how long a call of the API may take.
const requestWithin = 20 * time.Second

// New returns the channel. It does not call Zalo.
func New(cfg Config, handler bot.Handler, inbox messenger.Inbox, state State, log *slog.Logger, now func() time.Time) (*Channel, error) {
	for key, read := range map[string]string{"zalo.app_secret_file": cfg.AppSecret, "zalo.oa_secret_file": cfg.OASecret} {
		if read == "" {
			return nil, errors.New(key + ": tệp trống")
		}
	}
	if cfg.Forged == nil {
		cfg.Forged = func() {}
	}
	if cfg.Quota == nil {
		cfg.Quota = func(string, int) {}
	}
	cfg.API, cfg.OAuth = strings.TrimSuffix(cfg.API, "/"), strings.TrimSuffix(cfg.OAuth, "/")
	client := messenger.NewClient(requestWithin)
	c := &Channel{
		cfg: cfg, handler: handler, log: log, now: now, client: client, flow: messenger.NewFlow(cfg.PerSecond, perSecond),
		tokens: NewTokens(TokenConfig{AppID: cfg.AppID, AppSecret: cfg.AppSecret, OAuth: cfg.OAuth, Seed: cfg.Seed}, state, client, log, now),
	}
	c.desk = messenger.NewDesk(cfg.Desk, c, inbox, log, now)
	return c, nil
}

// Name implements messenger.Channel.
func (c *Channel) Name() string { return "zalo" }

// Waiting returns how many events have no sent reply yet.
func (c *Channel) Waiting() int { return c.desk.Waiting() }

// NeedsConsent reports whether nothing can be sent before an admin has had the
// account's owner consent again.
func (c *Channel) NeedsConsent() bool { return c.tokens.NeedsConsent() }

// Trouble is what an admin must look at, in Vietnamese; "" when there is nothing.
func (c *Channel) Trouble() string {
	if c.NeedsConsent() {
		return "Zalo không cấp mã truy cập mới, không gửi được tin; chạy trolyao zalo login"
	}
	return ""
}

// Routes adds the webhook's route.
func (c *Channel) Routes(mux *http.ServeMux) {
	mux.Handle(WebhookPath, messenger.Webhook{Log: c.log, Drop: c.cfg.Forged, Accept: c.accept, ForgedStatus: http.StatusOK})
}

// Run answers, sends, and keeps the tokens fresh until ctx ends.
func (c *Channel) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.desk.Run(ctx) })
	g.Go(func() error {
		c.tokens.Keep(ctx)
		return nil
	})
	return g.Wait()
}
