package bot

import (
	"testing"

	"github.com/trolyao/trolyao/knowledge"
)

// TestLanesOnUnseenExamples trains on four fifths of the examples and tries
// the rules and the classifier on the last fifth, for each fifth in turn. The
// bounds are what was reached, less a little; they may only rise.
func TestLanesOnUnseenExamples(t *testing.T) {
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-23")
	if err != nil || base == nil {
		t.Fatalf("load knowledge: %v %v", err, problems)
	}
	const folds = 5
	total, right, taken := map[knowledge.LaneName]int{}, map[knowledge.LaneName]int{}, map[knowledge.LaneName]int{}
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
			got := laneOf(l, e.Text)
			total[e.Lane]++
			if got == e.Lane {
				right[e.Lane]++
			} else if e.Lane == "" {
				taken[got]++
			}
		}
	}
	share := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	for lane, least := range map[knowledge.LaneName]float64{
		"": 97, knowledge.Emergency: 91, knowledge.Report: 75, knowledge.Refuse: 44, knowledge.Smalltalk: 67,
	} {
		got := share(right[lane], total[lane])
		t.Logf("%-10s %3d of %3d right, %.1f %%", lane, right[lane], total[lane], got)
		if got < least {
			t.Errorf("%q: %.1f %% of unseen messages are recognised, want %.1f %%", lane, got, least)
		}
	}
	if alarms := share(taken[knowledge.Emergency], total[""]); alarms > 1.5 {
		t.Errorf("%.1f %% of questions raise a false alarm", alarms)
	}
}

// laneOf returns the lane that takes the message, "" when none does.
func laneOf(l *lanes, text string) knowledge.LaneName {
	m := read(text)
	for _, name := range knowledge.LaneNames() {
		if l.match(name, m) != nil {
			return name
		}
	}
	return ""
}
