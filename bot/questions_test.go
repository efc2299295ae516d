package bot_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

var update = flag.Bool("update", false, "write the golden files anew")

// asked is one line of knowledge/questions.jsonl.
type asked struct {
	Question string   `json:"question"`
	Expect   []string `json:"expect"` // "article" or "article#section"; none for questions without an answer
	Style    string   `json:"style"`
}

// tally counts what became of the questions of one style.
type tally struct{ n, right, wrong, helped, section, sections, abstained int }

// TestQuestions asks every question of knowledge/questions.jsonl, written by
// people who had not seen the articles, and keeps the outcome by style in
// testdata/stats.txt, so that any change of quality stands in the diff.
func TestQuestions(t *testing.T) {
	e := bot.NewEngine(bot.Config{Contact: contact}, library(t), store.NewMemory(1), now)
	styles, byStyle := []string{}, map[string]*tally{}
	for i, q := range questions(t) {
		if byStyle[q.Style] == nil {
			styles, byStyle[q.Style] = append(styles, q.Style), &tally{}
		}
		r, err := e.Handle(t.Context(), bot.Turn{ID: bot.TurnID(fmt.Sprint(i)), Conversation: bot.ConversationID(fmt.Sprint(i)), Text: q.Question})
		if err != nil {
			t.Fatal(err)
		}
		byStyle[q.Style].add(q, r)
	}
	slices.Sort(styles)
	var got strings.Builder
	fmt.Fprintf(&got, "%-12s %5s %7s %7s %7s %9s %9s\n", "style", "n", "right", "wrong", "helped", "abstained", "section")
	for _, s := range styles {
		c := byStyle[s]
		section := "-"
		if c.sections > 0 {
			section = fmt.Sprintf("%d/%d", c.section, c.sections)
		}
		fmt.Fprintf(&got, "%-12s %5d %6.1f%% %6.1f%% %6.1f%% %8.1f%% %9s\n", s, c.n, c.share(c.right), c.share(c.wrong), c.share(c.helped), c.share(c.abstained), section)
	}
	const golden = "testdata/stats.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("quality changed; if for the better, run make golden (-want +got):\n%s", diff)
	}
}

func (c *tally) share(n int) float64 { return 100 * float64(n) / float64(c.n) }

func (c *tally) add(q asked, r bot.Reply) {
	c.n++
	holds := func(id knowledge.ID) bool {
		return slices.ContainsFunc(q.Expect, func(want string) bool {
			article, _, _ := strings.Cut(want, "#")
			return article == string(id)
		})
	}
	switch {
	case r.Answer != nil && holds(r.Answer.Article):
		c.right++
		c.helped++
		c.addSection(q, r)
	case r.Answer != nil:
		c.wrong++
	case slices.ContainsFunc(r.Choices, func(ch bot.Choice) bool { return holds(ch.Article) }):
		c.helped++
	case r.Outcome == bot.OutcomeAbstain:
		c.abstained++
	}
}

// addSection counts whether the section asked for was shown, where the
// question asks for one of the article that was found.
func (c *tally) addSection(q asked, r bot.Reply) {
	named, shown := false, false
	for _, want := range q.Expect {
		article, section, ok := strings.Cut(want, "#")
		if ok && article == string(r.Answer.Article) {
			named = true
			shown = shown || section == string(r.Answer.Section)
		}
	}
	if named {
		c.sections++
	}
	if shown {
		c.section++
	}
}

func questions(t *testing.T) []asked {
	t.Helper()
	f, err := os.Open("../knowledge/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []asked
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var q asked
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatalf("line %d: %v", len(out)+1, err)
		}
		out = append(out, q)
	}
	return out
}
