package knowledge_test

import (
	"slices"
	"strings"
	"testing"

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
