package knowledge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// QuestionsFile is where a knowledge folder keeps the questions that it must
// answer rightly before it goes live. A folder may do without.
const QuestionsFile = "questions.jsonl"

// Question is one line of a questions file: what a person asks of the knowledge
// itself, and what ought to come of it.
type Question struct {
	Text string `json:"question"`
	// Before are the person's earlier messages in the same conversation.
	Before []string `json:"before,omitempty"`
	// Expect are the right answers, "article" or "article#section", any of
	// them, to be given or among the choices; none for a question that has no
	// answer.
	Expect  []string `json:"expect"`
	Outcome string   `json:"outcome"` // of the contract of "ask --json"
	Style   string   `json:"style"`   // how it is typed, or what it tests
	// Must marks a question that every published version has to get right.
	Must bool `json:"must,omitempty"`
}

var (
	// ErrQuestion is returned for a line that is no question.
	ErrQuestion = errors.New("not a question")
	// ErrUnknownField is returned with a question whose line says more than a
	// question has, which may be what it has under a wrong name.
	ErrUnknownField = errors.New("unknown field")
)

// Articles returns the expected articles.
func (q Question) Articles() []ID {
	var ids []ID
	for _, want := range q.Expect {
		id, _, _ := strings.Cut(want, "#")
		if !slices.Contains(ids, ID(id)) {
			ids = append(ids, ID(id))
		}
	}
	return ids
}

// Sections returns the sections expected of an article, none when any will do.
func (q Question) Sections(article ID) []SectionID {
	var out []SectionID
	for _, want := range q.Expect {
		id, section, named := strings.Cut(want, "#")
		if id == string(article) && named {
			out = append(out, SectionID(section))
		}
	}
	return out
}

// The outcomes of a question that articles answer: one is told, or they are
// offered.
const (
	outcomeAnswer  = "answer"
	outcomeChoices = "choices"
)

// check completes a question and reports what it lacks.
func (q *Question) check() error {
	outcomes := []string{outcomeAnswer, outcomeChoices, "abstain", "emergency", "report", "smalltalk", "refuse"}
	switch {
	case strings.TrimSpace(q.Text) == "":
		return fmt.Errorf("%w: no question", ErrQuestion)
	case q.Outcome == "" && len(q.Expect) > 0:
		q.Outcome = outcomeAnswer
	case !slices.Contains(outcomes, q.Outcome):
		return fmt.Errorf("%w: outcome %q", ErrQuestion, q.Outcome)
	}
	if answered := len(q.Expect) > 0; answered != (q.Outcome == outcomeAnswer) && q.Outcome != outcomeChoices {
		return fmt.Errorf("%w: outcome %q with %d expected articles", ErrQuestion, q.Outcome, len(q.Expect))
	}
	return nil
}

// longestLine is the longest line of a questions file, in bytes.
const longestLine = 1 << 20

// ParseQuestions reads the lines of a questions file. It yields each question,
// or what is wrong with its line, with the number of the line, and ends early
// when told to. Empty lines are passed over. A question with ErrUnknownField can
// be used as it is.
func ParseQuestions(data []byte, yield func(line int, q Question, err error) bool) {
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	lines.Buffer(make([]byte, 0, 1<<16), longestLine)
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		q, err := parseQuestion(text)
		if !yield(n, q, err) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(n+1, Question{}, err)
	}
}

func parseQuestion(text []byte) (q Question, err error) {
	if err := json.Unmarshal(text, &q); err != nil {
		return q, err
	}
	if err := q.check(); err != nil {
		return q, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&Question{}); err != nil { // it was read before, so it can be nothing else
		return q, fmt.Errorf("%w: %w", ErrUnknownField, err)
	}
	return q, nil
}

// questions reads the folder's questions. What they expect must exist: a
// question about an article that is gone can never be answered again. A version
// that went live with a field too many stays fit to be opened.
func (l *loader) questions() error {
	data, err := l.read(QuestionsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", QuestionsFile, err)
	}
	l.base.Files[QuestionsFile] = data
	r, seen := &report{file: QuestionsFile}, map[string]int{}
	ParseQuestions(data, func(line int, q Question, err error) bool {
		if err != nil && (l.linting || !errors.Is(err, ErrUnknownField)) {
			r.errorf(line, 1, "", "không đọc được câu hỏi (%v); mỗi dòng là một đối tượng JSON, xem FORMAT.md", err)
			return true
		}
		if l.linting {
			l.lintQuestion(r, line, q, seen)
		}
		l.base.Questions = append(l.base.Questions, q)
		return true
	})
	l.problems = append(l.problems, r.problems...)
	return nil
}

// lintQuestion reports what a question expects in vain, and that it was asked
// before, on a line that seen remembers.
func (l *loader) lintQuestion(r *report, line int, q Question, seen map[string]int) {
	for _, id := range q.Articles() {
		a := l.base.byID[id]
		if a == nil {
			r.warnf(line, 1, "expect", "không có bài %q trong kho; hãy sửa mã bài hoặc bỏ câu hỏi", id)
			continue
		}
		for _, section := range q.Sections(id) {
			if _, ok := a.Section(section); !ok {
				r.warnf(line, 1, "expect", "bài %s không có mục %q; hãy sửa mã mục, hoặc chỉ ghi mã bài", id, section)
			}
		}
	}
	key := strings.Join(append(slices.Clone(q.Before), q.Text), "\n")
	if before := seen[key]; before > 0 {
		r.warnf(line, 1, "question", "%q đã hỏi ở dòng %d; hãy bỏ một dòng", q.Text, before)
		return
	}
	seen[key] = line
}
