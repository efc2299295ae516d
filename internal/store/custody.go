package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/trolyao/trolyao/handoff"
)

// appendCustody puts an event at the end of the custody record, in the
// transaction that it tells of. That has taken lockCustody before any row, or
// touches no other.
func (db *DB) appendCustody(ctx context.Context, tx *sql.Tx, e handoff.Event) error {
	if err := db.lock(ctx, tx, lockCustody); err != nil {
		return err
	}
	var prev string
	err := tx.QueryRowContext(ctx, "SELECT seq, hash FROM custody ORDER BY seq DESC LIMIT 1").Scan(&e.Seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read custody: %w", err)
	}
	e.Seq++
	e.At = fromMillis(millis(e.At)) // as it is read back
	e.Detail = plain(e.Detail)
	e = e.Link(prev)
	return exec(ctx, tx, do("INSERT INTO custody (seq, at, report, what, detail, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		e.Seq, millis(e.At), string(e.Report), string(e.What), e.Detail, e.Prev, e.Hash))
}

// Custody returns what happened to a report, oldest first; to all for "".
func (db *DB) Custody(ctx context.Context, id handoff.ID) ([]handoff.Event, error) {
	return custody(ctx, db.read, id)
}

func custody(ctx context.Context, q querier, id handoff.ID) ([]handoff.Event, error) {
	rows, err := q.QueryContext(ctx, "SELECT seq, at, report, what, detail, prev, hash FROM custody WHERE report = $1 OR $1 = '' ORDER BY seq", string(id))
	if err != nil {
		return nil, fmt.Errorf("read custody: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []handoff.Event
	for rows.Next() {
		var e handoff.Event
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Report, &e.What, &e.Detail, &e.Prev, &e.Hash); err != nil {
			return nil, fmt.Errorf("read custody: %w", err)
		}
		e.At = fromMillis(at)
		all = append(all, e)
	}
	return all, rows.Err()
}

// Verified is what a check of the custody record found in order.
type Verified struct {
	Events  int64
	Reports int
	Head    string // hash of the last event
}

// ErrTampered is returned by VerifyCustody, with what was tampered with.
var ErrTampered = errors.New("sổ theo dõi KHÔNG nguyên vẹn")

// VerifyCustody checks that the custody record is whole, and that it and the
// reports tell the same: ErrTampered when not.
func (db *DB) VerifyCustody(ctx context.Context) (Verified, error) {
	var events []handoff.Event
	var reports []Entry
	// Both as of one moment: reports come and go meanwhile.
	err := db.snapshot(ctx, func(q querier) (err error) {
		if events, err = custody(ctx, q, ""); err != nil {
			return err
		}
		const all = 1 << 40
		reports, err = entries(ctx, q, "", all)
		return err
	})
	if err != nil {
		return Verified{}, err
	}
	return verify(events, reports)
}

func verify(events []handoff.Event, reports []Entry) (Verified, error) {
	var chain handoff.Chain
	var wrong []error
	last := map[handoff.ID]handoff.What{}
	for _, e := range events {
		if err := chain.Check(e); err != nil {
			wrong = append(wrong, err)
		}
		if e.What != handoff.Viewed && e.What != handoff.Purged {
			last[e.Report] = e.What
		}
	}
	says := map[handoff.State][]handoff.What{
		handoff.Pending: {handoff.Received, handoff.Requeued}, handoff.Stuck: {handoff.Refused}, handoff.Delivered: {handoff.Acknowledged},
	}
	for _, r := range reports {
		what, ok := last[r.ID]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Errorf("đơn %s không có trong sổ theo dõi", r.ID))
		case !slices.Contains(says[r.State], what):
			wrong = append(wrong, fmt.Errorf("đơn %s: sổ ghi %q nhưng bảng ghi %q", r.ID, what, r.State))
		}
		delete(last, r.ID)
	}
	for id := range last {
		wrong = append(wrong, fmt.Errorf("đơn %s có trong sổ nhưng đã mất khỏi bảng", id))
	}
	if len(wrong) > 0 {
		return Verified{}, fmt.Errorf("%w:\n%w", ErrTampered, errors.Join(wrong...))
	}
	return Verified{chain.Events, len(reports), chain.Head()}, nil
}
