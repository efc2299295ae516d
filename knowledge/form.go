package knowledge

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ReportForm is what staff may change about the crime-report form: the notice a
// citizen agrees to, the kinds of crime, the communes. Its law is content, not
// code.
type ReportForm struct {
	// Version dates the notice. It is recorded with every consent, so it must
	// change whenever Notice, Receiver or Keeper does.
	Version Date
	Notice  string
	// Receiver says who gets the report; Keeper what happens to it while no
	// agency is connected. One of the two is added to the notice. "{số ngày}" in
	// Receiver stands for how many days a delivered report is kept.
	Receiver, Keeper string
	// Danger is said when it is happening now.
	Danger string
	Kinds  []CrimeKind
	// Communes are the communes and wards of the province: "Xã Trà Cú".
	Communes []string
}

// CrimeKind is a kind of crime and the wordings that tell of it.
type CrimeKind struct {
	ID, Title string
	When      []string // patterns, see FORMAT.md; none for the last, which is all else
}

// Kind returns the kind with the id, the last one when there is none.
func (f *ReportForm) Kind(id string) CrimeKind {
	for _, k := range f.Kinds {
		if k.ID == id {
			return k
		}
	}
	return f.Kinds[len(f.Kinds)-1]
}

const (
	formFile     = "report/form.yaml"
	communesFile = "report/communes.tsv"
)

func parseForm(data []byte, form *ReportForm) []Problem {
	f := &front{report: &report{file: formFile}}
	root := f.document(clean(f.report, data))
	if root == nil {
		return f.problems
	}
	seen := f.mapping(root, map[string]func(*yaml.Node){
		"version":  func(n *yaml.Node) { form.Version = f.date(n, "version") },
		"notice":   func(n *yaml.Node) { form.Notice = f.prose(n, "notice") },
		"receiver": func(n *yaml.Node) { form.Receiver = f.prose(n, "receiver") },
		"keeper":   func(n *yaml.Node) { form.Keeper = f.prose(n, "keeper") },
		"danger":   func(n *yaml.Node) { form.Danger = f.prose(n, "danger") },
		"kinds":    func(n *yaml.Node) { form.Kinds = f.kinds(n) },
	}, "")
	for _, key := range []string{"version", "notice", "receiver", "keeper", "danger", "kinds"} {
		if !seen[key] {
			f.errorf(1, 1, key, "thiếu")
		}
	}
	for _, told := range []struct{ name, text string }{{"danger", form.Danger}, {"notice", form.Notice}} {
		if !strings.Contains(told.text, "113") {
			f.errorf(1, 1, told.name, "phải nêu số 113")
		}
	}
	return f.problems
}

// kinds reads the kinds of crime. A report of none of them is of the last one, so
// there has to be one that asks for nothing.
func (f *front) kinds(n *yaml.Node) []CrimeKind {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		f.errorf(f.line(n), n.Column, "kinds", "phải là danh sách, có ít nhất một loại việc")
		return nil
	}
	var out []CrimeKind
	for i, item := range n.Content {
		k := f.kind(item)
		if slices.ContainsFunc(out, func(other CrimeKind) bool { return other.ID == k.ID }) {
			f.errorf(f.line(item), item.Column, "kinds", "mã %q ghi hai lần trong tệp này", k.ID)
		}
		if i == len(n.Content)-1 && len(k.When) > 0 {
			f.errorf(f.line(item), item.Column, "kinds", "loại cuối không được có when: nó nhận mọi việc không thuộc loại nào ở trên")
		}
		out = append(out, k)
	}
	return out
}

func (f *front) kind(n *yaml.Node) CrimeKind {
	var k CrimeKind
	f.mapping(n, map[string]func(*yaml.Node){
		"id":    func(v *yaml.Node) { k.ID = f.text(v, "id") },
		"title": func(v *yaml.Node) { k.Title = f.text(v, "title") },
		"when":  func(v *yaml.Node) { k.When = f.patterns(v, "when") },
	}, "kinds")
	if !isID(k.ID) || k.Title == "" {
		f.errorf(f.line(n), n.Column, "kinds", "mỗi loại việc phải có id (chữ thường không dấu, gạch nối) và title")
	}
	return k
}
