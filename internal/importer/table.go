package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"

	"github.com/trolyao/trolyao/knowledge"
)

// ErrColumns is returned for a table that does not say which column is what.
var ErrColumns = errors.New("bảng phải có một dòng tên cột, trong đó có cột Câu hỏi và cột Trả lời (hoặc Câu trả lời, Nội dung trả lời)")

// ErrNoAnswers is returned for a table with its columns and nothing to draft.
var ErrNoAnswers = errors.New("dưới dòng tên cột không có dòng nào có câu trả lời")

// ErrQuote is returned for a table in which a quote takes rows into a cell.
var ErrQuote = errors.New("dấu ngoặc kép mở ra mà không đóng, nên các dòng sau dính vào một ô; hãy sửa, hoặc lưu bảng thành .xlsx rồi nhập")

// readCSV reads a table with commas, semicolons or tabs between its cells.
func readCSV(data []byte) (t tableDrafts, err error) {
	text, err := decode(data)
	if err != nil {
		return t, err
	}
	comma := separator(text)
	rows, err := rowsOfCSV(text, comma, false)
	if quote, ok := errors.AsType[*csv.ParseError](err); ok { // a quote inside of words, or one too many
		if rows, err = rowsOfCSV(text, comma, true); err == nil && swallows(rows, text, comma) {
			return t, fmt.Errorf("dòng %d: %w", quote.StartLine, ErrQuote)
		}
	}
	if err != nil {
		return t, fmt.Errorf("bảng CSV hỏng: %w", err)
	}
	return fromRows(rows)
}

func rowsOfCSV(text string, comma rune, lazy bool) ([][]string, error) {
	return csvReader(text, comma, lazy).ReadAll()
}

func csvReader(text string, comma rune, lazy bool) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, lazy
	return r
}

// mostLines is how many lines of a cell may look like rows. Answers are lists,
// and there are commas in them.
const mostLines = 5

// swallows reports whether a quote that is never closed, or closed by that of
// another row, has made cells of rows.
func swallows(rows [][]string, text string, comma rune) bool {
	last := ""
	for _, row := range rows {
		for _, cell := range row {
			like := 0
			for line := range strings.Lines(cell) {
				like += min(1, strings.Count(line, string(comma)))
			}
			if like > mostLines {
				return true
			}
			last = cell
		}
	}
	return strings.Contains(last, "\n") && !strings.HasSuffix(strings.TrimSpace(text), `"`)
}

// separator is the one of the usual three that makes columns of the row with
// their names. Above it stands what it likes: the office, the name of the table.
func separator(text string) rune {
	for _, c := range ",;\t" {
		if at, _ := headOf(firstRows(text, c)); at >= 0 {
			return c
		}
	}
	return ','
}

// firstRows is as far as the names of the columns are looked for.
func firstRows(text string, comma rune) (rows [][]string) {
	r := csvReader(text, comma, true)
	for range headRows {
		row, err := r.Read()
		if err != nil {
			break
		}
		rows = append(rows, row)
	}
	return rows
}

// column is what a column of a table of questions holds.
type column int

const (
	columnQuestion column = iota
	columnAnswer
	columnCategory
	columnSource
	columnKeywords
	columnTitle
	columnNumber
)

// columnNames are how offices head their columns, without marks, the most
// telling first.
func columnNames() map[column][]string {
	return map[column][]string{
		columnAnswer:   {"tra loi", "cau tra loi", "noi dung tra loi", "dap an", "phan tra loi", "huong dan", "noi dung huong dan", "answer"},
		columnQuestion: {"cau hoi", "hoi", "noi dung hoi", "noi dung cau hoi", "thac mac", "van de", "noi dung thac mac", "question"},
		columnCategory: {"linh vuc", "chu de", "danh muc", "nhom", "loai", "phan loai", "chuyen muc", "category"},
		columnSource:   {"can cu", "can cu phap ly", "nguon", "van ban", "co so phap ly", "source"},
		columnKeywords: {"tu khoa", "keywords", "the"},
		columnTitle:    {"tieu de", "ten thu tuc", "thu tuc", "ten viec", "title"},
		columnNumber:   {"stt", "so tt", "tt", "so thu tu"},
	}
}

// headRows is how far down the names of the columns are looked for: offices put
// the name of the office and of the table above.
const headRows = 15

// fromRows makes a draft of each answer. Rows with the same answer ask the same
// in other words.
func fromRows(rows [][]string) (t tableDrafts, err error) {
	head, columns := headOf(rows)
	if head < 0 {
		return t, ErrColumns
	}
	t.last = -1
	for _, row := range rows[head+1:] {
		t.add(func(c column) string {
			at, ok := columns[c]
			if !ok || at >= len(row) {
				return ""
			}
			return strings.TrimSpace(clean(row[at]))
		})
	}
	if len(t.drafts) == 0 {
		return t, ErrNoAnswers
	}
	return t, nil
}

// headOf finds the row that names the columns, -1 when none does.
func headOf(rows [][]string) (at int, columns map[column]int) {
	for i := range min(len(rows), headRows) {
		if c := columnsOf(rows[i]); len(c) > 0 {
			return i, c
		}
	}
	return -1, nil
}

// tableDrafts are the drafts of a table, in the order of their first rows.
type tableDrafts struct {
	drafts   []Draft
	byAnswer map[string]int
	last     int    // the draft of the row before, -1 when it has none
	number   string // of the row before

	joined     []string // questions without an answer that went to the row above
	unanswered []string // questions without an answer that went nowhere
}

// add takes one row, whose cells are told by what their column holds.
func (t *tableDrafts) add(cell func(column) string) {
	question, answer, number := oneLine(cell(columnQuestion)), cell(columnAnswer), cell(columnNumber)
	numbered := number != "" && number != t.number
	t.number = number
	if knowledge.Fold(answer) == "" { // "…" and "-" say nothing either
		t.addUnanswered(question, numbered)
		return
	}
	at, same := t.byAnswer[answer]
	if !same {
		at = len(t.drafts)
		if t.byAnswer == nil {
			t.byAnswer = map[string]int{}
		}
		t.byAnswer[answer] = at
		t.drafts = append(t.drafts, rowDraft(question, answer, cell))
	}
	t.last = at
	t.ask(question)
}

// addUnanswered takes a question without an answer of its own: the one above in
// other words, or one that nobody has answered yet. What has a number of its own
// is a question of its own.
func (t *tableDrafts) addUnanswered(question string, numbered bool) {
	switch {
	case question == "":
	case numbered || t.last < 0:
		t.last = -1
		t.unanswered = append(t.unanswered, question)
	default:
		t.joined = append(t.joined, question)
		t.ask(question)
	}
}

// ask adds a question to the draft of the row.
func (t *tableDrafts) ask(question string) {
	if d := &t.drafts[t.last]; question != "" && !contains(d.Questions, question) {
		d.Questions = append(d.Questions, question)
	}
}

// join takes what another table gave.
func (t *tableDrafts) join(other tableDrafts) {
	t.drafts = append(t.drafts, other.drafts...)
	t.joined = append(t.joined, other.joined...)
	t.unanswered = append(t.unanswered, other.unanswered...)
}

// notes tells what became of the questions without an answer.
func (t *tableDrafts) notes() (notes []string) {
	if n := len(t.unanswered); n > 0 {
		notes = append(notes, fmt.Sprintf("%d câu hỏi chưa có câu trả lời nên không nhập: %s", n, some(t.unanswered)))
	}
	if n := len(t.joined); n > 0 {
		notes = append(notes, fmt.Sprintf("%d câu hỏi để trống câu trả lời, đã nhập làm cách hỏi khác của dòng ngay trên; hãy đọc lại: %s", n, some(t.joined)))
	}
	return notes
}

// some quotes the first of many questions.
func some(questions []string) string {
	const most = 5
	var out []string
	for _, q := range questions[:min(len(questions), most)] {
		out = append(out, "“"+clip(q, longestTitle)+"”")
	}
	if len(questions) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

func rowDraft(question, answer string, cell func(column) string) Draft {
	d := Draft{Title: cell(columnTitle), Category: oneLine(cell(columnCategory))}
	if d.Title == "" {
		d.Title = strings.TrimRight(question, "?! ")
	}
	if question != "" {
		d.Questions = []string{question}
	}
	for k := range strings.FieldsFuncSeq(cell(columnKeywords), func(c rune) bool { return c == ',' || c == ';' || c == '\n' }) {
		if k = oneLine(k); k != "" {
			d.Keywords = append(d.Keywords, k)
		}
	}
	for line := range strings.Lines(cell(columnSource)) {
		if line = oneLine(line); line != "" {
			s := Source{Title: line}
			if webAddress(line) {
				s = Source{Title: "Trang " + line, URL: line}
			}
			d.Sources = append(d.Sources, s)
		}
	}
	b := builder{}
	for line := range strings.Lines(answer) {
		switch line = oneLine(line); {
		case line == "":
		case isBullet(line):
			b.item(unbulleted(line))
		default:
			b.line(line)
			b.paragraphEnd()
		}
	}
	d.Body = b.String()
	return d
}

// columnsOf tells which cell of a row names which column, nothing unless there
// are a question and an answer.
func columnsOf(row []string) map[column]int {
	out := map[column]int{}
	for c, names := range columnNames() {
		best := len(names)
		for at, cell := range row {
			folded := knowledge.Fold(cell)
			for rank, name := range names {
				if rank < best && (folded == name || strings.HasPrefix(folded, name+" ") && len(folded) < 40) {
					best, out[c] = rank, at
				}
			}
		}
	}
	_, asks := out[columnQuestion]
	_, answers := out[columnAnswer]
	if !asks || !answers || out[columnQuestion] == out[columnAnswer] {
		return nil
	}
	return out
}

func contains(questions []string, q string) bool {
	for _, other := range questions {
		if knowledge.Fold(other) == knowledge.Fold(q) {
			return true
		}
	}
	return false
}
