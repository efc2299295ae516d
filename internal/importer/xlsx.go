package importer

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// ErrNotXLSX is returned for a file that is no workbook.
var ErrNotXLSX = errors.New("không phải tệp Excel .xlsx (có khi là tệp .xls cũ đổi tên); hãy mở bằng Excel rồi lưu thành .xlsx")

// ErrSheet is returned for a workbook that would fill the memory.
var ErrSheet = errors.New("trang tính quá lớn, tính cả các ô trống; hãy chép riêng phần có câu hỏi sang tệp mới rồi nhập tệp ấy")

// readXLSX reads every sheet of a workbook that has the columns. Merged cells
// hold for all the rows they span.
func readXLSX(data []byte) (all tableDrafts, err error) {
	f, err := openXLSX(data)
	if err != nil {
		return all, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	missing := ErrColumns
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			return all, fmt.Errorf("trang tính %q hỏng: %w", sheet, err)
		}
		if len(rows) == 0 {
			continue
		}
		if rows, err = spread(f, sheet, rows); err != nil {
			return all, err
		}
		t, err := fromRows(rows)
		if err != nil {
			missing = fmt.Errorf("trang tính %q: %w", sheet, err)
		}
		all.join(t)
	}
	if len(all.drafts) == 0 {
		return all, missing
	}
	return all, nil
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
