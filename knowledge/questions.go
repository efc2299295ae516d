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
	// them; none for a question that has no answer.
	Expect  []string `json:"expect"`
	Outcome string   `json:"outcome"` // of the contract of "ask --json"
	Style   string   `json:"style"`   // how it is typed, or what it tests
	// Must marks a question that every published version has to get right.
	Must bool `json:"must,omitempty"`
}

// ErrQuestion is returned for a line that is no question.
var ErrQuestion = errors.New("not a question")

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

// outcomeAnswer is the outcome of a question that an article answers.
const outcomeAnswer = "answer"

// check completes a question and reports what it lacks.
func (q *Question) check() error {
	outcomes := []string{outcomeAnswer, "choices", "abstain", "emergency", "report", "smalltalk", "refuse"}
	switch {
	case strings.TrimSpace(q.Text) == "":
		return fmt.Errorf("%w: no question", ErrQuestion)
	case q.Outcome == "" && len(q.Expect) > 0:
		q.Outcome = outcomeAnswer
	case !slices.Contains(outcomes, q.Outcome):
		return fmt.Errorf("%w: outcome %q", ErrQuestion, q.Outcome)
	}
	if (q.Outcome == outcomeAnswer) != (len(q.Expect) > 0) {
		return fmt.Errorf("%w: outcome %q with %d expected articles", ErrQuestion, q.Outcome, len(q.Expect))
	}
	return nil
}

// longestLine is the longest line of a questions file, in bytes.
const longestLine = 1 << 20

// ParseQuestions reads the lines of a questions file. It yields each question,
// or what is wrong with its line, with the number of the line, and ends early
// when told to. Empty lines are passed over.
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
		var q Question
		err := json.Unmarshal(text, &q)
		if err == nil {
			err = q.check()
		}
		if !yield(n, q, err) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(n+1, Question{}, err)
	}
}

// questions reads the folder's questions. What they expect must exist: a
// question about an article that is gone can never be answered again.
func (l *loader) questions() error {
	data, err := l.read(QuestionsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", QuestionsFile, err)
	}
	l.base.Files[QuestionsFile] = data
	r := &report{file: QuestionsFile}
	ParseQuestions(data, func(line int, q Question, err error) bool {
		if err != nil {
			r.errorf(line, 1, "", "không đọc được câu hỏi (%v); mỗi dòng là một đối tượng JSON, xem FORMAT.md", err)
			return true
		}
		for _, id := range q.Articles() {
			if l.base.byID[id] == nil {
				r.warnf(line, 1, "expect", "không có bài %q trong kho; hãy sửa mã bài hoặc bỏ câu hỏi", id)
			}
		}
		l.base.Questions = append(l.base.Questions, q)
		return true
	})
	l.problems = append(l.problems, r.problems...)
	return nil
}
