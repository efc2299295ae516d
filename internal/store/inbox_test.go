package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/internal/store"
)

func update(id, person string) messenger.Update {
	return messenger.Update{ID: bot.TurnID(id), Person: bot.ConversationID(person), At: time.UnixMilli(1795460098330), Body: []byte("chuyện kín " + id)}
}

// TestInbox wants updates to be kept across a crash until they are done, each
// once, in order, and readable to nobody else.
func TestInbox(t *testing.T) { both(t, testInbox) }

func testInbox(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db := b.open(t, at.now)
	first := []messenger.Update{update("t:1", "t:a"), update("t:2", "t:b"), update("t:3", "t:a")}
	for i, want := range []int{3, 0} { // the second time they are known
		fresh, err := db.Accept(t.Context(), "telegram", first)
		if err != nil || len(fresh) != want {
			t.Fatalf("try %d: %d fresh, %v", i, len(fresh), err)
		}
	}
	if _, err := db.Accept(t.Context(), "zalo", []messenger.Update{update("z:1", "z:a")}); err != nil {
		t.Fatal(err)
	}
	commit(t, db, "t:2", bot.Change{Reply: bot.Reply{Text: "đáp"}})
	other := b.open(t, at.now) // as after a crash: nothing was closed
	at.add(time.Minute)
	waiting, err := other.Waiting(t.Context(), "telegram")
	if err != nil || len(waiting) != 3 {
		t.Fatalf("%d waiting, %v", len(waiting), err)
	}
	for i, u := range waiting {
		if u.ID != first[i].ID || u.Person != first[i].Person || !bytes.Equal(u.Body, first[i].Body) || !u.At.Equal(first[i].At) || u.Answered.IsZero() != (u.ID != "t:2") {
			t.Errorf("update %d is %+v", i, u)
		}
	}
	// Done, and answered: it does not come back.
	if err := other.Done(t.Context(), "t:2"); err != nil {
		t.Fatal(err)
	}
	if fresh, err := other.Accept(t.Context(), "telegram", first[1:2]); err != nil || len(fresh) != 0 {
		t.Errorf("an answered update is taken again: %v %v", fresh, err)
	}
	if left, err := other.Waiting(t.Context(), "telegram"); err != nil || len(left) != 2 {
		t.Errorf("%d waiting, %v", len(left), err)
	}
	for _, secret := range []string{"chuyện kín", "t:a"} {
		if b.has(t, secret) {
			t.Errorf("%q stands in the database", secret)
		}
	}
	at.add(60 * time.Hour)
	if err := db.Purge(t.Context(), store.Retention{Conversations: time.Hour, ReportsAfterAck: time.Hour, Unanswered: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if left, err := db.Waiting(t.Context(), "telegram"); err != nil || len(left) != 0 {
		t.Errorf("%d waiting after two days, %v", len(left), err)
	}
}

// TestWaitingKeepsDraft wants a draft to outlive its time while a message of the
// person who writes it has not been answered.
func TestWaitingKeepsDraft(t *testing.T) { both(t, testWaitingKeepsDraft) }

func testWaitingKeepsDraft(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db := b.open(t, at.now)
	commit(t, db, "1", bot.Change{Conversation: bot.Conversation{Draft: &bot.Draft{Story: "kín", Touched: at.now()}}})
	pressed := messenger.Update{ID: "2", Person: "web:1", At: at.now(), Body: []byte("gửi đơn")}
	if _, err := db.Accept(t.Context(), "web", []messenger.Update{pressed}); err != nil {
		t.Fatal(err)
	}
	purged := func() bool {
		t.Helper()
		if err := db.Purge(t.Context(), store.Retention{Conversations: time.Hour, ReportsAfterAck: time.Hour, Unanswered: time.Hour}); err != nil {
			t.Fatal(err)
		}
		c, err := db.Load(t.Context(), "web:1")
		if err != nil {
			t.Fatal(err)
		}
		return c.Draft == nil
	}
	at.add(31 * time.Minute)
	if purged() {
		t.Error("the draft is gone before the message was answered")
	}
	// Answered, though the reply has not been sent.
	commit(t, db, "2", bot.Change{Conversation: bot.Conversation{Draft: &bot.Draft{Story: "kín", Touched: at.now()}}})
	at.add(31 * time.Minute)
	if !purged() {
		t.Error("the draft stays after the message was answered")
	}
}

func TestState(t *testing.T) { both(t, testState) }

func testState(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db, other := b.open(t, at.now), b.open(t, at.now)
	if value, err := db.State(t.Context(), "zalo/1"); err != nil || value != nil {
		t.Errorf("%q %v", value, err)
	}
	for _, value := range []string{"mã kín", "mã kín hơn"} {
		if err := db.SetState(t.Context(), "zalo/1", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := other.State(t.Context(), "zalo/1"); err != nil || string(got) != value {
			t.Errorf("%q %v", got, err)
		}
	}
	if b.has(t, "mã kín") {
		t.Error("the value stands in the database")
	}
}

// TestHold wants one holder at a time, until it gives back or its time is over,
// and a clock that jumped back not to lock anybody out.
func TestHold(t *testing.T) { both(t, testHold) }

func testHold(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db, other := b.open(t, at.now), b.open(t, at.now)
	try := func(db *store.DB) (func() error, bool) {
		t.Helper()
		release, held, err := db.Hold(t.Context(), "zalo/1", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return func() error { return release(t.Context()) }, held
	}
	release, held := try(db)
	if !held {
		t.Fatal("nobody held it")
	}
	if _, held := try(other); held {
		t.Error("two hold it")
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	stale, held := try(other)
	if !held {
		t.Error("it was given back")
	}
	at.add(2 * time.Minute)
	if _, held = try(db); !held {
		t.Error("its time was over")
	}
	if err := stale(); err != nil { // of one whose time is over: changes nothing
		t.Fatal(err)
	}
	if _, held = try(other); held {
		t.Error("two hold it")
	}
	at.add(-48 * time.Hour)
	if _, held = try(other); !held {
		t.Error("the clock jumped back")
	}
	if value, err := db.State(t.Context(), "zalo/1"); err != nil || value != nil {
		t.Errorf("holding left a value: %q %v", value, err)
	}
}

// TestLeavingUndoesNothing lets somebody leave in the middle of what he has
// written: it is finished. Were it broken off, SQLite would take back with it
// what others wrote in the same transaction.
func TestLeavingUndoesNothing(t *testing.T) { both(t, testLeavingUndoesNothing) }

func testLeavingUndoesNothing(t *testing.T, b bed) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	reads := 0
	db := b.open(t, func() time.Time {
		if reads++; reads == 2 { // the clock is read for each update
			leave()
		}
		return time.Now()
	})
	reads = 0
	updates := []messenger.Update{update("telegram:1", "lan"), update("telegram:2", "lan"), update("telegram:3", "lan")}
	if fresh, err := db.Accept(ctx, "telegram", updates); err != nil || len(fresh) != 3 || ctx.Err() == nil {
		t.Errorf("kept %d updates, %v", len(fresh), err)
	}
	if fresh, err := db.Accept(ctx, "telegram", []messenger.Update{update("telegram:4", "lan")}); !errors.Is(err, context.Canceled) || len(fresh) != 0 {
		t.Errorf("one who had left before wrote %d updates, %v", len(fresh), err)
	}
	if waiting, err := db.Waiting(t.Context(), "telegram"); err != nil || len(waiting) != 3 {
		t.Errorf("%d updates wait, %v", len(waiting), err)
	}
}
