package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/telegram"
	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/bot/zalobot"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/console"
	"github.com/trolyao/trolyao/internal/publish"
)

// channel is a messenger through which people ask.
type channel interface {
	Name() string
	Routes(mux *http.ServeMux)
	Run(ctx context.Context) error
	Waiting() int
	Trouble() string
}

// channelStates tells the console how the messengers are.
func (a *App) channelStates() []console.Channel {
	titles := map[string]string{"telegram": "Telegram", "zalo": "Zalo OA", "zalobot": "Zalo Bot"}
	var out []console.Channel
	for _, c := range a.channels {
		out = append(out, console.Channel{Name: titles[c.Name()], Waiting: c.Waiting(), Trouble: c.Trouble()})
	}
	return out
}

// openChannels makes the channels that are set.
func (a *App) openChannels(cfg configs.Config, handler bot.Handler, m *metrics) error {
	for _, open := range []func(configs.Config, bot.Handler, *metrics) (channel, error){a.openTelegram, a.openZalo, a.openZaloBot} {
		c, err := open(cfg, handler, m)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		a.channels = append(a.channels, c)
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "trolyao_updates_waiting", Help: "Updates of a messenger whose reply has not been sent yet.",
			ConstLabels: prometheus.Labels{"channel": c.Name()},
		}, func() float64 { return float64(c.Waiting()) }))
	}
	return nil
}

// secret reads a secret file; "" reads nothing.
func secret(key, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return strings.TrimSpace(string(data)), nil
}

// secrets reads several, by key.
func secrets(files map[string]string) (map[string]string, error) {
	all := map[string]string{}
	var problems []error
	for key, file := range files {
		var err error
		if all[key], err = secret(key, file); err != nil {
			problems = append(problems, err)
		}
	}
	return all, errors.Join(problems...)
}

func (a *App) openTelegram(cfg configs.Config, handler bot.Handler, m *metrics) (channel, error) {
	t := cfg.Telegram
	if t.TokenFile == "" {
		return nil, nil //nolint:nilnil // a channel that is not set is none
	}
	s, err := secrets(map[string]string{"telegram.token_file": t.TokenFile, "telegram.secret_file": t.SecretFile})
	if err != nil {
		return nil, err
	}
	webhook := ""
	if t.Mode == "webhook" {
		webhook = t.WebhookURL
	}
	c, err := telegram.New(telegram.Config{
		Token: s["telegram.token_file"], API: t.API, Webhook: webhook, Secret: s["telegram.secret_file"], Admins: t.Admins, PerSecond: t.PerSecond,
		Desk: m.desk("telegram"), Forged: m.forged("telegram"),
	}, handler, a, a.store, a.log, time.Now)
	if err != nil {
		return nil, fmt.Errorf("telegram.token_file: %w", err)
	}
	return c, nil
}

func (a *App) openZalo(cfg configs.Config, handler bot.Handler, m *metrics) (channel, error) {
	z := cfg.Zalo
	if z.AppID == "" {
		return nil, nil //nolint:nilnil // a channel that is not set is none
	}
	s, err := secrets(map[string]string{"zalo.app_secret_file": z.AppSecretFile, "zalo.oa_secret_file": z.OASecretFile})
	if err != nil {
		return nil, err
	}
	seed, err := zaloSeed(cfg)
	if err != nil {
		return nil, err
	}
	quota := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "trolyao_zalo_quota_remaining", Help: "What Zalo said remained after the last message, by what it counted against; \"reply\" is free. -1: not said.",
	}, []string{"kind"})
	counted := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "trolyao_zalo_messages_total", Help: "Messages sent to Zalo, by what they counted against; \"reply\" is free.",
	}, []string{"kind"})
	c, err := zalo.New(zalo.Config{
		AppID: z.AppID, OAID: z.OAID, AppSecret: s["zalo.app_secret_file"], OASecret: s["zalo.oa_secret_file"], Seed: seed,
		API: z.API, OAuth: z.OAuth, PerSecond: z.PerSecond, Desk: m.desk("zalo"), Forged: m.forged("zalo"),
		Quota: func(kind string, remain int) {
			kind = quotaKind(kind)
			quota.WithLabelValues(kind).Set(float64(remain))
			counted.WithLabelValues(kind).Inc()
		},
	}, handler, a.store, a.store, a.log, time.Now)
	if err != nil {
		return nil, err
	}
	m.registry.MustRegister(quota, counted, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "trolyao_zalo_consent_needed", Help: "1 when Zalo gives no new tokens and an admin must run \"trolyao zalo login\".",
	}, func() float64 {
		if c.NeedsConsent() {
			return 1
		}
		return 0
	}))
	return c, nil
}

// quotaKind keeps the labels of a metric few, whatever Zalo sends.
func quotaKind(kind string) string {
	if slices.Contains([]string{"reply", "sub_quota", "purchase_quota", "reward_quota", "charged"}, kind) {
		return kind
	}
	return "other"
}

// zaloSeed reads the refresh token to begin with. Its file may be gone: it is
// used once.
func zaloSeed(cfg configs.Config) (string, error) {
	seed, err := secret("zalo.refresh_token_file", cfg.Zalo.RefreshTokenFile)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return seed, err
}

func (a *App) openZaloBot(cfg configs.Config, handler bot.Handler, m *metrics) (channel, error) {
	z := cfg.ZaloBot
	if z.TokenFile == "" {
		return nil, nil //nolint:nilnil // a channel that is not set is none
	}
	s, err := secrets(map[string]string{"zalo_bot.token_file": z.TokenFile, "zalo_bot.secret_file": z.SecretFile})
	if err != nil {
		return nil, err
	}
	c, err := zalobot.New(zalobot.Config{
		Token: s["zalo_bot.token_file"], API: z.API, Webhook: z.WebhookURL, Secret: s["zalo_bot.secret_file"], PerSecond: z.PerSecond,
		Desk: m.desk("zalobot"), Forged: m.forged("zalobot"),
	}, handler, a.store, a.log, time.Now)
	if err != nil {
		return nil, fmt.Errorf("zalo_bot.token_file: %w", err)
	}
	return c, nil
}

// ZaloTokens are the account's tokens, for commands that look after them beside
// a running server.
func ZaloTokens(cfg configs.Config, state zalo.State) (*zalo.Tokens, error) {
	if cfg.Zalo.AppID == "" {
		return nil, errors.New("zalo.app_id: chưa đặt; xem docs/kenh-zalo.md")
	}
	appSecret, err := secret("zalo.app_secret_file", cfg.Zalo.AppSecretFile)
	if err != nil {
		return nil, err
	}
	seed, err := zaloSeed(cfg)
	if err != nil {
		return nil, err
	}
	return zalo.NewTokens(zalo.TokenConfig{AppID: cfg.Zalo.AppID, AppSecret: appSecret, OAuth: strings.TrimSuffix(cfg.Zalo.OAuth, "/"), Seed: seed},
		state, messenger.NewClient(tokenWithin), slog.New(slog.DiscardHandler), time.Now), nil
}

// tokenWithin is how long the token service may take.
const tokenWithin = 20 * time.Second

// Reindex implements telegram.Admin.
func (a *App) Reindex(ctx context.Context) (string, error) {
	p, err := a.publisher.Publish(ctx, publish.Request{By: publish.ByTelegram})
	r := publish.NewReport(p, err)
	if r.Error != "" {
		return fmt.Sprintf("Kho mới bị từ chối, bản cũ vẫn chạy: %s. Xem bảng điều khiển để biết chi tiết.", r.Error), nil
	}
	said := fmt.Sprintf("Đã đưa lên bản kho %s, %d bài.", r.Version, articles(a.index))
	if r.Unrecorded != "" {
		said += " Chú ý: " + r.Unrecorded + "."
	}
	return said, nil
}

// Status implements telegram.Admin.
func (a *App) Status(ctx context.Context) (string, error) {
	out, err := a.store.Outbox(ctx)
	if err != nil {
		return "", err
	}
	lines := []string{
		fmt.Sprintf("Kho tri thức: %d bài.", articles(a.index)),
		fmt.Sprintf("Đơn tố giác: %d chờ chuyển, %d bị từ chối, %d đã chuyển.", out.Pending, out.Stuck, out.Delivered),
	}
	if a.outbox == nil {
		lines = append(lines, "CHƯA nối với cơ quan tiếp nhận.")
	}
	for _, c := range a.channels {
		line := fmt.Sprintf("Kênh %s: %d tin chờ trả lời.", c.Name(), c.Waiting())
		if trouble := c.Trouble(); trouble != "" {
			line += " Trục trặc: " + trouble + "."
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}
