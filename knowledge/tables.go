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
	// Teencode is chat spelling: "ko" for "không".
	Teencode []Shorthand
	// Abbreviations are the initials of names: "CCCD".
	Abbreviations []Shorthand
	// Synonyms are other words for the same thing.
	Synonyms []Synonym
	// Entities are the papers, services and schemes that people call by name,
	// each with all its names.
	Entities [][]string
	// Outside are messages that no article answers: people ask an office
	// everything. They teach where the knowledge ends.
	Outside []string
	// FollowUps are ways to ask on about what was just spoken of, without naming
	// it: "thế mất bao lâu".
	FollowUps []FollowUp
}

// followUps returns the messages of the follow-ups.
func (l *Lexicon) followUps() []string {
	messages := make([]string, len(l.FollowUps))
	for i, f := range l.FollowUps {
		messages[i] = f.Message
	}
	return messages
}

// FollowUp is a question that names no matter, and the section it asks for, ""
// for none in particular.
type FollowUp struct {
	Message string
	Section SectionID
}

// Shorthand is a short form and what it may stand for, likeliest first.
type Shorthand struct {
	Typed    string
	Meanings []string
}

// Synonym is another way to say something. Where Both is set, either may be
// said for the other; else only Variant for Canonical.
type Synonym struct {
	Variant, Canonical string
	Both               bool
}

// Aspect is one wording that asks for one section.
type Aspect struct {
	Section SectionID
	Cue     string // a pattern, see FORMAT.md
}

const (
	aspectsFile       = "lexicon/aspects.tsv"
	fillersFile       = "lexicon/fillers.tsv"
	teencodeFile      = "lexicon/teencode.tsv"
	abbreviationsFile = "lexicon/abbreviations.tsv"
	synonymsFile      = "lexicon/synonyms.tsv"
	entitiesFile      = "lexicon/entities.tsv"
	outsideFile       = "lexicon/outside.tsv"
	followUpsFile     = "lexicon/followups.tsv"
	wordingsFile      = "lexicon/wordings.tsv"
	continuationsFile = "lexicon/continuations.tsv"
	examplesFile      = "lanes/examples.tsv"
)

// replacingTables lists the files that stand in place of the embedded ones.
func replacingTables() []string {
	return []string{aspectsFile, fillersFile, outsideFile, followUpsFile, examplesFile, communesFile}
}

// addingTables lists the files that are read after the embedded ones: their
// rows are added, and win over a row for the same word; of synonyms, of which a
// word may have several, both stand.
func addingTables() []string {
	return []string{teencodeFile, abbreviationsFile, synonymsFile, entitiesFile}
}

// givenFile is where a published version keeps the embedded rows that its own
// were added to, so that it stays the same under a later program.
func givenFile(table string) string {
	return "lexicon/given/" + strings.TrimPrefix(table, "lexicon/")
}

// nothing as the meaning of a row takes an embedded row away.
const nothing = "-"

// questionLabel marks an example that belongs to no lane.
const questionLabel = "question"

// table reads one tab-separated file with a header row. Lines that start with
// # are comments.
type table struct {
	*report
	header []string
	key    int // the column that must not repeat
	line   int // of the row in hand
	valid  func(cells []string) bool
	add    func(cells []string)
	seen   map[string]int // line by key
	begun  bool           // the header row has passed
}

func (b *Base) parseTable(file string, data []byte) []Problem {
	t := &table{report: &report{file: file}, seen: map[string]int{}}
	pattern := func(cells []string) bool { return isPattern(cells[len(cells)-1]) }
	switch file {
	case aspectsFile:
		t.header, t.key, t.valid = []string{"section", "cue"}, 1, pattern
		t.add = func(cells []string) {
			b.Lexicon.Aspects = append(b.Lexicon.Aspects, Aspect{SectionID(cells[0]), cells[1]})
		}
	case fillersFile:
		t.header, t.valid = []string{"word"}, pattern
		t.add = func(cells []string) { b.Lexicon.Fillers = append(b.Lexicon.Fillers, cells[0]) }
	case outsideFile:
		t.messages(&b.Lexicon.Outside)
	case followUpsFile:
		t.followUps(&b.Lexicon.FollowUps)
	case wordingsFile:
		t.wordings(b.byID, "wording", func(a *Article, w Wording) { a.Wordings = append(a.Wordings, w) })
	case continuationsFile:
		t.wordings(b.byID, "continuation", func(a *Article, w Wording) { a.Continuations = append(a.Continuations, w) })
	case communesFile:
		t.header, t.valid = []string{"commune"}, func(cells []string) bool { return strings.Count(words(cells[0]), " ") > 0 }
		t.add = func(cells []string) { b.Form.Communes = append(b.Form.Communes, cells[0]) }
	case teencodeFile, givenFile(teencodeFile):
		t.shorthand(&b.Lexicon.Teencode)
	case abbreviationsFile, givenFile(abbreviationsFile):
		t.shorthand(&b.Lexicon.Abbreviations)
	case synonymsFile, givenFile(synonymsFile):
		t.synonyms(&b.Lexicon.Synonyms)
	case entitiesFile, givenFile(entitiesFile):
		t.entities(&b.Lexicon.Entities)
	case examplesFile:
		t.examples(&b.Lanes.Examples)
	}
	for i, line := range strings.Split(clean(t.report, data), "\n") {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			t.row(i+1, strings.Split(strings.TrimRight(line, "\t "), "\t"))
		}
	}
	t.checkEmpty(slices.Contains(replacingTables(), file))
	return t.problems
}

// checkEmpty reports a file that says nothing, such as one that was saved by
// half. In place of an embedded one it would take away what that one knows.
func (t *table) checkEmpty(replacing bool) {
	switch {
	case HasErrors(t.problems):
	case !t.begun:
		t.errorf(1, 1, "", "tệp trống; dòng đầu phải là tên các cột: %s (cách nhau bằng phím Tab), hoặc hãy xoá tệp", strings.Join(t.header, ", "))
	case replacing && len(t.seen) == 0:
		t.errorf(1, 1, "", "chưa có dòng nào sau dòng tên cột; hãy điền, hoặc xoá tệp để dùng bản có sẵn")
	}
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
	key := typedKey(cells[t.key])
	switch t.header[t.key] {
	case "cue": // the signs of a pattern make a difference
		key = cells[t.key]
	case "continuation": // several articles may be gone on about alike
		key += "\t" + cells[0]
	case "variant": // one variant may have several canonical forms
		key += "\t" + words(cells[n-1])
	}
	if before := t.seen[key]; before > 0 {
		t.warnf(line, 1, "", "%q đã ghi ở dòng %d", cells[t.key], before)
	}
	t.seen[key], t.line = line, line
	t.add(cells)
}

// examples reads rows of a lane and a message.
func (t *table) examples(into *[]Example) {
	t.header, t.key = []string{"lane", "message"}, 1
	t.valid = func(cells []string) bool { return words(cells[1]) != "" && isLabel(cells[0]) }
	t.add = func(cells []string) {
		lane, rule, _ := strings.Cut(cells[0], "/")
		if lane == questionLabel {
			lane = ""
		}
		*into = append(*into, Example{LaneName(lane), rule, cells[1]})
	}
}

// messages reads rows of a message as people write it.
func (t *table) messages(into *[]string) {
	t.header, t.valid = []string{"message"}, func(cells []string) bool { return words(cells[0]) != "" }
	t.add = func(cells []string) { *into = append(*into, cells[0]) }
}

// followUps reads rows of a message and the section it asks for.
func (t *table) followUps(into *[]FollowUp) {
	t.header, t.valid = []string{"message", "section"}, func(cells []string) bool { return words(cells[0]) != "" && cells[1] != "" }
	t.add = func(cells []string) {
		*into = append(*into, FollowUp{cells[0], SectionID(strings.TrimSuffix(cells[1], nothing))})
	}
}

// wordings reads rows of an article, its section and a message that it answers.
func (t *table) wordings(articles map[ID]*Article, column string, add func(*Article, Wording)) {
	t.header, t.key = []string{"article", "section", column}, 2
	t.valid = func(cells []string) bool { return words(cells[2]) != "" }
	t.add = func(cells []string) {
		a, section := articles[ID(cells[0])], SectionID(cells[1])
		if a == nil {
			t.warnf(t.line, 1, "article", "không có bài %q trong kho; hãy sửa mã bài hoặc bỏ dòng này", cells[0])
			return
		}
		if section == nothing {
			section = ""
		} else if _, ok := a.Section(section); !ok {
			t.warnf(t.line, 1, "section", "bài %s không có mục %q; hãy ghi mã mục có trong bài, tom-tat là đoạn đầu, %s là không rõ mục nào", a.ID, section, nothing)
			return
		}
		add(a, Wording{cells[2], section})
	}
}

// shorthand reads rows of a short form and its meanings.
func (t *table) shorthand(into *[]Shorthand) {
	t.header = []string{"typed", "meanings"}
	t.valid = func(cells []string) bool {
		meanings := splitMeanings(cells[1])
		counted := strings.Contains(cells[0], numberSign)
		if counted && slices.ContainsFunc(meanings, func(m string) bool { return m != nothing && strings.Count(m, numberSign) != 1 }) {
			return false
		}
		return words(cells[0]) != "" && len(meanings) > 0 && !slices.ContainsFunc(meanings, func(m string) bool {
			return len(strings.Fields(m)) > mostMeaningWords
		})
	}
	t.add = func(cells []string) {
		*into = slices.DeleteFunc(*into, func(s Shorthand) bool { return typedKey(s.Typed) == typedKey(cells[0]) })
		if cells[1] != nothing {
			*into = append(*into, Shorthand{cells[0], splitMeanings(cells[1])})
		}
	}
}

// numberSign stands for a number that the letters are glued to: "*t" is "* tuổi".
const numberSign = "*"

// typedKey tells short forms apart: "t" alone is another than "*t".
func typedKey(typed string) string {
	if strings.Contains(typed, numberSign) {
		return strings.ToLower(strings.TrimSpace(typed))
	}
	return words(typed)
}

// mostMeaningWords bounds what one short form may stand for.
const mostMeaningWords = 12

func splitMeanings(cell string) []string {
	var out []string
	for m := range strings.SplitSeq(cell, ";") {
		if m = strings.TrimSpace(m); m != "" {
			out = append(out, m)
		}
	}
	return out
}

// entities reads rows of the names of one thing. A row takes the place of the
// earlier table's rows that share a name with it.
func (t *table) entities(into *[][]string) {
	given, own := *into, [][]string(nil)
	t.header = []string{"names"}
	t.valid = func(cells []string) bool {
		return slices.ContainsFunc(splitMeanings(cells[0]), func(name string) bool { return words(name) != "" })
	}
	t.add = func(cells []string) {
		names := splitMeanings(cells[0])
		given = slices.DeleteFunc(given, func(row []string) bool {
			return slices.ContainsFunc(row, func(a string) bool {
				return slices.ContainsFunc(names, func(b string) bool { return words(a) == words(b) })
			})
		})
		if !slices.Contains(names, nothing) {
			own = append(own, names)
		}
		*into = slices.Concat(given, own)
	}
}

// synonyms reads rows of a variant, a direction and the canonical form.
func (t *table) synonyms(into *[]Synonym) {
	t.header = []string{"variant", "direction", "canonical"}
	t.valid = func(cells []string) bool {
		return words(cells[0]) != "" && (cells[1] == "=" || cells[1] == ">") && cells[2] != "" && words(cells[0]) != words(cells[2])
	}
	t.add = func(cells []string) {
		if cells[2] == nothing {
			*into = slices.DeleteFunc(*into, func(s Synonym) bool { return words(s.Variant) == words(cells[0]) })
			return
		}
		*into = append(*into, Synonym{Variant: cells[0], Canonical: cells[2], Both: cells[1] == "="})
	}
}
