package knowledge

import (
	"slices"
	"strings"
)

// Lexicon is what staff teach the assistant about how people ask.
type Lexicon struct {
	// Aspects says by which wordings a question asks for which section, in
	// file order: the first that fits wins.
	Aspects []Aspect
	// Fillers are question words and politeness: they say little about the
	// matter, so they count little.
	Fillers []string
}

// Aspect is one wording that asks for one section.
type Aspect struct {
	Section SectionID
	Cue     string // a pattern, see FORMAT.md
}

func tableFiles() []string { return []string{aspectsFile, fillersFile, examplesFile} }

const (
	aspectsFile  = "lexicon/aspects.tsv"
	fillersFile  = "lexicon/fillers.tsv"
	examplesFile = "lanes/examples.tsv"
)

// questionLabel marks an example that belongs to no lane.
const questionLabel = "question"

// table reads one tab-separated file with a header row. Lines that start with
// # are comments. The last column is the one that must not repeat.
type table struct {
	*report
	header []string
	valid  func(cells []string) bool
	add    func(cells []string)
	seen   map[string]int // line by last cell
	begun  bool           // the header row has passed
}

func (b *Base) parseTable(file string, data []byte) []Problem {
	t := &table{report: &report{file: file}, seen: map[string]int{}}
	pattern := func(cells []string) bool { return isPattern(cells[len(cells)-1]) }
	switch file {
	case aspectsFile:
		t.header, t.valid = []string{"section", "cue"}, pattern
		t.add = func(cells []string) {
			b.Lexicon.Aspects = append(b.Lexicon.Aspects, Aspect{SectionID(cells[0]), cells[1]})
		}
	case fillersFile:
		t.header, t.valid = []string{"word"}, pattern
		t.add = func(cells []string) { b.Lexicon.Fillers = append(b.Lexicon.Fillers, cells[0]) }
	case examplesFile:
		t.header = []string{"lane", "message"}
		t.valid = func(cells []string) bool { return words(cells[1]) != "" && b.Lanes.knows(cells[0]) }
		t.add = func(cells []string) {
			lane, rule, _ := strings.Cut(cells[0], "/")
			if lane == questionLabel {
				lane = ""
			}
			b.Lanes.Examples = append(b.Lanes.Examples, Example{LaneName(lane), rule, cells[1]})
		}
	}
	for i, line := range strings.Split(clean(t.report, data), "\n") {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			t.row(i+1, strings.Split(strings.TrimRight(line, "\t "), "\t"))
		}
	}
	return t.problems
}

func (t *table) row(line int, cells []string) {
	columns := strings.Join(t.header, ", ")
	n := len(t.header)
	switch {
	case !t.begun:
		t.begun = true
		if !slices.Equal(cells[:min(len(cells), n)], t.header) {
			t.errorf(line, 1, "", "dòng đầu phải là tên các cột: %s (cách nhau bằng phím Tab)", columns)
		}
		return
	case len(cells) < n || !t.valid(cells[:n]):
		t.errorf(line, 1, "", "dòng này phải có đủ các cột, đúng giá trị: %s (cách nhau bằng phím Tab; xem FORMAT.md)", columns)
		return
	}
	key := words(cells[n-1])
	if t.header[n-1] == "cue" { // the signs of a pattern make a difference
		key = cells[n-1]
	}
	if before := t.seen[key]; before > 0 {
		t.warnf(line, 1, "", "%q đã ghi ở dòng %d", cells[n-1], before)
	}
	t.seen[key] = line
	t.add(cells)
}
