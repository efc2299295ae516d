package knowledge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/knowledge"
)

// TestSecrets tells a sentence that asks for a secret from one that warns of it.
func TestSecrets(t *testing.T) {
	const warns = "như bảo người dân đưa mã OTP"
	for sentence, want := range map[string]bool{
		"Hãy gửi mã OTP cho cán bộ.": true,
		"Nếu không nhận được thẻ, hãy gửi mã OTP và mật khẩu cho cán bộ.": true,
		"Không thấy thẻ thì phải đọc mã OTP cho cán bộ.":                  true,
		"Giấy giả sẽ bị thu, cần chụp ảnh căn cước gửi lại.":              true,
		"Người nghi bị mất thẻ phải gửi ảnh căn cước.":                    true,
		"Nếu bị lừa, vui lòng gửi mật khẩu cho công an.":                  true,
		"Hãy nhớ: không bao giờ được gửi mã OTP cho ai.":                  false,
		"Cần nhớ không gửi, đọc, chụp, chuyển mã OTP hay mật khẩu.":       false,
		"Kẻ gian thường giả làm cán bộ, bảo phải cung cấp mã OTP.":        false,
		"Gửi đơn rồi thì không cần đưa mật khẩu cho ai.":                  false,
		"Ai đòi gửi mật khẩu thì phải báo công an.":                       false,
		"Chỗ này cần nhập mật khẩu.":                                      false,
	} {
		fsys := oneArticle()
		file := fsys["articles/thu/chim.md"]
		file.Data = append(file.Data, "\n## Lưu ý\n"+sentence+"\n"...)
		_, problems, err := knowledge.Load(fsys, today)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(problems, func(p knowledge.Problem) bool { return strings.Contains(p.Text, warns) }); got != want {
			t.Errorf("%q: reported %v, want %v", sentence, got, want)
		}
	}
}

// TestMoneyUnsaid reports a question about money of an article that speaks of
// none, whatever words of it sound like money.
func TestMoneyUnsaid(t *testing.T) {
	for text, want := range map[string]bool{
		"Người lao động ký hợp đồng được ưu tiên, nơi hội đồng xã hoạt động.": true,
		"Ai nuôi chim thì nộp 50.000 đồng mỗi năm.":                           false,
		"Ai nuôi chim thì nộp năm chục nghìn đồng.":                           false,
		"Ai nuôi chim thì không mất phí.":                                     false,
		"Ai nuôi chim thì không phải nộp tiền.":                               false,
	} {
		fsys := oneArticle()
		file := fsys["articles/thu/chim.md"]
		file.Data = []byte(strings.NewReplacer("Ai nuôi chim thì báo xã.", text, "nuôi cu", "lệ phí nuôi cu bao nhiêu tiền").Replace(string(file.Data)))
		_, problems, err := knowledge.Load(fsys, today)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(problems, func(p knowledge.Problem) bool { return strings.Contains(p.Text, "không nói gì về tiền") }); got != want {
			t.Errorf("%q: reported %v, want %v", text, got, want)
		}
	}
}

// TestMarkup reports what an editor meant for markup and citizens would see.
func TestMarkup(t *testing.T) {
	for text, want := range map[string]string{
		"Mang giấy.\n##Lệ phí\nMiễn.": `14:1: lỗi: Lưu ý: dòng này không thành tiêu đề; hãy viết: ## Lệ phí`,
		"Mang giấy.\n\n##Lệ phí":      `15:1: lỗi: Lưu ý: dòng này không thành tiêu đề; hãy viết: ## Lệ phí`,
		"Mang **căn cước **.":         `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "**"`,
		"*Lưu ý * mang giấy.":         `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "*Lưu ý *"`,
		"Xem _mục 2 _ ở dưới.":        `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "_mục 2 _"`,
		"Xem [trang] (https://x.vn).": `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "] ("`,
		"Có ~~gạch~~.":                `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "~~"`,
		"Xem &khong;.":                `13:1: cảnh báo: Lưu ý: người dân sẽ thấy nguyên "&khong;"`,
		"Xem&#8203; đây.":             `13:1: lỗi: Lưu ý: có ký tự không nhìn thấy (U+200B)`,
		"Mang **căn cước**, xem [trang](https://x.gov.vn/a_b), bấm *101# hoặc *102#, viết a_b@c_d.vn, &eacute; và https://x.vn/?a=1&reg=2.": "",
	} {
		fsys := oneArticle()
		file := fsys["articles/thu/chim.md"]
		file.Data = append(file.Data, "\n## Lưu ý\n\n"+text+"\n"...)
		base, problems, err := knowledge.Load(fsys, today)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range problems {
			got += p.String() + "\n"
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: want %q, got %q", text, want, got)
		}
		if want != "" {
			continue
		}
		notes, _ := base.Articles[0].Section(knowledge.Notes)
		if !strings.HasSuffix(notes.Text, "é và https://x.vn/?a=1&reg=2.") {
			t.Errorf("shown as %q", notes.Text)
		}
	}
}

// TestQuestions reports what a questions file expects in vain or says twice.
func TestQuestions(t *testing.T) {
	for lines, want := range map[string]string{
		`{"question":"a","expect":["chim","chim#tom-tat"],"must":true}`:                                   "",
		`{"question":"a","expect":["chim"],"outcome":"choices"}`:                                          "",
		`{"question":"a","expect":["chim#le-phi"]}`:                                                       `questions.jsonl:1:1: cảnh báo: expect: bài chim không có mục "le-phi"; hãy sửa mã mục, hoặc chỉ ghi mã bài`,
		`{"question":"a","expect":["cu"]}`:                                                                `questions.jsonl:1:1: cảnh báo: expect: không có bài "cu" trong kho; hãy sửa mã bài hoặc bỏ câu hỏi`,
		`{"question":"a","expcet":["chim"],"outcome":"abstain"}`:                                          `questions.jsonl:1:1: lỗi: không đọc được câu hỏi (unknown field: json: unknown field "expcet"); mỗi dòng là một đối tượng JSON, xem FORMAT.md`,
		`{"question":"a","expect":["chim"]}` + "\n" + `{"question":"a","expect":["chim"]}`:                `questions.jsonl:2:1: cảnh báo: question: "a" đã hỏi ở dòng 1; hãy bỏ một dòng`,
		`{"question":"a","expect":["chim"]}` + "\n" + `{"question":"a","before":["b"],"expect":["chim"]}`: "",
	} {
		fsys := oneArticle()
		fsys["questions.jsonl"] = &fstest.MapFile{Data: []byte(lines)}
		wantProblem(t, fsys, want)
		_, problems, err := knowledge.Reload(fsys, today)
		if err != nil || knowledge.HasErrors(problems) {
			t.Errorf("%s: a version that is live already does not open: %v %v", lines, problems, err)
		}
	}
}

// TestUnread reports files that nothing reads, and sections that no article has.
func TestUnread(t *testing.T) {
	for file, want := range map[string]struct{ text, want string }{
		"lanes/emergencyy.yaml":  {"rules: []", "lanes/emergencyy.yaml:1:1: cảnh báo: tệp này không được dùng; lanes chỉ có các tệp: examples.tsv, emergency.yaml, report.yaml, refuse.yaml, smalltalk.yaml, caution.yaml"},
		"report/form.yml":        {"", "report/form.yml:1:1: cảnh báo: tệp này không được dùng; report chỉ có các tệp: communes.tsv, form.yaml"},
		"lexicon/README.md":      {"", ""},
		"lexicon/aspects.tsv":    {"section\tcue\nle-phi\tbao nhiêu\nle-phii\tmấy đồng\n", `lexicon/aspects.tsv:3:1: cảnh báo: section: không bài nào có mục "le-phii"; hãy sửa mã mục hoặc bỏ dòng này`},
		"lexicon/followups.tsv":  {"message\tsection\nrồi sao\t-\nbao lâu\tthoi-hann\n", `lexicon/followups.tsv:3:1: cảnh báo: section: không bài nào có mục "thoi-hann"; hãy sửa mã mục hoặc bỏ dòng này`},
		"lexicon/given/xong.tsv": {"", ""},
	} {
		fsys := oneArticle()
		fsys[file] = &fstest.MapFile{Data: []byte(want.text)}
		wantProblem(t, fsys, want.want)
	}
}

// TestOwnEntities lets a folder's own row win over the embedded one that shares a
// name, and take one away.
func TestOwnEntities(t *testing.T) {
	for row, want := range map[string][][]string{
		"hộ chiếu; thẻ đi đường": {{"hộ chiếu", "thẻ đi đường"}},
		"Hộ Chiếu;-":             nil,
	} {
		fsys := oneArticle()
		fsys["lexicon/entities.tsv"] = &fstest.MapFile{Data: []byte("names\n" + row + "\nhộ chiếu chim; thẻ chim\n")}
		base, problems, err := knowledge.Load(fsys, today)
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		var got [][]string
		for _, names := range base.Lexicon.Entities {
			if slices.Contains(names, "hộ chiếu") {
				got = append(got, names)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(base.Lexicon.Entities) < 50 {
			t.Errorf("%s: %d entities, %s", row, len(base.Lexicon.Entities), diff)
		}
	}
	fsys := oneArticle()
	fsys["lexicon/entities.tsv"] = &fstest.MapFile{Data: []byte("names\n-\n")}
	wantProblem(t, fsys, "lexicon/entities.tsv:2:1: lỗi: dòng này phải có đủ các cột, đúng giá trị: names (cách nhau bằng phím Tab; xem FORMAT.md)")
}

// TestOrderOfProblems says what is wrong in the same order every time.
func TestOrderOfProblems(t *testing.T) {
	fsys := oneArticle()
	fsys["report/form.yaml"] = &fstest.MapFile{Data: []byte("version: 2026-11-23\nnotice: a\nreceiver: b\nkeeper: c\ndanger: d\nkinds: [{id: khac, title: Khác}]\n")}
	for range 20 {
		_, problems, err := knowledge.Load(fsys, today)
		if err != nil || len(problems) != 2 || problems[0].Field != "danger" || problems[1].Field != "notice" {
			t.Fatal(err, problems)
		}
	}
}
