package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func commit(tb testing.TB, db *store.DB, id string, c bot.Change) {
	tb.Helper()
	now, err := db.Load(tb.Context(), "web:1")
	if err != nil {
		tb.Fatal(err)
	}
	c.Conversation.Revision = now.Revision
	if err := db.Commit(tb.Context(), bot.Turn{ID: bot.TurnID(id), Conversation: "web:1"}, c); err != nil {
		tb.Fatal(err)
	}
}

// submit sends a report and returns its entry.
func submit(tb testing.TB, db *store.DB, turn string, code handoff.Code) store.Entry {
	tb.Helper()
	commit(tb, db, turn, bot.Change{Reply: bot.Reply{Outcome: bot.OutcomeReport}, Report: &handoff.Report{Code: code, Channel: "web", Story: "chuyện kín"}})
	e, err := db.FindReport(tb.Context(), string(code))
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestTurnsSurviveAndAreAnsweredOnce(t *testing.T) { both(t, testTurnsSurviveAndAreAnsweredOnce) }

func testTurnsSurviveAndAreAnsweredOnce(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db := b.open(t, at.now)
	conversation := bot.Conversation{ID: "web:1", Article: "cap-lai-the-can-cuoc", Misses: 1, Draft: &bot.Draft{Step: "story", Story: "chuyện kín", Touched: at.now()}}
	commit(t, db, "1", bot.Change{Conversation: conversation, Reply: bot.Reply{Outcome: bot.OutcomeReport, Text: "chuyện kín"}, Private: true})
	other := b.open(t, at.now) // as after a crash: nothing was closed
	for _, db := range []*store.DB{db, other} {
		got, err := db.Load(t.Context(), "web:1")
		if err != nil || got.Article != conversation.Article || got.Draft == nil || got.Draft.Story != "chuyện kín" {
			t.Errorf("conversation %+v, %v", got, err)
		}
		if r, done, err := db.Replied(t.Context(), "1"); err != nil || !done || r.Text != "chuyện kín" {
			t.Errorf("reply %+v %v %v", r, done, err)
		}
	}
	if err := db.Commit(t.Context(), bot.Turn{ID: "1", Conversation: "web:1"}, bot.Change{Reply: bot.Reply{Outcome: bot.OutcomeAbstain}}); !errors.Is(err, bot.ErrSeen) {
		t.Errorf("the same turn again: %v", err)
	}
	if got, err := db.Load(t.Context(), "web:2"); err != nil || got.ID != "web:2" || got.Misses != 0 {
		t.Errorf("unknown conversation: %+v, %v", got, err)
	}
	// The end of a draft takes its words away.
	commit(t, db, "2", bot.Change{Conversation: bot.Conversation{ID: "web:1"}, Reply: bot.Reply{Outcome: bot.OutcomeReport, Text: "đã hủy"}, Over: true})
	if r, done, err := db.Replied(t.Context(), "1"); err != nil || !done || r.Text != "" {
		t.Errorf("private reply after its draft: %+v %v %v", r, done, err)
	}
	// A change that fails leaves nothing behind.
	bad := bot.Change{Reply: bot.Reply{Outcome: bot.OutcomeReport, Text: "x"}, Report: &handoff.Report{Code: handoff.NewCode(), Evidence: []handoff.File{{Name: "gone.jpg"}}}}
	if err := db.Commit(t.Context(), bot.Turn{ID: "3", Conversation: "web:1"}, bad); err == nil {
		t.Error("a report without its evidence was taken")
	}
	if _, done, err := db.Replied(t.Context(), "3"); err != nil || done {
		t.Errorf("half a change was kept: %v %v", done, err)
	}
}

// Many write at once; those who fail do not take others with them.
func TestWritersShareCommits(t *testing.T) { both(t, testWritersShareCommits) }

func testWritersShareCommits(t *testing.T, b bed) {
	t.Helper()
	db := b.open(t, time.Now)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			turn := bot.Turn{ID: bot.TurnID(fmt.Sprint(i)), Conversation: bot.ConversationID(fmt.Sprint("web:", i))}
			c := bot.Change{Conversation: bot.Conversation{Misses: i}, Reply: bot.Reply{Outcome: bot.OutcomeAbstain}}
			ctx := t.Context()
			switch i % 10 {
			case 3:
				c.Report = &handoff.Report{Evidence: []handoff.File{{Name: "gone"}}}
			case 7:
				gone, leave := context.WithCancel(ctx)
				leave()
				ctx = gone
			}
			err := db.Commit(ctx, turn, c)
			if good := i%10 != 3 && i%10 != 7; (err == nil) != good {
				t.Errorf("turn %d: %v", i, err)
			}
			if conv, lerr := db.Load(t.Context(), turn.Conversation); lerr != nil || (err == nil) != (conv.Misses == i) && i > 0 {
				t.Errorf("turn %d: %v, kept %+v, %v", i, err, conv, lerr)
			}
		})
	}
	wg.Wait()
}

func TestNothingIsInClear(t *testing.T) { both(t, testNothingIsInClear) }

func testNothingIsInClear(t *testing.T, b bed) {
	t.Helper()
	db := b.open(t, time.Now)
	code := handoff.NewCode()
	commit(t, db, "1", bot.Change{
		Conversation: bot.Conversation{Asked: "câu hỏi kín", Draft: &bot.Draft{Story: "chuyện kín", Touched: time.Now()}},
		Reply:        bot.Reply{Outcome: bot.OutcomeReport, Text: "lời đáp kín"}, Files: []handoff.File{{Name: "1.txt", Data: []byte("tệp kín")}},
	})
	submit(t, db, "2", code)
	for _, secret := range []string{"kín", string(code), "web:1"} {
		if b.has(t, secret) {
			t.Errorf("%q stands in the database", secret)
		}
	}
	if b.address != "" {
		return
	}
	for _, name := range []string{store.File, store.KeyFile} {
		if info, err := os.Stat(filepath.Join(b.folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestOutboxInTheDatabase(t *testing.T) { both(t, testOutboxInTheDatabase) }

func testOutboxInTheDatabase(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db := b.open(t, at.now)
	first, second := submit(t, db, "1", handoff.NewCode()), handoff.NewCode()
	at.add(time.Second)
	submit(t, db, "2", second)
	claim := func() *handoff.Parcel {
		t.Helper()
		p, err := db.Claim(t.Context(), at.now(), func(int) time.Duration { return 10 * time.Second })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, q := claim(), claim()
	if p == nil || q == nil || p.ID != first.ID || claim() != nil {
		t.Fatalf("claimed %v, %v", p, q)
	}
	at.add(11 * time.Second) // a crash: what was claimed is due again
	if p = claim(); p == nil || p.ID != first.ID {
		t.Fatalf("after a crash: %v", p)
	}
	settle := func(id handoff.ID, r handoff.Result) {
		t.Helper()
		r.At = at.now()
		if err := db.Settle(t.Context(), id, r); err != nil {
			t.Fatal(err)
		}
	}
	settle(first.ID, handoff.Result{State: handoff.Pending, NextAt: at.now().Add(time.Hour), Problem: "bận"})
	settle(q.ID, handoff.Result{State: handoff.Stuck, Problem: "từ chối"})
	if claim() != nil {
		t.Error("claimed what waits or is stuck")
	}
	at.add(-24 * time.Hour) // the clock jumps back: nothing waits a day longer
	if p = claim(); p == nil || p.ID != first.ID || p.Attempts != 1 {
		t.Errorf("after the clock jumped back: %v", p)
	}
	settle(first.ID, handoff.Result{State: handoff.Delivered, Reference: "CA-1"})
	if err := db.Retry(t.Context(), first.ID, "ai"); err == nil {
		t.Error("sent again what was delivered")
	}
	if err := db.Retry(t.Context(), q.ID, "ai"); err != nil {
		t.Error(err)
	}
	if p = claim(); p == nil || p.ID != q.ID {
		t.Errorf("after a retry: %v", p)
	}
	o, err := db.Outbox(t.Context())
	if err != nil || o.Pending != 1 || o.Stuck != 0 || o.Delivered != 1 || o.Oldest.IsZero() {
		t.Errorf("outbox %+v, %v", o, err)
	}
	if r, known, err := db.Receipt(t.Context(), second); err != nil || !known || r.State != handoff.Pending {
		t.Errorf("receipt %+v %v %v", r, known, err)
	}
	if _, known, err := db.Receipt(t.Context(), handoff.NewCode()); err != nil || known {
		t.Errorf("receipt of nobody: %v %v", known, err)
	}
	if v, err := db.VerifyCustody(t.Context()); err != nil || v.Reports != 2 || v.Events != 5 {
		t.Errorf("custody %+v, %v", v, err)
	}
}

func TestRetention(t *testing.T) { both(t, testRetention) }

func testRetention(t *testing.T, b bed) {
	t.Helper()
	at := newClock()
	db := b.open(t, at.now)
	keep := store.Retention{Conversations: 30 * 24 * time.Hour, ReportsAfterAck: 90 * 24 * time.Hour, Unanswered: 180 * 24 * time.Hour}
	commit(t, db, "1", bot.Change{
		Conversation: bot.Conversation{Article: "a", Draft: &bot.Draft{Story: "kín", Touched: at.now()}}, Private: true,
		Reply: bot.Reply{Outcome: bot.OutcomeAbstain}, Unanswered: &bot.Unanswered{Asked: "câu hỏi"},
	})
	e := submit(t, db, "2", handoff.NewCode())
	if err := db.Settle(t.Context(), e.ID, handoff.Result{State: handoff.Delivered, At: at.now(), Reference: "CA-1"}); err != nil {
		t.Fatal(err)
	}
	purge := func(d time.Duration) (draft, replied, conversation, box, asked bool) {
		t.Helper()
		at.add(d)
		if err := db.Purge(t.Context(), keep); err != nil {
			t.Fatal(err)
		}
		c, err := db.Load(t.Context(), "web:1")
		if err != nil {
			t.Fatal(err)
		}
		_, replied, err = db.Replied(t.Context(), "2")
		if err != nil {
			t.Fatal(err)
		}
		now, err := db.FindReport(t.Context(), string(e.ID))
		if err != nil {
			t.Fatal(err)
		}
		questions, err := db.Unanswered(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return c.Draft != nil, replied, c.Misses == 0 && c.Article == "", !now.Purged, len(questions) > 0
	}
	for _, step := range []struct {
		after time.Duration
		want  [5]bool // draft, reply, conversation as new, content of the report, question
	}{
		{29 * time.Minute, [5]bool{true, true, true, true, true}},
		{2 * time.Minute, [5]bool{false, true, true, true, true}},
		{48 * time.Hour, [5]bool{false, false, true, true, true}},
		{88 * 24 * time.Hour, [5]bool{false, false, true, false, true}},
		{91 * 24 * time.Hour, [5]bool{false, false, true, false, false}},
	} {
		draft, replied, conversation, box, asked := purge(step.after)
		if got := [5]bool{draft, replied, conversation, box, asked}; got != step.want && step.want != [5]bool{} {
			t.Errorf("after %v more: %v, want %v", step.after, got, step.want)
		}
	}
	if v, err := db.VerifyCustody(t.Context()); err != nil || v.Events != 3 {
		t.Errorf("custody %+v, %v", v, err)
	}
}

func TestCustodyTellsTampering(t *testing.T) {
	open := map[string]string{"update": "DROP TRIGGER custody_no_update", "delete": "DROP TRIGGER custody_no_delete"}
	t.Run("sqlite", func(t *testing.T) { testTampering(t, func() bed { return bed{folder: t.TempDir()} }, open) })
	for name := range open {
		open[name] += " ON custody"
	}
	t.Run("postgres", func(t *testing.T) { testTampering(t, func() bed { return newPostgres(t) }, open) })
}

func testTampering(t *testing.T, newBed func() bed, open map[string]string) {
	t.Helper()
	for name, statements := range map[string][]string{
		"event changed": {open["update"], "UPDATE custody SET detail = 'khác' WHERE seq = 1"},
		"event removed": {open["delete"], "DELETE FROM custody WHERE seq = 1"},
		"report gone":   {"DELETE FROM reports"},
		"state changed": {"UPDATE reports SET state = 'delivered'"},
		"state unknown": {"UPDATE reports SET state = 'gone'"},
		"tail cut":      {open["delete"], "DELETE FROM custody WHERE seq = 2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed()
			db := b.open(t, time.Now)
			submit(t, db, "1", handoff.NewCode())
			submit(t, db, "2", handoff.NewCode())
			other := b.raw(t)
			if _, err := other.ExecContext(t.Context(), "UPDATE custody SET detail = 'khác'"); err == nil {
				t.Error("the record can be changed")
			}
			if _, err := other.ExecContext(t.Context(), "DELETE FROM custody"); err == nil {
				t.Error("the record can be deleted")
			}
			for _, s := range statements {
				if _, err := other.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if v, err := db.VerifyCustody(t.Context()); !errors.Is(err, store.ErrTampered) {
				t.Errorf("not found out: %+v, %v", v, err)
			}
		})
	}
}

func TestBadDatabases(t *testing.T) {
	open := func(dir string) error {
		sealer, err := handoff.NewSealer("", filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), dir, store.Options{Sealer: sealer, Now: time.Now})
		if err == nil {
			err = db.Close()
		}
		return err
	}
	filled := func() string {
		dir := t.TempDir()
		db := openDB(t, dir, time.Now)
		for i := range 50 {
			submit(t, db, fmt.Sprint(i), handoff.NewCode())
		}
		if err := db.Purge(t.Context(), store.Retention{Conversations: time.Hour, ReportsAfterAck: time.Hour, Unanswered: time.Hour}); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("garbage", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, store.File), bytes.Repeat([]byte("x"), 8192), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(dir); err == nil || !strings.Contains(err.Error(), "runbook") {
			t.Errorf("garbage: %v", err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		dir := filled()
		file := filepath.Join(dir, store.File)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		copyDir := t.TempDir()
		for at := 4096 * 2; at+4096 < len(data); at += 4096 {
			copy(data[at:], bytes.Repeat([]byte{0xa5}, 2048))
		}
		if err := os.WriteFile(filepath.Join(copyDir, store.File), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(copyDir); err == nil || !strings.Contains(err.Error(), "runbook") {
			t.Errorf("damaged: %v", err)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		if err := open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no folder: %v", err)
		}
	})
	t.Run("broken key", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, store.KeyFile), []byte("QUJD\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(dir); err == nil || !strings.Contains(err.Error(), "sao lưu") {
			t.Errorf("broken key: %v", err)
		}
	})
	t.Run("lost key", func(t *testing.T) {
		dir := t.TempDir()
		db := openDB(t, dir, time.Now)
		commit(t, db, "1", bot.Change{Reply: bot.Reply{Outcome: bot.OutcomeAbstain}})
		if err := os.Remove(filepath.Join(dir, store.KeyFile)); err != nil {
			t.Fatal(err)
		}
		if err := open(dir); err != nil { // people are strangers again, and that is all
			t.Errorf("lost key: %v", err)
		}
	})
}
