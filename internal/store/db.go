package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/trolyao/trolyao/handoff"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB keeps everything durably. A change that Commit has returned from survives
// a crash of the program and of the machine.
type DB struct {
	keys   *Keys
	sealer *handoff.Sealer
	now    func() time.Time
	log    *slog.Logger

	write  *sql.DB // one connection, used by the writer once the file is prepared
	read   *sql.DB
	writer *writer

	submitted func() // called after a report was committed

	prepared sync.Map // *sql.Stmt by text, of the readers
}

// one reads one row by a statement that is prepared once.
func (db *DB) one(ctx context.Context, text string, args ...any) *sql.Row {
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
	Sealer *handoff.Sealer
	Now    func() time.Time
	Log    *slog.Logger
	// Submitted is called after a report was committed. It must not block.
	Submitted func()
}

// File is the name of the database in the data folder.
const File = "trolyao.db"

// readers is how many reads run side by side.
const readers = 4

// Open opens the database of a data folder, making or upgrading it as needed.
// A damaged one is refused: writing on would make it worse.
func Open(ctx context.Context, folder string, o Options) (*DB, error) {
	keys, err := OpenKeys(folder)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, File)
	db := &DB{keys: keys, sealer: o.Sealer, now: o.Now, log: o.Log, submitted: o.Submitted}
	if db.write, err = openSQLite(file, 1); err != nil {
		return nil, err
	}
	if db.read, err = openSQLite(file, readers); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if err := db.prepare(ctx, file); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.writer = newWriter(db.write)
	return db, nil
}

// openSQLite opens the file. Every commit is on the disk before it returns;
// deleted content is overwritten.
func openSQLite(file string, connections int) (*sql.DB, error) {
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)", "secure_delete(1)", "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+pragmas.Encode())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// prepare checks the file and brings it to the newest form.
func (db *DB) prepare(ctx context.Context, file string) error {
	var verdict string
	if err := db.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("không mở được cơ sở dữ liệu %s (đĩa đầy, thiếu quyền ghi, hoặc tệp hỏng; xem docs/runbook.md): %w", file, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("cơ sở dữ liệu %s bị hỏng (%s); cách khôi phục: docs/runbook.md", file, verdict)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return fmt.Errorf("không đặt được quyền riêng cho %s: %w", file, err)
	}
	if err := db.migrate(ctx); err != nil {
		return fmt.Errorf("nâng cấp cơ sở dữ liệu %s: %w", file, err)
	}
	return nil
}

// migrate runs what is new among the migrations, each in one transaction with
// the version it leads to.
func (db *DB) migrate(ctx context.Context) error {
	var version int
	if err := db.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		number, err := strconv.Atoi(strings.SplitN(path.Base(name), "_", 2)[0])
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		if number <= version {
			continue
		}
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return err
		}
		if err := db.migration(ctx, string(text)+"\n;"+guards, number); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

func (db *DB) migration(ctx context.Context, text string, number int) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "{{blob}}", "BLOB") + "\n;PRAGMA user_version = " + strconv.Itoa(number)
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// guards let the custody record grow and nothing else.
const guards = `
CREATE TRIGGER IF NOT EXISTS custody_no_update BEFORE UPDATE ON custody BEGIN SELECT RAISE(ABORT, 'custody is append-only'); END;
CREATE TRIGGER IF NOT EXISTS custody_no_delete BEFORE DELETE ON custody BEGIN SELECT RAISE(ABORT, 'custody is append-only'); END;`

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

// tx runs f in one transaction: all of it is kept, durably, or nothing.
func (db *DB) tx(ctx context.Context, f func(tx *sql.Tx) error) error { return db.writer.write(ctx, f) }

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
