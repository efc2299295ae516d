package bot

import (
	"os"
	"strings"
	"testing"

	"github.com/trolyao/trolyao/knowledge"
)

// embeddedLanes are the lanes as they are delivered.
func embeddedLanes(t *testing.T) *lanes {
	t.Helper()
	if watched {
		t.Skip("make process runs it: nothing runs beside it")
	}
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-30")
	if err != nil || base == nil {
		t.Fatalf("load knowledge: %v %v", err, problems)
	}
	compiled, err := compileLanes(base)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// TestLanes puts real messages through the embedded lanes. Every line must go
// where it says: a missed emergency is the worst thing this program can do.
func TestLanes(t *testing.T) {
	compiled := embeddedLanes(t)
	data, err := os.ReadFile("testdata/lanes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(data), "\n") {
		want, text, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		want, wantRule, _ := strings.Cut(want, "/")
		got, rule, by := "question", "", ""
		for _, name := range knowledge.LaneNames() {
			if hit := compiled.match(name, plain(text)); hit != nil {
				got, rule, by = string(name), hit.rule.ID, hit.rule.ID+": "+hit.pattern
				break
			}
		}
		if got != want || wantRule != "" && rule != wantRule {
			t.Errorf("line %d: %q went to %s (%s), want %s", i+1, text, got, by, want)
		}
	}
}

// TestLanesOnAStranger puts messages through the embedded lanes whose writer saw
// none of the examples: danger told in passing, danger, reports, and questions in
// the same words. The shares are what was measured, less a little.
func TestLanesOnAStranger(t *testing.T) {
	compiled := embeddedLanes(t)
	data, err := os.ReadFile("testdata/stranger.tsv")
	if err != nil {
		t.Fatal(err)
	}
	went := map[string]map[string]int{}
	for line := range strings.Lines(string(data)) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		if went[want] == nil {
			went[want] = map[string]int{}
		}
		lane, _ := laneOf(compiled, text)
		went[want][string(lane)]++
		went[want]["all"]++
	}
	share := func(want string, lanes ...string) float64 {
		n := 0
		for _, lane := range lanes {
			n += went[want][lane]
		}
		return 100 * float64(n) / float64(went[want]["all"])
	}
	for _, c := range []struct {
		want        string
		lanes       []string
		least, most float64
	}{
		// Each of these names a number to call, or asks of danger first.
		{"caution", []string{"caution", "emergency", "report"}, 79, 100},
		{"emergency", []string{"emergency"}, 96, 100},
		{"emergency", []string{"emergency", "report", "caution"}, 96, 100},
		{"report", []string{"report", "emergency"}, 86, 100},
		{"question", []string{"caution"}, 0, 5},
		// Nearly all of these the knowledge then takes back.
		{"question", []string{"emergency"}, 0, 5},
		{"question", []string{"report"}, 0, 2.5},
		// What people just say of themselves, wanting nothing of us.
		{"statement", []string{"emergency", "report"}, 0, 9},
	} {
		got := share(c.want, c.lanes...)
		t.Logf("%s: %.1f %% to %v", c.want, got, c.lanes)
		if got < c.least || got > c.most {
			t.Errorf("%s: %.1f %% go to %v, want %.0f to %.0f", c.want, got, c.lanes, c.least, c.most)
		}
	}
}
