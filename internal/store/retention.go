package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
)

// Retention is how long personal data is kept. Zero keeps nothing.
type Retention struct {
	Conversations   time.Duration // since the last word
	ReportsAfterAck time.Duration // the content, since the acknowledgement
	Unanswered      time.Duration // and feedback
}

// repliesKept is how long replies are kept for messages that come again.
// Telegram keeps what was not taken for a day; Zalo sends again for two hours.
const repliesKept = 48 * time.Hour

// Purge deletes what has been kept long enough.
func (db *DB) Purge(ctx context.Context, keep Retention) error {
	now := db.now()
	// In two transactions: the custody record is locked before any row.
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := db.lock(ctx, tx, lockPurge); err != nil {
			return err
		}
		if err := purgeDrafts(ctx, tx, now); err != nil {
			return err
		}
		return exec(ctx, tx,
			do("DELETE FROM turns WHERE at < $1", ago(now, repliesKept)),
			do("DELETE FROM inbox WHERE at < $1", ago(now, repliesKept)),
			do("DELETE FROM conversations WHERE touched < $1 AND id NOT IN (SELECT conversation FROM drafts)", ago(now, keep.Conversations)),
			do("DELETE FROM unanswered WHERE at < $1", ago(now, keep.Unanswered)),
			do("DELETE FROM feedback WHERE at < $1", ago(now, keep.Unanswered)),
			do("DELETE FROM replicas WHERE seen < $1", ago(now, repliesKept)))
	})
	if err == nil {
		err = db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
			return db.purgeReports(ctx, tx, now, keep.ReportsAfterAck)
		})
	}
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	if db.shared {
		return nil // its server clears up by itself
	}
	// What was deleted must not live on in the log of the last writes.
	if _, err := db.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	return nil
}

func ago(now time.Time, d time.Duration) int64 { return millis(now.Add(-d)) }

// purgeDrafts takes away the drafts that nobody has written on for their life.
// Those stamped with the future were written before the clock jumped back. One
// whose writer's next message has been taken and not answered stays: the message
// may have come in time.
func purgeDrafts(ctx context.Context, tx *sql.Tx, now time.Time) error {
	const idle = "SELECT conversation FROM drafts WHERE (touched < $1 OR touched > $2) AND conversation NOT IN " +
		"(SELECT i.conversation FROM inbox i WHERE NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = i.id))"
	before, after := ago(now, bot.DraftLife), ago(now, -bot.DraftLife)
	all, err := column(ctx, tx, idle+" ORDER BY conversation", before, after)
	if err != nil {
		return err
	}
	for _, conversation := range all {
		// Locked like by a turn; which may have come in between.
		if err := exec(ctx, tx, do("UPDATE conversations SET touched = touched WHERE id = $1", conversation)); err != nil {
			return err
		}
		if still, err := column(ctx, tx, idle+" AND conversation = $3", before, after, conversation); err != nil || len(still) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := endDraft(ctx, tx, conversation, ""); err != nil {
			return err
		}
	}
	return nil
}

// purgeReports takes away the content of reports acknowledged long enough ago.
func (db *DB) purgeReports(ctx context.Context, tx *sql.Tx, now time.Time, keep time.Duration) error {
	if err := db.lock(ctx, tx, lockCustody); err != nil {
		return err
	}
	over, err := column(ctx, tx, "SELECT id FROM reports WHERE state = 'delivered' AND box IS NOT NULL AND delivered < $1", ago(now, keep))
	if err != nil {
		return err
	}
	for _, id := range over {
		if err := exec(ctx, tx, do("UPDATE reports SET box = NULL WHERE id = $1", id)); err != nil {
			return err
		}
		if err := db.appendCustody(ctx, tx, handoff.Event{At: now, Report: handoff.ID(id), What: handoff.Purged, Detail: "hết thời hạn giữ"}); err != nil {
			return err
		}
	}
	return nil
}

// column reads a column.
func column(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
