package importer_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/trolyao/trolyao/internal/importer"
	"github.com/trolyao/trolyao/knowledge"
)

var update = flag.Bool("update", false, "write the golden files anew")

// packed makes a zip of parts.
func packed(t *testing.T, parts ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wordHead = `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`
	wordEnd  = `</w:body></w:document>`
	styles   = `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
		<w:style w:styleId="u1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="td"><w:name w:val="Title"/></w:style></w:styles>`
)

func paragraph(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + style + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func docx(t *testing.T) []byte {
	t.Helper()
	body := paragraph("td", "Hướng dẫn xin cấp giấy phép nuôi chim") +
		paragraph("", "Ai nuôi từ mười con chim trở lên thì xin giấy phép ở xã.") +
		paragraph("u1", "1. Hồ sơ") +
		`<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>Đơn xin</w:t></w:r><w:r><w:t xml:space="preserve"> phép</w:t></w:r></w:p>` +
		`<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Ảnh chuồng</w:t></w:r><w:del><w:r><w:t>chữ đã gạch</w:t></w:r></w:del></w:p>` +
		`<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Lệ phí</w:t></w:r></w:p>` +
		`<w:tbl><w:tr><w:tc>` + paragraph("", "Số chim") + `</w:tc><w:tc>` + paragraph("", "Mức thu") + `</w:tc></w:tr>
		<w:tr><w:tc>` + paragraph("", "10 con") + `</w:tc><w:tc>` + paragraph("", "20.000 đồng") + `</w:tc></w:tr></w:tbl>` +
		paragraph("", "Theo Nghị định số 12/2024/NĐ-CP.")
	return packed(t, [2]string{"word/document.xml", wordHead + body + wordEnd}, [2]string{"word/styles.xml", styles})
}

// xlsx is a table as offices make it: its name above, merged fields, columns in
// their own order, a second wording without an answer of its own.
func xlsx(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	rows := [][]any{
		{"ỦY BAN NHÂN DÂN XÃ", "", "", ""},
		{"DANH MỤC CÂU HỎI THƯỜNG GẶP", "", "", ""},
		{"STT", "Lĩnh vực", "Nội dung trả lời", "Câu hỏi", "Căn cứ"},
		{1, "Hộ tịch", "Nộp ở xã bất kỳ.\n- Mang tờ khai\n- Mang căn cước", "Đăng ký khai sinh ở đâu?", "Luật Hộ tịch 60/2014/QH13"},
		{"", "", "", "Làm khai sinh chỗ nào"},
		{2, "Cư trú", "Trong 3 ngày làm việc.", "Đăng ký tạm trú bao lâu?"},
	}
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	for _, area := range [][2]string{{"A1", "E1"}, {"B4", "B5"}} {
		if err := f.MergeCell("Sheet1", area[0], area[1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sparse is a workbook with one field at the end of each of its rows.
func sparse(t *testing.T, rows int, column string) []byte {
	t.Helper()
	const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var sheet strings.Builder
	for i := range rows {
		fmt.Fprintf(&sheet, `<row r="%d"><c r="%s%d"><v>1</v></c></row>`, i+1, column, i+1)
	}
	return packed(t,
		[2]string{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		[2]string{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		[2]string{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relations + `"><sheets><sheet name="S" sheetId="1" r:id="r"/></sheets></workbook>`},
		[2]string{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="` + relations + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		[2]string{"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheet.String() + `</sheetData></worksheet>`},
	)
}

// TestFarRow reads a workbook whose last row is there and empty, as LibreOffice
// writes them.
func TestFarRow(t *testing.T) {
	f := excelize.NewFile()
	for cell, text := range map[string]string{"A1": "Câu hỏi", "B1": "Trả lời", "A2": "Nuôi chim ở đâu?", "B2": "Ở xã."} {
		if err := f.SetCellStr("Sheet1", cell, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetRowHeight("Sheet1", 1<<20, 20); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if drafts, _, err := importer.Read("a.xlsx", b.Bytes()); err != nil || len(drafts) != 1 {
		t.Errorf("%d drafts, %v", len(drafts), err)
	}
}

// TestRead turns one file of each kind into drafts and compares them with
// testdata/*.golden.
func TestRead(t *testing.T) {
	files := map[string][]byte{"nuoi-chim.docx": docx(t), "hoi-dap.xlsx": xlsx(t)}
	for _, name := range []string{"tin-tuc.txt", "trang.html"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	files["hoi-dap.csv"] = []byte("\ufeffTrả lời;Câu hỏi;Chủ đề\r\nKhông mất tiền.;Làm VNeID tốn bao nhiêu?;VNeID\r\nKhông mất tiền.;Phí làm VNeID;VNeID\r\n")
	files["ghi-chu.md"] = []byte("# Tách hộ\n\nVợ chồng ly hôn được tách hộ.\n\n### Hồ sơ\n* Tờ khai **CT01**\n* ![ảnh](x.png)Quyết định ly hôn\n\n| Việc | Ngày |\n|---|---|\n| Tách hộ | 5 ngày |\n\n<script>alert(1)</script>\n")
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			drafts, _, err := importer.Read(name, data)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, d := range drafts {
				got.Write(d.File(knowledge.Slug(d.Category + " x")))
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("drafts differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTablesWithin reads tables inside the fields of others, and text boxes: each
// thing is said once.
func TestTablesWithin(t *testing.T) {
	cells := func(texts ...string) string {
		return `<w:tr><w:tc>` + strings.Join(texts, `</w:tc><w:tc>`) + `</w:tc></w:tr>`
	}
	inner := `<w:tbl>` + cells(paragraph("", "Việc"), paragraph("", "Lệ phí")) + cells(paragraph("", "Cấp lại"), paragraph("", "30.000 đồng")) + `</w:tbl>`
	box := `<w:txbxContent>` + paragraph("", "Gọi số") + paragraph("", "1900 0368") + `</w:txbxContent>`
	word := paragraph("", "Cấp lại thẻ") + `<w:tbl>` + cells(paragraph("", "Cột trái")+inner+paragraph("", "sau bảng con")) + `</w:tbl>` +
		`<w:p><w:r><w:t>Cần hỏi:</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing>` + box + `</w:drawing></mc:Choice><mc:Fallback><w:pict>` + box + `</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`
	page := `<h1>Cấp lại thẻ</h1><table><tr><td>Cột trái <table><tr><th>Việc<th>Lệ phí<tr><td>Cấp lại<td>30.000 đồng</table> sau bảng con</table><p>Cần hỏi: Gọi số 1900 0368</p>`
	laidOut := `<table><tr><td>Trang chủ<td><article>` + page + `<p>` + strings.Repeat("Chữ. ", 60) + `</p></article></table>`
	for name, data := range map[string][]byte{
		"a.docx":    packed(t, [2]string{"word/document.xml", wordHead + word + wordEnd}),
		"a.html":    []byte(page),
		"laid.html": []byte(laidOut),
	} {
		drafts, _, err := importer.Read(name, data)
		if err != nil || len(drafts) != 1 {
			t.Fatalf("%s: %d drafts, %v", name, len(drafts), err)
		}
		want := "- Cột trái Cấp lại; Lệ phí: 30.000 đồng sau bảng con\n\nCần hỏi: Gọi số 1900 0368"
		got, _, _ := strings.Cut(drafts[0].Body, "\n\nChữ.")
		if diff := cmp.Diff(want, strings.TrimSpace(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestTable reads tables as people make them: who asks what.
func TestTable(t *testing.T) {
	for name, tc := range map[string]struct {
		csv   string
		want  [][]string
		notes string // a part of them
	}{
		"further wording of the row above": {csv: "Câu hỏi,Trả lời\nmột,A\nhai,B\nba,A\nbốn,\nnăm,\n", want: [][]string{{"một", "ba", "bốn", "năm"}, {"hai"}}, notes: "[2 câu hỏi để trống câu trả lời, đã nhập làm cách hỏi khác của dòng ngay trên; hãy đọc lại: “bốn”, “năm”]"},
		"quotes inside words":              {csv: "Câu hỏi,Trả lời\ncái \"giấy hồng\" là gì,\"Là giấy\nmàu \"hồng\", có dấu.\"\nhai,B\n", want: [][]string{{`cái "giấy hồng" là gì`}, {"hai"}}, notes: "[]"},
		"the office above the columns":     {csv: "DANH MUC CAU HOI, xã A, huyện B\n\nCâu hỏi;Trả lời\nmột;A, B, C\n", want: [][]string{{"một"}}, notes: "[]"},
		"not answered yet, the first":      {csv: "Câu hỏi,Trả lời\nmột,\nhai,B\n", want: [][]string{{"hai"}}, notes: "[1 câu hỏi chưa có câu trả lời nên không nhập: “một”]"},
		"not answered yet, numbered":       {csv: "STT,Câu hỏi,Trả lời\n1,một,A\n,hai,\n2,ba,...\n,bốn,\n3,năm,C\n", want: [][]string{{"một", "hai"}, {"năm"}}, notes: "[2 câu hỏi chưa có câu trả lời nên không nhập: “ba”, “bốn” 1 câu hỏi để trống"},
	} {
		t.Run(name, func(t *testing.T) {
			drafts, notes, err := importer.Read("a.csv", []byte(tc.csv))
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, d := range drafts {
				got = append(got, d.Questions)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("questions of each draft (-want +got):\n%s", diff)
			}
			if !strings.Contains(fmt.Sprint(notes), tc.notes) {
				t.Errorf("notes %v, want %s", notes, tc.notes)
			}
		})
	}
}

// TestRefused wants a clear refusal of everything that is no source of text.
func TestRefused(t *testing.T) {
	bomb := packed(t, [2]string{"word/document.xml", strings.Repeat("0", 80<<20)})
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb is %d bytes large", len(bomb))
	}
	for name, tc := range map[string]struct {
		file string
		data []byte
		want error
	}{
		"fifty megabytes":        {"a.txt", bytes.Repeat([]byte("chữ "), 10<<20), importer.ErrTooLarge},
		"zip bomb":               {"a.docx", bomb, importer.ErrBomb},
		"zip bomb for a table":   {"a.xlsx", bomb, importer.ErrBomb},
		"a sheet made wide":      {"a.xlsx", sparse(t, 300, "XFD"), importer.ErrSheet},
		"a quote left open":      {"a.csv", []byte("câu hỏi,trả lời\nHỏi một,\"Đáp một\nHỏi hai,Đáp hai\n"), importer.ErrQuote},
		"a quote over many rows": {"a.csv", []byte("câu hỏi,trả lời\nHỏi,\"Đáp\n" + strings.Repeat("Hỏi,Đáp\n", 9) + "Hỏi \"a\" b,\"Đáp\"\n"), importer.ErrQuote},
		"a docx that is not one": {"a.docx", []byte("\xd0\xcf\x11\xe0 old Word"), importer.ErrNotDocx},
		"a zip that is no docx":  {"a.docx", packed(t, [2]string{"x.txt", "x"}), importer.ErrNotDocx},
		"an xlsx that is not":    {"a.xlsx", []byte("a,b"), importer.ErrNotXLSX},
		"a zip that is no xlsx":  {"a.xlsx", packed(t, [2]string{"x.txt", "x"}), importer.ErrNotXLSX},
		"a table without names":  {"a.csv", []byte("1,2,3\n4,5,6\n"), importer.ErrColumns},
		"a table of names alone": {"a.csv", []byte("Câu hỏi,Trả lời\n"), importer.ErrNoAnswers},
		"a table unanswered":     {"a.csv", []byte("Câu hỏi,Trả lời\nmột,\n"), importer.ErrNoAnswers},
		"another encoding":       {"a.txt", []byte("Ti\xea\xf1ng Vi\xeat"), importer.ErrNotUTF8},
		"another kind":           {"a.pdf", []byte("%PDF"), importer.ErrKind},
		"nothing":                {"a.txt", []byte("\n \n"), importer.ErrNoText},
		"a title alone":          {"a.html", []byte("<title>x</title>"), importer.ErrNoText},
	} {
		t.Run(name, func(t *testing.T) {
			drafts, _, err := importer.Read(tc.file, tc.data)
			if !errors.Is(err, tc.want) || len(drafts) > 0 {
				t.Errorf("got %d drafts, %v; want %v", len(drafts), err, tc.want)
			}
		})
	}
}

// TestWrite writes drafts, never over a file and never half of them, and check
// talks about them.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		drafts, _, err := importer.Read("hoi-dap.xlsx", xlsx(t))
		if err != nil {
			t.Fatal(err)
		}
		w, err := importer.NewWriter(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(drafts, "hoi-dap"); err != nil {
			t.Fatal(err)
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "drafts", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for i, path := range found {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[i] = strings.TrimPrefix(path, dir+"/drafts/")
		fsys["drafts/"+found[i]] = &fstest.MapFile{Data: data}
	}
	if diff := cmp.Diff([]string{
		"cu-tru/dang-ky-tam-tru-bao-lau-2.md", "cu-tru/dang-ky-tam-tru-bao-lau.md",
		"ho-tich/dang-ky-khai-sinh-o-dau-2.md", "ho-tich/dang-ky-khai-sinh-o-dau.md",
	}, found); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	fsys["articles/thu/mot.md"] = &fstest.MapFile{Data: []byte("---\ntitle: Bài một\ncategory: thu\nquestions: [hỏi a, hỏi b, hỏi c, hỏi d, hỏi e]\neffective: {from: 2024-07-01}\nreviewed: 2026-11-22\nsources: [{title: Luật thử}]\n---\nKết luận.\n")}
	base, problems, err := knowledge.Load(fsys, "2026-11-23")
	if err != nil || base == nil || len(base.Articles) != 1 {
		t.Fatalf("drafts hinder the articles: %v %v", err, problems)
	}
	talk := fmt.Sprint(problems)
	for _, want := range []string{"(bài nháp) mới có 2 câu", "effective.from", "reviewed"} {
		if !strings.Contains(talk, want) {
			t.Errorf("check does not talk about %q: %s", want, talk)
		}
	}
	// A folder that cannot be written to: nothing is left behind.
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, "drafts"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := importer.NewWriter(blocked)
	if err == nil {
		_, err = w.Write([]importer.Draft{{Title: "x", Body: "x"}}, "")
	}
	if err == nil {
		t.Error("wrote into a file")
	}
}

// FuzzRead reads anything without panic; what it makes is whole.
func FuzzRead(f *testing.F) {
	for _, kind := range importer.Kinds() {
		f.Add("x"+kind, []byte("# Tên\n\nChữ | bảng\n\n- mục"))
		f.Add("x"+kind, []byte("câu hỏi,trả lời\n\"a\",b\n"))
		f.Add("x"+kind, []byte("<h1>Tên</h1><table><tr><td>a<td>b<tr><td>c</table><p>chữ"))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		drafts, _, err := importer.Read(name, data)
		if err != nil {
			return
		}
		for _, d := range drafts {
			a, problems := knowledge.Parse("x.md", d.File("thu"))
			if a == nil || a.Title == "" {
				t.Errorf("draft is no article file: %v\n%s", problems, d.File("thu"))
			}
			for _, p := range problems {
				if strings.Contains(p.Text, "YAML") || strings.Contains(p.Text, "không nhìn thấy") || strings.Contains(p.Text, "thiếu phần đầu") {
					t.Errorf("%v\n%s", p, d.File("thu"))
				}
			}
		}
	})
}

// What stands between the dashes of a Markdown file is taken, or it is said why not.
func TestFrontMatterLeftOut(t *testing.T) {
	for front, want := range map[string]string{
		"title: Giấy thử\nquestions: [\"một, \"hai\"]": "dòng 3 không đọc được",
		"layout: post": "không phải khai báo của một bài",
		"title: Giấy thử\nquestions: [một]": "",
	} {
		drafts, notes, err := importer.Read("a.md", []byte("---\n"+front+"\n---\n# Giấy thử\n\nNộp ở xã.\n"))
		if err != nil || len(drafts) != 1 || drafts[0].Title != "Giấy thử" {
			t.Errorf("%q: %+v %v", front, drafts, err)
		}
		if said := strings.Join(notes, " "); !strings.Contains(said, want) || want == "" && said != "" {
			t.Errorf("%q: notes %q, want %q", front, said, want)
		}
	}
}
