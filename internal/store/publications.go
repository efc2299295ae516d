package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/trolyao/trolyao/internal/publish"
)

// RecordPublications implements publish.Ledger.
func (db *DB) RecordPublications(ctx context.Context, all ...publish.Publication) error {
	err := db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, p := range all {
			if err := recordPublication(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record publication: %w", err)
	}
	return nil
}

// recordPublication keeps one, unless it is kept already.
func recordPublication(ctx context.Context, tx *sql.Tx, p publish.Publication) error {
	whole, err := json.Marshal(p)
	if err != nil {
		return err
	}
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return err
	}
	gate, err := json.Marshal(p.Gate)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(whole)
	var seq int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM publications").Scan(&seq); err != nil {
		return err
	}
	return exec(ctx, tx, do(`INSERT INTO publications (id, seq, at, who, action, from_version, to_version, forced, changes, gate, refused)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`,
		hex.EncodeToString(digest[:]), seq, millis(p.At), plain(p.By), plain(p.Action), plain(p.From), plain(p.To), flag(p.Forced), string(changes), string(gate), plain(p.Refused)))
}

// Publications implements publish.Ledger.
func (db *DB) Publications(ctx context.Context, last int) ([]publish.Publication, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT at, who, action, from_version, to_version, forced, changes, gate, refused FROM publications ORDER BY seq DESC, id DESC LIMIT $1", last)
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []publish.Publication
	for rows.Next() {
		var p publish.Publication
		var at int64
		var changes, gate string
		if err := rows.Scan(&at, &p.By, &p.Action, &p.From, &p.To, &p.Forced, &changes, &gate, &p.Refused); err != nil {
			return nil, fmt.Errorf("read publications: %w", err)
		}
		p.At = fromMillis(at)
		if err := json.Unmarshal([]byte(changes), &p.Changes); err != nil {
			return nil, fmt.Errorf("read publications: %w", err)
		}
		if err := json.Unmarshal([]byte(gate), &p.Gate); err != nil {
			return nil, fmt.Errorf("read publications: %w", err)
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	slices.Reverse(all)
	return all, nil
}
