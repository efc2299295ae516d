package bot

import (
	"regexp"
	"strings"
)

// What staff see of a question must not tell whose it is. These shapes cover
// what people put into questions: numbers that name a person, and names after
// "tôi tên".
var masks = []struct { //nolint:gochecknoglobals // compiled once, never changed
	shape *regexp.Regexp
	label string
	check func(string) bool
}{
	{regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`), "[email]", nil},
	{regexp.MustCompile(`\b\d(?:[ .-]?\d){12,18}\b`), "[số thẻ]", luhn},
	{regexp.MustCompile(`\b0\d{2}(?:[ .-]?\d){9}\b`), "[số định danh]", nil},
	{regexp.MustCompile(`(?:\+84|\b84|\b0)[ .-]?[235789](?:[ .-]?\d){8,9}\b`), "[điện thoại]", nil},
	{regexp.MustCompile(`(?i)\b\d{2}[ -]?[A-Z]{1,2}\d?[ .-]{0,3}\d{3}[.]?\d{2}\b|\b\d{2}[ -]?[A-Z]\d[ .-]{0,3}\d{4}\b`), "[biển số]", nil},
	{regexp.MustCompile(`(?i)(?:stk|số tài khoản|so tai khoan|tài khoản|tai khoan|tk)\s*:?\s*\d(?:[ .-]?\d){5,}`), "[tài khoản]", nil},
	{regexp.MustCompile(`\b\d(?:[ .-]?\d){8,}\b`), "[số]", nil},
	{regexp.MustCompile(`(?i)\b(?:(?:tôi|toi|em|mình|minh|con|cháu|chau|tui)\s+(?:tên|ten)|(?:họ|ho)?\s*(?:tên|ten)\s+(?:tôi|toi|em|mình|con|cháu|tui)?\s*(?:là|la|:)|(?:họ tên|ho ten)\s*:?)(?:\s+(?:là|la))?\s+\pL+(?:\s+\pL+){0,3}`), "[tên]", nil},
	{regexp.MustCompile(`\bTG-[0-9A-Z]{4}-[0-9A-Z-]+`), "[mã đơn]", nil},
}

// maxMasked is how much of a question is kept for staff, in characters.
const maxMasked = 300

// Mask takes out of a question what could tell who asked it.
func Mask(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, m := range masks {
		text = m.shape.ReplaceAllStringFunc(text, func(found string) string {
			if m.check != nil && !m.check(found) {
				return found
			}
			return m.label
		})
	}
	return shorten(text, maxMasked) // last: half a number has no shape
}

// luhn reports whether the digits have the check digit of a bank card
// (ISO/IEC 7812-1, annex B).
func luhn(number string) bool {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(number)
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
