// Package storetest opens databases for tests.
package storetest

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store"
)

// Open opens the database of a folder, and closes it when the test ends.
func Open(tb testing.TB, folder string, now func() time.Time) *store.DB {
	tb.Helper()
	return OpenAt(tb, folder, "", now)
}

// OpenAt opens the database at an address, with the keys of a folder, and closes
// it when the test ends. "" is the folder's own.
func OpenAt(tb testing.TB, folder, address string, now func() time.Time) *store.DB {
	tb.Helper()
	sealer, err := handoff.NewSealer("", filepath.Join(folder, handoff.KeyFile))
	if err != nil {
		tb.Fatal(err)
	}
	db, err := store.Open(tb.Context(), folder, store.Options{Address: address, Sealer: sealer, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}
