package bot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// facts are what a person's words already say about a case, so that it is not
// asked again.
type facts struct {
	kind    string
	when    string
	commune string
	name    string // of who writes,
	phone   string // and only where said to be his own
}

// formRules reads facts out of words. It is made once for a knowledge version.
type formRules struct {
	form     *knowledge.ReportForm
	kinds    []kindRule
	communes []communeRule // longest names first
	days     []dayRule
}

type kindRule struct {
	id   string
	when []vietnamese.Pattern
}

type communeRule struct {
	full  string
	words []string // of the name, folded
}

// dayRule is a wording for a day near today.
type dayRule struct {
	when vietnamese.Pattern
	ago  int // days
}

// dayWords are the wordings for days near today, in the order in which they are
// tried. "Hồi" and "bữa" are the South's.
func dayWords() []struct {
	pattern string
	ago     int
} {
	return []struct {
		pattern string
		ago     int
	}{
		{"hôm|bữa|ngày kia|kìa", 2},
		{"hôm|tối|đêm|khuya|chiều|sáng|trưa|bữa|ngày qua", 1},
		{"khuya|tối hôm qua", 1},
		{"hôm|sáng|trưa|chiều|tối|đêm|khuya|bữa|ngày nay", 0},
		{"hồi|lúc|khi|mới nãy", 0},
		{"mới|vừa đây|xong|nãy", 0},
		{"hồi sáng|trưa|chiều|tối", 0},
	}
}

func newFormRules(form *knowledge.ReportForm) (*formRules, error) {
	r := &formRules{form: form}
	for _, k := range form.Kinds {
		when, err := compilePatterns(k.When)
		if err != nil {
			return nil, fmt.Errorf("report form, kind %s: %w", k.ID, err)
		}
		r.kinds = append(r.kinds, kindRule{k.ID, when})
	}
	for _, d := range dayWords() {
		p, err := vietnamese.CompilePattern(d.pattern)
		if err != nil {
			return nil, fmt.Errorf("day wording %q: %w", d.pattern, err)
		}
		r.days = append(r.days, dayRule{p, d.ago})
	}
	for _, full := range form.Communes {
		_, name, _ := strings.Cut(full, " ")
		var words []string
		for _, t := range vietnamese.Tokens(name) {
			words = append(words, t.Fold)
		}
		r.communes = append(r.communes, communeRule{full, words})
	}
	slices.SortStableFunc(r.communes, func(a, b communeRule) int { return cmp.Compare(len(b.words), len(a.words)) })
	return r, nil
}

// read takes out of a text what it says. placed says that the text tells a
// place, so that a commune needs no "xã" or "ở" before it.
func (r *formRules) read(text string, now time.Time, placed bool) facts {
	tokens := vietnamese.Tokens(text)
	strict := vietnamese.MostlyMarked(tokens)
	f := facts{when: r.date(text, tokens, strict, now), commune: r.commune(tokens, placed)}
	f.name, f.phone = introduced(text)
	for _, k := range r.kinds {
		if slices.ContainsFunc(k.when, func(p vietnamese.Pattern) bool {
			_, _, ok := p.Find(tokens, strict)
			return ok
		}) {
			f.kind = k.id
			break
		}
	}
	return f
}

var (
	numericDate = regexp.MustCompile(`(?:^|[^\d/.-])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?(?:$|[^\d/-])`)
	spelledDate = regexp.MustCompile(`\bngay (\d{1,2}) thang (\d{1,2})(?: nam (\d{4}))?\b`)
	daysAgo     = regexp.MustCompile(`\b(\d{1,2}|mot|hai|ba|bon|nam|sau|bay) (?:ngay|bua|hom) (?:truoc|nay)\b`)
	roughly     = regexp.MustCompile(`\b(?:dau |giua |cuoi )?(?:tuan|thang|nam) (?:truoc|roi|ngoai|nay)\b|\bthang \d{1,2}\b`)
)

// date returns the day that a text names, as a date, or its words when they
// name no day but a time ("tháng trước"), or "".
func (r *formRules) date(text string, tokens []vietnamese.Token, strict bool, now time.Time) string {
	today := now.In(knowledge.Vietnam())
	folded := vietnamese.Fold(vietnamese.Normalize(text))
	if date, ok := writtenDate(folded, today); ok {
		return date
	}
	if m := daysAgo.FindStringSubmatch(folded); m != nil {
		n := slices.Index([]string{"", "mot", "hai", "ba", "bon", "nam", "sau", "bay"}, m[1])
		if n < 0 {
			n, _ = strconv.Atoi(m[1])
		}
		return today.AddDate(0, 0, -n).Format(time.DateOnly)
	}
	for _, d := range r.days {
		if _, _, ok := d.when.Find(tokens, strict); ok {
			return today.AddDate(0, 0, -d.ago).Format(time.DateOnly)
		}
	}
	if at := roughly.FindStringIndex(folded); at != nil {
		// Folding keeps the number of characters, not of bytes.
		runes := []rune(vietnamese.Normalize(text))
		from := len([]rune(folded[:at[0]]))
		return string(runes[from : from+len([]rune(folded[at[0]:at[1]]))])
	}
	return ""
}

// writtenDate returns the first day that a text writes in figures.
func writtenDate(folded string, today time.Time) (string, bool) {
	for _, shape := range []*regexp.Regexp{spelledDate, numericDate} {
		for _, m := range shape.FindAllStringSubmatchIndex(folded, -1) {
			day, month, year := group(folded, m, 1), group(folded, m, 2), group(folded, m, 3)
			if shape == numericDate && year == "" && !namesDay(folded, m[2], m[5]) {
				continue
			}
			if date, ok := dateOf(day, month, year, today); ok {
				return date, true
			}
		}
	}
	return "", false
}

// group is a group of a match, "" where it took no part.
func group(text string, match []int, n int) string {
	if match[2*n] < 0 {
		return ""
	}
	return text[match[2*n]:match[2*n+1]]
}

var (
	// dayBefore is what a day of the month alone is said with, hourBefore what a
	// number may be said with as well.
	dayBefore  = regexp.MustCompile(`\b(?:ngay|hom|bua|mung|thu \w+|chu nhat) $`)
	hourBefore = regexp.MustCompile(`\b(?:sang|trua|chieu|toi|dem|khuya|luc|vao|tu|den|\d+h|gio) $`)
	// unitAfter is what an amount is said with, countAfter what a number of
	// something is: "2.5 triệu", "2-3 người".
	unitAfter  = regexp.MustCompile(`^ ?(?:trieu|ty|ti|nghin|ngan|tram|k|dong|kg|ky|ki|gam|met|km|lit|luong|so|phan|%)(?:[^a-z]|$)`)
	countAfter = regexp.MustCompile(`^ (?:nguoi|thang|dua|ten|con|lan|cay|chi|ngay|tuan|nam|gio|tieng|phut|cai|chiec|vu|nha|ho|tuoi)(?:[^a-z]|$)`)
)

// namesDay reports whether "20/11", "2.5" or "3-4" at a place names a day. What is
// said to be a day does; else a slash does but in "24/7" and in what may be a part
// of something, and a dot or a dash only beside a time of the day. In doubt the
// time is asked for.
func namesDay(folded string, from, to int) bool {
	written, before, after := folded[from:to], folded[:from], folded[to:]
	part := slices.Contains([]string{"24/7", "1/2", "1/3", "2/3", "1/4", "3/4"}, written)
	switch {
	case unitAfter.MatchString(after):
		return false
	case dayBefore.MatchString(before):
		return true
	case strings.Contains(written, "/") && !part:
		return true
	}
	return hourBefore.MatchString(before) && !countAfter.MatchString(after)
}

// dateOf reads day, month and year; without a year it is the last such day.
func dateOf(day, month, year string, today time.Time) (string, bool) {
	d, _ := strconv.Atoi(day)
	m, _ := strconv.Atoi(month)
	y, _ := strconv.Atoi(year)
	if year == "" {
		return lastDate(d, m, today)
	}
	if y < 100 {
		y += 2000
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, today.Location())
	ok := date.Day() == d && date.Month() == time.Month(m) && !date.After(today) && date.After(today.AddDate(-100, 0, 0))
	return date.Format(time.DateOnly), ok
}

// leapYears is the longest time between two days of 29 February, around a century.
const leapYears = 8

// lastDate is the last time that a day of the year was; there is no 31/2.
func lastDate(day, month int, today time.Time) (string, bool) {
	for back := range leapYears + 1 {
		date := time.Date(today.Year()-back, time.Month(month), day, 0, 0, 0, 0, today.Location())
		if date.Day() == day && date.Month() == time.Month(month) && !date.After(today) {
			return date.Format(time.DateOnly), true
		}
	}
	return "", false
}

// commune finds a commune of the province. Its name alone may be another word
// or another place, so that outside the question for the place it must follow
// "xã", "ở" or the like.
func (r *formRules) commune(tokens []vietnamese.Token, placed bool) string {
	leads := []string{"xa", "phuong", "p", "x", "tt", "o", "tai", "ben", "duoi", "tren", "gan", "cho", "ve", "khu", "vung"}
	for _, c := range r.communes {
		for at := 0; at+len(c.words) <= len(tokens); at++ {
			if !placed && (at == 0 || !slices.Contains(leads, tokens[at-1].Fold)) {
				continue
			}
			if slices.EqualFunc(tokens[at:at+len(c.words)], c.words, func(t vietnamese.Token, w string) bool { return t.Fold == w }) {
				return c.full
			}
		}
	}
	return ""
}

// How people name themselves and their numbers.
const (
	selfWord    = `(?:tôi|toi|tui|em|mình|minh|con|cháu|chau)`
	numberWord  = `(?:s[ốo](?: (?:điện thoại|dien thoai))?|sđt|sdt|đt|dt|điện thoại|dien thoai)`
	ownWords    = `(?: (?:của |cua )?` + selfWord + `)`
	isWord      = `(?: l[àa])?[ :]*`
	phoneNumber = `(?:\+84|\b84|\b0)[ .-]?[35789](?:[ .-]?\d){8}\b`
)

var (
	phoneShape    = regexp.MustCompile(phoneNumber)
	labelledPhone = regexp.MustCompile(`(?i)(?:(?:^|[^\pL])` + numberWord + ownWords + `?` + isWord + `)?` + phoneNumber)
	nameLabel     = regexp.MustCompile(`(?i)^(?:(?:dạ|da) )?(?:` + selfWord + ` )?(?:họ (?:và )?|ho (?:va )?)?t[êe]n` + ownWords + `?(?: l[àa])?:? `)

	// A name is a person's own only where a sentence begins with it: "chồng tôi
	// tên Ba" names another. Its words are capital, else it would run on into
	// the sentence.
	ownName = regexp.MustCompile(`(?:^|[\pP\n])\s*(?i:(?:dạ |da )?(?:` + selfWord + ` (?:họ )?t[êe]n|t[êe]n` + ownWords + `)(?: l[àa])?:?) +(\p{Lu}\pL*(?: +\p{Lu}\pL*){0,3})`)
	// A number after the name is his own where the sentence ends with it: "tôi
	// tên Lan, số 09… gọi lừa tôi" gives the other's.
	phoneAfterName = regexp.MustCompile(`(?i)^[\s,;:-]*(?:` + numberWord + ownWords + `?` + isWord + `)?(` + phoneNumber + `)\s*(?:$|[\pP\n])`)
	ownPhone       = regexp.MustCompile(`(?i)(?:^|[^\pL])` + numberWord + ownWords + isWord + `(` + phoneNumber + `)`)
)

// introduced finds the name and the number of who writes, where the text says
// that they are his own. Those of others stand in a report as well: the agency
// must not ring who is accused.
func introduced(text string) (name, number string) {
	if at := ownName.FindStringSubmatchIndex(text); at != nil {
		name = text[at[2]:at[3]]
		if m := phoneAfterName.FindStringSubmatch(text[at[1]:]); m != nil {
			number = phoneIn(m[1])
		}
	}
	if m := ownPhone.FindStringSubmatch(text); m != nil {
		number = phoneIn(m[1])
	}
	return name, number
}

// phoneIn is the first telephone number of a text.
func phoneIn(text string) string {
	return strings.NewReplacer(" ", "", ".", "", "-", "").Replace(phoneShape.FindString(text))
}

// nameBeside is what stands beside a telephone number where both were asked for:
// most likely a name.
func nameBeside(text string) string {
	rest := strings.Join(strings.Fields(labelledPhone.ReplaceAllString(text, " ")), " ")
	rest = strings.Trim(rest, " ,.;:-")
	least := 2 // a word alone is more often none
	if label := nameLabel.FindString(rest); label != "" {
		rest, least = rest[len(label):], 1
	}
	if words := strings.Fields(rest); len(words) < least || len(words) > 6 {
		return ""
	}
	return rest
}

// fill puts into the draft what it does not hold yet.
func (d *Draft) fill(f facts) {
	if d.Kind == "" {
		d.Kind = f.kind
	}
	if d.When == "" {
		d.When = f.when
	}
	if d.Where == (handoff.Where{}) && f.commune != "" {
		d.Where.Commune = f.commune
	}
	d.introduce(f)
}

// introduce notes who writes, until the person has been asked how to be named.
func (d *Draft) introduce(f facts) {
	if d.Reporter.Disclosure != "" {
		return
	}
	d.Reporter.Name = cmp.Or(d.Reporter.Name, f.name)
	d.Reporter.Phone = cmp.Or(d.Reporter.Phone, f.phone)
}
