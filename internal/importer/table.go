package importer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/trolyao/trolyao/knowledge"
)

// ErrColumns is returned for a table that does not say which column is what.
var ErrColumns = errors.New("bảng phải có một dòng tên cột, trong đó có cột Câu hỏi và cột Trả lời (hoặc Câu trả lời, Nội dung trả lời)")

// ErrNotXLSX is returned for a file that is no workbook.
var ErrNotXLSX = errors.New("không phải tệp Excel .xlsx (có khi là tệp .xls cũ đổi tên); hãy mở bằng Excel rồi lưu thành .xlsx")

// ErrSheet is returned for a workbook that would fill the memory.
var ErrSheet = errors.New("trang tính quá lớn, tính cả các ô trống; hãy chép riêng phần có câu hỏi sang tệp mới rồi nhập tệp ấy")

// ErrQuote is returned for a table in which a quote takes rows into a cell.
var ErrQuote = errors.New("dấu ngoặc kép mở ra mà không đóng, nên các dòng sau dính vào một ô; hãy sửa, hoặc lưu bảng thành .xlsx rồi nhập")

// readCSV reads a table with commas, semicolons or tabs between its cells.
func readCSV(data []byte) ([]Draft, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	comma := separator(text)
	rows, err := rowsOfCSV(text, comma, false)
	if quote, ok := errors.AsType[*csv.ParseError](err); ok { // a quote inside of words, or one too many
		if rows, err = rowsOfCSV(text, comma, true); err == nil && swallows(rows, text, comma) {
			return nil, fmt.Errorf("dòng %d: %w", quote.StartLine, ErrQuote)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bảng CSV hỏng: %w", err)
	}
	return fromRows(rows)
}

func rowsOfCSV(text string, comma rune, lazy bool) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, lazy
	return r.ReadAll()
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

// separator is the likeliest of the usual ones: that of the first line.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := strings.Count(first, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// readXLSX reads every sheet of a workbook that has the columns. Merged cells
// hold for all the rows they span.
func readXLSX(data []byte) (drafts []Draft, err error) {
	f, err := openXLSX(data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	missing := error(nil)
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			return nil, fmt.Errorf("trang tính %q hỏng: %w", sheet, err)
		}
		if len(rows) == 0 {
			continue
		}
		if rows, err = spread(f, sheet, rows); err != nil {
			return nil, err
		}
		more, err := fromRows(rows)
		if errors.Is(err, ErrColumns) {
			missing = fmt.Errorf("trang tính %q: %w", sheet, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, more...)
	}
	if len(drafts) == 0 && missing != nil {
		return nil, missing
	}
	return drafts, nil
}

// openXLSX opens a workbook that unpacks to no more than it should.
func openXLSX(data []byte) (*excelize.File, error) {
	z, err := unpack(data, ErrNotXLSX)
	if err != nil {
		return nil, err
	}
	if err := checkSheets(z); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return nil, ErrNotXLSX
	}
	return f, nil
}

// maxCells bounds the cells of a workbook. A row is filled up to its last cell
// and a sheet up to its last row when it is read, so a small file can ask for a
// lot: 16,384 cells by one at the end of a row.
const maxCells = 1_500_000

// checkSheets counts the cells that reading the workbook would make. Sheets may
// have any name, so all parts are looked at.
func checkSheets(z *zip.Reader) error {
	total := 0
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return ErrNotXLSX
		}
		cells, err := countCells(io.LimitReader(r, maxUnpacked))
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("trang tính hỏng: %w", err)
		}
		if total += cells; total > maxCells {
			return ErrSheet
		}
	}
	return nil
}

// countCells counts the cells of a sheet, none for a part that is no sheet.
func countCells(part io.Reader) (int, error) {
	d := xml.NewDecoder(part)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names and numbers are the same in all
	var g grid
	for isSheet := false; g.size() <= maxCells; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil && !isSheet {
			break
		}
		if err != nil {
			return 0, err
		}
		if t, ok := token.(xml.StartElement); ok {
			if !isSheet && t.Name.Local != "worksheet" {
				return 0, nil
			}
			isSheet = true
			g.start(t)
		}
	}
	return g.size(), nil
}

// grid is what a sheet fills.
type grid struct {
	row, column int // in hand
	rows, cells int
}

func (g *grid) size() int { return g.rows + g.cells }

func (g *grid) start(t xml.StartElement) {
	at := ""
	for _, a := range t.Attr {
		if a.Name.Local == "r" {
			at = a.Value
		}
	}
	switch t.Name.Local {
	case "row":
		row, err := strconv.Atoi(at)
		if err != nil {
			row = g.row + 1
		}
		g.row, g.column = row, 0
	case "c":
		column, row, err := excelize.CellNameToCoordinates(at)
		if err != nil {
			column, row = g.column+1, g.row
		}
		if row != g.row {
			g.row, g.column = row, 0
		}
		g.cells += max(0, column-g.column)
		g.column = max(g.column, column)
	}
	g.rows = max(g.rows, g.row)
}

// spread fills the cells of a merged area with its value.
func spread(f *excelize.File, sheet string, rows [][]string) ([][]string, error) {
	merged, err := f.GetMergeCells(sheet)
	if err != nil {
		return nil, fmt.Errorf("trang tính %q hỏng: %w", sheet, err)
	}
	for _, m := range merged {
		c1, r1, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		c2, r2, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("trang tính %q hỏng: %w", sheet, err)
		}
		for r := r1 - 1; r < min(r2, len(rows)); r++ {
			for len(rows[r]) < min(c2, maxColumns) {
				rows[r] = append(rows[r], "")
			}
			for c := c1 - 1; c < min(c2, maxColumns); c++ {
				rows[r][c] = m.GetCellValue()
			}
		}
	}
	return rows, nil
}

// maxColumns bounds what a merged area can make of a small file.
const maxColumns = 256

// column is what a column of a table of questions holds.
type column int

const (
	columnQuestion column = iota
	columnAnswer
	columnCategory
	columnSource
	columnKeywords
	columnTitle
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
	}
}

// headRows is how far down the names of the columns are looked for: offices put
// the name of the office and of the table above.
const headRows = 15

// fromRows makes a draft of each answer. Rows with the same answer, or with a
// question and no answer of their own, ask the same in other words.
func fromRows(rows [][]string) ([]Draft, error) {
	head, columns := headOf(rows)
	if head < 0 {
		return nil, ErrColumns
	}
	var t tableDrafts
	for _, row := range rows[head+1:] {
		t.add(func(c column) string {
			at, ok := columns[c]
			if !ok || at >= len(row) {
				return ""
			}
			return strings.TrimSpace(clean(row[at]))
		})
	}
	return t.drafts, nil
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
	last     int // the draft of the row before
}

// add takes one row, whose cells are told by what their column holds.
func (t *tableDrafts) add(cell func(column) string) {
	question, answer := oneLine(cell(columnQuestion)), cell(columnAnswer)
	if question == "" && answer == "" {
		return
	}
	at, same := t.byAnswer[answer]
	if answer == "" && len(t.drafts) > 0 {
		at, same = t.last, true
	}
	if !same {
		at = len(t.drafts)
		if t.byAnswer == nil {
			t.byAnswer = map[string]int{}
		}
		t.byAnswer[answer] = at
		t.drafts = append(t.drafts, rowDraft(question, answer, cell))
	}
	t.last = at
	if d := &t.drafts[at]; question != "" && !contains(d.Questions, question) {
		d.Questions = append(d.Questions, question)
	}
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
