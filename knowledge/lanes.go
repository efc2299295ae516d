package knowledge

import (
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

// knows reports whether label is "question", "statement", a lane, or "lane/rule"
// of a rule that exists.
func (l *Lanes) knows(label string) bool {
	lane, rule, named := strings.Cut(label, "/")
	if label == questionLabel || LaneName(label) == Statement {
		return true
	}
	if !slices.Contains(LaneNames(), LaneName(lane)) {
		return false
	}
	return !named || slices.ContainsFunc(l.Rules(LaneName(lane)), func(r Rule) bool { return r.ID == rule })
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

func parseLane(file string, data []byte) ([]Rule, []Problem) {
	f := &front{report: &report{file: file}}
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
		"id":     func(v *yaml.Node) { r.ID = f.text(v, "id") },
		"title":  func(v *yaml.Node) { r.Title = f.text(v, "title") },
		"reply":  func(v *yaml.Node) { r.Reply = f.prose(v, "reply") },
		"when":   func(v *yaml.Node) { r.When = f.patterns(v, "when") },
		"unless": func(v *yaml.Node) { r.Unless = f.patterns(v, "unless") },
		"whole":  func(v *yaml.Node) { r.Whole = f.yesNo(v, "whole") },
		"articles": func(v *yaml.Node) {
			for _, id := range f.list(v, "articles") {
				r.Articles = append(r.Articles, ID(id))
			}
		},
	}, "rules")
	for _, key := range []string{"id", "reply", "when"} {
		if !seen[key] && n.Kind == yaml.MappingNode {
			f.errorf(f.line(n), n.Column, key, "thiếu trong câu trả lời này")
		}
	}
	return r
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
