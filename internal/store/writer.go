package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// SQLite lets one write at a time, and making a commit durable takes far longer
// than the write itself. So whoever may write takes all that has come together
// meanwhile into one commit: a hundred people who write at once wait for two
// commits and not for a hundred.
type writer struct {
	db   *sql.DB
	turn chan struct{} // holds one while somebody writes
	over chan struct{} // closed when there is no more writing

	mu      sync.Mutex
	waiting []*job
}

// job is what one caller wants written, all of it or nothing.
type job struct {
	ctx  context.Context //nolint:containedctx // tells whether its caller has left before it begins
	f    func(ctx context.Context, tx *sql.Tx) error
	done chan error
}

func newWriter(db *sql.DB) *writer {
	return &writer{db: db, turn: make(chan struct{}, 1), over: make(chan struct{})}
}

var errClosed = errors.New("database is closed")

// close waits for what is being written.
func (w *writer) close() {
	w.turn <- struct{}{}
	close(w.over)
}

// write runs f in a transaction and returns when its commit is durable. An error
// means that nothing of f was kept. f runs its statements under the context it is
// given: one broken off by its caller's leaving would make SQLite take back the
// whole transaction.
func (w *writer) write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	j := &job{ctx, f, make(chan error, 1)}
	w.mu.Lock()
	w.waiting = append(w.waiting, j)
	w.mu.Unlock()
	select {
	case w.turn <- struct{}{}:
		w.mu.Lock()
		batch := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		if len(batch) > 0 { // another may have written it all
			w.commit(batch) //nolint:contextcheck // it has a context of its own
		}
		<-w.turn
		return <-j.done
	case err := <-j.done:
		return err
	case <-w.over:
	}
	select {
	case err := <-j.done: // written just before the end
		return err
	default:
		return errClosed
	}
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
	failed := j.run(ctx, tx)
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

// run makes an error of a panic: others wait for the writer's turn to end.
func (j *job) run(ctx context.Context, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write: panic: %v", p)
		}
	}()
	return j.f(ctx, tx)
}
