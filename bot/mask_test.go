package bot_test

import (
	"strings"
	"testing"

	"github.com/trolyao/trolyao/bot"
)

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"số căn cước 084192001234 của tôi sai":              "số căn cước [số định danh] của tôi sai",
		"cmnd cũ 334567890 thì sao":                         "cmnd cũ [số] thì sao",
		"gọi 0912345678 hoặc 0912.345.678 hay +84912345678": "gọi [điện thoại] hoặc [điện thoại] hay [điện thoại]",
		"gọi 0294 3851 234 không ai nghe":                   "gọi [điện thoại] không ai nghe",
		"mail be.nguyen@example.com.vn nhé":                 "mail [email] nhé",
		"thẻ 4111 1111 1111 1111 bị trừ tiền":               "thẻ [số thẻ] bị trừ tiền",
		"stk 19034567 của nó":                               "[tài khoản] của nó",
		"xe 84B1-123.45 chạy mất":                           "xe [biển số] chạy mất",
		"tôi tên Nguyễn Văn Tí, làm căn cước ở đâu":         "[tên], làm căn cước ở đâu",
		"lệ phí 50.000 đồng hay 100000 đồng":                "lệ phí 50.000 đồng hay 100000 đồng",
		"ngày 20/11/2026 nộp hồ sơ":                         "ngày 20/11/2026 nộp hồ sơ",
		"mã TG-7K3M-9QXD-4TPA-3V đâu":                       "mã [mã đơn] đâu",
		"Nghị định 282/2025 phạt 3.000.000 đồng":            "Nghị định 282/2025 phạt 3.000.000 đồng",
	} {
		if got := bot.Mask(text); got != want {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
	}
}

// A number across the end of what is kept must not be cut to one of no shape.
func TestMaskCutsNothingOpen(t *testing.T) {
	for n := 280; n < 300; n++ {
		text := strings.Repeat("a", n-1) + " 084192001234 và 0912345678"
		if got := bot.Mask(text); strings.ContainsAny(got, "0123456789") {
			t.Errorf("%d: %s", n, got[n:])
		}
	}
	long := bot.Mask(strings.Repeat("be.nguyen@example.com.vn ", 40) + "084192001234")
	if n := len([]rune(long)); n > 301 {
		t.Errorf("%d characters", n)
	}
}

// FuzzMask looks for twelve digits in a row, however they are put.
func FuzzMask(f *testing.F) {
	f.Add("số", "084192001234")
	f.Add("stk:", "0 8 4")
	f.Fuzz(func(t *testing.T, before, after string) {
		got := bot.Mask(before + " 084192001234 " + after)
		if strings.Contains(got, "084192001234") {
			t.Errorf("Mask(%q) = %q", before+" 084192001234 "+after, got)
		}
	})
}
