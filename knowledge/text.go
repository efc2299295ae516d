package knowledge

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean prepares a file's bytes for parsing: UTF-8, NFC, \n line ends, no byte
// order mark. Bytes that are not UTF-8 and characters an editor cannot see are
// reported where they stand.
func clean(r *report, data []byte) string {
	text := string(plainEnds(bytes.TrimPrefix(data, []byte("\ufeff"))))
	line, col := 1, 1
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				r.errorf(line, col, "", "tệp không phải UTF-8; hãy lưu lại tệp với bảng mã UTF-8 rồi kiểm tra lại")
				return ""
			}
		}
		if Invisible(c) {
			r.errorf(line, col, "", "có ký tự không nhìn thấy (U+%04X); hãy xoá ký tự đó hoặc gõ lại dòng này", c)
		}
		col++
		if c == '\n' {
			line, col = line+1, 1
		}
	}
	return norm.NFC.String(text)
}

// plainEnds ends lines with \n where Windows and old Mac programs end them with
// \r\n and \r.
func plainEnds(data []byte) []byte {
	if bytes.IndexByte(data, '\r') < 0 {
		return data
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// Invisible reports characters that nobody sees: control, zero-width and
// direction characters, tags, fillers, and the separators that are not \n. They
// hide text from the editor who approves it, or turn it round on a citizen's screen.
func Invisible(c rune) bool {
	if c < '\u00ad' { // most of what is read
		return unicode.IsControl(c) && c != '\n' && c != '\t'
	}
	return unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// fold strips tone and vowel marks and lowers case: "Lệ phí" becomes "le phi".
func fold(s string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case c == 'đ':
			b.WriteByte('d')
		case unicode.Is(unicode.Mn, c):
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// words returns the letters and digits of s, lower case, single spaces: the
// form in which two wordings are compared.
func words(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	apart := false
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.Is(unicode.Mn, c) {
			apart = true
			continue
		}
		if apart && b.Len() > 0 {
			b.WriteByte(' ')
		}
		apart = false
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// slug turns a heading into a section id.
func slug(heading string) SectionID {
	return SectionID(strings.Join(strings.FieldsFunc(fold(heading), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-"))
}

// isID reports whether s is lower-case ASCII words joined by single hyphens.
func isID(s string) bool {
	return s != "" && string(slug(s)) == s
}

// Fold returns the letters and digits of s without marks, in lower case, with
// single spaces: the form in which names are compared.
func Fold(s string) string { return fold(words(s)) }

// Slug returns an id made of the words of s, "" when it has none.
func Slug(s string) string { return string(slug(s)) }
