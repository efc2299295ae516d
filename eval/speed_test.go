package eval_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// writer makes passages that read like the knowledge: each word follows the one
// before as it does in the articles, and one word in twenty is a rarer syllable
// of the language, so that the vocabulary grows with the collection as it does
// in real ones.
type writer struct {
	dice   *rand.Rand
	next   map[string][]string
	starts []string
	rare   []string
	zipf   *rand.Zipf
}

func newWriter(base *knowledge.Base) *writer {
	w := &writer{dice: rand.New(rand.NewPCG(1, 2)), next: map[string][]string{}, rare: vietnamese.AllSyllables()}
	w.dice.Shuffle(len(w.rare), func(i, j int) { w.rare[i], w.rare[j] = w.rare[j], w.rare[i] })
	w.zipf = rand.NewZipf(w.dice, 1.1, 20, uint64(len(w.rare)-1))
	for _, a := range base.Articles {
		for _, s := range a.Sections {
			words := strings.Fields(s.Text)
			if len(words) > 0 {
				w.starts = append(w.starts, words[0])
			}
			for i := 1; i < len(words); i++ {
				w.next[words[i-1]] = append(w.next[words[i-1]], words[i])
			}
		}
	}
	return w
}

func (w *writer) write(n int) string {
	words := make([]string, 0, n)
	word := w.starts[w.dice.IntN(len(w.starts))]
	for range n {
		words = append(words, word)
		following := w.next[word]
		switch {
		case w.dice.IntN(20) == 0:
			words = append(words, w.rare[w.zipf.Uint64()])
			word = w.starts[w.dice.IntN(len(w.starts))]
		case len(following) == 0:
			word = w.starts[w.dice.IntN(len(w.starts))]
		default:
			word = following[w.dice.IntN(len(following))]
		}
	}
	return strings.Join(words, " ")
}

const passageWords = 60

func (w *writer) set(n int) *eval.Set {
	s := &eval.Set{Name: fmt.Sprint(n)}
	for i := range n {
		s.Passages = append(s.Passages, eval.Passage{ID: fmt.Sprint(i), Title: w.write(8), Text: w.write(passageWords)})
	}
	return s
}

// questions are eight words out of a passage, the marks left out of half of them.
func (w *writer) questions(s *eval.Set, n int) []string {
	var out []string
	for i := range n {
		words := strings.Fields(s.Passages[w.dice.IntN(len(s.Passages))].Text)
		at := w.dice.IntN(len(words) - 8)
		q := strings.Join(words[at:at+8], " ")
		if i%2 == 1 {
			q = vietnamese.Fold(q)
		}
		out = append(out, q)
	}
	return out
}

var today = knowledge.Date("2026-11-30")

// BenchmarkAnswer measures the full answer (read, candidates, ranking,
// decision) beside plain Bleve, Bleve over all views of both parts in one
// disjunction, and SQLite FTS5, on the same passages and questions. It also reports how long
// loading takes and what it holds in memory.
//
//	go test ./eval -bench Answer -benchtime 400x -run '^$' -timeout 30m
func BenchmarkAnswer(b *testing.B) {
	base, _, err := knowledge.Load(knowledge.Embedded(), today)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{200, 2_600, 10_000, 100_000} {
		if n > 10_000 && testing.Short() {
			continue
		}
		w := newWriter(base)
		set := w.set(n)
		questions := w.questions(set, 400)
		b.Run(fmt.Sprint(n, "/trolyao"), func(b *testing.B) { benchmarkOurs(b, base, set, questions) })
		b.Run(fmt.Sprint(n, "/bleve-match"), func(b *testing.B) { benchmarkPlain(b, set, questions) })
		b.Run(fmt.Sprint(n, "/bleve-views"), func(b *testing.B) { benchmarkViews(b, base, set, questions) })
		b.Run(fmt.Sprint(n, "/sqlite-fts5"), func(b *testing.B) { benchmarkSQLite(b, set, questions) })
	}
}

// timed runs the benchmark and reports the median and the 99th percentile.
func timed(b *testing.B, questions []string, ask func(q string)) {
	b.Helper()
	for _, q := range questions[:20] {
		ask(q)
	}
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		ask(questions[i%len(questions)])
		took = append(took, time.Since(start))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
}

func benchmarkOurs(b *testing.B, base *knowledge.Base, set *eval.Set, questions []string) {
	b.Helper()
	x := index.New(slog.New(slog.DiscardHandler))
	if _, err := x.Publish(context.Background(), eval.NewRunner(base, today).Base(set)); err != nil {
		b.Fatal(err)
	}
	v, err := x.Acquire()
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	defer v.Release()
	before := heap()
	start := time.Now()
	copied, err := v.Reload()
	if err != nil {
		b.Fatal(err)
	}
	loaded := time.Since(start)
	held := heap() - before
	timed(b, questions, func(q string) { copied.Search(index.Query{Question: copied.Read(q), Today: today}) })
	b.ReportMetric(float64(loaded.Milliseconds()), "load-ms")
	b.ReportMetric(float64(held)/(1<<20), "held-MB")
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func benchmarkPlain(b *testing.B, set *eval.Set, questions []string) {
	b.Helper()
	x, err := index.NewBaseline(eval.Articles(set))
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	timed(b, questions, func(q string) {
		if _, err := x.Rank(context.Background(), q, 10); err != nil {
			b.Fatal(err)
		}
	})
}

func benchmarkViews(b *testing.B, base *knowledge.Base, set *eval.Set, questions []string) {
	b.Helper()
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	if _, err := x.Publish(context.Background(), eval.NewRunner(base, today).Base(set)); err != nil {
		b.Fatal(err)
	}
	v, err := x.Acquire()
	if err != nil {
		b.Fatal(err)
	}
	defer v.Release()
	timed(b, questions, func(q string) {
		if _, err := v.BleveRank(context.Background(), q, 10); err != nil {
			b.Fatal(err)
		}
	})
}

func benchmarkSQLite(b *testing.B, set *eval.Set, questions []string) {
	b.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE p USING fts5(title, text, tokenize = "unicode61 remove_diacritics 2")`); err != nil {
		b.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range set.Passages {
		if _, err := tx.Exec(`INSERT INTO p VALUES (?, ?)`, p.Title, p.Text); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	ask, err := db.Prepare(`SELECT rowid FROM p WHERE p MATCH ? ORDER BY bm25(p) LIMIT 10`)
	if err != nil {
		b.Fatal(err)
	}
	defer ask.Close()
	timed(b, questions, func(q string) {
		var terms []string
		for _, t := range vietnamese.Tokens(q) {
			if strings.Trim(t.Fold, "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
				terms = append(terms, `"`+t.Fold+`"`) // it folds marks itself, but trips over other scripts
			}
		}
		if len(terms) == 0 {
			return // a passage may hold a run of signs alone
		}
		rows, err := ask.Query(strings.Join(terms, " OR "))
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id int
			if err := rows.Scan(&id); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
	})
}
