package telegramtest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// formatted is a text after its markup was read.
type formatted struct {
	text     string
	entities []entity
	links    []string
}

// trimmed returns the text without the space around it, as messages are kept.
func (f formatted) trimmed() formatted {
	start := strings.TrimLeft(f.text, " \t\r\n")
	cut := units(f.text[:len(f.text)-len(start)])
	f.text = strings.TrimRight(start, " \t\r\n")
	length := units(f.text)
	var kept []entity
	for _, e := range f.entities {
		from, to := max(e.Offset-cut, 0), min(e.Offset+e.Length-cut, length)
		if e.Offset, e.Length = from, to-from; e.Length > 0 {
			kept = append(kept, e)
		}
	}
	f.entities = kept
	return f
}

// htmlReader reads the HTML of the API, which is not the HTML of browsers: few
// tags, each closed, in order, and no other use of < and &.
type htmlReader struct {
	in    string
	at    int
	out   strings.Builder
	units int // of out
	open  []openTag
	found formatted
}

type openTag struct {
	name, href string
	from       int // in units
	text       int // in bytes of out
}

// unreadable is the refusal of HTML that cannot be read.
func unreadable(format string, args ...any) error {
	return badRequest("can't parse entities: %s", fmt.Sprintf(format, args...))
}

// parseHTML reads a text with parse_mode HTML.
func parseHTML(text string) (formatted, error) {
	r := &htmlReader{in: text}
	for r.at < len(r.in) {
		if err := r.step(); err != nil {
			return formatted{}, err
		}
	}
	if n := len(r.open); n > 0 {
		return formatted{}, unreadable("Can't find end tag corresponding to start tag %q", r.open[n-1].name)
	}
	slices.SortFunc(r.found.entities, func(a, b entity) int { return cmp.Or(a.Offset-b.Offset, b.Length-a.Length) })
	r.found.text = r.out.String()
	return r.found, nil
}

// step reads one character, entity or tag.
func (r *htmlReader) step() error {
	switch {
	case r.in[r.at] == '&':
		c, n := charReference(r.in[r.at:])
		if n == 0 {
			// The live server lets it pass; its documentation does not.
			return unreadable("Unescaped \"&\" at byte offset %d", r.at)
		}
		r.emit(c)
		r.at += n
		return nil
	case strings.HasPrefix(r.in[r.at:], "</"):
		return r.end()
	case r.in[r.at] == '<':
		return r.start()
	}
	c, n := utf8.DecodeRuneInString(r.in[r.at:])
	r.emit(c)
	r.at += n
	return nil
}

func (r *htmlReader) emit(c rune) {
	r.out.WriteRune(c)
	r.units += units(string(c))
}

// charReference reads the entity at the start of text; n is its length, 0 when
// it is none.
func charReference(text string) (c rune, n int) {
	body, _, closed := strings.Cut(text[1:], ";")
	if !closed || len(body) > 8 {
		return 0, 0
	}
	n = len(body) + 2
	if named, ok := map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"'}[body]; ok {
		return named, n
	}
	digits, numeric := strings.CutPrefix(body, "#")
	if !numeric {
		return 0, 0
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || code == 0 || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		return 0, 0
	}
	return rune(code), n
}

// kindOf returns the type of entity that a tag makes; "" when the API does not
// know the tag.
func kindOf(tag string) string {
	switch tag {
	case "b", "strong":
		return "bold"
	case "i", "em":
		return "italic"
	case "u", "ins":
		return "underline"
	case "s", "strike", "del":
		return "strikethrough"
	case "span", "tg-spoiler":
		return "spoiler"
	case "a":
		return "text_link"
	case "code", "pre", "blockquote":
		return tag
	}
	return ""
}

// start reads a start tag.
func (r *htmlReader) start() error {
	begin := r.at
	r.at++
	name := strings.ToLower(r.until(" \t\r\n>"))
	if r.at >= len(r.in) {
		return unreadable("Unclosed start tag at byte offset %d", begin)
	}
	if kindOf(name) == "" {
		return unreadable("Unsupported start tag %q at byte offset %d", name, begin)
	}
	tag := openTag{name: name, from: r.units, text: r.out.Len()}
	spoiler := false
	for r.space(); !r.skip('>'); r.space() {
		key, value, err := r.attribute(name, begin)
		if err != nil {
			return err
		}
		switch {
		case name == "a" && key == "href":
			tag.href = value
		case name == "span" && key == "class":
			spoiler = value == "tg-spoiler"
		case name == "code" && key == "class", name == "blockquote" && key == "expandable":
		default:
			return unreadable("Unsupported attribute %q in the tag %q at byte offset %d", key, name, begin)
		}
	}
	if name == "span" && !spoiler {
		return unreadable("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin)
	}
	r.open = append(r.open, tag)
	return nil
}

// attribute reads an attribute of a start tag.
func (r *htmlReader) attribute(tag string, begin int) (key, value string, err error) {
	unclosed := unreadable("Unclosed start tag at byte offset %d", begin)
	key = strings.ToLower(r.until(" \t\r\n=>"))
	if r.at >= len(r.in) {
		return "", "", unclosed
	}
	if key == "" {
		return "", "", unreadable("Empty attribute name in the tag %q at byte offset %d", tag, begin)
	}
	r.space()
	if !r.skip('=') {
		return key, "", nil
	}
	r.space()
	quote := ""
	if r.at < len(r.in) && strings.ContainsRune(`'"`, rune(r.in[r.at])) {
		quote = r.in[r.at : r.at+1]
		r.at++
	}
	if quote == "" {
		return key, strings.ToLower(r.until(" \t\r\n>")), nil
	}
	raw := r.until(quote)
	if !r.skip(quote[0]) {
		return "", "", unclosed
	}
	value, err = unescape(raw, begin)
	return key, value, err
}

// unescape decodes the value of an attribute.
func unescape(raw string, begin int) (string, error) {
	var out strings.Builder
	for i := 0; i < len(raw); {
		if raw[i] != '&' {
			out.WriteByte(raw[i])
			i++
			continue
		}
		c, n := charReference(raw[i:])
		if n == 0 {
			return "", unreadable("Unescaped \"&\" in the tag at byte offset %d", begin)
		}
		out.WriteRune(c)
		i += n
	}
	return out.String(), nil
}

// end reads an end tag.
func (r *htmlReader) end() error {
	begin := r.at
	r.at += len("</")
	name := strings.ToLower(r.until(" \t\r\n>"))
	r.space()
	if !r.skip('>') {
		return unreadable("Unclosed end tag at byte offset %d", begin)
	}
	if len(r.open) == 0 {
		return unreadable("Unexpected end tag at byte offset %d", begin)
	}
	tag := r.open[len(r.open)-1]
	if name != tag.name {
		return unreadable("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", begin, tag.name, name)
	}
	r.open = r.open[:len(r.open)-1]
	if r.units == tag.from {
		return nil // around nothing
	}
	e := entity{Type: kindOf(name), Offset: tag.from, Length: r.units - tag.from}
	if name == "a" {
		// Without an address the text is the address.
		e.URL = tag.href
		if e.URL == "" {
			e.URL = r.out.String()[tag.text:]
		}
		r.found.links = append(r.found.links, e.URL)
	}
	r.found.entities = append(r.found.entities, e)
	return nil
}

// until reads up to one of these characters.
func (r *htmlReader) until(stops string) string {
	n := strings.IndexAny(r.in[r.at:], stops)
	if n < 0 {
		n = len(r.in) - r.at
	}
	part := r.in[r.at : r.at+n]
	r.at += n
	return part
}

func (r *htmlReader) space() {
	r.at += len(r.in[r.at:]) - len(strings.TrimLeft(r.in[r.at:], " \t\r\n"))
}

// skip reads this character, if it is next.
func (r *htmlReader) skip(c byte) bool {
	if r.at < len(r.in) && r.in[r.at] == c {
		r.at++
		return true
	}
	return false
}
