package knowledge

import (
	"path"
	"strings"
)

// MaxFileSize is the largest article file that is read, in bytes. The longest
// real article is a hundred times smaller; a larger file is a mistake.
const MaxFileSize = 1 << 20

// MaxIDLength is how many characters an id should have at most. A longer one that
// is published already stays, for it must never change.
const MaxIDLength = 48

const fence = "---"

// Parse reads one article file. It returns every problem it finds at once; the
// article is usable only when none of them is an error.
func Parse(file string, data []byte) (*Article, []Problem) {
	a, _, problems := parse(file, data)
	return a, problems
}

// parse also tells where in the file the text of the sections stands.
func parse(file string, data []byte) (*Article, []passage, []Problem) {
	r := &report{file: file}
	a := &Article{File: file, ID: ID(strings.TrimSuffix(path.Base(file), ".md"))}
	if !isID(string(a.ID)) {
		r.errorf(1, 1, "", "tên tệp %q phải gồm chữ thường không dấu, số và gạch nối, ví dụ cap-lai-the-can-cuoc.md", path.Base(file))
	} else if len(a.ID) > MaxIDLength {
		r.warnf(1, 1, "", "mã bài dài %d ký tự; nên nhiều nhất %d", len(a.ID), MaxIDLength)
	}
	if len(data) > MaxFileSize {
		r.errorf(1, 1, "", "tệp lớn hơn 1 MB; một bài chỉ nên trả lời một việc, hãy tách nhỏ")
		return a, nil, r.problems
	}
	text := clean(r, data)
	if HasErrors(r.problems) && text == "" {
		return a, nil, r.problems
	}
	front, body, bodyLine, ok := split(text)
	if !ok {
		r.errorf(1, 1, "", "thiếu phần đầu; tệp phải bắt đầu bằng dòng --- và có dòng --- thứ hai kết thúc phần đầu")
		return a, nil, r.problems
	}
	parseFront(r, a, front)
	passages := parseBody(r, a, body, bodyLine)
	return a, passages, r.problems
}

// split separates the front matter from the body. bodyLine is the line of the
// file, from 1, on which the body starts.
func split(text string) (front, body string, bodyLine int, ok bool) {
	first, rest, found := strings.Cut(text, "\n")
	if !found || strings.TrimRight(first, " \t") != fence {
		return "", "", 0, false
	}
	bodyLine = 2
	for at := 0; at < len(rest); {
		line, _, more := strings.Cut(rest[at:], "\n")
		next := at + len(line)
		if more {
			next++
		}
		bodyLine++
		if strings.TrimRight(line, " \t") == fence {
			return rest[:at], rest[next:], bodyLine, true
		}
		at = next
	}
	return "", "", 0, false
}
