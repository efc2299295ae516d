package knowledge

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity tells whether a problem stops publication.
type Severity int

const (
	// Error stops the knowledge from going live.
	Error Severity = iota
	// Warning is worth mending and stops nothing.
	Warning
)

// Problem is one thing wrong in one place, told to an editor in Vietnamese.
type Problem struct {
	File      string
	Line, Col int // both from 1
	Severity  Severity
	Field     string // the front matter key or heading concerned, may be ""
	Text      string // what is wrong and what to do
}

// String gives "file:line:col: severity: field: text".
func (p Problem) String() string {
	severity := "lỗi"
	if p.Severity == Warning {
		severity = "cảnh báo"
	}
	field := ""
	if p.Field != "" {
		field = p.Field + ": "
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s%s", p.File, max(p.Line, 1), max(p.Col, 1), severity, field, p.Text)
}

// HasErrors says whether any of the problems stops publication.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

// SortProblems puts problems in reading order, those of one place in the
// order of their coming, and says each of them once.
func SortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(problems)
}

// report collects the problems of one file.
type report struct {
	file     string
	problems []Problem
}

func (r *report) errorf(line, col int, field, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, line, col, Error, field, fmt.Sprintf(format, args...)})
}

func (r *report) warnf(line, col int, field, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, line, col, Warning, field, fmt.Sprintf(format, args...)})
}
