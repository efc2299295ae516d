package eval

import (
	"fmt"
	"io"
	"strings"
)

// Group splits judgements by set, style and system, in order of appearance.
func Group(all []Judged) [][]Judged {
	type key struct{ set, style, system string }
	at := map[key]int{}
	var groups [][]Judged
	for _, j := range all {
		k := key{j.Set, j.Style, j.System}
		i, seen := at[k]
		if !seen {
			i = len(groups)
			at[k] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], j)
	}
	return groups
}

// WriteTable prints rows for people, shares in percent.
func WriteTable(w io.Writer, rows []Row) {
	fmt.Fprintf(w, "%-18s %-15s %-8s %5s %6s %6s %6s %6s %6s %7s %6s %6s %6s %7s %7s %7s %7s %7s\n",
		"set", "style", "system", "n", "top1", "top3", "mrr10", "rec10", "ndcg10",
		"direct", "wrong", "helped", "false", "abst.ok", "outcome", "section", "p50µs", "p99µs")
	for _, r := range rows {
		fmt.Fprintf(w, "%-18s %-15s %-8s %5d %s %s %s %s %s %s %s %s %s %s %s %s %7d %7d\n",
			r.Set, r.Style, r.System, r.N,
			percent(r.Top1, r.Answerable, 6), percent(r.Top3, r.Answerable, 6), percent(r.MRR10, r.Answerable, 6),
			percent(r.Recall10, r.Answerable, 6), percent(r.NDCG10, r.Answerable, 6),
			percent(r.Answered, r.N, 7), percent(r.Wrong, r.N, 6), percent(r.Helped, r.Answerable, 6),
			percent(r.FalseAnswer, r.N-r.Answerable, 6), percent(r.Abstention, r.abstained, 7), percent(r.Outcome, r.N, 7),
			percent(r.Section, r.Sections, 7), r.P50, r.P99)
	}
}

// percent is "-" where nothing was counted.
func percent(x float64, of, width int) string {
	if of == 0 {
		return fmt.Sprintf("%*s", width, "-")
	}
	return fmt.Sprintf("%*.1f", width, 100*x)
}

// WriteInterval prints one comparison.
func WriteInterval(w io.Writer, what string, i Interval) {
	fmt.Fprintf(w, "%-44s %+6.1f  [%+.1f; %+.1f]  n=%d\n", what, 100*i.Difference, 100*i.Low, 100*i.High, i.N)
}

// WriteMisses prints at most n questions whose first article is not the right
// one, or that were answered, or refused, wrongly.
func WriteMisses(w io.Writer, all []Judged, n int) {
	for _, j := range all {
		if n == 0 {
			return
		}
		if j.System != Ours || (j.Outcome == j.Expected || j.helped()) && (j.Right() || len(j.Relevant) == 0) {
			continue
		}
		n--
		fmt.Fprintf(w, "%s/%s %s: %s\n   muốn %s %s, được %s %s\n", j.Set, j.Style, j.ID, j.Text,
			j.Expected, strings.Join(j.Relevant, " "), j.Outcome, strings.Join(j.Ranked[:min(len(j.Ranked), 3)], " "))
	}
}
