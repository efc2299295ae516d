package store

import (
	"context"
	"fmt"
	"time"

	"github.com/trolyao/trolyao/bot"
)

// Unanswered is a question that the knowledge could not answer, masked.
type Unanswered struct {
	At      time.Time
	Outcome bot.Outcome
	Asked   string
}

// Unanswered lists the questions that could not be answered, newest first.
func (db *DB) Unanswered(ctx context.Context, limit int) ([]Unanswered, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT at, outcome, asked FROM unanswered ORDER BY at DESC, turn LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Unanswered
	for rows.Next() {
		var u Unanswered
		var at int64
		if err := rows.Scan(&at, &u.Outcome, &u.Asked); err != nil {
			return nil, fmt.Errorf("list unanswered questions: %w", err)
		}
		u.At = fromMillis(at)
		all = append(all, u)
	}
	return all, rows.Err()
}
