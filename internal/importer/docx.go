package importer

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Why a Word file is refused.
var (
	ErrNotDocx = errors.New("không phải tệp Word .docx (có khi là tệp .doc cũ đổi tên); hãy mở bằng Word rồi lưu thành .docx")
	ErrBomb    = errors.New("tệp nén bung ra quá lớn, có thể là tệp gây hại; không nhập")
)

// maxUnpacked is how much a packed file may unpack to, in bytes. The text of a
// whole law is less than one megabyte.
const maxUnpacked = 64 << 20

// unpack opens a packed office file and makes sure that it does not unpack to
// more than it should. The sizes in its directory are a claim of who made it,
// so reading is limited too.
func unpack(data []byte, notOne error) (*zip.Reader, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, notOne
	}
	total := uint64(0)
	for _, f := range z.File {
		if total += f.UncompressedSize64; total > maxUnpacked || f.UncompressedSize64 > maxUnpacked {
			return nil, ErrBomb
		}
	}
	return z, nil
}

// readDocx reads the paragraphs of a Word file. Headings are told by their style.
func readDocx(data []byte) (d Draft, err error) {
	z, err := unpack(data, ErrNotDocx)
	if err != nil {
		return d, err
	}
	headings, err := headingStyles(z)
	if err != nil {
		return d, err
	}
	document, err := part(z, "word/document.xml")
	if err != nil {
		return d, err
	}
	r := docxReader{decoder: xml.NewDecoder(bytes.NewReader(document)), headings: headings}
	if err := r.read(); err != nil {
		return d, fmt.Errorf("tệp Word hỏng: %w", err)
	}
	d.Title, d.Body = r.title, r.b.String()
	return d, nil
}

// part reads one part of a packed file.
func part(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, ErrNotDocx
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, maxUnpacked+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("tệp nén hỏng: %w", err)
	case len(data) > maxUnpacked:
		return nil, ErrBomb
	}
	return data, nil
}

// headingStyles returns the level of each style that is a heading; 0 is the
// title. Their ids differ by the language of the program that made the file,
// their names do not.
func headingStyles(z *zip.Reader) (map[string]int, error) {
	out := map[string]int{}
	if _, err := z.Open("word/styles.xml"); err != nil {
		return out, nil //nolint:nilerr // a file without styles has no headings
	}
	data, err := part(z, "word/styles.xml")
	if err != nil {
		return nil, err
	}
	var styles struct {
		Style []struct {
			ID   string `xml:"styleId,attr"`
			Name struct {
				Val string `xml:"val,attr"`
			} `xml:"name"`
		} `xml:"style"`
	}
	if err := xml.Unmarshal(data, &styles); err != nil {
		return nil, fmt.Errorf("tệp Word hỏng: %w", err)
	}
	for _, s := range styles.Style {
		name := strings.ToLower(s.Name.Val)
		var level int
		if name == "title" {
			out[s.ID] = 0
		} else if _, err := fmt.Sscanf(name, "heading %d", &level); err == nil {
			out[s.ID] = level
		}
	}
	return out, nil
}

// docxReader walks word/document.xml.
type docxReader struct {
	decoder  *xml.Decoder
	headings map[string]int
	title    string
	b        builder

	// of the paragraph in hand
	text  strings.Builder
	style string
	list  bool
	bold  bool // all of its text is
	any   bool // it has text

	tables [][][]string // open tables, their rows and cells
}

func (r *docxReader) read() error {
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := r.start(t); err != nil {
				return err
			}
		case xml.EndElement:
			r.end(t.Name.Local)
		}
	}
}

func (r *docxReader) start(t xml.StartElement) error {
	if isSaidElsewhere(t.Name.Local) {
		return r.decoder.Skip()
	}
	switch t.Name.Local {
	case "p":
		r.text.Reset()
		r.style, r.list, r.bold, r.any = "", false, true, false
	case "pStyle":
		r.style = value(t)
	case "numPr":
		r.list = true
	case "r":
		return r.run()
	case "tbl":
		r.tables = append(r.tables, nil)
	case "tr":
		if n := len(r.tables); n > 0 {
			r.tables[n-1] = append(r.tables[n-1], nil)
		}
	case "tc":
		if row := r.row(); row != nil {
			*row = append(*row, "")
		}
	}
	return nil
}

// run reads a run of text of one look.
func (r *docxReader) run() error {
	bold := false
	for depth := 1; depth > 0; {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			entered, err := r.runPart(t, &bold)
			if err != nil {
				return err
			}
			if entered {
				depth++
			}
		}
	}
	return nil
}

// runPart takes an element of a run, and tells whether it goes on inside it.
func (r *docxReader) runPart(t xml.StartElement, bold *bool) (entered bool, err error) {
	switch {
	case t.Name.Local == "t":
		return false, r.runText(t, *bold)
	case isSaidElsewhere(t.Name.Local):
		return false, r.decoder.Skip()
	case isSpace(t.Name.Local):
		r.text.WriteByte(' ')
	}
	*bold = *bold || isBold(t)
	return true, nil
}

// isSaidElsewhere tells of text that was struck out in review, and of what older
// programs show in place of what stands before it.
func isSaidElsewhere(name string) bool {
	return name == "del" || name == "moveFrom" || name == "Fallback"
}

func isBold(t xml.StartElement) bool {
	return t.Name.Local == "b" && value(t) != "0" && value(t) != "false"
}

// isSpace tells what parts words; inside a run, paragraphs are those of a text box.
func isSpace(name string) bool {
	return name == "tab" || name == "br" || name == "cr" || name == "p"
}

func (r *docxReader) runText(t xml.StartElement, bold bool) error {
	var s string
	if err := r.decoder.DecodeElement(&s, &t); err != nil {
		return err
	}
	if strings.TrimSpace(s) != "" {
		r.any, r.bold = true, r.bold && bold
	}
	r.text.WriteString(s)
	return nil
}

func (r *docxReader) end(name string) {
	switch name {
	case "p":
		r.paragraph(oneLine(r.text.String()))
	case "tbl":
		n := len(r.tables)
		rows := r.tables[n-1]
		r.tables = r.tables[:n-1]
		lines := tableLines(rows)
		if cell := r.cell(); cell != nil {
			*cell = strings.TrimSpace(*cell + " " + strings.Join(lines, "; "))
			return
		}
		for _, line := range lines {
			r.b.item(line)
		}
		r.b.paragraphEnd()
	}
}

func (r *docxReader) paragraph(text string) {
	if cell := r.cell(); cell != nil {
		*cell = strings.TrimSpace(*cell + " " + text)
		return
	}
	if text == "" {
		return
	}
	level, styled := r.headings[r.style]
	switch {
	case r.title == "" && len(r.b.blocks) == 0:
		r.title = strings.TrimSuffix(sentenceCase(text), ".")
	case styled && level == 0:
		r.title = text
	case styled, r.bold && r.any && !r.list && isHeading(text):
		r.b.heading(unnumbered(text))
	case r.list:
		r.b.item(text)
	case isBullet(text):
		r.b.item(unbulleted(text))
	default:
		r.b.line(text)
		r.b.paragraphEnd()
	}
}

// cell is the table cell in hand, nil outside of tables.
func (r *docxReader) cell() *string {
	row := r.row()
	if row == nil || len(*row) == 0 {
		return nil
	}
	return &(*row)[len(*row)-1]
}

// row is the table row in hand, nil outside of tables.
func (r *docxReader) row() *[]string {
	n := len(r.tables)
	if n == 0 || len(r.tables[n-1]) == 0 {
		return nil
	}
	rows := r.tables[n-1]
	return &rows[len(rows)-1]
}

func value(t xml.StartElement) string {
	for _, a := range t.Attr {
		if a.Name.Local == "val" {
			return a.Value
		}
	}
	return ""
}
