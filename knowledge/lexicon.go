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

func lexiconFiles() []string { return []string{aspectsFile, fillersFile} }

const (
	aspectsFile = "lexicon/aspects.tsv"
	fillersFile = "lexicon/fillers.tsv"
)

// lexiconReader reads one tab-separated file with a header row. Lines that
// start with # are comments.
type lexiconReader struct {
	*report
	header []string
	add    func(cells []string)
	seen   map[string]int // line by wording
	begun  bool           // the header row has passed
}

func parseLexicon(file string, data []byte, lex *Lexicon) []Problem {
	l := &lexiconReader{report: &report{file: file}, seen: map[string]int{}}
	switch file {
	case aspectsFile:
		l.header = []string{"section", "cue"}
		l.add = func(cells []string) { lex.Aspects = append(lex.Aspects, Aspect{SectionID(cells[0]), cells[1]}) }
	case fillersFile:
		l.header = []string{"word"}
		l.add = func(cells []string) { lex.Fillers = append(lex.Fillers, cells[0]) }
	}
	for i, line := range strings.Split(clean(l.report, data), "\n") {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			l.row(i+1, strings.Split(strings.TrimRight(line, "\t "), "\t"))
		}
	}
	return l.problems
}

func (l *lexiconReader) row(line int, cells []string) {
	columns := strings.Join(l.header, ", ")
	n := len(l.header)
	switch {
	case !l.begun:
		l.begun = true
		if !slices.Equal(cells[:min(len(cells), n)], l.header) {
			l.errorf(line, 1, "", "dòng đầu phải là tên các cột: %s (cách nhau bằng phím Tab)", columns)
		}
		return
	case len(cells) < n || !isPattern(cells[n-1]):
		l.errorf(line, 1, "", "dòng này phải có đủ các cột: %s (cách nhau bằng phím Tab)", columns)
		return
	}
	wording := cells[n-1]
	if before := l.seen[wording]; before > 0 {
		l.warnf(line, 1, "", "%q đã ghi ở dòng %d", wording, before)
	}
	l.seen[wording] = line
	l.add(cells)
}
