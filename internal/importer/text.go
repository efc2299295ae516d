package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

func decodeUTF16(data []byte, unit func([]byte) uint16) (string, error) {
	if len(data)%2 != 0 {
		return "", ErrNotUTF8
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = unit(data[2*i:])
	}
	return string(utf16.Decode(units)), nil
}

// readText takes the first line for the title and tells headings and lists by
// how people type them.
func readText(data []byte) (d Draft, err error) {
	text, err := decode(data)
	if err != nil {
		return d, err
	}
	b := builder{}
	empty := true // the line before
	lines := strings.Split(text, "\n")
	steps := steps(lines)
	for i, line := range lines {
		line = oneLine(line)
		switch {
		case line == "":
			b.paragraphEnd()
		case d.Title == "":
			d.Title = strings.TrimSuffix(sentenceCase(strings.TrimLeft(line, "# ")), ".")
		case isBullet(line):
			b.item(unbulleted(line))
		case steps[i]:
			b.item(unnumbered(line))
		case empty && isHeading(line):
			b.heading(unnumbered(line))
		default:
			b.line(line)
		}
		empty = line == ""
	}
	d.Body = b.String()
	return d, nil
}

// steps tells which lines are numbered items: two or more that follow each other,
// with no empty line between. One alone is a heading, or goes on from the line
// before.
func steps(lines []string) []bool {
	out := make([]bool, len(lines))
	type step struct{ line, rank int }
	last := map[string]step{}
	for i, line := range lines {
		line = oneLine(line)
		kind, rank := numberKind(line)
		before, any := last[kind]
		switch {
		case line == "":
			clear(last)
		case kind == "":
		case any && (kind == "a" || rank == before.rank+1):
			out[before.line], out[i] = true, true
			fallthrough
		default:
			last[kind] = step{i, rank}
		}
	}
	return out
}

// numberKind tells 1. from a), "" where there is none, and which of its kind a
// digit is. What is numbered as the parts of a law are, as Điều 5 or II., is none.
func numberKind(line string) (kind string, rank int) {
	number := strings.TrimRight(numberOf(line), ".) ")
	switch first, _ := utf8.DecodeRuneInString(number); {
	case unicode.IsDigit(first):
		rank, _ = strconv.Atoi(number[strings.LastIndex(number, ".")+1:])
		return "1", rank
	case unicode.IsLower(first):
		return "a", 0
	}
	return "", 0
}

const bullets = "-–—•●○▪◦*+·✓➢\uf0b7 "

var numbering = regexp.MustCompile(`^(?:\d{1,2}(?:\.\d{1,2})*[.)]|[IVX]{1,4}[.)]|[a-zđ]\)|(?:Mục|Phần|Điều) \d+[.:]?)\s*`)

// numberOf is the number of a heading, with the space after it, "" when it has
// none: a figure goes on behind its points, as in 1.500.000 đồng or 01.07.2026.
func numberOf(line string) string {
	number := numbering.FindString(line)
	if next, _ := utf8.DecodeRuneInString(line[len(number):]); unicode.IsDigit(next) && !strings.HasSuffix(number, " ") {
		return ""
	}
	return number
}

func unnumbered(line string) string { return line[len(numberOf(line)):] }

func isBullet(line string) bool {
	first, size := utf8.DecodeRuneInString(line)
	return strings.ContainsRune(bullets, first) && first != ' ' && len(line) > size
}

// unbulleted is the text of an item. A sign that stands at a figure may belong to
// it, as in -5 °C or +84 270 3822 222, so it stays.
func unbulleted(line string) string {
	text := strings.TrimLeft(line, bullets)
	if first, _ := utf8.DecodeRuneInString(text); !unicode.IsDigit(first) {
		return text
	}
	sign, size := utf8.DecodeLastRuneInString(line[:len(line)-len(text)])
	if strings.ContainsRune("-–—+*", sign) {
		return line[len(line)-len(text)-size:]
	}
	return text
}

// isHeading tells a short line of its own that ends in no full stop, and is
// numbered, or in capitals, or ends in a colon, or simply stands alone. What
// starts with a figure is a sum, a date or a telephone number.
func isHeading(line string) bool {
	words := len(strings.Fields(line))
	if words > 12 || strings.ContainsAny(line[len(line)-1:], ".;,") {
		return false
	}
	if numberOf(line) != "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, "(+"))
	return !unicode.IsDigit(first) && (strings.HasSuffix(line, ":") || isCapitals(line) || words <= 6)
}

func isCapitals(s string) bool {
	letters := 0
	for _, c := range s {
		if unicode.IsLower(c) {
			return false
		}
		if unicode.IsUpper(c) {
			letters++
		}
	}
	return letters > 3
}

// sentenceCase lowers a line that is all in capitals.
func sentenceCase(s string) string {
	if !isCapitals(s) {
		return s
	}
	lower := strings.ToLower(s)
	first, size := utf8.DecodeRuneInString(lower)
	return string(unicode.ToUpper(first)) + lower[size:]
}

const headingMark = "## "

// builder puts a body together: a lead before the first heading, then sections.
// A heading that comes twice or says nothing joins what is before it.
type builder struct {
	blocks []*strings.Builder
	inList bool
	open   bool // the last block is a paragraph that the next line may continue
	seen   map[string]bool
}

func (b *builder) add(block string) {
	var s strings.Builder
	s.WriteString(block)
	b.blocks = append(b.blocks, &s)
}

func (b *builder) heading(title string) {
	title = strings.TrimRight(sentenceCase(strings.TrimSpace(title)), ": ")
	b.inList, b.open = false, false
	if title == "" {
		return
	}
	if len(b.blocks) == 0 {
		// An article starts with its conclusion; a heading before it is text.
		b.add(title + ".")
		return
	}
	if b.seen == nil {
		b.seen = map[string]bool{}
	}
	if key := strings.ToLower(title); b.seen[key] {
		b.add("**" + title + "**")
	} else {
		b.seen[key] = true
		b.add(headingMark + title)
	}
}

func (b *builder) item(text string) {
	if text == "" {
		return
	}
	if b.inList {
		b.blocks[len(b.blocks)-1].WriteString("\n- " + escape(text))
	} else {
		b.add("- " + escape(text))
	}
	b.inList, b.open = true, false
}

func (b *builder) line(text string) {
	if text == "" {
		return
	}
	b.inList = false
	if b.open {
		b.blocks[len(b.blocks)-1].WriteString(" " + escape(text))
		return
	}
	b.add(escape(text))
	b.open = true
}

func (b *builder) paragraphEnd() { b.inList, b.open = false, false }

// String drops headings that nothing follows, unless they tell a figure: then
// they are what there is to say.
func (b *builder) String() string {
	var out []string
	told := false // something follows before the next heading
	for _, block := range slices.Backward(b.blocks) {
		text := block.String()
		title, isHeading := strings.CutPrefix(text, headingMark)
		if isHeading && !told {
			if !strings.ContainsFunc(title, unicode.IsDigit) {
				continue
			}
			text, isHeading = escape(title), false
		}
		told = !isHeading
		out = append(out, text)
	}
	slices.Reverse(out)
	return strings.Join(out, "\n\n")
}

// escape keeps a line of text from being read as Markdown that an article does
// not know.
func escape(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '#', '>', '|', '=':
		return `\` + s
	}
	return strings.ReplaceAll(s, "<", `\<`)
}
