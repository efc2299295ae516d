package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// File is the name of the database in the data folder.
const File = "trolyao.db"

// sqliteReaders is how many reads run side by side.
const sqliteReaders = 4

func sqlite() dialect {
	return dialect{blob: "BLOB", beginReading: "BEGIN DEFERRED", guards: `
CREATE TRIGGER IF NOT EXISTS custody_no_update BEFORE UPDATE ON custody BEGIN SELECT RAISE(ABORT, 'custody is append-only'); END;
CREATE TRIGGER IF NOT EXISTS custody_no_delete BEFORE DELETE ON custody BEGIN SELECT RAISE(ABORT, 'custody is append-only'); END;`}
}

// openSQLite opens the database of a data folder. A damaged one is refused:
// writing on would make it worse.
func (db *DB) openSQLite(ctx context.Context, folder string) (err error) {
	file := filepath.Join(folder, File)
	db.dialect = sqlite()
	if db.write, err = openFile(file, 1); err != nil {
		return err
	}
	if db.read, err = openFile(file, sqliteReaders); err != nil {
		return err
	}
	if err := db.prepareSQLite(ctx, file); err != nil {
		return err
	}
	db.writer = newWriter(db.write)
	return nil
}

// openFile opens the file. Every commit is on the disk before it returns;
// deleted content is overwritten.
func openFile(file string, connections int) (*sql.DB, error) {
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

// prepareSQLite checks the file and brings it to the newest form.
func (db *DB) prepareSQLite(ctx context.Context, file string) error {
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
	if err := db.migrateSQLite(ctx); err != nil {
		return fmt.Errorf("nâng cấp cơ sở dữ liệu %s: %w", file, err)
	}
	return nil
}

// migrateSQLite runs what is new among the migrations, each in one transaction
// with the version it leads to.
func (db *DB) migrateSQLite(ctx context.Context) error {
	var version int
	if err := db.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	all, err := migrationsAfter(version, db.dialect)
	if err != nil {
		return err
	}
	for _, m := range all {
		tx, err := db.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		text := m.text + "\n;" + db.guards + "\n;PRAGMA user_version = " + strconv.Itoa(m.number) //nolint:gosec // all of it is ours
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("migration %d: %w", m.number, errors.Join(err, tx.Rollback()))
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migration %d: %w", m.number, err)
		}
	}
	return nil
}
