package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

func TestStore(t *testing.T) {
	both(t, func(t *testing.T, b bed) {
		t.Helper()
		bottest.TestStore(t, func(t *testing.T) bot.Store {
			t.Helper()
			if b.address != "" {
				return newPostgres(t).open(t, time.Now)
			}
			return bed{folder: t.TempDir()}.open(t, time.Now)
		})
	})
}

// pair are two processes on one database.
func pair(t *testing.T, b bed, now func() time.Time) []*store.DB {
	t.Helper()
	return []*store.DB{b.open(t, now), b.open(t, now)}
}

// atOnce runs f so many times at once, on one and the other database in turn.
func atOnce(n int, dbs []*store.DB, f func(i int, db *store.DB)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i, dbs[i%len(dbs)]) })
	}
	wg.Wait()
}

// TestOneConversationInTwoProcesses lets both count the turns of one person at
// once: none may be decided on what the other has changed meanwhile, and the
// same turn may be committed by one only.
func TestOneConversationInTwoProcesses(t *testing.T) { both(t, testOneConversation) }

func testOneConversation(t *testing.T, b bed) {
	t.Helper()
	dbs := pair(t, b, time.Now)
	const turns = 40
	var changed, seen atomic.Int64
	atOnce(2*turns, dbs, func(i int, db *store.DB) {
		turn := bot.Turn{ID: bot.TurnID(fmt.Sprint(i / 2)), Conversation: "web:1"} // both get each turn
		for {
			c, err := db.Load(t.Context(), turn.Conversation)
			if err != nil {
				t.Error(err)
				return
			}
			c.Misses++
			switch err := db.Commit(t.Context(), turn, bot.Change{Conversation: c, Reply: bot.Reply{Text: fmt.Sprint(c.Misses)}}); {
			case errors.Is(err, bot.ErrChanged):
				changed.Add(1)
				continue
			case errors.Is(err, bot.ErrSeen):
				seen.Add(1)
			case err != nil:
				t.Error(err)
			}
			return
		}
	})
	c, err := dbs[0].Load(t.Context(), "web:1")
	if err != nil || c.Misses != turns || seen.Load() != turns {
		t.Errorf("%d turns counted, %d known, want %d each; %v", c.Misses, seen.Load(), turns, err)
	}
	t.Logf("decided anew %d times", changed.Load())
}

// TestTwoProcessesDeliver wants every report to be claimed by one of many at
// once, and the custody record to stay a chain while both write it, purge, and
// look at reports.
func TestTwoProcessesDeliver(t *testing.T) { both(t, testTwoDeliver) }

func testTwoDeliver(t *testing.T, b bed) {
	t.Helper()
	dbs := pair(t, b, time.Now)
	const reports = 60
	atOnce(reports, dbs, func(i int, db *store.DB) {
		turn := bot.Turn{ID: bot.TurnID(fmt.Sprint(i)), Conversation: bot.ConversationID(fmt.Sprint("web:", i))}
		if err := db.Commit(t.Context(), turn, bot.Change{Report: &handoff.Report{Code: handoff.NewCode(), Story: "chuyện"}}); err != nil {
			t.Error(err)
		}
	})
	var mu sync.Mutex
	claimed := map[handoff.ID]int{}
	keep := store.Retention{Conversations: time.Hour, ReportsAfterAck: 0, Unanswered: time.Hour}
	atOnce(8, dbs, func(i int, db *store.DB) {
		for {
			now := time.Now()
			p, err := db.Claim(t.Context(), now, func(int) time.Duration { return time.Hour })
			if err != nil {
				t.Error(err)
			}
			if p == nil {
				return
			}
			mu.Lock()
			claimed[p.ID]++
			mu.Unlock()
			if _, err := db.Box(t.Context(), p.ID, "ai"); err != nil {
				t.Error(err)
			}
			state := []handoff.State{handoff.Delivered, handoff.Stuck, handoff.Delivered}[i%3]
			if err := db.Settle(t.Context(), p.ID, handoff.Result{State: state, At: time.Now(), Reference: "CA\x00", Problem: "\xff"}); err != nil {
				t.Error(err)
			}
			if err := db.Purge(t.Context(), keep); err != nil {
				t.Error(err)
			}
		}
	})
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if v, err := dbs[1].VerifyCustody(t.Context()); err != nil || v.Reports != reports || len(claimed) != reports {
		t.Errorf("%d claimed, custody %+v, %v", len(claimed), v, err)
	}
	// An attempt that took so long that another delivered meanwhile.
	entries, err := dbs[0].Reports(t.Context(), handoff.Delivered, 1)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	if err := dbs[1].Settle(t.Context(), entries[0].ID, handoff.Result{State: handoff.Pending, At: time.Now(), NextAt: time.Now()}); err != nil {
		t.Error(err)
	}
	if e, err := dbs[0].FindReport(t.Context(), string(entries[0].ID)); err != nil || e.State != handoff.Delivered {
		t.Errorf("a late attempt changed it: %+v, %v", e, err)
	}
}

// TestTwoProcessesAnswer wants an update that both are given to be one's, and
// what one left over when it died to be the other's, not before.
func TestTwoProcessesAnswer(t *testing.T) {
	b, at := newPostgres(t), newClock()
	dbs := pair(t, b, at.now)
	ours := func(db *store.DB) (ids []string) {
		t.Helper()
		all, err := db.Waiting(t.Context(), "zalo")
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range all {
			ids = append(ids, string(u.ID))
		}
		return ids
	}
	for _, db := range dbs {
		if ids := ours(db); ids != nil {
			t.Errorf("%v at the start", ids)
		}
	}
	const updates = 50
	fresh := make([]atomic.Int64, updates)
	atOnce(2*updates, dbs, func(i int, db *store.DB) {
		got, err := db.Accept(t.Context(), "zalo", []messenger.Update{update(fmt.Sprint("z:", i/2), "z:a")})
		if err != nil {
			t.Error(err)
		}
		fresh[i/2].Add(int64(len(got)))
	})
	for i := range fresh {
		if n := fresh[i].Load(); n != 1 {
			t.Errorf("update %d was new to %d", i, n)
		}
	}
	first, second := ours(dbs[0]), ours(dbs[1])
	if len(first)+len(second) != updates || slices.ContainsFunc(first, func(id string) bool { return slices.Contains(second, id) }) {
		t.Errorf("%d are one's, %d the other's", len(first), len(second))
	}
	at.add(40 * time.Second)
	if got := ours(dbs[1]); len(got) != len(second) {
		t.Errorf("took over from a living one: %d", len(got))
	}
	// The first has died; two wait for what it left.
	at.add(40 * time.Second)
	third := b.open(t, at.now)
	var mu sync.Mutex
	var took []int
	atOnce(2, []*store.DB{dbs[1], third}, func(_ int, db *store.DB) {
		n := len(ours(db))
		mu.Lock()
		defer mu.Unlock()
		took = append(took, n)
	})
	if took[0]+took[1] != updates {
		t.Errorf("took over %v of %d", took, updates)
	}
	left := len(ours(dbs[1]))
	if err := third.Close(); err != nil { // in good order: at once
		t.Fatal(err)
	}
	if got := ours(dbs[1]); len(got) != updates {
		t.Errorf("%d of %d after the others have gone, %d before", len(got), updates, left)
	}
}

// TestTwoProcessesHold lets many reach for a name at once; one gets it.
func TestTwoProcessesHold(t *testing.T) { both(t, testTwoHold) }

func testTwoHold(t *testing.T, b bed) {
	t.Helper()
	dbs := pair(t, b, time.Now)
	for round := range 5 {
		var held atomic.Int64
		atOnce(20, dbs, func(_ int, db *store.DB) {
			_, got, err := db.Hold(t.Context(), fmt.Sprint("zalo/", round), time.Minute)
			if err != nil {
				t.Error(err)
			}
			if got {
				held.Add(1)
			}
		})
		if held.Load() != 1 {
			t.Errorf("%d hold it", held.Load())
		}
	}
}

// TestPublications wants the ledger to keep all that was recorded, in order,
// each once, from two processes.
func TestPublications(t *testing.T) { both(t, testPublications) }

func testPublications(t *testing.T, b bed) {
	t.Helper()
	dbs := pair(t, b, time.Now)
	at := time.UnixMilli(1795460098330)
	all := []publish.Publication{
		{At: at, By: "lan", Action: publish.ActionPublish, To: "v1", Changes: publish.Changes{Added: []knowledge.ID{"a", "b"}}},
		{At: at.Add(-time.Hour), By: "minh", Action: publish.ActionPublish, From: "v1", Refused: "kém hơn", Gate: &publish.Gate{Articles: 3, Lost: []publish.Loss{{Question: "hỏi"}}}},
		{At: at, By: "hoa", Action: publish.ActionRollback, From: "v2", To: "v1", Forced: true},
	}
	for i, p := range all {
		for _, db := range dbs { // the second time it is known
			if err := db.RecordPublications(t.Context(), all[:i]...); err != nil {
				t.Fatal(err)
			}
			if err := db.RecordPublications(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
	for last, want := range map[int][]publish.Publication{10: all, 3: all, 2: all[1:], 1: all[2:]} {
		got, err := dbs[1].Publications(t.Context(), last)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("the last %d publications (-want +got):\n%s%v", last, diff, err)
		}
	}
}

// TestPostgresRefused wants what cannot work to be said, and never the password.
func TestPostgresRefused(t *testing.T) {
	b := newPostgres(t)
	b.open(t, time.Now)
	keys := t.TempDir() // other keys than the others have
	for name, tc := range map[string]struct{ folder, address, want string }{
		"no address":     {b.folder, "postgres://trolyao:mat-khau-kin@[:x/%zz", "postgres://người-dùng"},
		"wrong password": {b.folder, strings.Replace(b.address, "mat-khau-kin", "mat-khau-kin-sai", 1), "password authentication failed"},
		"nobody there":   {b.folder, "postgres://trolyao:mat-khau-kin@127.0.0.1:1/x", "127.0.0.1"},
		"other keys":     {keys, b.address, "secret.key"},
		"not durable":    {b.folder, b.address + "?synchronous_commit=off", "synchronous_commit"},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(context.Background(), tc.folder, store.Options{Address: tc.address, Now: time.Now})
			if err == nil {
				_ = db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "mat-khau") {
				t.Errorf("says %v", err)
			}
		})
	}
}
