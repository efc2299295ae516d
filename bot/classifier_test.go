package bot

import (
	"testing"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// TestLanesOnUnseenExamples trains on four fifths of the examples and tries
// the rules and the classifier on the last fifth, for each fifth in turn. The
// bounds are what was reached, less a little; they may only rise.
func TestLanesOnUnseenExamples(t *testing.T) {
	if watched {
		t.Skip("make process runs it: one goroutine learns five times")
	}
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-30")
	if err != nil || base == nil {
		t.Fatalf("load knowledge: %v %v", err, problems)
	}
	const folds = 5
	total, right, taken, alarmed := map[knowledge.LaneName]int{}, map[knowledge.LaneName]int{}, map[knowledge.LaneName]int{}, map[knowledge.LaneName]int{}
	wrongRule, cautioned, heardAfter := 0, 0, 0
	for fold := range folds {
		training := *base
		training.Lanes.Examples = nil
		var unseen []knowledge.Example
		for i, e := range base.Lanes.Examples {
			if i%folds == fold {
				unseen = append(unseen, e)
			} else {
				training.Lanes.Examples = append(training.Lanes.Examples, e)
			}
		}
		l, err := compileLanes(&training)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range unseen {
			got, rule := laneOf(l, e.Text)
			total[e.Lane]++
			if told := plain(e.Text); e.Lane == knowledge.Emergency {
				told.told = true
				if l.match(e.Lane, told) != nil {
					heardAfter++
				}
			}
			if e.Lane == knowledge.Statement {
				alarmed[got]++
				continue
			}
			if got == e.Lane {
				right[e.Lane]++
				if got == knowledge.Emergency && e.Rule != "" && rule != e.Rule && rule != generalRule {
					wrongRule++
					t.Logf("%q calls for %s, got %s", e.Text, e.Rule, rule)
				}
			} else if e.Lane == "" {
				taken[got]++
			}
			if e.Lane == knowledge.Caution && (got == knowledge.Emergency || got == knowledge.Report) {
				cautioned++ // the number to call is named too
			}
		}
	}
	share := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	// Many examples were chosen because they are hard to tell.
	for lane, least := range map[knowledge.LaneName]float64{
		"": 93.2, knowledge.Emergency: 93.5, knowledge.Report: 81, knowledge.Refuse: 54.5, knowledge.Smalltalk: 62, knowledge.Caution: 70,
	} {
		got := share(right[lane], total[lane])
		t.Logf("%-10s %3d of %3d right, %.1f %%", lane, right[lane], total[lane], got)
		if got < least {
			t.Errorf("%q: %.1f %% of unseen messages are recognised, want %.1f %%", lane, got, least)
		}
	}
	// After an article people go on about it; danger is still heard.
	after := share(heardAfter, total[knowledge.Emergency])
	t.Logf("%.1f %% of emergencies are recognised after an article", after)
	if after < 92.5 {
		t.Error("fewer than before")
	}
	t.Logf("%.1f %% of cautions are taken for danger or a report", share(cautioned, total[knowledge.Caution]))
	if needless := share(taken[knowledge.Caution], total[""]); needless > 4 {
		t.Errorf("%.1f %% of questions are cautioned needlessly", needless)
	}
	// The reply of another rule may name another number. Two rules often fit
	// alike, so not every difference is a mistake.
	wrong := share(wrongRule, total[knowledge.Emergency])
	t.Logf("%.1f %% of emergencies get the reply of another rule", wrong)
	if wrong > 8 {
		t.Error("more emergencies than before get the reply of another rule")
	}
	if alarms := share(taken[knowledge.Emergency], total[""]); alarms > 4 {
		t.Errorf("%.1f %% of questions raise a false alarm", alarms)
	}
	alarms := share(alarmed[knowledge.Emergency]+alarmed[knowledge.Report], total[knowledge.Statement])
	t.Logf("%.1f %% of what people just say raises a false alarm", alarms)
	if alarms > 11.5 {
		t.Error("more than before")
	}
}

// laneOf returns the lane that takes the message, "" when none does, and the
// rule.
func laneOf(l *lanes, text string) (lane knowledge.LaneName, rule string) {
	m := plain(text)
	for _, name := range knowledge.LaneNames() {
		if hit := l.match(name, m); hit != nil {
			return name, hit.rule.ID
		}
	}
	return "", ""
}

// plain is a message read as typed.
func plain(text string) message {
	tokens := vietnamese.Tokens(text)
	return newMessage(&index.Question{Typed: tokens, Plain: tokens})
}

// What is in use stays ready, however many versions are prepared and refused.
func TestLaneCacheKeepsWhatIsInUse(t *testing.T) {
	cache := new(LaneCache)
	live := &knowledge.Base{Digest: "live"}
	first, err := cache.get(live)
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range []string{"a", "b", "c", "d"} {
		if err := cache.Prepare(&knowledge.Base{Digest: refused}); err != nil {
			t.Fatal(err)
		}
		if again, err := cache.get(live); err != nil || again != first {
			t.Fatalf("after %s the lanes in use are made anew: %v", refused, err)
		}
	}
}
