package importer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/trolyao/trolyao/knowledge"
)

// readMarkdown takes a Markdown text. The first heading is its title. notes tell
// what was left out.
func readMarkdown(data []byte) (d Draft, notes []string, err error) {
	text, err := decode(data)
	if err != nil {
		return Draft{}, nil, err
	}
	if rest, ok := strings.CutPrefix(text, "---\n"); ok {
		if front, body, ok := strings.Cut(rest, "\n---\n"); ok {
			d, problems := readArticle(text, body)
			if len(d.Questions) > 0 {
				return d, nil, nil
			}
			// Front matter of another program says nothing that can be relied on here.
			text = body
			notes = append(notes, leftOut(front, problems))
		}
	}
	return fromMarkdown(text), notes, nil
}

// leftOut tells of front matter that was not taken, and why if it was meant for us.
func leftOut(front string, problems []knowledge.Problem) string {
	note := "đã bỏ phần khai báo giữa hai dòng --- ở đầu tệp"
	if !strings.Contains(front, "questions:") {
		return note + ", vì không phải khai báo của một bài"
	}
	if len(problems) == 0 {
		return note + ", vì thiếu title hoặc questions"
	}
	return fmt.Sprintf("%s, vì dòng %d không đọc được: %s", note, problems[0].Line, problems[0].Text)
}

// readArticle takes what another folder has as an article, without questions when
// it is none. When it is in force and who looked at it last is for the editors of
// this one to say.
func readArticle(text, body string) (Draft, []knowledge.Problem) {
	a, problems := knowledge.Parse("x.md", []byte(text))
	if a.Title == "" || len(a.Questions) == 0 {
		return Draft{}, problems
	}
	d := Draft{Title: a.Title, Category: a.Category, Questions: a.Questions, Keywords: a.Keywords, Procedure: a.Procedure, Agency: a.Agency, Body: body}
	for _, s := range a.Sources {
		d.Sources = append(d.Sources, Source{s.Title, s.URL})
	}
	return d, problems
}

var (
	mdHeading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*\s*$`)
	mdBold    = regexp.MustCompile(`^(?:\*\*|__)([^*_]{3,80})(?:\*\*|__):?$`)
	mdMark    = regexp.MustCompile("\\*+|__|`|\\\\")
	mdImage   = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	mdLink    = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]*)[^)]*\)`)
	mdItem    = regexp.MustCompile(`^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$`)
	mdRule    = regexp.MustCompile(`^\s*(?:[-*_]\s*){3,}$`)
	mdScript  = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>`)
	htmlTag   = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
)

// mdReader rebuilds a Markdown text.
type mdReader struct {
	builder
	title string
	table [][]string
}

// fromMarkdown rebuilds a text from what an article may hold: paragraphs, lists,
// one level of headings, links to the web.
func fromMarkdown(text string) (d Draft) {
	r := mdReader{}
	for line := range strings.Lines(mdScript.ReplaceAllString(text, "")) {
		line = strings.TrimRight(mdImage.ReplaceAllString(line, ""), " \t\n")
		line = strings.TrimPrefix(strings.TrimPrefix(line, "> "), ">")
		if row, ok := tableRow(line); ok {
			if row != nil {
				r.table = append(r.table, row)
			}
			continue
		}
		r.endTable()
		r.read(plainLinks(htmlTag.ReplaceAllString(line, "")))
	}
	r.endTable()
	d.Title, d.Body = r.title, r.String()
	if d.Title == "" {
		first, _, _ := strings.Cut(d.Body, "\n")
		first, _, _ = strings.Cut(mdMark.ReplaceAllString(mdLink.ReplaceAllString(first, "$1"), ""), ". ")
		d.Title = strings.TrimRight(strings.TrimLeft(first, "-# "), ". ")
	}
	return d
}

func (r *mdReader) endTable() {
	for _, line := range tableLines(r.table) {
		r.item(line)
	}
	r.table = nil
}

func (r *mdReader) read(line string) {
	switch {
	case strings.TrimSpace(line) == "" || mdRule.MatchString(line):
		r.paragraphEnd()
	case mdHeading.MatchString(line):
		title := strings.Trim(mdHeading.FindStringSubmatch(line)[2], "*_ ")
		if r.title == "" && len(r.blocks) == 0 {
			r.title = title
		} else {
			r.heading(title)
		}
	case mdBold.MatchString(line) && len(r.blocks) > 0:
		r.heading(mdBold.FindStringSubmatch(line)[1])
	case mdItem.MatchString(line):
		r.item(oneLine(mdItem.FindStringSubmatch(line)[1]))
	default:
		r.line(oneLine(strings.TrimLeft(line, `\`)))
	}
}

// tableRow reads a row of a Markdown table; the line under its head is nil.
func tableRow(line string) (cells []string, ok bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") || strings.Count(line, "|") < 2 {
		return nil, false
	}
	if strings.Trim(line, "|-: ") == "" {
		return nil, true
	}
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, oneLine(cell))
	}
	return cells, true
}

// plainLinks keeps links to the web and the words of all others.
func plainLinks(line string) string {
	return mdLink.ReplaceAllStringFunc(line, func(link string) string {
		m := mdLink.FindStringSubmatch(link)
		if webAddress(m[2]) && strings.TrimSpace(m[1]) != m[2] {
			return "[" + strings.TrimSpace(m[1]) + "](" + m[2] + ")"
		}
		return m[1]
	})
}
