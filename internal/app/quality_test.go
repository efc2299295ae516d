package app_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/knowledge"
)

var update = flag.Bool("update", false, "write the golden files anew")

// withoutRace leaves a test that only reckons to "make process": it takes minutes
// under the race detector, and its parts are under it in their own packages.
func withoutRace(t *testing.T) {
	t.Helper()
	if slow > 1 {
		t.Skip("make process runs this")
	}
}

// TestQuality asks the assistant every question of knowledge/questions.jsonl and
// keeps what came of it in testdata/quality: a line for each question, misses
// too, and stats.txt with the shares by style and half. Any change of quality
// stands in the diff.
func TestQuality(t *testing.T) {
	withoutRace(t)
	questions, err := eval.LoadQuestions("../../knowledge/questions.jsonl", nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	m, problems, err := app.NewMemory(t.Context(), configs.Config{}, knowledge.Embedded(), slog.New(slog.DiscardHandler), func() time.Time { return at })
	if err != nil {
		t.Fatal(err, problems)
	}
	defer m.Close()
	v, err := m.Index.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	runner := eval.NewRunner(v.Base(), knowledge.DateOf(at))
	var stats strings.Builder
	for _, half := range []eval.Half{eval.Tuning, eval.Checking} {
		all, err := runner.RunQuestions(t.Context(), string(half), eval.InHalf(questions, half), m.Ask, v)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, string(half)+".txt", lines(all))
		var rows []eval.Row
		for _, g := range append(eval.Group(all), everything(all)...) {
			row := eval.Summarise(g)
			row.P50, row.P99 = 0, 0 // times change from run to run
			rows = append(rows, row)
		}
		eval.WriteTable(&stats, rows)
	}
	golden(t, "stats.txt", stats.String())
}

// TestCalibrationIsFitted fits the embedded knowledge anew: its calibration must
// be what its questions give, not what someone typed. After a change of the
// knowledge or the ranking: trolyao calibrate knowledge/questions.jsonl -o
// knowledge/calibration.json.
func TestCalibrationIsFitted(t *testing.T) {
	withoutRace(t)
	questions, err := eval.LoadQuestions("../../knowledge/questions.jsonl", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, problems, err := app.NewMemory(t.Context(), configs.Config{}, knowledge.Embedded(), slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err, problems)
	}
	defer m.Close()
	v, err := m.Index.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	want := v.Base().Calibration
	got, err := v.Calibrate(eval.Examples(questions), index.DefaultTargets(), want.Fitted, want.Source)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calibration.json is not what its questions give (-file +fitted):\n%s", diff)
	}
}

// everything is one more group of all the questions that have an answer, and
// one of those that have none.
func everything(all []eval.Judged) [][]eval.Judged {
	var with, without []eval.Judged
	for _, j := range all {
		if len(j.Relevant) > 0 {
			j.Style = "ALL-answerable"
			with = append(with, j)
		} else if j.Expected == "abstain" {
			j.Style = "ALL-unanswerable"
			without = append(without, j)
		}
	}
	return [][]eval.Judged{with, without}
}

// lines writes one line a question: the style, what was said, at which place
// the right article stands (- when not among ten), and the question.
func lines(all []eval.Judged) string {
	var b strings.Builder
	for _, j := range all {
		place := "-"
		if i := slices.IndexFunc(j.Ranked, func(id string) bool { return slices.Contains(j.Relevant, id) }); i >= 0 {
			place = strconv.Itoa(i + 1)
		}
		said := j.Outcome
		if len(j.Offered) > 0 {
			said += " " + j.Offered[0]
		}
		if j.Section != "" {
			said += "#" + j.Section
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", j.Style, place, said, strings.Join(j.Relevant, " "), j.Text)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "quality", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("quality changed; if for the better, run make golden (-want +got):\n%.4000s", diff)
	}
}
