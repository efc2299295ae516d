package knowledge

import (
	"bytes"
	"regexp"
	"strings"
)

// leftover is markup that means nothing where it stands, so that a citizen would
// see its signs.
var leftover = regexp.MustCompile(`\*\*|~~|\]\s?\(|\*\pL[^*\n]*\*|(?:^|[\s(])_+\pL[^_\n]*_|&#?\w+;`)

// lintMarkup reports what an editor meant for markup and Markdown reads as text.
// A heading without its space is an error: its section is not there, and what it
// holds is told as part of the one before.
func lintMarkup(r *report, a *Article, passages []passage, data []byte) {
	lines := bytes.Split(data, []byte("\n"))
	for _, p := range passages {
		s, _ := a.Section(p.section)
		for n := p.first; n <= min(p.last, len(lines)); n++ {
			if line := strings.TrimSpace(string(lines[n-1])); strings.HasPrefix(line, "#") {
				r.errorf(n, 1, s.Heading, "dòng này không thành tiêu đề; hãy viết: ## %s", strings.TrimLeft(line, "# "))
			}
		}
		for _, sign := range leftover.FindAllString(p.text, -1) {
			sign = strings.TrimLeft(sign, " (\n")
			r.warnf(p.line(data, sign), 1, s.Heading, "người dân sẽ thấy nguyên %q; chữ đậm viết liền dấu sao (**chữ**), liên kết viết liền [chữ](https://…), ký tự lạ thì gõ thẳng", sign)
		}
		for _, c := range p.text {
			if Invisible(c) {
				r.errorf(p.first, 1, s.Heading, "có ký tự không nhìn thấy (U+%04X) viết bằng mã; hãy xoá mã đó", c)
			}
		}
	}
}
