// Package eval measures how well questions find their articles: on collections
// in BEIR layout, on question files of the knowledge itself, in several ways of
// typing, and beside the plain Bleve baseline in the same run.
//
// It knows the index and the knowledge; it does not know conversations.
package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Set is a collection with questions and the judgement which passages answer
// them.
type Set struct {
	Name     string
	Passages []Passage
	Queries  []Query // answerable and not, in file order
}

// Passage is one document of a set.
type Passage struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Query is one question. Without a relevant passage it has no answer.
type Query struct {
	ID       string
	Text     string
	Relevant map[string]int // grade by passage id, all above 0
}

// ErrSet is returned for a set that cannot be read as one.
var ErrSet = errors.New("not a set in BEIR layout")

// LoadSet reads a folder in BEIR layout: corpus.jsonl, queries.jsonl,
// qrels/test.tsv or qrels.tsv, and unanswerable.jsonl where there is one. What is
// wrong with the judgements is an error: it would count as wrong with the search.
func LoadSet(dir string) (*Set, error) {
	s := &Set{Name: filepath.Base(filepath.Clean(dir))}
	known := map[string]bool{}
	err := eachLine(filepath.Join(dir, "corpus.jsonl"), func(line []byte) error {
		var p Passage
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		if p.ID == "" || known[p.ID] {
			return fmt.Errorf("%w: _id %q is missing or repeated", ErrSet, p.ID)
		}
		known[p.ID] = true
		s.Passages = append(s.Passages, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	judged, err := loadJudgements(dir, known)
	if err != nil {
		return nil, err
	}
	queries, err := loadQueries(filepath.Join(dir, "queries.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		if q.Relevant = judged[q.ID]; len(q.Relevant) > 0 {
			s.Queries = append(s.Queries, q)
		}
	}
	unanswerable, err := loadQueries(filepath.Join(dir, "unanswerable.jsonl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s.Queries = append(s.Queries, unanswerable...)
	if len(s.Passages) == 0 || len(s.Queries) == 0 {
		return nil, fmt.Errorf("%w: %s holds no passage or no judged question", ErrSet, dir)
	}
	return s, nil
}

func loadQueries(path string) ([]Query, error) {
	var all []Query
	seen := map[string]bool{}
	err := eachLine(path, func(data []byte) error {
		var q struct {
			ID   string `json:"_id"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(data, &q); err != nil {
			return err
		}
		if q.ID == "" || seen[q.ID] {
			return fmt.Errorf("%w: _id %q is missing or repeated", ErrSet, q.ID)
		}
		seen[q.ID] = true
		all = append(all, Query{ID: q.ID, Text: q.Text})
		return nil
	})
	return all, err
}

// highestGrade bounds what a judgement may say: nDCG counts two to its power.
const highestGrade = 10

func loadJudgements(dir string, known map[string]bool) (map[string]map[string]int, error) {
	path := filepath.Join(dir, "qrels", "test.tsv")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(dir, "qrels.tsv")
	}
	judged := map[string]map[string]int{}
	first := true
	err := eachLine(path, func(data []byte) error {
		cells := strings.Split(strings.TrimRight(string(data), "\r"), "\t")
		header := first && cells[0] == "query-id"
		first = false
		if header {
			return nil
		}
		if len(cells) < 3 {
			return fmt.Errorf("%w: want query-id, corpus-id, score", ErrSet)
		}
		grade, err := strconv.ParseFloat(cells[2], 64)
		if err != nil {
			return fmt.Errorf("%w: score %q: %w", ErrSet, cells[2], err)
		}
		switch {
		case grade <= 0:
			return nil
		case !(grade <= highestGrade): // NaN neither
			return fmt.Errorf("%w: score %q is over %d", ErrSet, cells[2], highestGrade)
		case !known[cells[1]]:
			return fmt.Errorf("%w: corpus-id %q is not in corpus.jsonl", ErrSet, cells[1])
		}
		if judged[cells[0]] == nil {
			judged[cells[0]] = map[string]int{}
		}
		judged[cells[0]][cells[1]] = int(max(grade, 1))
		return nil
	})
	return judged, err
}

// longestLine bounds one line of a set.
const longestLine = 16 << 20

// eachLine calls yield with every line of a file that is not empty. Errors name
// the file and the line.
func eachLine(path string, yield func(line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read set: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 1<<16), longestLine)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			line = []byte(strings.TrimPrefix(string(line), "\ufeff"))
		}
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		if err := yield(line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
