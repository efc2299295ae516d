package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

const placeInbox = "inbox"

// kept is what the box of an update holds.
type kept struct {
	ID     bot.TurnID         `json:"id"`
	Person bot.ConversationID `json:"person"`
	Body   []byte             `json:"body"`
}

// Accept implements messenger.Inbox.
func (db *DB) Accept(ctx context.Context, channel string, updates []messenger.Update) ([]messenger.Update, error) {
	var fresh []messenger.Update
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		fresh = nil
		for i, u := range updates {
			isNew, err := db.accept(ctx, tx, channel, u, int64(i))
			if err != nil {
				return err
			}
			if isNew {
				fresh = append(fresh, u)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep updates: %w", err)
	}
	return fresh, nil
}

// accept keeps one update, unless it is kept or has been answered.
func (db *DB) accept(ctx context.Context, tx *sql.Tx, channel string, u messenger.Update, n int64) (bool, error) {
	key := db.keys.hide(placeTurn, string(u.ID))
	box, err := db.box(kept{u.ID, u.Person, u.Body}, placeInbox+key)
	if err != nil {
		return false, err
	}
	rows, err := affected(ctx, tx,
		"INSERT INTO inbox (id, channel, seq, at, box, holder, conversation) SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM turns WHERE id = $1) ON CONFLICT (id) DO NOTHING",
		key, channel, db.now().UnixNano()+n, millis(u.At), box, db.holder, db.keys.hide(placeConversation, string(u.Person)))
	return rows > 0, err
}

// replicaLife is how long a process may be silent before the others answer what
// it has left over.
const replicaLife = 45 * time.Second

// takeOver tells that this process is alive, and takes the updates of those that
// are not any more.
func (db *DB) takeOver(ctx context.Context, channel string) error {
	if !db.shared {
		return nil // it is all ours
	}
	now := db.now()
	return db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := db.lock(ctx, tx, lockInbox); err != nil {
			return err
		}
		return exec(ctx, tx,
			do("INSERT INTO replicas (id, seen) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen", db.holder, millis(now)),
			do("UPDATE inbox SET holder = $1 WHERE channel = $2 AND holder <> $1 AND holder NOT IN (SELECT id FROM replicas WHERE seen > $3 AND seen <= $4)",
				db.holder, channel, ago(now, replicaLife), ago(now, -replicaLife)))
	})
}

// Waiting implements messenger.Inbox.
func (db *DB) Waiting(ctx context.Context, channel string) ([]messenger.Update, error) {
	if err := db.takeOver(ctx, channel); err != nil {
		return nil, fmt.Errorf("take over inbox: %w", err)
	}
	rows, err := db.read.QueryContext(ctx,
		"SELECT i.id, i.at, i.box, t.at FROM inbox i LEFT JOIN turns t ON t.id = i.id WHERE i.channel = $1 AND i.holder = $2 ORDER BY i.seq, i.id", channel, db.holder)
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []messenger.Update
	for rows.Next() {
		var key string
		var at int64
		var box []byte
		var answered sql.NullInt64
		if err := rows.Scan(&key, &at, &box, &answered); err != nil {
			return nil, fmt.Errorf("read inbox: %w", err)
		}
		var k kept
		if err := db.openJSON(box, placeInbox+key, &k); err != nil {
			return nil, fmt.Errorf("read inbox: %w", err)
		}
		all = append(all, messenger.Update{ID: k.ID, Person: k.Person, At: fromMillis(at), Body: k.Body, Answered: fromMillis(answered.Int64)})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return all, nil
}

// Done implements messenger.Inbox.
func (db *DB) Done(ctx context.Context, id bot.TurnID) error {
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return exec(ctx, tx, do("DELETE FROM inbox WHERE id = $1", db.keys.hide(placeTurn, string(id))))
	})
	if err != nil {
		return fmt.Errorf("empty inbox: %w", err)
	}
	return nil
}

const placeState = "state"

// State returns what a channel keeps under a name, nil when there is nothing.
func (db *DB) State(ctx context.Context, name string) ([]byte, error) {
	var box []byte
	err := db.one(ctx, "SELECT box FROM channel_state WHERE name = $1", name).Scan(&box)
	if errors.Is(err, sql.ErrNoRows) || err == nil && box == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read channel state: %w", err)
	}
	value, err := db.keys.unlock(box, placeState+name)
	if err != nil {
		return nil, fmt.Errorf("read channel state: %w", err)
	}
	return value, nil
}

// SetState keeps a value, encrypted, under a name. It is durable when SetState
// returns.
func (db *DB) SetState(ctx context.Context, name string, value []byte) error {
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return exec(ctx, tx, do("INSERT INTO channel_state (name, box, holder, held_until) VALUES ($1, $2, '', 0) ON CONFLICT (name) DO UPDATE SET box = excluded.box",
			name, db.keys.lock(value, placeState+name)))
	})
	if err != nil {
		return fmt.Errorf("write channel state: %w", err)
	}
	return nil
}
