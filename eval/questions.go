package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

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
}

// ErrQuestions is returned for a line that is no question.
var ErrQuestions = errors.New("not a question")

// LoadQuestions reads a questions file. Every error names file and line.
func LoadQuestions(path string) ([]Question, error) {
	var all []Question
	err := eachLine(path, func(line []byte) error {
		var q Question
		if err := json.Unmarshal(line, &q); err != nil {
			return err
		}
		outcomes := []string{"answer", "choices", "abstain", "emergency", "report", "smalltalk", "refuse"}
		switch {
		case strings.TrimSpace(q.Text) == "":
			return fmt.Errorf("%w: no question", ErrQuestions)
		case q.Outcome == "" && len(q.Expect) > 0:
			q.Outcome = "answer"
		case !slices.Contains(outcomes, q.Outcome):
			return fmt.Errorf("%w: outcome %q", ErrQuestions, q.Outcome)
		}
		if (q.Outcome == "answer") != (len(q.Expect) > 0) {
			return fmt.Errorf("%w: outcome %q with %d expected articles", ErrQuestions, q.Outcome, len(q.Expect))
		}
		all = append(all, q)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: %s is empty", ErrQuestions, filepath.Base(path))
	}
	return all, err
}

// Articles returns the expected articles.
func (q Question) Articles() []knowledge.ID {
	var ids []knowledge.ID
	for _, want := range q.Expect {
		id, _, _ := strings.Cut(want, "#")
		if !slices.Contains(ids, knowledge.ID(id)) {
			ids = append(ids, knowledge.ID(id))
		}
	}
	return ids
}

// Sections returns the sections expected of an article, none when any will do.
func (q Question) Sections(article knowledge.ID) []knowledge.SectionID {
	var out []knowledge.SectionID
	for _, want := range q.Expect {
		id, section, named := strings.Cut(want, "#")
		if id == string(article) && named {
			out = append(out, knowledge.SectionID(section))
		}
	}
	return out
}

// Half is one of the two parts of a questions file.
type Half string

// Settings are fitted on the tuning half; only what the checking half shows is
// quoted.
const (
	Tuning   Half = "tuning"
	Checking Half = "checking"
)

// Half says which half a question belongs to. All questions on an article are
// in the same half, so that nothing learnt of an article's tuning questions
// helps its checking questions; those without an article are split by their text.
func (q Question) Half() Half {
	key := q.Text
	if ids := q.Articles(); len(ids) > 0 {
		key = string(ids[0])
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte("half " + key)) // a hash never fails
	if h.Sum32()>>16&1 == 0 {
		return Tuning
	}
	return Checking
}

// InHalf returns the questions of one half, or all for "".
func InHalf(questions []Question, half Half) []Question {
	if half == "" {
		return questions
	}
	var out []Question
	for _, q := range questions {
		if q.Half() == half {
			out = append(out, q)
		}
	}
	return out
}

// far is the style of questions that have nothing to do with the knowledge.
const far = "xa"

// Examples returns what settings are fitted on: the tuning half of the
// questions that go to search, each without its conversation.
func Examples(questions []Question) []index.Example {
	var out []index.Example
	for _, q := range InHalf(questions, Tuning) {
		if len(q.Before) == 0 && (q.Outcome == outcomeAnswer || q.Outcome == outcomeAbstain) {
			e := index.Example{Text: q.Text, Expect: q.Articles(), Sections: map[knowledge.ID][]knowledge.SectionID{}, Near: q.Style != far}
			for _, id := range e.Expect {
				if right := q.Sections(id); len(right) > 0 {
					e.Sections[id] = right
				}
			}
			out = append(out, e)
		}
	}
	return out
}
