package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/knowledge"
)

var (
	loadPeople = flag.Int("load-people", 0, "people in TestLoad; 0 skips it")
	loadAtOnce = flag.Int("load-at-once", 32, "people who wait for a reply at any time in TestLoad")
)

// TestLoad has many people ask one question each, as many at a time as wait for
// a reply, half of them on Zalo and half on Telegram, both by webhook, and then
// tells how many were answered a second, how long they waited beyond what the
// networks take, and how much memory the conversations cost. The stand-ins for
// the networks run on the same cores. The full run: make load.
func TestLoad(t *testing.T) {
	if *loadPeople == 0 {
		t.Skip("-load-people is not set")
	}
	questions, err := eval.LoadQuestions("../../knowledge/questions.jsonl", nil)
	if err != nil {
		t.Fatal(err)
	}
	questions = slices.DeleteFunc(eval.InHalf(questions, eval.Tuning), func(q knowledge.Question) bool { return q.Outcome != "answer" || len(q.Before) > 0 })
	n := newNetworks(t, "webhook")
	s := newServerWith(t, newAgency(t), n.settings, n.files)
	n.oa.SetWebhook(s.url + "/webhook/zalo")
	s.start()
	s.waitReady(t.Context())
	before := memory(t, s.cmd.Process.Pid, "VmRSS")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	waits := make([]time.Duration, *loadPeople)
	var next atomic.Int64
	var crowd sync.WaitGroup
	start := time.Now()
	for range *loadAtOnce {
		crowd.Go(func() {
			for i := next.Add(1) - 1; i < int64(*loadPeople); i = next.Add(1) - 1 {
				text, asked := questions[int(i)%len(questions)].Text, time.Now()
				var err error
				if i%2 == 0 {
					n.telegram.Say(1_000_000+i, text)
					_, err = n.telegram.WaitMessages(ctx, 1_000_000+i, 1)
				} else {
					user := fmt.Sprint(8309393969000000000 + i)
					n.oa.Say(user, text) //nolint:contextcheck // a network delivers in its own time
					_, err = n.oa.WaitMessages(ctx, user, 1)
				}
				if err != nil {
					t.Error(err)
					return
				}
				waits[i] = time.Since(asked)
			}
		})
	}
	crowd.Wait()
	took := time.Since(start)
	after := memory(t, s.cmd.Process.Pid, "VmRSS")
	peak := peakMemory(t, s.cmd.Process.Pid)
	s.stop()
	slices.Sort(waits)
	at := func(q float64) time.Duration {
		return waits[int(q*float64(len(waits)-1))].Round(100 * time.Microsecond)
	}
	t.Logf("%d people, %d at a time: %.0f updates a second; waited p50 %v, p99 %v, at most %v; memory %d MB before, %d MB after, %d MB at most",
		*loadPeople, *loadAtOnce, float64(*loadPeople)/took.Seconds(), at(.5), at(.99), at(1), before>>20, after>>20, peak>>20)
}
