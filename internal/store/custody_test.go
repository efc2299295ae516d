package store_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
)

// Who verifies beside a server that takes and delivers reports is not told of
// tampering.
func TestVerifyWhileReportsCome(t *testing.T) { both(t, testVerifyWhileReportsCome) }

func testVerifyWhileReportsCome(t *testing.T, b bed) {
	t.Helper()
	db, checker := b.open(t, time.Now), b.open(t, time.Now)
	done := make(chan error, 1)
	go func() {
		var err error
		for n := 0; err == nil && n < 200; n++ {
			at := bot.Turn{ID: bot.TurnID(fmt.Sprint("many", n)), Conversation: bot.ConversationID(fmt.Sprint("web:", n))}
			err = db.Commit(t.Context(), at, bot.Change{Report: &handoff.Report{Code: handoff.NewCode(), Channel: "web", Story: "chuyện kín"}})
			p, claimed := db.Claim(t.Context(), time.Now(), func(int) time.Duration { return time.Minute })
			if err = cmp.Or(err, claimed); err == nil && p != nil {
				err = db.Settle(t.Context(), p.ID, handoff.Result{State: handoff.Delivered, At: time.Now(), Reference: "CA"})
			}
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		if _, err := checker.VerifyCustody(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Two people who add to a report at the same time add two numbers to it.
func TestSupplementsAreCounted(t *testing.T) { both(t, testSupplementsAreCounted) }

func testSupplementsAreCounted(t *testing.T, b bed) {
	t.Helper()
	db := b.open(t, time.Now)
	e := submit(t, db, "1", handoff.NewCode())
	for n := range 2 {
		r := &handoff.Report{Code: handoff.NewCode(), Channel: "web", Story: "thêm", Supplement: 1} // as both forms were opened
		at := bot.Turn{ID: bot.TurnID(fmt.Sprint("more", n)), Conversation: bot.ConversationID(fmt.Sprint("web:more", n))}
		if err := db.Commit(t.Context(), at, bot.Change{Report: r, To: e.ID}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := db.Reports(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, added := range all {
		if added.To != "" {
			box, err := db.Box(t.Context(), added.ID, "phép thử")
			if err != nil {
				t.Fatal(err)
			}
			r, err := handoff.Open(box, filepath.Join(b.folder, handoff.KeyFile))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Supplement)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("numbered %v", got)
	}
}
