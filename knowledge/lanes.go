package knowledge

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// LaneName names a group of fixed replies that come before any search.
type LaneName string

// The lanes, in the order in which they are tried. Danger comes first.
const (
	Emergency LaneName = "emergency" // someone is in danger now
	Report    LaneName = "report"    // the citizen wants to report a crime
	Refuse    LaneName = "refuse"    // matters the assistant must not answer
	Smalltalk LaneName = "smalltalk" // greetings, thanks, who are you
	// Caution is no reply of its own: the message is a question, and shows that
	// someone may come to harm. Its rules say whom to call, above the reply.
	Caution LaneName = "caution"
	// Statement is no lane, and has no rules: a message in which nothing is asked
	// and nobody is in danger. Examples of it keep what people just say of
	// themselves out of the lanes.
	Statement LaneName = "statement"
)

// LaneNames returns the lanes in the order in which they are tried.
func LaneNames() []LaneName {
	return []LaneName{Emergency, Report, Refuse, Smalltalk, Caution}
}

// Lanes holds the rules of every lane, in file order, and messages that show
// where people's own wordings belong.
type Lanes struct {
	Emergency, Report, Refuse, Smalltalk, Caution []Rule
	Examples                                      []Example
}

// Example is a message, the lane it belongs to, or Statement ("" is none: a question), and
// the rule of that lane whose reply it wants ("" when that is not known).
type Example struct {
	Lane LaneName
	Rule string
	Text string
}

// Rules returns the rules of one lane.
func (l *Lanes) Rules(name LaneName) []Rule { return *l.at(name) }

func (l *Lanes) set(name LaneName, rules []Rule) { *l.at(name) = rules }

func (l *Lanes) at(name LaneName) *[]Rule {
	switch name {
	case Emergency:
		return &l.Emergency
	case Report:
		return &l.Report
	case Refuse:
		return &l.Refuse
	case Caution:
		return &l.Caution
	default:
		return &l.Smalltalk
	}
}

// isLabel reports whether label is "question", "statement", a lane, or "lane/rule".
func isLabel(label string) bool {
	lane, rule, named := strings.Cut(label, "/")
	if label == questionLabel || LaneName(label) == Statement {
		return true
	}
	return slices.Contains(LaneNames(), LaneName(lane)) && named == (rule != "")
}

// has reports whether the lane has a rule of that id.
func (l *Lanes) has(lane LaneName, rule string) bool {
	return slices.ContainsFunc(l.Rules(lane), func(r Rule) bool { return r.ID == rule })
}

// withoutRule takes from the examples the names of rules that are not there, so
// that they teach the lane alone. It returns how many there were of each.
func (l *Lanes) withoutRule() map[LaneName]map[string]int {
	gone := map[LaneName]map[string]int{}
	for i := range l.Examples {
		e := &l.Examples[i]
		if e.Rule == "" || l.has(e.Lane, e.Rule) {
			continue
		}
		if gone[e.Lane] == nil {
			gone[e.Lane] = map[string]int{}
		}
		gone[e.Lane][e.Rule]++
		e.Rule = ""
	}
	return gone
}

// checkExamples reports the rules that examples name and no lane has. A folder
// with rules of its own cannot help what the embedded examples name.
func (l *loader) checkExamples(gone map[LaneName]map[string]int) {
	if !l.linting {
		return
	}
	for lane, rules := range gone {
		file := "lanes/" + string(lane) + ".yaml"
		if !l.brings(examplesFile) {
			r := &report{file: file}
			r.warnf(1, 1, "", "tệp này không có quy tắc %s mà ví dụ có sẵn nhắc tới; các ví dụ ấy chỉ còn giúp máy nhận ra làn", strings.Join(slices.Sorted(maps.Keys(rules)), ", "))
			l.problems = append(l.problems, r.problems...)
			continue
		}
		r := &report{file: examplesFile}
		for rule, n := range rules {
			label := string(lane) + "/" + rule
			r.errorf(lineOf(l.base.Files[examplesFile], label+"\t"), 1, "lane", "không có quy tắc %q trong %s (%d dòng); hãy sửa mã, hoặc chỉ ghi tên làn", rule, file, n)
		}
		l.problems = append(l.problems, r.problems...)
	}
}

// Rule is one fixed reply and the wordings that call for it. The pattern
// language of When and Unless is described in FORMAT.md and implemented by
// package index/vietnamese.
type Rule struct {
	ID    string
	Title string
	Reply string
	When  []string
	// Unless holds patterns that take the message out of this rule.
	Unless []string
	// Whole wants a pattern to cover the whole message, politeness aside.
	Whole bool
	// Articles are offered below the reply as further reading.
	Articles []ID
}

// parseLane reads a lane file. Where exists is not nil, it tells which articles
// there are to offer.
func parseLane(file string, data []byte, exists func(ID) bool) ([]Rule, []Problem) {
	f := &front{report: &report{file: file}, exists: exists}
	text := clean(f.report, data)
	root := f.document(text)
	if root == nil {
		return nil, f.problems
	}
	var rules []Rule
	ids := map[string]bool{}
	seen := f.mapping(root, map[string]func(*yaml.Node){"rules": func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			f.errorf(f.line(n), n.Column, "rules", "phải là danh sách các câu trả lời")
			return
		}
		for _, item := range n.Content {
			rule := f.rule(item)
			if ids[rule.ID] {
				f.errorf(f.line(item), item.Column, "id", "mã %q ghi hai lần trong tệp này", rule.ID)
			}
			ids[rule.ID] = true
			rules = append(rules, rule)
		}
	}}, "")
	if !seen["rules"] {
		f.errorf(1, 1, "rules", "thiếu; tệp phải có mục rules")
	}
	return rules, f.problems
}

func (f *front) rule(n *yaml.Node) Rule {
	var r Rule
	seen := f.mapping(n, map[string]func(*yaml.Node){
		"id":       func(v *yaml.Node) { r.ID = f.text(v, "id") },
		"title":    func(v *yaml.Node) { r.Title = f.text(v, "title") },
		"reply":    func(v *yaml.Node) { r.Reply = f.prose(v, "reply") },
		"when":     func(v *yaml.Node) { r.When = f.patterns(v, "when") },
		"unless":   func(v *yaml.Node) { r.Unless = f.patterns(v, "unless") },
		"whole":    func(v *yaml.Node) { r.Whole = f.yesNo(v, "whole") },
		"articles": func(v *yaml.Node) { r.Articles = f.articles(v) },
	}, "rules")
	for _, key := range []string{"id", "reply", "when"} {
		if !seen[key] && n.Kind == yaml.MappingNode {
			f.errorf(f.line(n), n.Column, key, "thiếu trong câu trả lời này")
		}
	}
	return r
}

// articles reads what a rule offers to read. One that is not there is passed over
// when the rule is told, so it only warns.
func (f *front) articles(n *yaml.Node) []ID {
	var ids []ID
	for _, id := range f.list(n, "articles") {
		ids = append(ids, ID(id))
	}
	for i, item := range n.Content {
		if i < len(ids) && f.exists != nil && !f.exists(ids[i]) {
			f.warnf(f.line(item), item.Column, "articles", "không có bài %q trong kho; hãy sửa mã hoặc bỏ đi", ids[i])
		}
	}
	return ids
}

func (f *front) yesNo(n *yaml.Node, field string) bool {
	var v bool
	if err := n.Decode(&v); err != nil {
		f.errorf(f.line(n), n.Column, field, "chỉ ghi true hoặc false")
	}
	return v
}

func (f *front) patterns(n *yaml.Node, field string) []string {
	out := f.list(n, field)
	for i, item := range n.Content {
		if i < len(out) && !isPattern(item.Value) {
			f.errorf(f.line(item), item.Column, field, "mẫu câu %q sai; chỉ dùng chữ, số, dấu |, dấu ? sau và dấu = trước một tiếng, dấu … và ^ $ ở hai đầu", item.Value)
		}
	}
	return out
}

// isPattern reports whether s is a well-formed pattern: at least one word, and
// only the signs the pattern language knows.
func isPattern(s string) bool {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "^"), "$")
	fields, solid := strings.Fields(s), 0
	for _, field := range fields {
		if field == "…" || field == "..." {
			continue
		}
		if !strings.HasSuffix(field, "?") {
			solid++
		}
		for alternative := range strings.SplitSeq(strings.TrimPrefix(strings.TrimSuffix(field, "?"), "="), "|") {
			if alternative == "" || words(alternative) != strings.ToLower(alternative) {
				return false
			}
		}
	}
	return solid > 0
}
