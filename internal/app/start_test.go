package app_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/knowledge"
)

// BenchmarkStart is everything between the start of the program and its first
// answer: load, index, learn.
func BenchmarkStart(b *testing.B) {
	for range b.N {
		m, problems, err := app.NewMemory(b.Context(), configs.Config{}, knowledge.Embedded(), slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			b.Fatal(err, problems)
		}
		m.Close()
	}
}
