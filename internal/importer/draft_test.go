package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/internal/importer"
)

// TestFigures keeps every figure as it is written: sums, dates and telephone
// numbers are no numbers of headings, and their signs no bullets.
func TestFigures(t *testing.T) {
	text := strings.Join([]string{
		"Lệ phí cấp giấy", "Thu ở xã.", "", "1. Mức thu", "Theo bảng sau.", "", "1.500.000 đồng/giấy", "", "01.01.2027 thu mức mới", "",
		"-1.000.000 đồng hoàn lại", "+84 270 3822 222", "- -5 điểm", "-Tờ khai", "", "2.Nơi thu", "", "Giấy: 50.000 đồng", "", "III. Trễ hạn", "", "0270 3822 222",
	}, "\n")
	want := "Thu ở xã.\n\n## Mức thu\n\nTheo bảng sau.\n\n1.500.000 đồng/giấy\n\n01.01.2027 thu mức mới\n\n" +
		"- -1.000.000 đồng hoàn lại\n- +84 270 3822 222\n- -5 điểm\n- Tờ khai\n\n## Nơi thu\n\nGiấy: 50.000 đồng\n\n## Trễ hạn\n\n0270 3822 222"
	word := ""
	for line := range strings.SplitSeq(text, "\n") {
		bold := "<w:b/>"
		if strings.HasSuffix(line, ".") || strings.ContainsAny(line[:min(1, len(line))], "+-") {
			bold = ""
		}
		word += `<w:p><w:r><w:rPr>` + bold + `</w:rPr><w:t>` + line + `</w:t></w:r></w:p>`
	}
	for name, data := range map[string][]byte{
		"a.txt":  []byte(text),
		"a.docx": packed(t, [2]string{"word/document.xml", wordHead + word + wordEnd}),
	} {
		drafts, _, err := importer.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, drafts[0].Body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestTitles keeps titles whole, and free of markup and of the name of the site.
func TestTitles(t *testing.T) {
	khmer := strings.Repeat("អត្តសញ្ញាណប័ណ្ណ", 10)
	for _, tc := range []struct{ file, data, want string }{
		{"a.html", "<title>Thủ tục cấp - đổi thẻ căn cước</title><p>Nộp ở xã.", "Thủ tục cấp - đổi thẻ căn cước"},
		{"a.html", "<title>Thủ tục cấp - đổi thẻ căn cước - Cổng dịch vụ công</title><p>Nộp ở xã.", "Thủ tục cấp - đổi thẻ căn cước"},
		{"a.html", "<title>Tách hộ - Cư trú | Xã An Trường</title><p>Nộp ở xã.", "Tách hộ"},
		{"a.md", "Mất thẻ thì xin **cấp lại** trên [VNeID](https://vneid.gov.vn). Nộp ở xã bất kỳ cũng được, không cần về nơi thường trú.\n", "Mất thẻ thì xin cấp lại trên VNeID"},
		{"a.txt", khmer + "\n\nNộp ở xã.", string([]rune(khmer)[:90])},
	} {
		drafts, _, err := importer.Read(tc.file, []byte(tc.data))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, drafts[0].Title); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.data, diff)
		}
	}
}

// TestArticleOfOurs takes an article of another folder over, but for what the
// editors of this one must say.
func TestArticleOfOurs(t *testing.T) {
	const article = "---\ntitle: \"Cấp lại thẻ\"\ncategory: can-cuoc\nquestions:\n  - \"mất thẻ thì sao?\"\n  - \"làm lại thẻ\"\n" +
		"keywords: [\"mất CCCD\"]\nprocedure: \"1.012345\"\nagency: \"Công an xã\"\n%ssources:\n  - {title: \"Luật Căn cước 26/2023/QH15\", url: \"https://chinhphu.vn/x\"}\n" +
		"---\nXin **cấp lại** ở xã.\n\n## Cách thực hiện\n\n1. Mở VNeID.\n2. Nộp 30.000 đồng.\n"
	drafts, _, err := importer.Read("x.md", fmt.Appendf(nil, article, "effective: {from: 2024-07-01}\nreviewed: 2026-11-22\n"))
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	want := fmt.Sprintf(article, "effective: {from: , until: }\nreviewed:\n")
	if diff := cmp.Diff(want, string(drafts[0].File("can-cuoc"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSteps makes items of numbered lines, and leaves numbers inside of text.
func TestSteps(t *testing.T) {
	const text = "Đăng ký tạm trú\nNộp ở xã.\n\nHồ sơ gồm:\n\n1. Tờ khai CT01\n2. Giấy tờ chỗ ở\n\nI. Cách nộp\na) Trên VNeID\nd) Ở công an xã\nđ) Qua bưu điện\n\n" +
		"Căn cứ\nĐiều 5. Luật A\nĐiều 6. Luật B\n\n3. Lưu ý\nNộp trước ngày\n12. Sau đó thì trễ."
	const want = "Nộp ở xã.\n\n## Hồ sơ gồm\n\n- Tờ khai CT01\n- Giấy tờ chỗ ở\n\n## Cách nộp\n\n- Trên VNeID\n- Ở công an xã\n- Qua bưu điện\n\n" +
		"## Căn cứ\n\nĐiều 5. Luật A Điều 6. Luật B\n\n## Lưu ý\n\nNộp trước ngày 12. Sau đó thì trễ."
	drafts, _, err := importer.Read("a.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, drafts[0].Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
