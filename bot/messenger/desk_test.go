package messenger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// inbox keeps updates in memory, like the database across restarts.
type inbox struct {
	mu       sync.Mutex
	kept     []messenger.Update
	answered map[bot.TurnID]time.Time
	failDone int
	failKeep error
}

func (i *inbox) Accept(_ context.Context, _ string, updates []messenger.Update) ([]messenger.Update, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failKeep != nil {
		return nil, i.failKeep
	}
	var fresh []messenger.Update
	for _, u := range updates {
		_, done := i.answered[u.ID]
		if done || slices.ContainsFunc(i.kept, func(k messenger.Update) bool { return k.ID == u.ID }) {
			continue
		}
		i.kept = append(i.kept, u)
		fresh = append(fresh, u)
	}
	return fresh, nil
}

func (i *inbox) Waiting(context.Context, string) ([]messenger.Update, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := slices.Clone(i.kept)
	for n := range all {
		all[n].Answered = i.answered[all[n].ID]
	}
	return all, nil
}

func (i *inbox) Done(_ context.Context, id bot.TurnID) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failDone > 0 {
		i.failDone--
		return errors.New("disk full")
	}
	i.kept = slices.DeleteFunc(i.kept, func(u messenger.Update) bool { return u.ID == id })
	return nil
}

// network is a channel whose replies repeat the update.
type network struct {
	inbox *inbox

	mu     sync.Mutex
	sent   []string
	answer func(u messenger.Update) (bot.Reply, error)
	send   func(u messenger.Update, try int) error
	tries  map[bot.TurnID]int
	busy   map[bot.ConversationID]bool
	most   int // people answered at once
}

func (n *network) Name() string { return "test" }

func (n *network) Answer(_ context.Context, u messenger.Update) (bot.Reply, error) {
	n.mu.Lock()
	if n.busy[u.Person] {
		n.mu.Unlock()
		return bot.Reply{}, errors.New("two updates of one person at once")
	}
	n.busy[u.Person] = true
	n.most = max(n.most, len(n.busy))
	n.mu.Unlock()
	time.Sleep(time.Millisecond) //nolint:forbidigo // in a bubble: takes no time
	n.mu.Lock()
	delete(n.busy, u.Person)
	n.mu.Unlock()
	if n.answer != nil {
		if r, err := n.answer(u); r.Text != "" || err != nil {
			return r, err
		}
	}
	n.inbox.mu.Lock()
	defer n.inbox.mu.Unlock()
	if _, ok := n.inbox.answered[u.ID]; !ok {
		n.inbox.answered[u.ID] = time.Now()
	}
	return bot.Reply{Outcome: bot.OutcomeAnswer, Text: string(u.Body)}, nil
}

func (n *network) Send(_ context.Context, u messenger.Update, r bot.Reply) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tries[u.ID]++
	if n.send != nil {
		if err := n.send(u, n.tries[u.ID]); err != nil {
			return err
		}
	}
	n.sent = append(n.sent, string(u.Person)+":"+r.Text)
	return nil
}

func (n *network) of(person string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, s := range n.sent {
		if rest, ok := strings.CutPrefix(s, person+":"); ok {
			out = append(out, rest)
		}
	}
	return out
}

func newNetwork(i *inbox) *network {
	if i.answered == nil {
		i.answered = map[bot.TurnID]time.Time{}
	}
	return &network{inbox: i, tries: map[bot.TurnID]int{}, busy: map[bot.ConversationID]bool{}}
}

func said(person string, n int) messenger.Update {
	return messenger.Update{
		ID: bot.TurnID(fmt.Sprintf("%s/%d", person, n)), Person: bot.ConversationID(person), At: time.Now(), Body: fmt.Appendf(nil, "%d", n),
	}
}

// run runs a desk until f returns.
func run(t *testing.T, n *network, cfg messenger.Config, f func(d *messenger.Desk)) map[string]int {
	t.Helper()
	counts := map[string]int{}
	var mu sync.Mutex
	cfg.Count = func(result string) {
		mu.Lock()
		defer mu.Unlock()
		counts[result]++
	}
	d := messenger.NewDesk(cfg, n, n.inbox, slog.New(slog.DiscardHandler), time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	f(d)
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return counts
}

func TestOrderAndParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(&inbox{})
		run(t, n, messenger.Config{Workers: 4}, func(d *messenger.Desk) {
			for i := range 20 {
				for _, person := range []string{"a", "b", "c"} {
					if err := d.Accept(t.Context(), said(person, i)); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(time.Second) //nolint:forbidigo // in a bubble
		})
		for _, person := range []string{"a", "b", "c"} {
			got := n.of(person)
			if len(got) != 20 || got[0] != "0" || got[19] != "19" || !slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }) {
				t.Errorf("%s got %v", person, got)
			}
		}
		if n.most < 2 {
			t.Error("people were answered one after another")
		}
		if len(n.inbox.kept) != 0 {
			t.Errorf("still kept: %v", n.inbox.kept)
		}
	})
}

func TestRepeatedUpdateIsAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(&inbox{})
		run(t, n, messenger.Config{}, func(d *messenger.Desk) {
			for range 3 {
				if err := d.Accept(t.Context(), said("a", 1)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second) //nolint:forbidigo // in a bubble
			}
		})
		if got := n.of("a"); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
	})
}

// failing fails so often to answer.
func failing(times int, err error) func(messenger.Update) (bot.Reply, error) {
	return func(messenger.Update) (bot.Reply, error) {
		if times--; times >= 0 {
			return bot.Reply{}, err
		}
		return bot.Reply{}, nil
	}
}

// TestFailures wants each kind of failure to end as it should.
func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func(u messenger.Update) (bot.Reply, error)
		send   func(u messenger.Update, try int) error
		done   int // failures of the inbox
		want   []string
		count  string
		tries  int
	}{
		"asked to wait": {
			send: func(_ messenger.Update, try int) error {
				if try < 4 {
					return &messenger.LaterError{After: 3 * time.Second, Err: errors.New("429")}
				}
				return nil
			}, want: []string{"1", "2"}, count: messenger.ResultSent, tries: 4,
		},
		"perhaps sent": {
			send: func(u messenger.Update, _ int) error {
				if u.ID == "a/1" {
					return &messenger.LaterError{Maybe: true, Err: errors.New("connection broke")}
				}
				return nil
			}, want: []string{"2"}, count: messenger.ResultRefused, tries: 3,
		},
		"blocked": {
			send: func(u messenger.Update, _ int) error {
				if u.ID == "a/1" {
					return messenger.ErrGone
				}
				return nil
			}, want: []string{"2"}, count: messenger.ResultGone, tries: 1,
		},
		"refused": {
			send: func(u messenger.Update, _ int) error {
				if u.ID == "a/1" {
					return errors.New("400")
				}
				return nil
			}, want: []string{"2"}, count: messenger.ResultRefused, tries: 1,
		},
		"network away for an hour": {
			send: func(messenger.Update, int) error { return &messenger.LaterError{Err: errors.New("no route")} },
			want: nil, count: messenger.ResultLate, tries: 16,
		},
		"database in trouble": {
			answer: func(u messenger.Update) (bot.Reply, error) {
				if u.ID == "a/1" {
					return bot.Reply{}, errors.New("locked")
				}
				return bot.Reply{}, nil
			}, want: []string{bot.PhraseTrouble, "2"}, count: messenger.ResultTrouble, tries: 1,
		},
		"in trouble, and must not be given up": {
			answer: failing(10, &messenger.LaterError{Err: errors.New("locked")}),
			want:   []string{"1", "2"}, count: messenger.ResultSent, tries: 1,
		},
		"a panic": {
			answer: func(u messenger.Update) (bot.Reply, error) {
				if u.ID == "a/1" {
					var none *bot.Reply
					return *none, nil
				}
				return bot.Reply{}, nil
			}, want: []string{bot.PhraseTrouble, "2"}, count: messenger.ResultTrouble, tries: 1,
		},
		"a panic while sending": {
			send: func(u messenger.Update, _ int) error {
				if u.ID == "a/1" {
					var none *messenger.Update
					return errors.New(string(none.ID))
				}
				return nil
			}, want: []string{"2"}, count: messenger.ResultTrouble, tries: 1,
		},
		"sent but not forgotten": {done: 3, want: []string{"1", "2"}, count: messenger.ResultSent, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(&inbox{failDone: tc.done})
				n.answer, n.send = tc.answer, tc.send
				counts := run(t, n, messenger.Config{}, func(d *messenger.Desk) {
					for i := range 2 {
						if err := d.Accept(t.Context(), said("a", i+1)); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
				})
				if got := n.of("a"); !slices.Equal(got, tc.want) {
					t.Errorf("sent %q, want %q", got, tc.want)
				}
				if counts[tc.count] == 0 {
					t.Errorf("counted %v, want some %s", counts, tc.count)
				}
				if got := n.tries["a/1"]; got != tc.tries {
					t.Errorf("%d tries, want %d", got, tc.tries)
				}
				if len(n.inbox.kept) != 0 {
					t.Errorf("still kept: %v", n.inbox.kept)
				}
			})
		})
	}
}

// TestLeftOver wants what an earlier run kept to be answered, and what it had
// answered to be sent only while that is worth it.
func TestLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		i := &inbox{answered: map[bot.TurnID]time.Time{
			"recent/1": now.Add(-9 * time.Minute), "old/1": now.Add(-11 * time.Minute),
			"receipt/1": now.Add(-23 * time.Hour), "oldreceipt/1": now.Add(-25 * time.Hour),
		}}
		for _, person := range []string{"new", "recent", "old", "receipt", "oldreceipt"} {
			i.kept = append(i.kept, said(person, 1))
		}
		n := newNetwork(i)
		n.answer = func(u messenger.Update) (bot.Reply, error) {
			if strings.HasSuffix(string(u.Person), "receipt") {
				return bot.Reply{Outcome: bot.OutcomeReport, Text: "TG-1"}, nil
			}
			return bot.Reply{}, nil
		}
		run(t, n, messenger.Config{}, func(*messenger.Desk) { time.Sleep(time.Minute) }) //nolint:forbidigo // in a bubble
		for person, want := range map[string]int{"new": 1, "recent": 1, "old": 0, "receipt": 1, "oldreceipt": 0} {
			if got := n.of(person); len(got) != want {
				t.Errorf("%s was sent %v, want %d", person, got, want)
			}
		}
		if len(i.kept) != 0 {
			t.Errorf("still kept: %v", i.kept)
		}
	})
}

// TestStop wants a desk that stops to finish what it has begun, to begin nothing
// else, and the next one to go on.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(&inbox{})
		run(t, n, messenger.Config{Workers: 1}, func(d *messenger.Desk) {
			for i := range 5 {
				if err := d.Accept(t.Context(), said("a", i)); err != nil {
					t.Fatal(err)
				}
			}
		})
		before := len(n.of("a"))
		if before+len(n.inbox.kept) != 5 {
			t.Errorf("sent %d, kept %d, want 5 together", before, len(n.inbox.kept))
		}
		run(t, n, messenger.Config{}, func(*messenger.Desk) { time.Sleep(time.Second) }) //nolint:forbidigo // in a bubble
		if got := n.of("a"); !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
			t.Errorf("sent %v", got)
		}
	})
}

func TestNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(&inbox{failKeep: errors.New("disk full")})
		run(t, n, messenger.Config{Most: 2}, func(d *messenger.Desk) {
			if err := d.Accept(t.Context(), said("a", 1)); err == nil {
				t.Error("accepted what was not kept")
			}
			if err := d.Accept(t.Context(), said("a", 1), said("a", 2), said("a", 3)); !errors.Is(err, messenger.ErrBusy) {
				t.Errorf("%v, want ErrBusy", err)
			}
		})
		if len(n.sent) != 0 {
			t.Errorf("sent %v", n.sent)
		}
	})
}

// TestLooks wants what another process left over, and what was kept although
// keeping it failed, to be found while the desk runs, and to be answered once.
func TestLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &inbox{}
		n := newNetwork(i)
		n.answer = func(messenger.Update) (bot.Reply, error) { // so that looks meet updates under way
			time.Sleep(7 * time.Second) //nolint:forbidigo // in a bubble
			return bot.Reply{}, nil
		}
		run(t, n, messenger.Config{}, func(d *messenger.Desk) {
			for minute := range 20 {
				if err := d.Accept(t.Context(), said("a", minute)); err != nil {
					t.Fatal(err)
				}
				i.mu.Lock()
				i.kept = append(i.kept, said("left", minute))
				i.mu.Unlock()
				time.Sleep(time.Duration(minute) * time.Second) //nolint:forbidigo // in a bubble
			}
			time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
		})
		for _, person := range []string{"a", "left"} {
			if got := n.of(person); len(got) != 20 {
				t.Errorf("%s was sent %v", person, got)
			}
		}
		if len(i.kept) != 0 {
			t.Errorf("still kept: %v", i.kept)
		}
	})
}
