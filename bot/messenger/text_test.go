package messenger_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/messenger"
)

func TestPlain(t *testing.T) {
	answer := bottest.Answer()
	answer.Buttons = bottest.Choices().Buttons
	whole := messenger.Plain(answer, 1900)
	for _, want := range []string{"Cấp lại thẻ căn cước", "Đến Công an xã.", "Căn cứ: Luật Căn cước https://vanban.chinhphu.vn/", "Áp dụng từ 01/07/2024. Kiểm tra ngày 22/11/2026.", "1. Cấp lại thẻ\n2. Đổi thẻ"} {
		if !strings.Contains(whole, want) {
			t.Errorf("%q is missing from:\n%s", want, whole)
		}
	}
	answer.Text = "Gọi ngay 113."
	if text := messenger.Plain(answer, 1900); !strings.HasPrefix(text, "Gọi ngay 113.\n\nCấp lại thẻ căn cước\n") {
		t.Errorf("what must be read first is not: %s", text)
	}
	answer.Text = ""
	answer.Answer.Text = strings.Repeat("Đến Công an xã, phường nơi anh/chị ở để làm.\n", 200)
	cut := messenger.Plain(answer, 1900)
	if n := messenger.Units(cut); n > 1900 || n < 1700 {
		t.Errorf("%d units", n)
	}
	for _, want := range []string{"làm.\n(còn nữa)", "Kiểm tra ngày", "2. Đổi thẻ"} {
		if !strings.Contains(cut, want) {
			t.Errorf("%q is missing from:\n%s", want, cut)
		}
	}
}

func FuzzPages(f *testing.F) {
	f.Add("Một đoạn.\n\nHai đoạn. Ba câu.", 10)
	f.Add(strings.Repeat("đ", 100), 7)
	f.Add("🚒🚓🚑 😀\xff\x00", 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 2 || limit > 5000 || !utf8.ValidString(text) {
			t.Skip()
		}
		var kept strings.Builder
		for i, p := range messenger.Pages(text, limit) {
			if messenger.Units(p) > limit {
				t.Fatalf("page %d has %d units, limit %d", i, messenger.Units(p), limit)
			}
			kept.WriteString(p)
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(kept.String()) != squeeze(text) {
			t.Fatalf("lost some of %q: %q", text, kept.String())
		}
	})
}

func TestTrouble(t *testing.T) {
	if got := messenger.Plain(bot.Reply{Text: bot.PhraseTrouble}, 1900); got != bot.PhraseTrouble {
		t.Errorf("got %q", got)
	}
}
