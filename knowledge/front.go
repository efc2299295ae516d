package knowledge

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const defaultReviewDays = 180

// front reads the front matter node by node rather than into a struct, so that
// every mistake is reported with its own line and column.
type front struct {
	*report
	offset int           // lines of the file before the YAML text
	exists func(ID) bool // tells which articles there are, nil to not ask
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

func parseFront(r *report, a *Article, text string) {
	f := &front{report: r, offset: 1}
	root := f.document(text)
	if root == nil {
		return
	}
	a.ReviewEvery = defaultReviewDays
	seen := f.mapping(root, map[string]func(*yaml.Node){
		"title":        func(n *yaml.Node) { a.Title = f.text(n, "title") },
		"category":     func(n *yaml.Node) { a.Category = f.text(n, "category") },
		"questions":    func(n *yaml.Node) { a.Questions = f.list(n, "questions"); f.checkQuestions(n, a.Questions) },
		"keywords":     func(n *yaml.Node) { a.Keywords = f.list(n, "keywords") },
		"procedure":    func(n *yaml.Node) { a.Procedure = f.text(n, "procedure") },
		"agency":       func(n *yaml.Node) { a.Agency = f.text(n, "agency") },
		"effective":    func(n *yaml.Node) { a.Effective = f.period(n) },
		"reviewed":     func(n *yaml.Node) { a.Reviewed = f.date(n, "reviewed") },
		"review_every": func(n *yaml.Node) { a.ReviewEvery = f.days(n) },
		"sources":      func(n *yaml.Node) { a.Sources = f.sources(n) },
		"related": func(n *yaml.Node) {
			for _, id := range f.list(n, "related") {
				a.Related = append(a.Related, ID(id))
			}
		},
	}, "")
	for _, need := range []struct{ key, what string }{
		{"title", "tên việc, ví dụ: title: Cấp lại thẻ căn cước"},
		{"category", "chủ đề, đúng bằng tên thư mục"},
		{"questions", "ít nhất 5 câu người dân hay hỏi"},
		{"effective", "ngày có hiệu lực, ví dụ: effective: {from: 2024-07-01, until: }"},
		{"reviewed", "ngày kiểm tra bài lần cuối, ví dụ: reviewed: 2026-11-22"},
		{"sources", "ít nhất một nguồn, căn cứ pháp lý đứng đầu"},
	} {
		if !seen[need.key] {
			f.errorf(1, 1, need.key, "thiếu; hãy thêm %s", need.what)
		}
	}
	if len([]rune(a.Title)) > 90 {
		f.warnf(1, 1, "title", "dài quá 90 ký tự; hãy rút gọn")
	}
}

// document parses the YAML text into its top mapping, or reports why not.
func (f *front) document(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		line, what := yamlMistake(err)
		f.errorf(line+f.offset, 1, "", "viết sai cách YAML: %s", what)
		return nil
	}
	if len(doc.Content) == 0 {
		f.errorf(1+f.offset, 1, "", "chưa có mục nào; xem FORMAT.md")
		return nil
	}
	return doc.Content[0]
}

// yamlMistake tells in Vietnamese what the YAML reader met, and on which line of
// its text.
func yamlMistake(err error) (line int, what string) {
	line, what = 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = what[len(m[0]):]
		if strings.HasPrefix(what, "did not find expected") { // the parser counts from 0, the scanner from 1
			line++
		}
	}
	if said, ok := yamlMistakes()[what]; ok {
		return line, said
	}
	return line, "giá trị có dấu hai chấm hoặc dấu thăng phải đặt trong ngoặc kép, các dòng cùng cấp phải thụt lề bằng nhau (" + what + ")"
}

// yamlMistakes says what editors do wrong for what the YAML reader says.
func yamlMistakes() map[string]string {
	const quote = "có dấu ngoặc kép mở ra mà chưa đóng, ở dòng này hoặc các dòng trên"
	return map[string]string{ //nolint:gosec // the token is one of YAML
		"mapping values are not allowed in this context":         "giá trị có dấu hai chấm thì phải đặt trong ngoặc kép; nếu không thì dòng này thụt lề không bằng các dòng cùng cấp",
		"found character that cannot start any token":            "giá trị bắt đầu bằng ký tự đặc biệt thì phải đặt trong ngoặc kép; thụt lề bằng dấu cách, không dùng phím Tab",
		"could not find expected ':'":                            "thiếu dấu hai chấm sau tên mục",
		"did not find expected key":                              "dòng này thụt lề không bằng các dòng cùng cấp, hoặc có chữ thừa sau dấu ngoặc kép",
		"did not find expected '-' indicator":                    "các dòng của danh sách phải thụt lề bằng nhau, mỗi dòng bắt đầu bằng \"- \"",
		"did not find expected ',' or ']'":                       "dấu [ chưa có dấu ] đóng lại, hoặc thiếu dấu phẩy",
		"did not find expected ',' or '}'":                       "dấu { chưa có dấu } đóng lại, hoặc thiếu dấu phẩy",
		"block sequence entries are not allowed in this context": "danh sách phải xuống dòng mới, dưới tên mục",
		"found unknown escape character":                         "trong ngoặc kép không dùng dấu \\",
		"found unexpected end of stream":                         quote,
		"found unexpected document indicator":                    quote,
	}
}

// mapping runs the reader of each key and returns the keys that were present
// with a value. where names the enclosing field, "" at the top.
func (f *front) mapping(n *yaml.Node, readers map[string]func(*yaml.Node), where string) map[string]bool {
	seen := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		f.errorf(f.line(n), n.Column, where, "phải gồm các dòng dạng tên: giá trị")
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field := key.Value
		if where != "" {
			field = where + "." + key.Value
		}
		read, known := readers[key.Value]
		switch {
		case !known:
			f.errorf(f.line(key), key.Column, field, "không có mục này; hãy xoá hoặc sửa lại tên (các mục được dùng ghi trong FORMAT.md)")
		case seen[key.Value]:
			f.errorf(f.line(key), key.Column, field, "ghi hai lần; hãy giữ một")
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			f.errorf(f.line(value), value.Column, field, "không dùng & và * của YAML; hãy ghi thẳng giá trị")
		case isEmpty(value):
			if !optionalEmpty(key.Value) {
				f.errorf(f.line(key), key.Column, field, "đang để trống; hãy điền hoặc xoá dòng này")
			}
			seen[key.Value] = true
		default:
			seen[key.Value] = true
			read(value)
		}
	}
	return seen
}

func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// optionalEmpty lists the keys that editors may leave without a value.
func optionalEmpty(key string) bool {
	switch key {
	case "until", "keywords", "related", "procedure", "agency":
		return true
	}
	return false
}

func (f *front) line(n *yaml.Node) int { return n.Line + f.offset }

// text reads a non-empty single value, in one line.
func (f *front) text(n *yaml.Node, field string) string {
	return strings.Join(strings.Fields(f.prose(n, field)), " ")
}

// prose reads a non-empty single value with its lines.
func (f *front) prose(n *yaml.Node, field string) string {
	if n.Kind != yaml.ScalarNode {
		f.errorf(f.line(n), n.Column, field, "phải là một giá trị, không phải danh sách")
		return ""
	}
	s := strings.TrimSpace(n.Value)
	if s == "" {
		f.errorf(f.line(n), n.Column, field, "đang để trống; hãy điền")
	}
	return s
}

func (f *front) list(n *yaml.Node, field string) []string {
	if n.Kind != yaml.SequenceNode {
		f.errorf(f.line(n), n.Column, field, "phải là danh sách, mỗi dòng bắt đầu bằng gạch đầu dòng \"- \"")
		return nil
	}
	var out []string
	for _, item := range n.Content {
		if s := f.text(item, field); s != "" {
			out = append(out, s)
		}
	}
	return out
}

const minQuestions = 5

// checkQuestions wants enough wordings, no two of them the same.
func (f *front) checkQuestions(n *yaml.Node, questions []string) {
	if len(questions) < minQuestions {
		f.errorf(f.line(n), n.Column, "questions", "mới có %d câu; cần ít nhất %d, mỗi câu một cách nói khác nhau", len(questions), minQuestions)
	}
	same, alike := map[string]bool{}, map[string]bool{}
	for _, item := range n.Content {
		exact := words(item.Value)
		switch folded := fold(exact); {
		case exact == "":
		case same[exact]:
			f.errorf(f.line(item), item.Column, "questions", "câu %q ghi hai lần; hãy thay bằng cách hỏi khác", item.Value)
		case alike[folded]:
			f.warnf(f.line(item), item.Column, "questions", "câu %q chỉ khác câu trên ở dấu; máy đã hiểu không dấu, hãy thay bằng cách hỏi khác", item.Value)
		default:
			alike[folded] = true
		}
		same[exact] = true
	}
}

func (f *front) date(n *yaml.Node, field string) Date {
	s := f.text(n, field)
	if s == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		f.errorf(f.line(n), n.Column, field, "%q không phải ngày đúng; hãy ghi năm-tháng-ngày, ví dụ 2026-11-22", s)
		return ""
	}
	return Date(s)
}

func (f *front) period(n *yaml.Node) Period {
	var p Period
	seen := f.mapping(n, map[string]func(*yaml.Node){
		"from":  func(v *yaml.Node) { p.From = f.date(v, "effective.from") },
		"until": func(v *yaml.Node) { p.Until = f.date(v, "effective.until") },
	}, "effective")
	if !seen["from"] && n.Kind == yaml.MappingNode {
		f.errorf(f.line(n), n.Column, "effective.from", "thiếu ngày bắt đầu có hiệu lực")
	}
	if p.Until != "" && p.Until < p.From {
		f.errorf(f.line(n), n.Column, "effective.until", "ngày hết hiệu lực %s đứng trước ngày bắt đầu %s", p.Until, p.From)
	}
	return p
}

// days reads a whole number of days such as 180d.
func (f *front) days(n *yaml.Node) int {
	s := f.text(n, "review_every")
	number, ok := strings.CutSuffix(s, "d")
	days, err := strconv.Atoi(number)
	if !ok || err != nil || days < 1 || days > 3650 {
		f.errorf(f.line(n), n.Column, "review_every", "%q không đúng; hãy ghi số ngày kèm chữ d, ví dụ 180d", s)
		return defaultReviewDays
	}
	return days
}

func (f *front) sources(n *yaml.Node) []Source {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		f.errorf(f.line(n), n.Column, "sources", "phải có ít nhất một nguồn, ví dụ: - {title: \"Luật Căn cước 26/2023/QH15\", from: 2024-07-01}")
		return nil
	}
	var out []Source
	for _, item := range n.Content {
		var s Source
		seen := f.mapping(item, map[string]func(*yaml.Node){
			"title": func(v *yaml.Node) { s.Title = f.text(v, "sources.title") },
			"url":   func(v *yaml.Node) { s.URL = f.link(v) },
			"from":  func(v *yaml.Node) { s.From = f.date(v, "sources.from") },
		}, "sources")
		if !seen["title"] && item.Kind == yaml.MappingNode {
			f.errorf(f.line(item), item.Column, "sources.title", "nguồn thiếu tên văn bản")
		}
		out = append(out, s)
	}
	return out
}

func (f *front) link(n *yaml.Node) string {
	s := f.text(n, "sources.url")
	if !isWebAddress(s) {
		f.errorf(f.line(n), n.Column, "sources.url", "%q không phải địa chỉ web; phải bắt đầu bằng https:// hoặc http://", s)
		return ""
	}
	return s
}

// isWebAddress accepts http and https only: a source becomes a link on a page.
func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, " \t\"'<>")
}
