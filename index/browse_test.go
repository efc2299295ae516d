package index_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
)

func acquire(tb testing.TB) *index.Version {
	tb.Helper()
	v, err := shared(tb).Acquire()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(v.Release)
	return v
}

// agreeEvery thins out the questions: some eight hundred are plenty.
const agreeEvery = 8

// TestScorerAgreesWithBleve compares what the scorer in memory finds with what
// Bleve itself finds over the same views: they score differently, but an
// article that either puts first must be among the first of the other.
func TestScorerAgreesWithBleve(t *testing.T) {
	v := acquire(t)
	asked, found := 0, 0
	for _, a := range v.Base().Articles {
		for i, question := range a.Questions {
			if i%agreeEvery != 0 {
				continue
			}
			byBleve, err := v.BleveRank(t.Context(), question, 10)
			if err != nil {
				t.Fatal(err)
			}
			q := v.Without(index.StepDecode).Read(question)
			byScorer := v.Candidates(q, 10)
			if len(byScorer) == 0 || len(byBleve) == 0 {
				t.Fatalf("%q: scorer found %v, Bleve %v", question, byScorer, byBleve)
			}
			asked += 2
			if slices.Contains(byBleve, byScorer[0]) {
				found++
			}
			if slices.Contains(byScorer, byBleve[0]) {
				found++
			}
		}
	}
	if found*100 < asked*98 {
		t.Errorf("%d of %d first places are among the other's first ten, want 98 %%", found, asked)
	}
}

func TestFindShowsWhere(t *testing.T) {
	v := acquire(t)
	found, err := v.Find(t.Context(), "mat khau vneid", 5)
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	hits, text := 0, ""
	for _, p := range found[0].Fragment {
		text += p.Text
		if p.Hit {
			hits++
			if f := vietnamese.Fold(p.Text); f != "mat" && f != "khau" && f != "vneid" {
				t.Errorf("marked %q", p.Text)
			}
		}
	}
	if hits == 0 || len(text) > 1000 {
		t.Errorf("fragment with %d hits: %q", hits, text)
	}
}

// TestFindInALongArticle wants the time that free search takes to grow as the
// text does, not as its square: an article may be of a megabyte. The machine may
// be busy, so the quickest of some rounds counts.
func TestFindInALongArticle(t *testing.T) {
	find := func(n int) time.Duration {
		fsys := small(1, strings.Repeat("và căn cước và mất và ", n))
		v, err := publish(t, fsys).Acquire()
		if err != nil {
			t.Fatal(err)
		}
		defer v.Release()
		best := time.Hour
		for range 3 {
			start := time.Now()
			found, err := v.Find(t.Context(), "và căn cước", 1)
			if err != nil || len(found) != 1 || len(found[0].Fragment) < 40 {
				t.Fatal(found, err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	const times = 16
	if short, long := find(200), find(times*200); long > 4*times*short {
		t.Errorf("%v in a text, %v in one %d times as long", short, long, times)
	}
}

// TestFindMarksNumbers wants what is found by a number or an abbreviation to be
// marked, however it is written.
func TestFindMarksNumbers(t *testing.T) {
	v, err := publish(t, small(1, "mức 1.500.000 đồng, hay 35.000 đồng, do Sở TT&TT thu")).Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	for typed, want := range map[string]string{"35.000": "35.000", "1500000": "1.500.000", "sở tt&tt": "Sở/TT&TT", "35": ""} {
		found, err := v.Find(t.Context(), typed, 1)
		if err != nil {
			t.Fatal(err)
		}
		var marked []string
		for _, f := range found {
			for _, p := range f.Fragment {
				if p.Hit {
					marked = append(marked, p.Text)
				}
			}
		}
		if got := strings.Join(marked, "/"); got != want {
			t.Errorf("Find(%q) marks %q, want %q", typed, got, want)
		}
	}
}
