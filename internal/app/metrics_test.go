package app_test

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/store"
)

// TestReportMetrics wants the outbox to be told as it is, and not as empty when it
// cannot be read.
func TestReportMetrics(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cfg, err := configs.Load("", map[string]any{"listen": "127.0.0.1:0", "admin.listen": "127.0.0.1:0", "data": data})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	a, err := app.New(ctx, cfg, small(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	_, admin := a.Addresses()
	db, err := sql.Open("sqlite", filepath.Join(data, store.File))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := []string{"trolyao_reports_pending", "trolyao_reports_stuck", "trolyao_reports_delivered", "trolyao_handoff_oldest_pending_seconds"}
	for _, state := range []struct {
		readable bool
		sql      string
	}{{true, "SELECT 1"}, {false, "ALTER TABLE reports RENAME TO away"}, {true, "ALTER TABLE away RENAME TO reports"}} {
		if _, err := db.ExecContext(t.Context(), state.sql); err != nil {
			t.Fatal(err)
		}
		page := scrape(t, admin)
		for _, name := range names {
			if got := strings.Contains(page, "\n"+name+" 0\n"); got != state.readable {
				t.Errorf("after %q: %s is told: %v", state.sql, name, got)
			}
		}
		if !strings.Contains(page, "\ntrolyao_articles 1\n") {
			t.Errorf("after %q the others are not told:\n%.300s", state.sql, page)
		}
	}
}

func scrape(t *testing.T, admin string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return string(page)
}
