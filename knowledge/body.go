package knowledge

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// knownHeadings maps a folded heading to the section id that aspects point at.
func knownHeadings() map[string]SectionID {
	return map[string]SectionID{
		"dieu kien": Conditions, "ho so": Papers, "cach thuc hien": Steps,
		"noi nop": Place, "nop truc tuyen": Online, "le phi": Fee,
		"thoi han": Duration, "luu y": Notes, "can cu phap ly": Legal,
	}
}

// SectionIDFor returns the section id of a heading.
func SectionIDFor(heading string) SectionID {
	if id, ok := knownHeadings()[fold(words(heading))]; ok {
		return id
	}
	return slug(heading)
}

// body walks the Markdown tree of one article.
type body struct {
	*report
	source    []byte
	firstLine int // line of the file on which source starts
	section   SectionID
	passages  []passage
}

// passage is one paragraph, or one item of a list, as plain text, and the lines
// of the file on which it is written.
type passage struct {
	section     SectionID
	text        string
	first, last int
}

func parseBody(r *report, a *Article, markdown string, firstLine int) []passage {
	b := &body{report: r, source: []byte(markdown), firstLine: firstLine, section: Lead}
	root := goldmark.DefaultParser().Parse(text.NewReader(b.source))
	current := Section{ID: Lead}
	line := firstLine
	var blocks []string
	seen := map[SectionID]bool{}
	finish := func() {
		current.Text = strings.Join(blocks, "\n\n")
		blocks = nil
		switch {
		case current.Text == "" && current.ID == Lead:
			b.errorf(line, 1, "", "thiếu kết luận; ngay sau phần đầu phải có một hoặc hai câu nói ai, làm gì, ở đâu")
		case current.Text == "":
			b.errorf(line, 1, current.Heading, "mục này trống; hãy viết nội dung hoặc xoá tiêu đề")
		}
		a.Sections = append(a.Sections, current)
	}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		heading, ok := n.(*ast.Heading)
		if !ok {
			if s := b.block(n, ""); s != "" {
				blocks = append(blocks, s)
			}
			continue
		}
		finish()
		line = b.line(n)
		current = b.heading(heading, line, seen)
		b.section = current.ID
	}
	finish()
	return b.passages
}

// heading opens the section that a heading starts.
func (b *body) heading(h *ast.Heading, line int, seen map[SectionID]bool) Section {
	title := strings.TrimSpace(b.inline(h))
	s := Section{ID: SectionIDFor(title), Heading: title}
	switch {
	case h.Level != 2:
		b.errorf(line, 1, title, "chỉ dùng tiêu đề hai dấu thăng: ## %s", title)
	case s.ID == "":
		b.errorf(line, 1, title, "tiêu đề không có chữ; hãy đặt tên mục")
	case s.ID == Lead:
		b.errorf(line, 1, title, "không đặt tiêu đề cho kết luận; hãy viết kết luận ngay sau phần đầu")
	case seen[s.ID]:
		b.errorf(line, 1, title, "mục này có hai lần trong bài; hãy gộp lại")
	}
	seen[s.ID] = true
	return s
}

// block returns the plain text of a block; indent is put before list lines.
func (b *body) block(n ast.Node, indent string) string {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		s := strings.TrimSpace(b.inline(n))
		if strings.HasPrefix(s, "|") {
			b.errorf(b.line(n), 1, "", "không dùng bảng; tin nhắn không hiện được bảng, hãy viết thành danh sách")
		}
		last := b.line(n)
		if lines := n.Lines(); lines.Len() > 0 {
			last = b.lineAt(lines.At(lines.Len() - 1).Start)
		}
		b.passages = append(b.passages, passage{b.section, s, b.line(n), last})
		return s
	case *ast.List:
		return b.list(n, indent)
	case *ast.Blockquote:
		var parts []string
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			parts = append(parts, b.block(c, indent))
		}
		return strings.Join(parts, "\n\n")
	case *ast.HTMLBlock:
		b.errorf(b.line(n), 1, "", "không dùng HTML; chỉ dùng đoạn văn, chữ đậm, danh sách, liên kết")
	case *ast.ThematicBreak:
		b.errorf(b.line(n), 1, "", "không dùng đường kẻ ngang; hãy dùng tiêu đề ## để chia mục")
	default:
		b.errorf(b.line(n), 1, "", "kiểu trình bày này không hiện được trong tin nhắn; chỉ dùng đoạn văn, chữ đậm, danh sách, liên kết")
	}
	return ""
}

func (b *body) list(l *ast.List, indent string) string {
	var lines []string
	number := l.Start
	for item := l.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		for c := item.FirstChild(); c != nil; c = c.NextSibling() {
			if nested, ok := c.(*ast.List); ok {
				lines = append(lines, b.list(nested, indent+"  "))
				continue
			}
			lines = append(lines, indent+mark+b.block(c, indent))
			mark = strings.Repeat(" ", len(mark))
		}
	}
	return strings.Join(lines, "\n")
}

// inline returns the plain text of the inline children of n.
func (b *body) inline(n ast.Node) string {
	var out strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			out.Write(c.Value(b.source))
			if c.HardLineBreak() {
				out.WriteByte('\n')
			} else if c.SoftLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(c.Value)
		case *ast.Link:
			out.WriteString(b.link(c))
		case *ast.AutoLink:
			out.Write(c.URL(b.source))
		case *ast.Image:
			b.errorf(b.line(c), 1, "", "không dùng ảnh; hãy tả bằng lời")
		case *ast.RawHTML:
			b.errorf(b.line(c), 1, "", "không dùng HTML; chỉ dùng đoạn văn, chữ đậm, danh sách, liên kết")
		default:
			out.WriteString(b.inline(c))
		}
	}
	return unescape(out.String())
}

// link writes a link as "words (address)", or the address alone where the
// words say no more than it does.
func (b *body) link(l *ast.Link) string {
	label, address := b.inline(l), string(l.Destination)
	if !isWebAddress(address) && !strings.HasPrefix(address, "tel:") {
		b.errorf(b.line(l), 1, "", "liên kết %q không đúng; phải bắt đầu bằng https:// hoặc tel:", address)
		return label
	}
	shown := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(address, "tel:"), "https://"), "http://")
	shown = strings.TrimSuffix(shown, "/")
	if label == "" || strings.EqualFold(label, shown) || label == address {
		return shown
	}
	return label + " (" + shown + ")"
}

// line returns the line of the file on which the node n starts.
func (b *body) line(n ast.Node) int {
	for n.Pos() < 0 && n.Parent() != nil {
		n = n.Parent()
	}
	return b.lineAt(max(n.Pos(), 0))
}

// lineAt returns the line of the file for a place in the source.
func (b *body) lineAt(at int) int {
	return b.firstLine + strings.Count(string(b.source[:at]), "\n")
}

// unescape removes the backslashes that Markdown wants before punctuation and
// resolves the entities that editors paste in. An address may hold what looks
// like the beginning of one ("?a=1&reg=2"), so only those with their end count.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\`*_{}[]()#+-.!|<>~\"'&", s[i+1]) >= 0 {
			i++
		}
		out.WriteByte(s[i])
	}
	return entity.ReplaceAllStringFunc(out.String(), func(name string) string {
		if name == "&nbsp;" {
			return " "
		}
		return html.UnescapeString(name)
	})
}

var entity = regexp.MustCompile(`&#?\w+;`)
