package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store"
)

// newSealer returns what seals and opens reports.
func newSealer(cfg configs.Config) (*handoff.Sealer, error) {
	sealer, err := handoff.NewSealer(cfg.Handoff.Recipient, filepath.Join(cfg.Data, handoff.KeyFile))
	if err != nil {
		return nil, fmt.Errorf("handoff.recipient: %w", err)
	}
	return sealer, nil
}

// errNoDatabase is returned when nothing was ever kept in the data folder.
var errNoDatabase = errors.New("chưa có cơ sở dữ liệu; nêu --data hoặc --config của máy chủ, hoặc chạy trolyao serve trước")

// OpenStore opens the database of the data folder, for commands that look after
// reports beside a running server.
func OpenStore(ctx context.Context, cfg configs.Config, log *slog.Logger) (*store.DB, error) {
	if !hasDatabase(cfg) {
		return nil, fmt.Errorf("thư mục dữ liệu %s %w", cfg.Data, errNoDatabase)
	}
	sealer, err := newSealer(cfg)
	if err != nil {
		return nil, err
	}
	return openDatabase(ctx, cfg, store.Options{Sealer: sealer, Log: log})
}

// hasDatabase reports whether a server has ever run here. A shared database
// leaves its key.
func hasDatabase(cfg configs.Config) bool {
	file := store.File
	if cfg.Store != "" || cfg.StoreFile != "" {
		file = store.KeyFile
	}
	_, err := os.Stat(filepath.Join(cfg.Data, file))
	return err == nil
}

// openDatabase opens the database that the settings name.
func openDatabase(ctx context.Context, cfg configs.Config, o store.Options) (*store.DB, error) {
	address, err := cfg.Database()
	if err != nil {
		return nil, err
	}
	o.Address, o.Now = address, time.Now
	db, err := store.Open(ctx, cfg.Data, o)
	if err != nil && address != "" {
		return nil, fmt.Errorf("store: %w", err)
	}
	return db, err
}

// openStore opens the database and what carries reports out of it.
func (a *App) openStore(ctx context.Context, cfg configs.Config) error {
	sealer, err := newSealer(cfg)
	if err != nil {
		return err
	}
	a.store, err = openDatabase(ctx, cfg, store.Options{Sealer: sealer, Log: a.log, Submitted: func() {
		if a.outbox != nil {
			a.outbox.Wake()
		}
	}})
	if err != nil {
		return err
	}
	a.cleanups.add("database", func(context.Context) error { return a.store.Close() })
	a.retention = store.Retention{Conversations: cfg.Retention.Conversations, ReportsAfterAck: cfg.Retention.ReportsAfterAck, Unanswered: cfg.Retention.Unanswered}
	if err := a.store.Purge(ctx, a.retention); err != nil {
		return fmt.Errorf("không ghi được cơ sở dữ liệu (thư mục dữ liệu %s: đĩa đầy, hoặc chỉ đọc?): %w", cfg.Data, err)
	}
	if cfg.Handoff.Endpoint == "" {
		return nil
	}
	secret, err := os.ReadFile(cfg.Handoff.SecretFile)
	if err != nil {
		return fmt.Errorf("handoff.secret_file: %w", err)
	}
	client, err := handoff.NewClient(cfg.Handoff.Endpoint, secret, cfg.Handoff.Timeout, time.Now)
	if err != nil {
		return fmt.Errorf("handoff.secret_file: %w", err)
	}
	a.outbox = handoff.NewOutbox(a.store, sealer, client, cfg.Handoff.Timeout, a.log, time.Now)
	return nil
}

const (
	purgeEvery = time.Minute
	// lateAfter is how long a report may wait for the agency before an admin is
	// alarmed.
	lateAfter  = 15 * time.Minute
	alarmEvery = time.Hour
)

// keepHouse purges what has been kept long enough, and alarms when reports wait
// too long, until ctx ends.
func (a *App) keepHouse(ctx context.Context) {
	ticks := time.NewTicker(purgeEvery)
	defer ticks.Stop()
	var alarmed time.Time
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		if err := a.store.Purge(ctx, a.retention); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "old data not deleted", "err", err)
		}
		if now := time.Now(); now.Sub(alarmed) >= alarmEvery && a.alarm(ctx, now) {
			alarmed = now
		}
	}
}

// alarm logs that reports wait too long, and reports whether it did.
func (a *App) alarm(ctx context.Context, now time.Time) bool {
	o, err := a.store.Outbox(ctx)
	if err != nil {
		a.log.ErrorContext(ctx, "outbox not readable", "err", err)
		return false
	}
	if o.Stuck == 0 && (o.Pending == 0 || now.Sub(o.Oldest) < lateAfter) {
		return false
	}
	a.log.ErrorContext(ctx, "reports are waiting", "pending", o.Pending, "stuck", o.Stuck, "oldest", o.Oldest, "connected", a.outbox != nil)
	return true
}

// runReports delivers reports and keeps house until ctx ends.
func (a *App) runReports(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.keepHouse(ctx)
	}()
	var err error
	if a.outbox != nil {
		err = a.outbox.Run(ctx)
	}
	<-done
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
