// Package importer turns what offices have — pages, Word files, texts, tables of
// questions — into draft articles. A draft says what the file says; what it does
// not say, and an editor must decide, is left empty for check to ask about.
package importer

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/trolyao/trolyao/knowledge"
)

// MaxSize is the largest file that is read, in bytes. An article of a few
// hundred words needs none of it; scans and films are no source of text.
const MaxSize = 20 << 20

// Why a file is refused, in the words of the person who gave it.
var (
	ErrTooLarge = errors.New("tệp lớn hơn 20 MB; hãy bỏ hình ảnh, hoặc tách thành nhiều tệp")
	ErrKind     = errors.New("chỉ nhập được .md, .html, .docx, .txt, .csv, .xlsx; tệp .doc, .xls, .pdf hãy mở ra rồi lưu thành .docx hoặc .xlsx")
	ErrNoText   = errors.New("không tìm thấy chữ nào trong tệp (tệp ảnh quét?)")
	ErrNotUTF8  = errors.New("tệp không phải UTF-8; hãy lưu lại với bảng mã UTF-8 (Unicode)")
)

// Draft is an article as far as a file tells it.
type Draft struct {
	Title     string
	Category  string // "" when the file names none
	Questions []string
	Keywords  []string
	Procedure string // its code, "" when the file tells none
	Agency    string
	Sources   []Source
	Body      string // Markdown: the lead, then sections
}

// Source is a document that the file names as its base, or its own address.
type Source struct{ Title, URL string }

// Kinds lists the endings of the files that can be read.
func Kinds() []string { return []string{".md", ".html", ".htm", ".docx", ".txt", ".csv", ".xlsx"} }

// Read makes drafts of one file. name tells its kind by its ending. notes are
// what an editor should know of what was left out, or put where it may not belong.
func Read(name string, data []byte) (drafts []Draft, notes []string, err error) {
	if len(data) > MaxSize {
		return nil, nil, ErrTooLarge
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".md":
		var d Draft
		d, notes, err = readMarkdown(data)
		drafts = []Draft{d}
	case ".html", ".htm":
		drafts, err = one(readHTML(data))
	case ".docx":
		drafts, err = one(readDocx(data))
	case ".txt":
		drafts, err = one(readText(data))
	case ".csv":
		drafts, notes, err = ofTable(readCSV(data))
	case ".xlsx":
		drafts, notes, err = ofTable(readXLSX(data))
	default:
		return nil, nil, ErrKind
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range drafts {
		drafts[i].complete(name)
	}
	drafts = slices.DeleteFunc(drafts, func(d Draft) bool { return d.Title == "" || strings.TrimSpace(d.Body) == "" })
	if len(drafts) == 0 {
		return nil, nil, ErrNoText
	}
	return drafts, notes, nil
}

func ofTable(t tableDrafts, err error) ([]Draft, []string, error) { return t.drafts, t.notes(), err }

func one(d Draft, err error) ([]Draft, error) { return []Draft{d}, err }

// complete tidies a draft and adds what can be told from its text.
func (d *Draft) complete(file string) {
	d.Title = clip(oneLine(d.Title), longestTitle)
	if d.Title == "" {
		d.Title = clip(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), longestTitle)
	}
	d.Body = tidy(d.Body)
	for i, q := range d.Questions {
		d.Questions[i] = oneLine(q)
	}
	d.Questions = slices.DeleteFunc(d.Questions, func(q string) bool { return q == "" })
	if len(d.Sources) == 0 {
		for _, title := range laws(d.Title + "\n" + d.Body) {
			d.Sources = append(d.Sources, Source{Title: title})
		}
	}
	if len(d.Sources) == 0 {
		d.Sources = []Source{{Title: "Tệp " + filepath.Base(file)}}
	}
}

// longestTitle is how many characters a title may have.
const longestTitle = 90

// law is how the texts of the state name their base.
var law = regexp.MustCompile(`(?:Bộ luật|Luật|Nghị định|Thông tư|Nghị quyết|Quyết định|Kế hoạch|Chỉ thị)(?: số)?[^.,;:()\n]{0,60}?\d{1,5}(?:/\d{4})?[/-][\p{L}\p{N}/-]*[\p{L}\p{N}]`)

// laws lists the documents that a text names, each once, in order.
func laws(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range law.FindAllString(text, -1) {
		m = oneLine(m)
		if number := m[strings.LastIndex(m, " ")+1:]; !seen[number] {
			seen[number] = true
			out = append(out, m)
		}
	}
	return out
}

// decode returns the text of a file: UTF-8, or UTF-16 as Windows programs write
// it, composed, with plain line ends and without characters nobody can see.
func decode(data []byte) (string, error) {
	text, err := utf16Text(data)
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(text) {
		return "", ErrNotUTF8
	}
	return clean(text), nil
}

// clean composes a text and takes out what nobody can see.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n").Replace(text)
	text = strings.Map(func(c rune) rune {
		if knowledge.Invisible(c) {
			return -1
		}
		return c
	}, text)
	return norm.NFC.String(text)
}

func utf16Text(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return decodeUTF16(data[2:], func(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 })
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return decodeUTF16(data[2:], func(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 })
	}
	return string(bytes.TrimPrefix(data, []byte("\ufeff"))), nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// clip shortens a line to whole words, or to characters where a word is longer, as
// in scripts without spaces.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	out := ""
	for word := range strings.FieldsSeq(s) {
		if utf8.RuneCountInString(out)+1+utf8.RuneCountInString(word) > most {
			break
		}
		out = strings.TrimSpace(out + " " + word)
	}
	if out == "" {
		return string([]rune(strings.TrimSpace(s))[:most])
	}
	return out
}

// tidy leaves one empty line between blocks and none inside lists.
func tidy(body string) string {
	var out []string
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, " \t\n")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// File returns the draft as an article file. What an editor must decide stays
// empty; check asks for it.
func (d Draft) File(category string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "---\ntitle: %s\ncategory: %s\nquestions:\n", quote(d.Title), category)
	for _, q := range d.Questions {
		fmt.Fprintf(&b, "  - %s\n", quote(q))
	}
	if len(d.Questions) == 0 {
		fmt.Fprintf(&b, "  - %s\n", quote(d.Title))
	}
	if len(d.Keywords) > 0 {
		quoted := make([]string, len(d.Keywords))
		for i, k := range d.Keywords {
			quoted[i] = quote(k)
		}
		fmt.Fprintf(&b, "keywords: [%s]\n", strings.Join(quoted, ", "))
	}
	if d.Procedure != "" {
		fmt.Fprintf(&b, "procedure: %s\n", quote(d.Procedure))
	}
	if d.Agency != "" {
		fmt.Fprintf(&b, "agency: %s\n", quote(d.Agency))
	}
	b.WriteString("effective: {from: , until: }\nreviewed:\nsources:\n")
	for _, s := range d.Sources {
		fmt.Fprintf(&b, "  - {title: %s", quote(s.Title))
		if s.URL != "" {
			fmt.Fprintf(&b, ", url: %s", quote(s.URL))
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "---\n%s\n", d.Body)
	return b.Bytes()
}

// quote writes a YAML string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(s)) + `"`
}
