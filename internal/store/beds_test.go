package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

// server is one PostgreSQL server for all tests of the package, started by the
// first that wants one.
var server = sync.OnceValues(func() (*storetest.Postgres, error) {
	return storetest.StartPostgres(context.Background())
})

// bed is where the databases of one test are.
type bed struct {
	folder  string
	address string // "" for SQLite
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, f func(t *testing.T, b bed)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, bed{folder: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { f(t, newPostgres(t)) })
}

func newPostgres(tb testing.TB) bed {
	tb.Helper()
	s, err := server()
	if errors.Is(err, storetest.ErrNoPostgres) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return bed{folder: tb.TempDir(), address: s.Database(tb)}
}

// open opens the database once more, as another process does.
func (b bed) open(tb testing.TB, now func() time.Time) *store.DB {
	tb.Helper()
	return storetest.OpenAt(tb, b.folder, b.address, now)
}

// raw opens the database behind the program's back.
func (b bed) raw(t *testing.T) *sql.DB {
	t.Helper()
	driver, source := "sqlite", filepath.Join(b.folder, store.File)
	if b.address != "" {
		driver, source = "pgx", b.address
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// has reports whether a text stands in the database.
func (b bed) has(t *testing.T, text string) bool {
	t.Helper()
	if b.address != "" {
		s, err := server()
		if err != nil {
			t.Fatal(err)
		}
		return s.Has(t, b.address, text)
	}
	for _, name := range []string{store.File, store.File + "-wal"} {
		data, err := os.ReadFile(filepath.Join(b.folder, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			return true
		}
	}
	return false
}
