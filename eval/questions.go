package eval

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// LoadQuestions reads a questions file. An error names file and line. Fields that
// a question does not have are passed over, and told to whom they may concern, if
// anybody: a set may say more of its questions than is measured, or say it under a
// wrong name.
func LoadQuestions(path string, passedOver func(line int, problem error)) (all []knowledge.Question, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	knowledge.ParseQuestions(data, func(line int, q knowledge.Question, problem error) bool {
		unknown := errors.Is(problem, knowledge.ErrUnknownField)
		if problem != nil && !unknown {
			err = fmt.Errorf("%s:%d: %w", path, line, problem)
			return false
		}
		if unknown && passedOver != nil {
			passedOver(line, problem)
		}
		all = append(all, q)
		return true
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: %s is empty", knowledge.ErrQuestion, filepath.Base(path))
	}
	return all, err
}

// Unknown returns the articles that questions expect and the knowledge lacks:
// whatever is answered to those questions counts as wrong.
func Unknown(questions []knowledge.Question, base *knowledge.Base) []knowledge.ID {
	var ids []knowledge.ID
	for _, q := range questions {
		for _, id := range q.Articles() {
			if base.Article(id) == nil && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Half is one of the two parts of a questions file.
type Half string

// Settings are fitted on the tuning half; only what the checking half shows is
// quoted.
const (
	Tuning   Half = "tuning"
	Checking Half = "checking"
)

// HalfOf says which half a question belongs to. Articles are split, and a question
// that any article of the checking half answers is in that half: nothing is fitted
// on a question about an article that is checked. Questions without an article are
// split by their text.
func HalfOf(q knowledge.Question) Half {
	ids := q.Articles()
	if len(ids) == 0 {
		return halfOf(q.Text)
	}
	for _, id := range ids {
		if halfOf(string(id)) == Checking {
			return Checking
		}
	}
	return Tuning
}

func halfOf(key string) Half {
	h := fnv.New32a()
	_, _ = h.Write([]byte("half " + key)) // a hash never fails
	if h.Sum32()>>16&1 == 0 {
		return Tuning
	}
	return Checking
}

// InHalf returns the questions of one half, or all for "".
func InHalf(questions []knowledge.Question, half Half) []knowledge.Question {
	if half == "" {
		return questions
	}
	var out []knowledge.Question
	for _, q := range questions {
		if HalfOf(q) == half {
			out = append(out, q)
		}
	}
	return out
}

// goingOn is the style of questions that are still about what was asked before.
const goingOn = "hoi-tiep"

// far is the style of questions that have nothing to do with the knowledge.
const far = "xa"

// Examples returns what settings are fitted on: the tuning half of the
// questions that go to search.
func Examples(questions []knowledge.Question) []index.Example {
	var out []index.Example
	for _, q := range InHalf(questions, Tuning) {
		if q.Outcome == outcomeAnswer || q.Outcome == outcomeAbstain {
			e := index.Example{Text: q.Text, Expect: q.Articles(), Sections: map[knowledge.ID][]knowledge.SectionID{}, Near: q.Style != far, GoesOn: q.Style == goingOn}
			if len(q.Before) > 0 {
				e.Before = q.Before[0]
			}
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
