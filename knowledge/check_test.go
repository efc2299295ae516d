package knowledge_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/tools/txtar"

	"github.com/trolyao/trolyao/knowledge"
)

var update = flag.Bool("update", false, "write the golden files anew")

const today = knowledge.Date("2026-11-30")

// TestCheck puts each folder of testdata/check through Load and compares the
// problems with the "want" at the end of the file.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys := fstest.MapFS{}
			for _, f := range archive.Files {
				if f.Name != "want" {
					fsys[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			base, problems, err := knowledge.Load(fsys, today)
			if err != nil {
				t.Fatal(err)
			}
			if (base == nil) != knowledge.HasErrors(problems) {
				t.Errorf("base is nil: %v, but errors: %v", base == nil, knowledge.HasErrors(problems))
			}
			var got strings.Builder
			for _, p := range problems {
				fmt.Fprintln(&got, p)
			}
			want := &archive.Files[len(archive.Files)-1]
			if *update {
				want.Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got.String()); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCheckDecomposed finds the same in files whose marks stand apart from their
// letters, as some editors write them.
func TestCheckDecomposed(t *testing.T) {
	for _, name := range []string{"hard-to-read", "right-lines", "right-warnings", "wordings"} {
		t.Run(name, func(t *testing.T) {
			checkAs(t, name, func(_ string, data []byte) []byte { return norm.NFD.Bytes(data) })
		})
	}
}

// TestCheckLineEnds finds the same on the same lines, however lines end.
func TestCheckLineEnds(t *testing.T) {
	for _, end := range []string{"\r\n", "\r"} {
		for _, name := range []string{"hard-to-read", "right-lines", "right-warnings", "ten-mistakes", "wordings", "yaml"} {
			t.Run(fmt.Sprintf("%s %q", name, end), func(t *testing.T) {
				checkAs(t, name, func(file string, data []byte) []byte {
					if path.Ext(file) == ".jsonl" {
						return data
					}
					return bytes.ReplaceAll(data, []byte("\n"), []byte(end))
				})
			})
		}
	}
}

// checkAs puts a folder of testdata/check through Load with its files written in
// another way.
func checkAs(t *testing.T, name string, write func(file string, data []byte) []byte) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/check/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys, want := fstest.MapFS{}, ""
	for _, f := range archive.Files {
		fsys[f.Name] = &fstest.MapFile{Data: write(f.Name, f.Data)}
		want = string(f.Data)
	}
	_, problems, err := knowledge.Load(fsys, today)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&got, p)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
}

// TestInvisible reports everything nobody sees, and nothing of what people write.
func TestInvisible(t *testing.T) {
	for _, c := range "\r\x00\u00ad\u061c\u115f\u1160\u180e\u200b\u200d\u2028\u2029\u202e\u2066\u3164\ufeff\uffa0\U000e0041" {
		if !knowledge.Invisible(c) {
			t.Errorf("%U goes by", c)
		}
	}
	for _, c := range "\n\t ệĐ…–“”•⭐\ufe0f한ខ្មែរ\u0323" {
		if knowledge.Invisible(c) {
			t.Errorf("%U is called invisible", c)
		}
	}
}

// TestArticles keeps every article of the program free of problems, warnings
// included.
func TestArticles(t *testing.T) {
	base, problems, err := knowledge.Load(knowledge.Embedded(), today)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	if base == nil {
		t.Fatal("the embedded knowledge has errors")
	}
	if n := len(base.Articles); n < 40 {
		t.Errorf("%d articles, want at least 40", n)
	}
	for _, a := range base.Articles {
		lead, ok := a.Section(knowledge.Lead)
		if n := len([]rune(lead.Text)); !ok || n < 40 || n > 420 {
			t.Errorf("%s: the conclusion has %d characters; one or two sentences decide", a.File, n)
		}
		for _, s := range a.Sections {
			for _, old := range []string{"UBND huyện", "Công an huyện", "Công an quận", "Phòng Tư pháp", "công an cấp huyện"} {
				if strings.Contains(s.Text, old) && !strings.Contains(s.Text, "không còn") && !strings.Contains(s.Text, "trước đây") && !strings.Contains(s.Text, "Trước") {
					t.Errorf("%s#%s sends people to %q, which ended on 01/07/2025", a.File, s.ID, old)
				}
			}
		}
	}
	for _, id := range []knowledge.ID{"13-nen-tang-so-tra-vinh", "soc-an-toan-thong-tin", "nen-tang-ky-so", "kho-du-lieu-dung-chung", "nen-tang-phan-tich-du-lieu", "cong-dan-so", "tro-ly-ao", "so-lieu-dich-vu-cong-tra-vinh", "xep-hang-chuyen-doi-so", "ket-noi-csdl-dan-cu", "trung-tam-du-lieu-tinh", "mang-so-lieu-chuyen-dung", "nghi-quyet-09-chuyen-doi-so", "so-khan-cap", "to-giac-qua-vneid"} {
		if base.Article(id) == nil {
			t.Errorf("article %s of the founding platforms is missing", id)
		}
	}
}

func TestParseSections(t *testing.T) {
	file := `---
title: Thử
category: thu
questions: [a một, a hai, a ba, a bốn, a năm]
effective: {from: 2024-07-01, until: 2026-12-31}
reviewed: 2026-11-22
review_every: 90d
sources: [{title: "Luật 1", url: "https://a.gov.vn/x"}]
---
Kết luận **đậm** và [trang này](https://dichvucong.gov.vn/abc).

## Lệ phí
1. Một
2. Hai
   - lồng

Gọi [1900 0368](tel:19000368).

## Chuyện riêng của xã
Chữ.
`
	a, problems := knowledge.Parse("articles/thu/bai-thu.md", []byte(file))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []knowledge.Section{
		{ID: knowledge.Lead, Text: "Kết luận đậm và trang này (dichvucong.gov.vn/abc)."},
		{ID: knowledge.Fee, Heading: "Lệ phí", Text: "1. Một\n2. Hai\n  - lồng\n\nGọi 1900 0368 (19000368)."},
		{ID: "chuyen-rieng-cua-xa", Heading: "Chuyện riêng của xã", Text: "Chữ."},
	}
	if diff := cmp.Diff(want, a.Sections); diff != "" {
		t.Error(diff)
	}
	if a.ReviewEvery != 90 || !a.ReviewDue("2027-02-21") || a.ReviewDue("2027-02-20") {
		t.Errorf("review: every %d days, due wrongly", a.ReviewEvery)
	}
	for day, want := range map[knowledge.Date]bool{"2024-06-30": false, "2024-07-01": true, "2026-12-31": true, "2027-01-01": false} {
		if a.InForce(day) != want {
			t.Errorf("InForce(%s) = %v", day, !want)
		}
	}
}

// TestReportForm spoils a good form in each way that would stop a report under way.
func TestReportForm(t *testing.T) {
	const kinds = `kinds:
  - {id: lua-dao, title: Lừa đảo, when: [bị lừa]}
  - {id: khac, title: Việc khác}
`
	const good = `version: 2026-11-23
notice: Gọi 113.
receiver: Chuyển.
keeper: Giữ.
danger: Gọi 113.
` + kinds
	for name, tc := range map[string]struct{ old, new, want string }{
		"good":          {},
		"no kinds":      {kinds, "kinds: []\n", `report/form.yaml:6:8: lỗi: kinds: phải là danh sách, có ít nhất một loại việc`},
		"kinds a word":  {kinds, "kinds: abc\n", `report/form.yaml:6:8: lỗi: kinds: phải là danh sách, có ít nhất một loại việc`},
		"id twice":      {"id: khac", "id: lua-dao", `report/form.yaml:8:5: lỗi: kinds: mã "lua-dao" ghi hai lần trong tệp này`},
		"last narrow":   {"title: Việc khác", "title: Việc khác, when: [bị trộm]", `report/form.yaml:8:5: lỗi: kinds: loại cuối không được có when: nó nhận mọi việc không thuộc loại nào ở trên`},
		"receiver list": {"receiver: Chuyển.", "receiver: [Chuyển]", `report/form.yaml:3:11: lỗi: receiver: phải là một giá trị, không phải danh sách`},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := oneArticle()
			fsys["report/form.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(good, tc.old, tc.new, 1))}
			wantProblem(t, fsys, tc.want)
		})
	}
}

// TestReplyIsText refuses a list where a fixed reply belongs: it would be empty.
func TestReplyIsText(t *testing.T) {
	fsys := oneArticle()
	fsys["lanes/smalltalk.yaml"] = &fstest.MapFile{Data: []byte("rules:\n  - id: khac\n    reply: [Chào]\n    when: [chào]\n")}
	wantProblem(t, fsys, "lanes/smalltalk.yaml:3:12: lỗi: reply: phải là một giá trị, không phải danh sách")
}

// TestOwnLane brings a lane with rules of its own: the examples that the program
// carries name others.
func TestOwnLane(t *testing.T) {
	const lane = "rules:\n  - id: ma-tuy\n    reply: Gọi 113.\n    when: [ma túy]\n    articles: [chim, khong-co]\n"
	fsys := oneArticle()
	fsys["lanes/caution.yaml"] = &fstest.MapFile{Data: []byte(lane)}
	base, problems, err := knowledge.Load(fsys, today)
	if err != nil || base == nil {
		t.Fatal(err, problems[:min(len(problems), 3)])
	}
	given, _, err := knowledge.Load(knowledge.Embedded(), today)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(base.Lanes.Examples), len(given.Lanes.Examples); got != want {
		t.Errorf("%d examples, want %d", got, want)
	}
	for _, e := range base.Lanes.Examples {
		if e.Lane == knowledge.Caution && e.Rule != "" {
			t.Fatalf("%q is an example of rule %s, which is gone", e.Text, e.Rule)
		}
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col))
	}
	if diff := cmp.Diff([]string{"lanes/caution.yaml:1:1", "lanes/caution.yaml:5:22"}, got); diff != "" {
		t.Error(diff, problems[:min(len(problems), 3)])
	}
	version := fstest.MapFS{} // as the index keeps it
	for name, data := range base.Files {
		version[name] = &fstest.MapFile{Data: data}
	}
	if kept, problems, err := knowledge.Reload(version, today); err != nil || kept == nil || kept.Digest != base.Digest {
		t.Errorf("reloaded: %v, %v", problems, err)
	}
}

// TestOwnExamples names the rule that a folder's own examples ask for in vain.
func TestOwnExamples(t *testing.T) {
	fsys := oneArticle()
	fsys["lanes/examples.tsv"] = &fstest.MapFile{Data: []byte("lane\tmessage\nemergency/chay\tcháy nhà\nemergency/lut\tnước ngập\nemergency/lut\tnước lên\n")}
	wantProblem(t, fsys, `lanes/examples.tsv:3:1: lỗi: lane: không có quy tắc "lut" trong lanes/emergency.yaml (2 dòng); hãy sửa mã, hoặc chỉ ghi tên làn`)
	fsys["lanes/examples.tsv"] = &fstest.MapFile{Data: []byte("lane\tmessage\nemergenci/chay\tcháy nhà\n")}
	wantProblem(t, fsys, `lanes/examples.tsv:2:1: lỗi: dòng này phải có đủ các cột, đúng giá trị: lane, message (cách nhau bằng phím Tab; xem FORMAT.md)`)
}

// oneArticle is a folder without problems.
func oneArticle() fstest.MapFS {
	return fstest.MapFS{"articles/thu/chim.md": {Data: []byte(`---
title: Nuôi chim
category: thu
questions: ["nuôi chim", "nuôi chim ở đâu", "xin nuôi chim", "chim bồ câu", "nuôi cu"]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: "Luật thử 1/2020/QH14"}]
---
Ai nuôi chim thì báo xã.
`)}}
}

// wantProblem loads a folder and looks for one problem among its own; "" wants
// none at all.
func wantProblem(t *testing.T, fsys fstest.MapFS, want string) {
	t.Helper()
	_, problems, err := knowledge.Load(fsys, today)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
		t.Errorf("want %q, got:\n%s", want, strings.Join(got[:min(len(got), 10)], "\n"))
	}
}

func TestLoadEmptyFolder(t *testing.T) {
	if _, _, err := knowledge.Load(fstest.MapFS{"notes.txt": {}}, today); err == nil {
		t.Error("a folder without articles was accepted")
	}
}

// locked is a folder of which some files and folders belong to somebody else.
type locked struct {
	fs.FS
	names []string
}

// Open implements fs.FS.
func (l locked) Open(name string) (fs.File, error) {
	if slices.Contains(l.names, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.FS.Open(name)
}

// TestLoadUnreadable wants what must not be read to be a problem of that file
// TestTakenIDs finds the ids of articles and drafts wherever they stand, and
// check tells of two drafts with the same.
func TestTakenIDs(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("---\ntitle: Bài\n---\n")}
	for _, root := range []string{"articles/", ""} {
		fsys := fstest.MapFS{
			root + "mot.md": file, root + "thu/hai.md": file, root + "thu/sau/Ba.MD": file, root + "thu/README.md": file, root + ".git/x.md": file,
			"drafts/thu/bon.md": file, "drafts/xa/bon.md": file,
		}
		got, err := knowledge.TakenIDs(fsys)
		if err != nil {
			t.Fatal(err)
		}
		want := map[knowledge.ID]string{"mot": root + "mot.md", "hai": root + "thu/hai.md", "ba": root + "thu/sau/Ba.MD", "bon": "drafts/thu/bon.md"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("under %q (-want +got):\n%s", root, diff)
		}
		_, problems, err := knowledge.Load(fsys, today)
		if want := `drafts/xa/bon.md:1:1: cảnh báo: (bài nháp) mã bài "bon" đã dùng ở drafts/thu/bon.md`; err != nil || !strings.Contains(fmt.Sprint(problems), want) {
			t.Errorf("under %q: check does not say %s: %v %v", root, want, err, problems)
		}
	}
}

// TestNotesBesideArticles leaves out what editors write for each other.
func TestNotesBesideArticles(t *testing.T) {
	article := &fstest.MapFile{Data: []byte("---\ntitle: Bài một\ncategory: thu\nquestions: [hỏi a, hỏi b, hỏi c, hỏi d, hỏi e]\neffective: {from: 2024-07-01}\nreviewed: 2026-11-22\nsources: [{title: Luật thử 1/2020/QH14}]\n---\nKết luận.\n")}
	note := &fstest.MapFile{Data: []byte("# Ai viết mục nào\n")}
	for _, root := range []string{"articles/", ""} {
		fsys := fstest.MapFS{
			root + "thu/mot.md": article, root + "README.md": note, root + "thu/README.md": note, root + "thu/FORMAT.md": note,
			"drafts/thu/README.md": note,
		}
		base, problems, err := knowledge.Load(fsys, today)
		if err != nil || base == nil || len(base.Articles) != 1 || len(problems) > 0 {
			t.Errorf("under %q: %v %v", root, err, problems)
		}
	}
}

// alone, and of a draft only a warning.
func TestLoadUnreadable(t *testing.T) {
	for _, c := range []struct {
		name     string
		severity knowledge.Severity
	}{
		{"articles/thu/khoa.md", knowledge.Error},
		{"articles/thu", knowledge.Error},
		{"lanes/emergency.yaml", knowledge.Error},
		{"lexicon/synonyms.tsv", knowledge.Error},
		{"lexicon/wordings.tsv", knowledge.Error},
		{"questions.jsonl", knowledge.Error},
		{"drafts/thu/khoa.md", knowledge.Warning},
		{"drafts/thu", knowledge.Warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := fstest.MapFS{"articles/khac/mot.md": {Data: []byte("hỏng")}}
			name := c.name
			if path.Ext(name) == "" {
				name += "/khoa.md"
			}
			folder[name] = &fstest.MapFile{}
			_, problems, err := knowledge.Load(locked{folder, []string{c.name}}, today)
			if err != nil {
				t.Fatal(err)
			}
			said := map[string]knowledge.Problem{}
			for _, p := range problems {
				said[p.File] = p
			}
			if p := said[c.name]; p.Severity != c.severity || !strings.Contains(p.Text, "không được phép đọc") {
				t.Errorf("%+v", p)
			}
			if _, ok := said["articles/khac/mot.md"]; !ok {
				t.Error("the other articles were not looked at")
			}
		})
	}
	if _, problems, err := knowledge.Load(locked{fstest.MapFS{"articles/a/b.md": {}}, []string{"articles/a/b.md"}}, today); err != nil || len(problems) != 1 {
		t.Errorf("of one article that must not be read: %v %v", problems, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("---\ntitle: x\n---\nbody"))
	f.Add([]byte("---\nsources: [{title: a, url: 'https://x'}]\neffective: {from: 2024-01-01, until: 2023-01-01}\n---\n## A\n- b\n  1. c\n"))
	f.Add([]byte("---\n&a [*a]\n---\n<b>x</b> ![](y) [z](javascript:1)\n|a|b|\n---\n"))
	f.Add([]byte("\xff\xfe---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, problems := knowledge.Parse("articles/x/y.md", data)
		if knowledge.HasErrors(problems) {
			return
		}
		// What passes must be fit to show.
		if a.Title == "" || a.Category == "" || len(a.Questions) < 5 || len(a.Sources) == 0 || a.Effective.From == "" || a.Reviewed == "" {
			t.Fatalf("accepted an article without its required fields: %+v", a)
		}
		for _, s := range a.Sections {
			if s.Text == "" || s.ID == "" {
				t.Fatalf("accepted an empty section: %+v", s)
			}
		}
	})
}
