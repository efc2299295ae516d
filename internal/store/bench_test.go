package store_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

// openDB opens the database of a folder that lives as long as the test.
func openDB(tb testing.TB, folder string, now func() time.Time) *store.DB {
	tb.Helper()
	return storetest.Open(tb, folder, now)
}

// BenchmarkCommit is the cost of durability: one turn, looked up, loaded and
// committed to the disk before it is acknowledged, by so many people at once;
// beside it the same in memory.
func BenchmarkCommit(b *testing.B) {
	stores := map[string]bot.Store{"memory": store.NewMemory(1000), "sqlite": openDB(b, b.TempDir(), time.Now)}
	if s, err := server(); err == nil {
		s.Durable(b)
		stores["postgres"] = newPostgres(b).open(b, time.Now)
	}
	for _, people := range []int{1, 16, 100} {
		for name, s := range stores {
			b.Run(fmt.Sprintf("people=%d/%s", people, name), func(b *testing.B) { commits(b, s, people, name) })
		}
	}
}

func commits(b *testing.B, s bot.Store, people int, name string) {
	b.Helper()
	var next atomic.Int64
	took := make([][]time.Duration, people)
	var wg sync.WaitGroup
	b.ResetTimer()
	for p := range people {
		wg.Go(func() {
			id := bot.ConversationID(fmt.Sprint("bench:", p))
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				start := time.Now()
				turn := bot.Turn{ID: bot.TurnID(fmt.Sprint(name, people, b.N, "-", n)), Conversation: id}
				if _, _, err := s.Replied(b.Context(), turn.ID); err != nil {
					b.Error(err)
				}
				c, err := s.Load(b.Context(), id)
				if err != nil {
					b.Error(err)
				}
				c.Misses++
				if err := s.Commit(b.Context(), turn, bot.Change{Conversation: c, Reply: bot.Reply{Outcome: bot.OutcomeAbstain, Text: "Tôi chưa có thông tin chắc chắn về việc này."}}); err != nil {
					b.Error(err)
				}
				took[p] = append(took[p], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}
