package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SQLite lets one write at a time, and making a commit durable takes far longer
// than the write itself. So one goroutine writes, and takes all that has come
// together meanwhile into one commit: a hundred people who write at once wait
// for two commits and not for a hundred.
type writer struct {
	db   *sql.DB
	jobs chan *job
	stop chan struct{}
	done chan struct{}
}

// job is what one caller wants written, all of it or nothing.
type job struct {
	ctx  context.Context //nolint:containedctx // it ends with the call that waits for the job
	f    func(tx *sql.Tx) error
	done chan error
}

// together is how many jobs share a commit at most.
const together = 128

var errClosed = errors.New("database is closed")

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, jobs: make(chan *job), stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// close waits for what is being written.
func (w *writer) close() {
	close(w.stop)
	<-w.done
}

// write runs f in a transaction and returns when its commit is durable. An error
// means that nothing of f was kept.
func (w *writer) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	j := &job{ctx, f, make(chan error, 1)}
	select {
	case w.jobs <- j:
		return <-j.done // it is written or not; giving up now would not tell
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errClosed
	}
}

func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case first := <-w.jobs:
			w.commit(w.gather(first))
		case <-w.stop:
			return
		}
	}
}

// gather takes what else is waiting.
func (w *writer) gather(first *job) []*job {
	batch := []*job{first}
	for len(batch) < together {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit writes a batch. A job that fails takes only itself back.
func (w *writer) commit(batch []*job) {
	ctx := context.Background() // nobody's leaving may undo what others wrote
	results := make([]error, len(batch))
	tx, err := w.db.BeginTx(ctx, nil)
	if err == nil {
		for i, j := range batch {
			if results[i] = w.one(ctx, tx, j); errors.Is(results[i], errBroken) {
				err = results[i]
				break
			}
		}
		if err == nil {
			err = tx.Commit()
		} else {
			err = errors.Join(err, tx.Rollback())
		}
	}
	for i, j := range batch {
		if err != nil && results[i] == nil {
			results[i] = fmt.Errorf("commit: %w", err)
		}
		j.done <- results[i]
	}
}

// errBroken ends a batch whose transaction cannot go on.
var errBroken = errors.New("transaction is broken")

func (w *writer) one(ctx context.Context, tx *sql.Tx, j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT job"); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	failed := j.f(tx)
	if failed != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO job"); err != nil {
			return fmt.Errorf("%w: %w", errBroken, errors.Join(failed, err))
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE job"); err != nil {
		return fmt.Errorf("%w: %w", errBroken, errors.Join(failed, err))
	}
	return failed
}
