package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/trolyao/trolyao/handoff"
)

func postgres() dialect {
	return dialect{
		blob: "BYTEA", beginReading: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", claim: " FOR UPDATE SKIP LOCKED", lockText: "SELECT pg_advisory_xact_lock($1)", shared: true,
		guards: `
CREATE OR REPLACE FUNCTION custody_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'custody is append-only'; END $$;
DROP TRIGGER IF EXISTS custody_no_update ON custody;
DROP TRIGGER IF EXISTS custody_no_delete ON custody;
CREATE TRIGGER custody_no_update BEFORE UPDATE ON custody FOR EACH ROW EXECUTE FUNCTION custody_only_grows();
CREATE TRIGGER custody_no_delete BEFORE DELETE OR TRUNCATE ON custody FOR EACH STATEMENT EXECUTE FUNCTION custody_only_grows();`,
	}
}

// What a process asks of the server.
const (
	// postgresConnections is how many of its connections a process takes at
	// most. A server allows a hundred by default.
	postgresConnections = 16
	connectWithin       = 5 * time.Second
)

// errAddress is returned for an address that cannot be read. It repeats nothing
// of it: there is a password in it.
var errAddress = errors.New("địa chỉ PostgreSQL không đúng dạng postgres://người-dùng:mật-khẩu@máy:cổng/tên")

// openPostgres opens a database that other processes may use at the same time.
func (db *DB) openPostgres(ctx context.Context, address string) error {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return errAddress // its words may repeat the password
	}
	if cfg.ConnectTimeout <= 0 || cfg.ConnectTimeout > connectWithin {
		cfg.ConnectTimeout = connectWithin
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "trolyao"
	}
	db.dialect, db.holder = postgres(), rand.Text()
	db.write = stdlib.OpenDB(*cfg)
	db.write.SetMaxOpenConns(postgresConnections)
	db.write.SetMaxIdleConns(postgresConnections)
	db.read = db.write
	db.writer = transactions{db.write, db.holder}
	if err := db.preparePostgres(ctx); err != nil {
		return fmt.Errorf("cơ sở dữ liệu PostgreSQL %s trên %s: %w", cfg.Database, cfg.Host, err)
	}
	return nil
}

var (
	errNotDurable = errors.New("synchronous_commit đang tắt, máy chủ hỏng thì mất đơn đã nhận; hãy bật lại cho cơ sở dữ liệu này")
	errOtherKey   = fmt.Errorf("tệp %s trong thư mục dữ liệu không phải khoá của cơ sở dữ liệu này; chép tệp ấy từ thư mục dữ liệu của máy đang chạy", KeyFile)
	errOtherSeal  = fmt.Errorf("tệp %s trong thư mục dữ liệu khác của các máy dùng chung cơ sở dữ liệu; chép tệp ấy từ máy đang chạy, hoặc đặt handoff.recipient", handoff.KeyFile)
)

// preparePostgres brings the database to the newest form, in one transaction,
// and makes sure that this process has the keys of the others.
func (db *DB) preparePostgres(ctx context.Context) error {
	return db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var durable string
		if err := tx.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&durable); err != nil {
			return err
		}
		if durable == "off" {
			return errNotDurable
		}
		if err := db.lock(ctx, tx, lockSchema); err != nil {
			return err
		}
		if err := db.migratePostgres(ctx, tx); err != nil {
			return err
		}
		return db.compareKeys(ctx, tx)
	})
}

func (db *DB) migratePostgres(ctx context.Context, tx *sql.Tx) error {
	if err := exec(ctx, tx, do("CREATE TABLE IF NOT EXISTS trolyao_schema (version INTEGER NOT NULL, key_check TEXT NOT NULL, seal_check TEXT NOT NULL)"),
		do("INSERT INTO trolyao_schema SELECT 0, '', '' WHERE NOT EXISTS (SELECT 1 FROM trolyao_schema)")); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, "SELECT version FROM trolyao_schema").Scan(&version); err != nil {
		return err
	}
	all, err := migrationsAfter(version, db.dialect)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := exec(ctx, tx, do(m.text+"\n;"+db.guards), do("UPDATE trolyao_schema SET version = $1", m.number)); err != nil {
			return fmt.Errorf("migration %d: %w", m.number, err)
		}
	}
	return nil
}

// compareKeys refuses keys that are not those of the processes that share the
// database: what one writes, the others could neither find nor read.
func (db *DB) compareKeys(ctx context.Context, tx *sql.Tx) error {
	var key, seal string
	if err := tx.QueryRowContext(ctx, "SELECT key_check, seal_check FROM trolyao_schema").Scan(&key, &seal); err != nil {
		return err
	}
	ours, oursSeal := db.keys.hide("key", "check"), ""
	if db.sealer != nil {
		oursSeal = db.sealer.LocalRecipient()
	}
	switch {
	case key != "" && key != ours:
		return errOtherKey
	case seal != "" && oursSeal != "" && seal != oursSeal:
		return errOtherSeal
	case seal == "":
		seal = oursSeal
	}
	return exec(ctx, tx, do("UPDATE trolyao_schema SET key_check = $1, seal_check = $2 WHERE key_check <> $1 OR seal_check <> $2", ours, seal))
}

// transactions commits each job by itself: the server makes the commits that
// come together durable together. Jobs of several people in one transaction
// would wait for each other across the processes that share the database.
type transactions struct {
	db     *sql.DB
	holder string
}

const (
	// writeWithin bounds a job when the server does not answer. Nobody knows
	// then whether it was kept; who asks again finds out.
	writeWithin = 10 * time.Second
	// deadlockTries is how often a job is tried that the server sacrificed to
	// let another go on.
	deadlockTries = 4
	// leaveWithin bounds the good-bye.
	leaveWithin = 2 * time.Second
)

func (t transactions) write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// What has begun is finished, so that its caller's leaving leaves no doubt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	var err error
	for range deadlockTries {
		if err = t.once(ctx, f); !sacrificed(err) {
			break
		}
	}
	return err
}

func (t transactions) once(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		_ = tx.Rollback() // the server does it when it is out of reach
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// sacrificed reports whether the server took a transaction back for another's
// sake: in a deadlock, or because it saw what is past.
func sacrificed(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "40001")
}

// close lets the others take over at once what this process has not answered.
// The pool waits for what is under way.
func (t transactions) close() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	_, _ = t.db.ExecContext(ctx, "DELETE FROM replicas WHERE id = $1", t.holder) // else they wait a while
}
