package knowledge

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The rules in this file find what reads badly, misleads or cannot be checked.
// They warn: an editor may have reasons, and the citizen is better served by an
// imperfect article than by none.

// lint applies them to one article, whose passages say where its text stands in
// the bytes of its file.
func lint(a *Article, passages []passage, data []byte) []Problem {
	r := &report{file: a.File}
	data = norm.NFC.Bytes(data)
	for _, p := range passages {
		s, _ := a.Section(p.section)
		for sentence := range sentences(p.text) {
			if n := len(strings.Fields(sentence)); n > longestSentence {
				r.warnf(p.line(data, firstWords(sentence)), 1, s.Heading, "câu dài %d chữ, người đọc dễ lạc; nên dưới 25 chữ: %q", n, clip(sentence))
			}
			if asksForSecret(sentence) {
				r.warnf(p.line(data, firstWords(sentence)), 1, s.Heading, "câu này như bảo người dân đưa mã OTP, mật khẩu hay ảnh căn cước; không bao giờ được yêu cầu như vậy: %q", clip(sentence))
			}
		}
	}
	lintMarkup(r, a, passages, data)
	lintSources(r, a, passages, data)
	lintSections(r, a, data)
	return r.problems
}

// line returns the line of the passage on which text stands, its first when it is
// not written as it is shown.
func (p passage) line(data []byte, text string) int {
	if n := lineFrom(data, p.first, text); n <= p.last {
		return n
	}
	return p.first
}

// longestSentence is how many syllables a sentence may have before it is
// reported. FORMAT.md asks for 25; lists of documents run somewhat longer.
const longestSentence = 45

// sentences yields the sentences of plain text; every line ends one.
func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimLeft(strings.TrimSpace(line), "-0123456789. ")
			for _, s := range sentenceEnd.Split(line, -1) {
				if strings.TrimSpace(s) != "" && !yield(s) {
					return
				}
			}
		}
	}
}

// A full stop inside a number or an address ends nothing.
var sentenceEnd = regexp.MustCompile(`[.!?;:]\s+`)

func firstWords(s string) string {
	fields := strings.Fields(s)
	return strings.Join(fields[:min(len(fields), 4)], " ")
}

// clip shortens a sentence for a message.
func clip(s string) string {
	const most = 12
	fields := strings.Fields(s)
	if len(fields) <= most {
		return s
	}
	return strings.Join(fields[:most], " ") + "…"
}

// The words by which a sentence asks for a secret.
func secrets() []string {
	return []string{"otp", "passcode", "mật khẩu", "mã xác thực", "ảnh căn cước", "ảnh thẻ căn cước", "ảnh cccd", "ảnh thẻ cccd", "ảnh giấy tờ"}
}

func handingOver() []string {
	return []string{"gửi", "cung cấp", "nhắn", "đọc", "chụp", "chuyển"}
}

func telling() []string { return []string{"hãy", "cần", "phải", "vui lòng", "xin"} }

// The words that turn a handing over into a warning of it: those that forbid it
// stand right before it, those that tell of cheats further off.
func forbidding() []string {
	return []string{"không", "đừng", "chớ", "cấm", "dụ", "đòi", "ép"}
}

func cheats() []string {
	return []string{"lừa", "giả danh", "giả mạo", "mạo danh", "kẻ gian", "kẻ xấu"}
}

// turning are the words after which a sentence says what to do, whatever it said
// before: "nếu không nhận được thẻ thì gửi".
func turning() []string { return []string{"hãy", "vui lòng", "xin", "thì"} }

// asksForSecret reports whether a sentence seems to tell a citizen to hand over
// what nobody may ask for.
func asksForSecret(sentence string) bool {
	said := strings.Fields(words(sentence))
	for i := range said {
		if beginsWith(said[i:], secrets()) && handsOver(said, i) {
			return slices.ContainsFunc(telling(), func(w string) bool {
				return strings.Contains(" "+strings.Join(said, " ")+" ", " "+w+" ")
			})
		}
	}
	return false
}

const (
	forbidsWithin = 4  // words, from one that forbids to what it forbids
	handedWithin  = 10 // words, between a secret and its handing over
)

// handsOver reports whether the secret that stands at a place among the words is
// handed over without a warning.
func handsOver(said []string, secret int) bool {
	asked := false
	warned := 0 // for so many words more
	for i := range said {
		switch {
		case i == secret && warned > 0: // "không cần đưa mật khẩu"
			return false
		case beginsWith(said[i:], turning()):
			warned = 0
		case beginsWith(said[i:], forbidding()):
			warned = max(warned, forbidsWithin+1)
		case beginsWith(said[i:], cheats()):
			warned = len(said)
		case !beginsWith(said[i:], handingOver()):
		case warned > 0: // and what is said in one breath with it: "không gửi, đọc, chuyển"
			warned = max(warned, forbidsWithin+1)
		default:
			asked = asked || max(i-secret, secret-i) <= handedWithin
		}
		warned = max(warned-1, 0)
	}
	return asked
}

// beginsWith reports whether words begin with one of the phrases.
func beginsWith(said, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(phrase string) bool {
		parts := strings.Fields(phrase)
		return len(said) >= len(parts) && slices.Equal(said[:len(parts)], parts)
	})
}

// officialHosts end the names of the sites of the state and its own providers
// of public services.
func officialHosts() []string {
	return []string{"gov.vn", "chinhphu.vn", "baochinhphu.vn", "quochoi.vn", "cpv.org.vn", "vnpost.vn", "evn.com.vn", "evnspc.vn", "npa.org.vn"}
}

func official(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.ContainsFunc(officialHosts(), func(host string) bool {
		return u.Hostname() == host || strings.HasSuffix(u.Hostname(), "."+host)
	})
}

var (
	// namesPublisher is how a source that is not official says whose it is.
	namesPublisher = regexp.MustCompile(`^(Báo|Thời báo|Tạp chí|Đài|Thông tấn xã|Trang|Cổng|Hội|Hiệp hội)\s`)
	// legal is the name of a document that binds.
	legal = regexp.MustCompile(`(?i)luật|bộ luật|nghị định|thông tư|nghị quyết|quyết định|pháp lệnh|hiến pháp|công văn|kế hoạch|chỉ thị|thủ tục|cổng dịch vụ công|\d+/\d{4}/`)
	// amount is a sum of money or a rate.
	amount = regexp.MustCompile(`\d[\d.,]*\s*(đồng|triệu|nghìn|ngàn|tỷ|%|₫)`)
	// day is a full date.
	day = regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4}\b`)
)

func lintSources(r *report, a *Article, passages []passage, data []byte) {
	binding := false
	for _, s := range a.Sources {
		binding = binding || legal.MatchString(s.Title) || official(s.URL) || strings.Contains(s.Title, "tổng kết")
		if s.URL != "" && !official(s.URL) && !namesPublisher.MatchString(s.Title) {
			r.warnf(lineFrom(data, keyLine(data, "sources:"), s.URL), 1, "sources.url", "%s không phải trang của cơ quan nhà nước; hãy tìm nguồn gov.vn, hoặc ghi rõ tên báo ở đầu title", hostOf(s.URL))
		}
	}
	if binding {
		return
	}
	for _, s := range a.Sections {
		for _, figure := range append(amount.FindAllString(s.Text, 1), day.FindAllString(s.Text, 1)...) {
			r.warnf(figureLine(passages, s.ID, data, figure), 1, s.Heading, "có %q mà không nguồn nào là văn bản hay trang của nhà nước; hãy thêm căn cứ hoặc bỏ con số", figure)
		}
	}
}

// figureLine returns the line on which a section tells a figure.
func figureLine(passages []passage, section SectionID, data []byte, figure string) int {
	for _, p := range passages {
		if p.section == section && strings.Contains(p.text, figure) {
			return p.line(data, figure)
		}
	}
	return 1
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}

// lintSections wants the sections that a procedure cannot do without, and an
// answer to what the article says that people ask of it.
func lintSections(r *report, a *Article, data []byte) {
	has := func(ids ...SectionID) bool {
		return slices.ContainsFunc(ids, func(id SectionID) bool { _, ok := a.Section(id); return ok })
	}
	if a.Procedure != "" && !has(Place, Online, Steps) {
		r.warnf(keyLine(data, "procedure:"), 1, "procedure", "có mã thủ tục mà không có mục nào nói nộp ở đâu, làm thế nào; hãy thêm Nơi nộp, Nộp trực tuyến hoặc Cách thực hiện")
	}
	if has(Fee) {
		return
	}
	if slices.ContainsFunc(a.Sections, func(s Section) bool { return speaksOfMoney(s.Text) }) {
		return
	}
	for _, q := range a.Questions {
		if folded := " " + fold(words(q)) + " "; strings.Contains(folded, " bao nhieu tien ") || strings.Contains(folded, " le phi ") {
			r.warnf(questionLine(data, q), 1, "questions", "câu %q hỏi tiền mà bài không nói gì về tiền; hãy thêm mục Lệ phí, hoặc chuyển câu này sang bài khác", q)
			return
		}
	}
}

// sum is an amount in đồng; the syllable alone is also that of a contract, a
// council, a community.
var sum = regexp.MustCompile(`(?i)(\d|nghìn|ngàn|triệu|tỷ)\s*đồng`)

func speaksOfMoney(text string) bool {
	said := " " + words(text) + " "
	return strings.Contains(said, " phí ") || strings.Contains(said, " tiền ") || sum.MatchString(text)
}

// twins reports questions of different articles that hold the same words in
// another order: the search cannot tell them apart. Articles of one rule before
// and after a change may share their questions, for they are never in force on
// the same day.
type twins map[string]twin

type twin struct {
	article  *Article
	question string
}

func (t twins) check(r *report, a *Article, q string, line func() int) {
	key := bagOf(q)
	other, ok := t[key]
	if !ok || !a.Effective.Overlaps(other.article.Effective) {
		t[key] = twin{a, q}
		return
	}
	switch {
	case other.article == a:
	case fold(words(q)) == fold(words(other.question)):
		r.warnf(line(), 1, "questions", "câu %q cũng có trong %s; chỉ giữ ở bài trả lời đúng nhất", q, other.article.File)
	default:
		r.warnf(line(), 1, "questions", "câu %q chỉ khác thứ tự chữ với câu %q trong %s; chỉ giữ ở bài trả lời đúng nhất", q, other.question, other.article.File)
	}
}

// bagOf is the words of a question in one order, each once.
func bagOf(q string) string {
	bag := strings.Fields(fold(words(q)))
	slices.Sort(bag)
	return strings.Join(slices.Compact(bag), " ")
}

// examples reports rows of a table of messages that an article is asked by, and
// says of each why that cannot be.
func (t twins) examples(file, why string, messages []string, data []byte) []Problem {
	r := &report{file: file}
	for _, message := range messages {
		if asked, ok := t[bagOf(message)]; ok {
			r.warnf(lineOf(data, message), 1, "message", why, message, asked.article.File)
		}
	}
	return r.problems
}
