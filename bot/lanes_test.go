package bot

import (
	"os"
	"strings"
	"testing"

	"github.com/trolyao/trolyao/knowledge"
)

// TestLanes puts real messages through the embedded lanes. Every line must go
// where it says: a missed emergency is the worst thing this program can do.
func TestLanes(t *testing.T) {
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-23")
	if err != nil || base == nil {
		t.Fatalf("load knowledge: %v %v", err, problems)
	}
	compiled, err := compileLanes(base)
	if err != nil {
		t.Fatal(err)
	}
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
