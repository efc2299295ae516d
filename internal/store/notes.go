package store

import (
	"context"
	"fmt"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/knowledge"
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

// Complaint is an answer that did not help, and why.
type Complaint struct {
	At      time.Time
	Article knowledge.ID
	Reason  string // an id of bot.Reasons, "" when none was given
	Asked   string // the question, masked; "" when it is not known
}

// Opinion is how people found the answers of an article.
type Opinion struct {
	Article   knowledge.ID
	Good, Bad int // answers
}

// Feedback lists the articles that people found wrong, the most often so first,
// and the newest complaints, at most limit of each.
func (db *DB) Feedback(ctx context.Context, limit int) ([]Opinion, []Complaint, error) {
	opinions, err := db.opinions(ctx, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("list opinions: %w", err)
	}
	complaints, err := db.complaints(ctx, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("list complaints: %w", err)
	}
	return opinions, complaints, nil
}

// Who says that an answer is wrong is asked why, and the reason is a row of its own.
func (db *DB) opinions(ctx context.Context, limit int) ([]Opinion, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT article, sum(good), sum(CASE WHEN good = 0 AND reason = '' THEN 1 ELSE 0 END) AS bad
		FROM feedback GROUP BY article HAVING sum(1 - good) > 0 ORDER BY bad DESC, article LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []Opinion
	for rows.Next() {
		var o Opinion
		if err := rows.Scan(&o.Article, &o.Good, &o.Bad); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func (db *DB) complaints(ctx context.Context, limit int) ([]Complaint, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT at, article, reason, asked FROM feedback f WHERE good = 0 AND (reason <> '' OR NOT EXISTS
		(SELECT 1 FROM feedback why WHERE why.conversation = f.conversation AND why.article = f.article AND why.reason <> '' AND why.at >= f.at))
		ORDER BY at DESC, turn LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []Complaint
	for rows.Next() {
		var c Complaint
		var at int64
		if err := rows.Scan(&at, &c.Article, &c.Reason, &c.Asked); err != nil {
			return nil, err
		}
		c.At = fromMillis(at)
		all = append(all, c)
	}
	return all, rows.Err()
}
