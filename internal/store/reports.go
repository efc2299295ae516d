package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trolyao/trolyao/handoff"
)

// Receipt implements bot.Store.
func (db *DB) Receipt(ctx context.Context, code handoff.Code) (handoff.Receipt, bool, error) {
	key := db.keys.hide(placeCode, string(code))
	var r handoff.Receipt
	var submitted, delivered int64
	err := db.read.QueryRowContext(ctx, `SELECT r.id, r.state, r.submitted, r.delivered, r.reference, (SELECT count(*) FROM reports s WHERE s.parent = r.id)
		FROM reports r WHERE r.code = $1 AND r.parent = ''`, key).Scan(&r.ID, &r.State, &submitted, &delivered, &r.Reference, &r.Supplements)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("read receipt: %w", err)
	}
	r.SubmittedAt, r.DeliveredAt = fromMillis(submitted), fromMillis(delivered)
	return r, true, nil
}

// Claim implements handoff.Store.
func (db *DB) Claim(ctx context.Context, now time.Time, lease func(bytes int) time.Duration) (*handoff.Parcel, error) {
	const due = ` FROM reports WHERE state = 'pending' AND (next_at <= $1 OR next_at > $2) ORDER BY next_at LIMIT 1`
	// A time further off than any wait was set before the clock jumped back.
	far := millis(now.Add(2 * handoff.LongestWait))
	var one int
	err := db.read.QueryRowContext(ctx, "SELECT 1"+due, millis(now), far).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // none is due
	}
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	var p *handoff.Parcel
	err = db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p = nil
		var claimed handoff.Parcel
		var away int
		err := tx.QueryRowContext(ctx, "SELECT id, attempts, box, sealed_away"+due+db.claim, millis(now), far).Scan(&claimed.ID, &claimed.Attempts, &claimed.Box.Data, &away)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // another worker was faster
		}
		if err != nil {
			return err
		}
		claimed.Box.Foreign = away == 1
		p = &claimed
		return exec(ctx, tx, do("UPDATE reports SET next_at = $1 WHERE id = $2", millis(now.Add(lease(len(claimed.Box.Data)))), string(claimed.ID)))
	})
	if err != nil {
		return nil, fmt.Errorf("claim report: %w", err)
	}
	return p, nil
}

// Settle implements handoff.Store.
func (db *DB) Settle(ctx context.Context, id handoff.ID, r handoff.Result) error {
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		delivered := int64(0)
		if r.State == handoff.Delivered {
			delivered = millis(r.At)
		}
		if err := db.lock(ctx, tx, lockCustody); err != nil {
			return err
		}
		// What is delivered stays so, whatever comes of an attempt that took
		// too long.
		n, err := affected(ctx, tx, "UPDATE reports SET state = $1, attempts = attempts + 1, next_at = $2, problem = $3, reference = $4, delivered = $5 WHERE id = $6 AND state <> 'delivered'",
			string(r.State), millis(r.NextAt), plain(r.Problem), plain(r.Reference), delivered, string(id))
		if err != nil || n == 0 {
			return err
		}
		switch r.State {
		case handoff.Delivered:
			return db.appendCustody(ctx, tx, handoff.Event{At: r.At, Report: id, What: handoff.Acknowledged, Detail: r.Reference})
		case handoff.Stuck:
			return db.appendCustody(ctx, tx, handoff.Event{At: r.At, Report: id, What: handoff.Refused, Detail: r.Problem})
		case handoff.Pending:
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record delivery: %w", err)
	}
	return nil
}

// Entry is what an admin sees of a report: never its content.
type Entry struct {
	ID        handoff.ID
	To        handoff.ID // the report that it adds to, "" for none
	Channel   string
	State     handoff.State
	Submitted time.Time
	Delivered time.Time
	NextAt    time.Time
	Attempts  int
	Problem   string
	Reference string
	Bytes     int  // of the sealed content
	Foreign   bool // only the agency can open it
	Purged    bool
}

const entryColumns = "id, parent, channel, state, submitted, delivered, next_at, attempts, problem, reference, coalesce(length(box), 0), sealed_away, box IS NULL"

func scanEntry(row interface{ Scan(into ...any) error }) (Entry, error) {
	var e Entry
	var submitted, delivered, next int64
	var away, purged bool
	err := row.Scan(&e.ID, &e.To, &e.Channel, &e.State, &submitted, &delivered, &next, &e.Attempts, &e.Problem, &e.Reference, &e.Bytes, &away, &purged)
	e.Submitted, e.Delivered, e.NextAt, e.Foreign, e.Purged = fromMillis(submitted), fromMillis(delivered), fromMillis(next), away, purged
	return e, err
}

// Reports lists the reports in the given state, or all for "", newest first.
func (db *DB) Reports(ctx context.Context, state handoff.State, limit int) ([]Entry, error) {
	return entries(ctx, db.read, state, limit)
}

func entries(ctx context.Context, q querier, state handoff.State, limit int) ([]Entry, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+entryColumns+" FROM reports WHERE state = $1 OR $1 = '' ORDER BY submitted DESC, id LIMIT $2", string(state), limit)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("list reports: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// errNoReport is returned for a report that does not exist.
var errNoReport = errors.New("không có đơn này")

// FindReport finds a report by its id or by its receipt code.
func (db *DB) FindReport(ctx context.Context, name string) (Entry, error) {
	key := "-"
	if code, _, valid := handoff.FindCode(name); valid {
		key = db.keys.hide(placeCode, string(code))
	}
	e, err := scanEntry(db.read.QueryRowContext(ctx, "SELECT "+entryColumns+" FROM reports WHERE id = $1 OR (code = $2 AND parent = '')", name, key))
	if errors.Is(err, sql.ErrNoRows) {
		return e, errNoReport
	}
	if err != nil {
		return e, fmt.Errorf("find report: %w", err)
	}
	return e, nil
}

// Box returns the sealed content of a report, for who has the key. by is put
// into the custody record before anything is shown.
func (db *DB) Box(ctx context.Context, id handoff.ID, by string) ([]byte, error) {
	var box []byte
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := db.lock(ctx, tx, lockCustody); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT box FROM reports WHERE id = $1", string(id)).Scan(&box); err != nil {
			return err
		}
		return db.appendCustody(ctx, tx, handoff.Event{At: db.now(), Report: id, What: handoff.Viewed, Detail: by})
	})
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return box, nil
}

// ErrDelivered is returned by Retry for a report that the agency has.
var ErrDelivered = errors.New("đơn này đã chuyển xong, không chuyển lại")

// Retry makes a report that is not delivered due at once.
func (db *DB) Retry(ctx context.Context, id handoff.ID, by string) error {
	return db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := db.lock(ctx, tx, lockCustody); err != nil {
			return err
		}
		n, err := affected(ctx, tx, "UPDATE reports SET state = 'pending', attempts = 0, next_at = $1 WHERE id = $2 AND state <> 'delivered'", millis(db.now()), string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrDelivered
		}
		return db.appendCustody(ctx, tx, handoff.Event{At: db.now(), Report: id, What: handoff.Requeued, Detail: by})
	})
}

// Outbox is how the outbox stands.
type Outbox struct {
	Pending, Stuck, Delivered int
	// Oldest is when the report was submitted that waits longest, pending or
	// stuck; zero when none waits.
	Oldest time.Time
}

// Outbox counts the reports.
func (db *DB) Outbox(ctx context.Context) (Outbox, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT state, count(*), min(submitted) FROM reports GROUP BY state")
	if err != nil {
		return Outbox{}, fmt.Errorf("count reports: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var o Outbox
	for rows.Next() {
		var state handoff.State
		var n int
		var oldest int64
		if err := rows.Scan(&state, &n, &oldest); err != nil {
			return o, fmt.Errorf("count reports: %w", err)
		}
		switch state {
		case handoff.Delivered:
			o.Delivered = n
			continue
		case handoff.Pending:
			o.Pending = n
		case handoff.Stuck:
			o.Stuck = n
		}
		if t := fromMillis(oldest); o.Oldest.IsZero() || t.Before(o.Oldest) {
			o.Oldest = t
		}
	}
	return o, rows.Err()
}
