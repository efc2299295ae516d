// Package store keeps what must outlive the program: conversations and what was
// replied, updates that wait for a reply, what channels remember, reports with
// their custody record, publications. It is what bot, messenger, zalo, handoff
// and publish each ask for as their store, on SQLite and on PostgreSQL. It does
// not know how replies are decided, nor what any network is like.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trolyao/trolyao/handoff"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB keeps everything durably. A change that Commit has returned from survives
// a crash of the program and of the machine.
type DB struct {
	dialect

	keys   *keys
	sealer *handoff.Sealer
	now    func() time.Time
	log    *slog.Logger
	holder string // this process among those that share the database, "" when none does

	write  *sql.DB // of SQLite one connection, used by the writer once the file is prepared
	read   *sql.DB
	writer interface {
		write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error
		close()
	}

	submitted func() // called after a report was committed

	prepared sync.Map // *sql.Stmt by text, of the readers
}

// one reads one row by a statement that is prepared once.
func (db *DB) one(ctx context.Context, text string, args ...any) *sql.Row {
	if db.shared { // its driver prepares by itself, as far as what is in between lets it
		return db.read.QueryRowContext(ctx, text, args...)
	}
	s, ok := db.prepared.Load(text)
	if !ok {
		fresh, err := db.read.PrepareContext(ctx, text)
		if err != nil {
			return db.read.QueryRowContext(ctx, text, args...) // which tells what is wrong
		}
		var raced bool
		if s, raced = db.prepared.LoadOrStore(text, fresh); raced {
			_ = fresh.Close() //nolint:sqlclosecheck // the other one serves for good
		}
	}
	return s.(*sql.Stmt).QueryRowContext(ctx, args...) //nolint:forcetypeassert // the map holds nothing else
}

// Options are what a database is opened with.
type Options struct {
	// Address of a PostgreSQL database, postgres://…; "" is SQLite in the data
	// folder. It holds a password and appears in no error.
	Address string
	Sealer  *handoff.Sealer
	Now     func() time.Time
	Log     *slog.Logger
	// Submitted is called after a report was committed. It must not block.
	Submitted func()
}

// Open opens the database, making or upgrading it as needed. The keys are in the
// data folder, wherever the database is.
func Open(ctx context.Context, folder string, o Options) (*DB, error) {
	keys, err := openKeys(folder)
	if err != nil {
		return nil, err
	}
	db := &DB{keys: keys, sealer: o.Sealer, now: o.Now, log: o.Log, submitted: o.Submitted}
	if o.Address == "" {
		err = db.openSQLite(ctx, folder)
	} else {
		err = db.openPostgres(ctx, o.Address)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// migration is one step to the newest form of the database.
type migration struct {
	number int
	text   string
}

// migrationsAfter returns the steps that a database of a version lacks, in order.
func migrationsAfter(version int, d dialect) ([]migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, name := range names {
		number, err := strconv.Atoi(strings.SplitN(path.Base(name), "_", 2)[0])
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, err
		}
		if number > version {
			all = append(all, migration{number, strings.ReplaceAll(string(text), "{{blob}}", d.blob)})
		}
	}
	return all, nil
}

// Close closes the database. What was committed stays.
func (db *DB) Close() error {
	if db.writer != nil {
		db.writer.close()
	}
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Ready reports whether the database answers.
func (db *DB) Ready(ctx context.Context) error {
	var one int
	return db.read.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// tx runs f in one transaction: all of it is kept, durably, or nothing. f may be
// run again when nothing of it was kept. Its statements run under the context it
// is given, which ctx does not end: what has begun is finished.
func (db *DB) tx(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	return db.writer.write(ctx, f)
}

// exec runs statements that need no result, one after another.
func exec(ctx context.Context, tx *sql.Tx, statements ...statement) error {
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

type statement struct {
	text string
	args []any
}

func do(text string, args ...any) statement { return statement{text, args} }

// affected runs a statement and returns how many rows it changed.
func affected(ctx context.Context, tx *sql.Tx, text string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// plain is a text as both databases can keep it.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
