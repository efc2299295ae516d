package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// dialect is what the two databases differ in. All else is one set of SQL.
type dialect struct {
	blob   string // the type of bytes
	guards string // statements that let the custody record grow and nothing else
	// claim ends a SELECT of one row that others must not take meanwhile.
	claim string
	// lockText takes the lock $1 until the transaction ends; "" where only one
	// transaction writes at a time.
	lockText string
	// beginReading begins a transaction that only reads, and sees one moment.
	beginReading string
	// shared says that other processes may use the database.
	shared bool
}

// Locks, taken before any row is: so that no two transactions wait for each
// other. The numbers are arbitrary, and those of no other program.
const (
	lockSchema  = 0x74726f01
	lockCustody = 0x74726f02
	lockInbox   = 0x74726f03
	lockPurge   = 0x74726f04
)

// lock waits until no other transaction holds the lock. What they wrote is seen
// by the statements that follow.
func (db *DB) lock(ctx context.Context, tx *sql.Tx, number int) error {
	if db.lockText == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, db.lockText, number)
	return err
}

// querier asks for rows, of a pool or within a snapshot.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// snapshot lets f read what stood in the database at one moment.
func (db *DB) snapshot(ctx context.Context, f func(q querier) error) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, db.beginReading); err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	err = f(conn)
	_, ended := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // there is nothing to keep
	return errors.Join(err, ended)
}
