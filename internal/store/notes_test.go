package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/internal/store"
)

// Feedback counts each answer once, whether a reason was given or not.
func TestFeedback(t *testing.T) { both(t, testFeedback) }

func testFeedback(t *testing.T, b bed) {
	t.Helper()
	db := b.open(t, time.Now)
	for n, f := range []bot.Feedback{
		{Article: "a", Good: true}, {Article: "a"}, {Article: "a", Reason: "thieu", Asked: "hỏi gì"}, {Article: "b"}, {Article: "b"}, {Article: "c", Good: true},
	} {
		commit(t, db, fmt.Sprint(n), bot.Change{Feedback: &f})
	}
	opinions, complaints, err := db.Feedback(t.Context(), 10)
	if err != nil || !slices.Equal(opinions, []store.Opinion{{Article: "b", Bad: 2}, {Article: "a", Good: 1, Bad: 1}}) {
		t.Errorf("opinions %+v, %v", opinions, err)
	}
	reasons := map[string]int{}
	for _, c := range complaints {
		reasons[string(c.Article)+c.Reason]++
	}
	if want := map[string]int{"athieu": 1, "b": 2}; !maps.Equal(reasons, want) {
		t.Errorf("complaints %v, want %v", reasons, want)
	}
}
