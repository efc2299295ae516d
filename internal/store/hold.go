package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"
)

// Hold reserves a name for whoever calls, in this process and in others, for at
// most the given time. held is false while another holds it. release gives it
// back.
func (db *DB) Hold(ctx context.Context, name string, most time.Duration) (release func(context.Context) error, held bool, err error) {
	holder, now := rand.Text(), db.now()
	err = db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := exec(ctx, tx, do("INSERT INTO channel_state (name, holder, held_until) VALUES ($1, '', 0) ON CONFLICT (name) DO NOTHING", name)); err != nil {
			return err
		}
		// A time too far ahead was written before the clock jumped back.
		result, err := tx.ExecContext(ctx, "UPDATE channel_state SET holder = $1, held_until = $2 WHERE name = $3 AND (held_until <= $4 OR held_until > $5)",
			holder, millis(now.Add(most)), name, millis(now), millis(now.Add(longestHold)))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		held = n > 0
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("hold %s: %w", name, err)
	}
	return func(ctx context.Context) error {
		err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
			return exec(ctx, tx, do("UPDATE channel_state SET holder = '', held_until = 0 WHERE name = $1 AND holder = $2", name, holder))
		})
		if err != nil {
			return fmt.Errorf("release %s: %w", name, err)
		}
		return nil
	}, held, nil
}

// longestHold is longer than anybody holds a name.
const longestHold = time.Hour
