package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
)

// The places that boxes are bound to, and the kinds of hidden ids.
const (
	placeConversation = "conversation"
	placeTurn         = "turn"
	placeDraft        = "draft"
	placeFile         = "file"
	placeCode         = "code"
)

// Load implements bot.Store.
func (db *DB) Load(ctx context.Context, id bot.ConversationID) (bot.Conversation, error) {
	key := db.keys.hide(placeConversation, string(id))
	c := bot.Conversation{ID: id}
	var box, draft []byte
	var revision int64
	err := db.one(ctx,
		"SELECT c.box, c.revision, d.box FROM conversations c LEFT JOIN drafts d ON d.conversation = c.id WHERE c.id = $1", key).Scan(&box, &revision, &draft)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read conversation: %w", err)
	}
	if err := db.openJSON(box, placeConversation+key, &c); err != nil {
		return c, fmt.Errorf("read conversation: %w", err)
	}
	c.ID, c.Draft, c.Revision = id, nil, revision
	if draft != nil {
		c.Draft = &bot.Draft{}
		if err := db.openJSON(draft, placeDraft+key, c.Draft); err != nil {
			return c, fmt.Errorf("read draft: %w", err)
		}
	}
	return c, nil
}

// Replied implements bot.Store.
func (db *DB) Replied(ctx context.Context, id bot.TurnID) (bot.Reply, bool, error) {
	key := db.keys.hide(placeTurn, string(id))
	var r bot.Reply
	var box []byte
	err := db.one(ctx, "SELECT box FROM turns WHERE id = $1", key).Scan(&box)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("read reply: %w", err)
	}
	if box == nil {
		return r, true, nil
	}
	if err := db.openJSON(box, placeTurn+key, &r); err != nil {
		return r, false, fmt.Errorf("read reply: %w", err)
	}
	return r, true, nil
}

func (db *DB) openJSON(box []byte, where string, into any) error {
	data, err := db.keys.unlock(box, where)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// box encrypts a value as JSON.
func (db *DB) box(value any, where string) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return db.keys.lock(data, where), nil
}

// Commit implements bot.Store.
func (db *DB) Commit(ctx context.Context, t bot.Turn, c bot.Change) error {
	conversation := db.keys.hide(placeConversation, string(t.Conversation))
	turn := db.keys.hide(placeTurn, string(t.ID))
	state := c.Conversation
	state.ID, state.Draft = "", nil
	stateBox, err := db.box(state, placeConversation+conversation)
	if err != nil {
		return err
	}
	replyBox, err := db.box(c.Reply, placeTurn+turn)
	if err != nil {
		return err
	}
	w := written{conversation, turn, stateBox, replyBox, millis(db.now()), c}
	err = db.tx(ctx, func(ctx context.Context, tx *sql.Tx) error { return db.commit(ctx, tx, w) })
	if err != nil {
		return fmt.Errorf("write turn: %w", err)
	}
	if c.Report != nil && db.submitted != nil {
		db.submitted()
	}
	return nil
}

// written is a turn as it is kept.
type written struct {
	conversation, turn string
	state, reply       []byte
	at                 int64
	change             bot.Change
}

func (db *DB) commit(ctx context.Context, tx *sql.Tx, w written) error {
	if w.change.Report != nil {
		if err := db.lock(ctx, tx, lockCustody); err != nil {
			return err
		}
	}
	// First, for it locks the conversation for this transaction.
	current, err := affected(ctx, tx, `INSERT INTO conversations (id, box, touched) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE
		SET box = excluded.box, touched = excluded.touched, revision = conversations.revision + 1 WHERE conversations.revision = $4`,
		w.conversation, w.state, w.at, w.change.Conversation.Revision)
	if err != nil {
		return err
	}
	if w.change.Forget {
		if err := forget(ctx, tx, w.conversation); err != nil {
			return err
		}
	}
	fresh, err := affected(ctx, tx,
		"INSERT INTO turns (id, conversation, at, private, box) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
		w.turn, w.conversation, w.at, flag(w.change.Private), w.reply)
	if err != nil {
		return err
	}
	switch {
	case fresh == 0:
		return bot.ErrSeen
	case current == 0:
		return bot.ErrChanged
	}
	if err := notes(ctx, tx, w); err != nil {
		return err
	}
	return db.report(ctx, tx, w)
}

// notes keeps what staff are to learn from a turn.
func notes(ctx context.Context, tx *sql.Tx, w written) error {
	if f := w.change.Feedback; f != nil {
		if err := exec(ctx, tx, do("INSERT INTO feedback (turn, conversation, at, article, good, reason, asked) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			w.turn, w.conversation, w.at, string(f.Article), flag(f.Good), plain(f.Reason), plain(f.Asked))); err != nil {
			return err
		}
	}
	if u := w.change.Unanswered; u != nil {
		return exec(ctx, tx, do("INSERT INTO unanswered (turn, conversation, at, outcome, asked) VALUES ($1, $2, $3, $4, $5)",
			w.turn, w.conversation, w.at, string(u.Outcome), plain(u.Asked)))
	}
	return nil
}

// report keeps the draft as it is now, or hands it off, or forgets it.
func (db *DB) report(ctx context.Context, tx *sql.Tx, w written) error {
	conversation, c := w.conversation, w.change
	for _, f := range c.Files {
		if err := exec(ctx, tx, do("INSERT INTO files (conversation, name, box) VALUES ($1, $2, $3) ON CONFLICT (conversation, name) DO UPDATE SET box = excluded.box",
			conversation, f.Name, db.keys.lock(f.Data, placeFile+conversation+f.Name))); err != nil {
			return err
		}
	}
	if c.Report != nil {
		if err := db.submit(ctx, tx, conversation, c); err != nil {
			return err
		}
	}
	if c.Over {
		if err := endDraft(ctx, tx, conversation, w.turn); err != nil {
			return err
		}
	}
	if c.Conversation.Draft == nil {
		return nil
	}
	box, err := db.box(c.Conversation.Draft, placeDraft+conversation)
	if err != nil {
		return err
	}
	return exec(ctx, tx, do("INSERT INTO drafts (conversation, box, touched) VALUES ($1, $2, $3) ON CONFLICT (conversation) DO UPDATE SET box = excluded.box, touched = excluded.touched",
		conversation, box, millis(c.Conversation.Draft.Touched)))
}

// endDraft takes away a draft, its files, and what the assistant said of it
// before this turn, which may have begun the next; "" is no turn.
func endDraft(ctx context.Context, tx *sql.Tx, conversation, turn string) error {
	return exec(ctx, tx,
		do("DELETE FROM drafts WHERE conversation = $1", conversation),
		do("DELETE FROM files WHERE conversation = $1", conversation),
		do("UPDATE turns SET box = NULL WHERE conversation = $1 AND private = 1 AND box IS NOT NULL AND id <> $2", conversation, turn))
}

// forget takes away all that is held about a person, but sent reports.
func forget(ctx context.Context, tx *sql.Tx, conversation string) error {
	if err := endDraft(ctx, tx, conversation, ""); err != nil {
		return err
	}
	return exec(ctx, tx,
		do("UPDATE turns SET box = NULL WHERE conversation = $1", conversation),
		do("DELETE FROM feedback WHERE conversation = $1", conversation),
		do("DELETE FROM unanswered WHERE conversation = $1", conversation))
}

// submit seals the report, with the files of its draft, into the outbox.
func (db *DB) submit(ctx context.Context, tx *sql.Tx, conversation string, c bot.Change) error {
	report := *c.Report
	if report.Evidence == nil {
		report.Evidence = []handoff.File{}
	}
	if c.To != "" { // two who add at once get two numbers
		if err := tx.QueryRowContext(ctx, "SELECT count(*) + 1 FROM reports WHERE parent = $1", string(c.To)).Scan(&report.Supplement); err != nil {
			return fmt.Errorf("count supplements: %w", err)
		}
	}
	for i := range report.Evidence {
		f := &report.Evidence[i]
		var box []byte
		if err := tx.QueryRowContext(ctx, "SELECT box FROM files WHERE conversation = $1 AND name = $2", conversation, f.Name).Scan(&box); err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		data, err := db.keys.unlock(box, placeFile+conversation+f.Name)
		if err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		f.Data = data
	}
	sealed, err := db.sealer.Seal(report)
	if err != nil {
		return err
	}
	id := handoff.ID("rp_" + rand.Text())
	now := db.now()
	if err := exec(ctx, tx, do(`INSERT INTO reports (id, code, parent, channel, submitted, state, attempts, next_at, problem, reference, delivered, box, sealed_away)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, '', '', 0, $8, $9)`,
		string(id), db.keys.hide(placeCode, string(report.Code)), string(c.To), report.Channel, millis(now), string(handoff.Pending), millis(now), sealed.Data, flag(sealed.Foreign))); err != nil {
		return err
	}
	detail := fmt.Sprintf("%d tệp", len(report.Evidence))
	if c.To != "" {
		detail += ", bổ sung cho " + string(c.To)
	}
	return db.appendCustody(ctx, tx, handoff.Event{At: now, Report: id, What: handoff.Received, Detail: detail})
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
