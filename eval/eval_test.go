package eval_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

func embedded(tb testing.TB) *knowledge.Base {
	tb.Helper()
	base, problems, err := knowledge.Load(knowledge.Embedded(), today)
	if err != nil || base == nil {
		tb.Fatal(err, problems)
	}
	return base
}

// folder writes files into a folder of their own.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func tinySet() map[string]string {
	return map[string]string{
		"corpus.jsonl": `{"_id":"a#1","title":"Đăng ký tạm trú","text":"Nộp tại công an xã nơi tạm trú."}
{"_id":"b","title":"Cấp hộ chiếu","text":"Nộp ảnh và tờ khai tại phòng xuất nhập cảnh."}
`,
		"queries.jsonl": `{"_id":"q1","text":"đăng ký tạm trú ở đâu"}
{"_id":"q2","text":"làm hộ chiếu cần gì"}
{"_id":"q3","text":"không ai chấm câu này"}
`,
		"qrels/test.tsv":     "query-id\tcorpus-id\tscore\nq1\ta#1\t1\nq2\tb\t2\nq2\ta#1\t0\n",
		"unanswerable.jsonl": `{"_id":"u1","text":"xyz"}`,
	}
}

func TestLoadSet(t *testing.T) {
	s, err := eval.LoadSet(folder(t, tinySet()))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Passages) != 2 || len(s.Queries) != 3 {
		t.Fatalf("%d passages, %d queries, want 2 and the two judged with the unanswerable one", len(s.Passages), len(s.Queries))
	}
	if q := s.Queries[1]; q.ID != "q2" || len(q.Relevant) != 1 || q.Relevant["b"] != 2 {
		t.Errorf("query %+v", q)
	}
	for name, change := range map[string][2]string{
		"broken line":      {"corpus.jsonl", "{\n"},
		"repeated id":      {"corpus.jsonl", "{\"_id\":\"b\"}\n{\"_id\":\"b\"}\n"},
		"score no number":  {"qrels/test.tsv", "q1\ta#1\tx\n"},
		"columns missing":  {"qrels/test.tsv", "q1 a#1 1\n"},
		"score too high":   {"qrels/test.tsv", "q1\ta#1\t1024\n"},
		"score NaN":        {"qrels/test.tsv", "q1\ta#1\tNaN\n"},
		"unknown passage":  {"qrels/test.tsv", "q1\tc\t1\n"},
		"repeated query":   {"queries.jsonl", "{\"_id\":\"q1\",\"text\":\"a\"}\n{\"_id\":\"q1\",\"text\":\"b\"}\n"},
		"nameless query":   {"queries.jsonl", "{\"_id\":\"q1\",\"text\":\"a\"}\n{\"text\":\"b\"}\n"},
		"nothing to judge": {"qrels/test.tsv", ""},
	} {
		files := tinySet()
		files[change[0]] = change[1]
		if name == "nothing to judge" {
			delete(files, "unanswerable.jsonl")
		}
		if _, err := eval.LoadSet(folder(t, files)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRunSetFindsByMeaningOfKeys(t *testing.T) {
	s, err := eval.LoadSet(folder(t, tinySet()))
	if err != nil {
		t.Fatal(err)
	}
	r := eval.NewRunner(embedded(t), today)
	v, closeSet, err := r.OpenSet(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer closeSet()
	for _, j := range r.RunSet(s, v, eval.Styles(), eval.Ours) {
		if len(j.Relevant) > 0 && !j.Right() {
			t.Errorf("%s %q: ranked %v, want %v first", j.Style, j.Text, j.Ranked, j.Relevant)
		}
	}
	plain, err := r.RunSetPlain(t.Context(), s, []eval.Style{eval.AsGiven})
	if err != nil {
		t.Fatal(err)
	}
	if len(plain) != 3 || !plain[0].Right() || plain[0].Outcome != "answer" {
		t.Errorf("baseline %+v", plain)
	}
}

func TestSummarise(t *testing.T) {
	r := eval.Summarise([]eval.Judged{
		{Ranked: []string{"a", "b"}, Relevant: []string{"a"}, Outcome: "answer", Offered: []string{"a"}, Expected: "answer", Took: time.Millisecond},
		{Ranked: []string{"x", "y", "b"}, Relevant: []string{"b"}, Outcome: "choices", Offered: []string{"x", "b"}, Expected: "answer", Took: 2 * time.Millisecond},
		{Ranked: []string{"x"}, Relevant: []string{"c"}, Outcome: "answer", Offered: []string{"x"}, Expected: "answer", Took: 3 * time.Millisecond},
		{Ranked: []string{"x"}, Outcome: "abstain", Expected: "abstain", Took: 4 * time.Millisecond},
		{Ranked: []string{"x"}, Outcome: "answer", Offered: []string{"x"}, Expected: "abstain", Took: 5 * time.Millisecond},
	})
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("top1", r.Top1, 1./3)
	near("top3", r.Top3, 2./3)
	near("mrr10", r.MRR10, (1+1./3)/3)
	near("recall10", r.Recall10, 2./3)
	near("ndcg10", r.NDCG10, (1+1/math.Log2(4))/3)
	near("helped", r.Helped, 2./3)
	near("answered", r.Answered, 3./5)
	near("wrong", r.Wrong, 2./5)
	near("false answers", r.FalseAnswer, 1./2)
	near("abstention", r.Abstention, 1)
	near("outcome", r.Outcome, 3./5)
	var table strings.Builder
	eval.WriteTable(&table, []eval.Row{eval.Summarise([]eval.Judged{{Ranked: []string{"a"}, Relevant: []string{"a"}, Outcome: "answer", Offered: []string{"a"}, Expected: "answer"}})})
	_, row, _ := strings.Cut(table.String(), "\n")
	if cells := strings.Fields(row); cells[len(cells)-5] != "-" {
		t.Errorf("abst.ok is %s where nothing was refused", cells[len(cells)-5])
	}
	if r.N != 5 || r.P50 != 3000 || r.P99 != 5000 {
		t.Errorf("n %d, p50 %d, p99 %d", r.N, r.P50, r.P99)
	}
}

func TestCompareIsPaired(t *testing.T) {
	var a, b []eval.Judged
	for i := range 200 {
		id := string(rune('a'+i%26)) + string(rune('a'+i/26))
		right, wrong := eval.Judged{ID: id, Ranked: []string{"x"}, Relevant: []string{"x"}}, eval.Judged{ID: id, Ranked: []string{"y"}, Relevant: []string{"x"}}
		a = append(a, right)
		if i%10 == 0 {
			b = append(b, wrong)
		} else {
			b = append(b, right)
		}
	}
	got := eval.Compare(a, b, eval.Judged.Right)
	if math.Abs(got.Difference-0.1) > 1e-9 || got.Low <= 0 || got.Low >= 0.1 || got.High <= 0.1 || got.N != 200 {
		t.Errorf("interval %+v", got)
	}
	if again := eval.Compare(a, b, eval.Judged.Right); again != got {
		t.Error("the interval changes from run to run")
	}
}

func TestTypist(t *testing.T) {
	typist := eval.NewTypist(embedded(t).Lexicon)
	question := "Đăng ký tạm trú cho người thuê nhà ở đâu, hết bao nhiêu tiền, có nộp trực tuyến được không?"
	for _, style := range eval.Styles() {
		typed := typist.Type(question, style)
		if typed != typist.Type(question, style) {
			t.Errorf("%s: not the same twice", style)
		}
		if (typed == question) != (style == eval.AsGiven) {
			t.Errorf("%s: %q", style, typed)
		}
	}
	if got := typist.Type(question, eval.NoMarks); got != vietnamese.Fold(question) && !strings.EqualFold(got, vietnamese.Fold(question)) {
		t.Errorf("marks left in %q", got)
	}
	if got := typist.Type("đăng ký", eval.Telex); got != "ddawng kys" {
		t.Errorf("Telex %q", got)
	}
	if got := typist.Type(question, eval.Shorthand); len(got) >= len(question) {
		t.Errorf("no shorthand in %q", got)
	}
}

func TestLoadQuestions(t *testing.T) {
	dir := folder(t, map[string]string{
		"good.jsonl": `{"question":"mất căn cước","expect":["cap-lai#noi-nop","cap-doi"],"outcome":"answer","style":"than-mat","of":"a set"}
{"question":"cấp lại","expect":["cap-lai"],"outcome":"choices","style":"nua-cau"}
{"question":"trời mưa không","expect":[],"outcome":"abstain","style":"xa"}
`,
		"empty.jsonl":   "\n",
		"outcome.jsonl": `{"question":"a","expect":[],"outcome":"maybe"}`,
		"expect.jsonl":  `{"question":"a","expect":[],"outcome":"answer"}`,
		"text.jsonl":    "{\"question\":\"ok\",\"expect\":[],\"outcome\":\"abstain\"}\n{\"question\":\" \",\"expect\":[],\"outcome\":\"abstain\"}",
	})
	qs, err := eval.LoadQuestions(filepath.Join(dir, "good.jsonl"), nil)
	if err != nil || len(qs) != 3 {
		t.Fatal(qs, err)
	}
	if got := eval.Unknown(qs, embedded(t)); !slices.Equal(got, []knowledge.ID{"cap-lai", "cap-doi"}) {
		t.Errorf("unknown articles %v", got)
	}
	if ids := qs[0].Articles(); len(ids) != 2 || ids[0] != "cap-lai" {
		t.Errorf("articles %v", ids)
	}
	if s := qs[0].Sections("cap-lai"); len(s) != 1 || s[0] != knowledge.Place {
		t.Errorf("sections %v", s)
	}
	for _, bad := range []string{"empty", "outcome", "expect", "text"} {
		_, err := eval.LoadQuestions(filepath.Join(dir, bad+".jsonl"), nil)
		if err == nil {
			t.Errorf("%s accepted", bad)
		} else if bad == "text" && !strings.Contains(err.Error(), "text.jsonl:2:") {
			t.Errorf("%v does not name the line", err)
		}
	}
}

// TestQuestionsFile holds the questions file to what is quoted of it: it names
// articles and sections that exist, and no article has questions in both halves.
func TestQuestionsFile(t *testing.T) {
	base := embedded(t)
	questions, err := eval.LoadQuestions("../knowledge/questions.jsonl", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(questions) < 1200 {
		t.Errorf("%d questions", len(questions))
	}
	asked := map[knowledge.ID]bool{}
	for _, q := range questions {
		for _, id := range q.Articles() {
			a := base.Article(id)
			if a == nil {
				t.Errorf("%q expects article %s, which does not exist", q.Text, id)
				continue
			}
			asked[id] = true
			for _, s := range q.Sections(id) {
				if _, ok := a.Section(s); !ok {
					t.Errorf("%q expects section %s#%s, which does not exist", q.Text, id, s)
				}
			}
		}
	}
	for _, a := range base.Articles {
		if !asked[a.ID] {
			t.Errorf("no question on %s", a.ID)
		}
	}
	tuning, checking := eval.InHalf(questions, eval.Tuning), eval.InHalf(questions, eval.Checking)
	if len(tuning)+len(checking) != len(questions) || len(tuning) < 500 || len(checking) < 500 {
		t.Errorf("halves of %d and %d", len(tuning), len(checking))
	}
	fitted := map[knowledge.ID]bool{}
	for _, q := range tuning {
		for _, id := range q.Articles() {
			fitted[id] = true
		}
	}
	for _, q := range checking {
		ids := q.Articles()
		if len(ids) > 0 && !slices.ContainsFunc(ids, func(id knowledge.ID) bool { return !fitted[id] }) {
			t.Errorf("%q is about articles that settings are fitted on: %v", q.Text, ids)
		}
	}
}
