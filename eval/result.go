package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Result is what a run of sets came to.
type Result struct {
	Sets []Row `json:"sets"`
	// Against compares ours with each other system of the run, and with the
	// saved judgements of another build, where they were given.
	Against []Comparison `json:"against,omitempty"`
	// Total puts the styles of each set of questions together, for ours.
	Total []Total `json:"total,omitempty"`
}

// Total is what all styles of a set of questions came to, as shares.
type Total struct {
	Row
	// Named counts the questions that name the section they ask for, and
	// NamedRight is the share of them for which it was shown.
	Named      int     `json:"named"`
	NamedRight float64 `json:"named_right"`
}

// totals puts the styles of each set together of which the sections are known.
func totals(all []Judged) (out []Total) {
	bySet := map[string][]Judged{}
	var sets []string
	for _, j := range all {
		if j.System != Ours {
			continue
		}
		if bySet[j.Set] == nil {
			sets = append(sets, j.Set)
		}
		bySet[j.Set] = append(bySet[j.Set], j)
	}
	for _, set := range sets {
		t := Total{Row: Summarise(bySet[set])}
		if t.Sections == 0 {
			continue
		}
		t.Style = everyStyle
		for _, j := range bySet[set] {
			if j.SectionNamed && len(j.Relevant) > 0 {
				t.Named++
				t.NamedRight += share(j.SectionRight)
			}
		}
		t.NamedRight /= float64(max(t.Named, 1))
		out = append(out, t)
	}
	return out
}

// Comparison is a difference in top-1 with its interval.
type Comparison struct {
	Set   string `json:"set"`
	Style string `json:"style"`
	With  string `json:"with"`
	Interval
}

// Report puts a run together. before are the judgements of another build, none
// when there is nothing to compare with.
func Report(all, before []Judged) Result {
	var r Result
	ours := map[[2]string][]Judged{}
	groups := Group(all)
	for _, g := range groups {
		r.Sets = append(r.Sets, Summarise(g))
		if g[0].System == Ours {
			ours[[2]string{g[0].Set, g[0].Style}] = g
		}
	}
	compare := func(g []Judged, with string) {
		if len(g) == 0 {
			return
		}
		mine := ours[[2]string{g[0].Set, g[0].Style}]
		if interval := Compare(mine, g, Judged.Right); interval.N > 0 {
			r.Against = append(r.Against, Comparison{g[0].Set, g[0].Style, with, interval})
		}
	}
	for _, g := range groups {
		if g[0].System != Ours {
			compare(answerable(g), g[0].System)
		}
	}
	for _, g := range Group(before) {
		if g[0].System == Ours {
			compare(answerable(g), "before")
		}
	}
	r.Against = append(r.Against, overall(all)...)
	r.Total = totals(all)
	return r
}

// answerable leaves out the questions that have no right article.
func answerable(all []Judged) []Judged {
	var out []Judged
	for _, j := range all {
		if len(j.Relevant) > 0 {
			out = append(out, j)
		}
	}
	return out
}

// everyStyle stands for the styles of a set together.
const everyStyle = "mọi kiểu"

// overall compares ours with each other system over all styles of a set, where
// there are several.
func overall(all []Judged) []Comparison {
	var out []Comparison
	bySystem := map[[2]string][]Judged{}
	var order [][2]string
	styles := map[string]map[string]bool{}
	for _, j := range answerable(all) {
		key := [2]string{j.Set, j.System}
		if bySystem[key] == nil {
			order = append(order, key)
		}
		bySystem[key] = append(bySystem[key], j)
		if styles[j.Set] == nil {
			styles[j.Set] = map[string]bool{}
		}
		styles[j.Set][j.Style] = true
	}
	for _, key := range order {
		if key[1] == Ours || len(styles[key[0]]) < 2 {
			continue
		}
		if interval := Compare(bySystem[[2]string{key[0], Ours}], bySystem[key], Judged.Right); interval.N > 0 {
			out = append(out, Comparison{key[0], everyStyle, key[1], interval})
		}
	}
	return out
}

// Write prints the result for people.
func (r Result) Write(w io.Writer) {
	WriteTable(w, r.Sets)
	for _, t := range r.Total {
		fmt.Fprintf(w, "\n%s, %s: %d câu, đúng bài đầu %s của %d câu có bài, giúp được %s, trả lời sai %s\n", t.Set, t.Style, t.N,
			percent(t.Top1, t.Answerable, 1), t.Answerable, percent(t.Helped, t.Answerable, 1), percent(t.Wrong, t.N, 1))
		fmt.Fprintf(w, "đúng mục: %s của %d câu; khi hỏi tiền, thời gian, giấy tờ, nơi nộp, nộp trên mạng: %s của %d câu\n",
			percent(t.Section, t.Sections, 1), t.Sections, percent(t.NamedRight, t.Named, 1), t.Named)
	}
	if len(r.Against) > 0 {
		fmt.Fprintln(w, "\ntop-1 của trolyao hơn, điểm phần trăm [khoảng 95 %]")
	}
	for _, c := range r.Against {
		WriteInterval(w, fmt.Sprintf("%s %s, so với %s", c.Set, c.Style, c.With), c.Interval)
	}
}

// Save writes judgements, one a line.
func Save(path string, all []Judged) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, j := range all {
		if err := encoder.Encode(j); err != nil {
			return fmt.Errorf("save judgements: %w", err)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("save judgements: %w", err)
	}
	return nil
}

// LoadJudged reads what Save wrote.
func LoadJudged(path string) ([]Judged, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	var all []Judged
	decoder := json.NewDecoder(bufio.NewReader(f))
	for {
		var j Judged
		err := decoder.Decode(&j)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: judgement %d: %w", path, len(all)+1, err)
		}
		all = append(all, j)
	}
}
