package vietnamese_test

import (
	"strings"
	"testing"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// decoder learns from a few sentences about papers.
func decoder() *vietnamese.Decoder {
	lm := vietnamese.NewLanguageModel()
	for _, text := range []string{
		"Đăng ký tạm trú ở đâu, cần giấy tờ gì?", "Đăng ký thường trú cho con mới sinh", "Cấp lại thẻ căn cước khi bị mất",
		"Không nhận được mã OTP của VNeID thì làm sao", "Lệ phí bao nhiêu tiền, bao lâu thì có", "Làm như thế nào",
		"Nộp hồ sơ trực tuyến trên Cổng Dịch vụ công", "Mật khẩu tài khoản định danh điện tử", "sổ hộ khẩu, bổ sung giấy khai sinh",
		"quê quán, người dân nghe điện thoại", "Có mất phí không", "Có được không", "uỷ ban nhân dân xã", "trước ngày hẹn",
		"visa và passport", "căn cước công dân", "con 14 tuổi làm thẻ căn cước", "tài khoản mức 2", "đi làm căng thẳng quá",
	} {
		lm.Add(vietnamese.Tokens(text), 3)
	}
	lm.Finish()
	return vietnamese.NewDecoder(lm, []vietnamese.Shorthand{
		{Typed: "ko", Meanings: []string{"không"}},
		{Typed: "k", Meanings: []string{"không", "nghìn"}},
		{Typed: "dc", Meanings: []string{"được"}},
		{Typed: "ntn", Meanings: []string{"như thế nào"}},
		{Typed: "bn", Meanings: []string{"bạn", "bao nhiêu"}},
		{Typed: "tk", Meanings: []string{"tài khoản"}},
		{Typed: "mk", Meanings: []string{"mật khẩu", "mình"}},
		{Typed: "đk", Meanings: []string{"đăng ký"}},
		{Typed: "CCCD", Meanings: []string{"căn cước công dân"}, Initials: true},
		{Typed: "UBND", Meanings: []string{"uỷ ban nhân dân"}, Initials: true},
		{Typed: "*t", Meanings: []string{"* tuổi", "* tháng"}},
		{Typed: "m*", Meanings: []string{"mức *"}},
		{Typed: "vn eid", Meanings: []string{"vneid"}, Initials: true},
	})
}

func texts(tokens []vietnamese.Token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	return strings.Join(words, " ")
}

func TestDecode(t *testing.T) {
	d := decoder()
	for typed, want := range map[string]string{
		// Typed as it should be: nothing changes.
		"Đăng ký tạm trú ở đâu":          "đăng kí tạm trú ở đâu",
		"visa và passport của người Nga": "visa và passport của người nga",
		"mẫu CT01 số 3":                  "mẫu ct01 số 3",
		"nhà tôi ở Châu Thành":           "nhà tôi ở châu thành",
		"Mất thẻ căn cước":               "mất thẻ căn cước",
		"":                               "",
		"???":                            "",
		"62/2021/NĐ-CP":                  "62 2021 nđ cp",
		// Letters glued to a number.
		"con 14t làm căn cước": "con 14 tuổi làm căn cước",
		"tài khoản m2":         "tài khoản mức 2",
		"14tt":                 "14tt",
		// No marks, some marks.
		"dang ky tam tru o dau":           "đăng kí tạm trú ở đâu",
		"cap lai the can cuoc khi bi mat": "cấp lại thẻ căn cước khi bị mất",
		"đăng ky tam trú":                 "đăng kí tạm trú",
		// Some marks of a syllable.
		"nộp hồ sơ trưc tuyến":     "nộp hồ sơ trực tuyến",
		"Mât thẻ căn cươc":         "mất thẻ căn cước",
		"đăng ky thương tru ơ đâu": "đăng kí thường trú ở đâu",
		// Telex, VNI.
		"ddawng kys thuwowngf trus":     "đăng kí thường trú",
		"d9ang8 ky1 tam5 tru1":          "đăng kí tạm trú",
		"khoong nhaanj dduowcj max otp": "không nhận được mã otp",
		// Chat spelling and initials, one word or several.
		"ko nhan dc ma otp": "không nhận được mã otp",
		"lam ntn":           "làm như thế nào",
		"le phi bn tien":    "lệ phí bao nhiêu tiền",
		"quên mk tk vneid":  "quên mật khẩu tài khoản vneid",
		"mất cccd":          "mất căn cước công dân",
		"CCCD":              "căn cước công dân",
		"ubnd xã":           "uỷ ban nhân dân xã",
		"vn eid":            "vneid",
		// Slips, sounds, glued words.
		"bổ xung giấy khai sinh": "bổ sung giấy khai sinh",
		"mất căng cước":          "mất căn cước", // a word of the texts, in the wrong place
		"căng thẳng quá":         "căng thẳng quá",
		"đăng ký tạm trs":        "đăng kí tạm trú",
		"nộp hồ sơ trực tuyếm":   "nộp hồ sơ trực tuyến",
		"dangky tamtru":          "đăng kí tạm trú",
		"thườngtrú":              "thường trú",
		"đăngkýtạmtrú":           "đăng kí tạm trú",
		"bao lâuuuuu thì cóooo":  "bao lâu thì có",
	} {
		got, _ := d.Decode(vietnamese.Tokens(typed))
		if texts(got) != want {
			t.Errorf("Decode(%q) = %q, want %q", typed, texts(got), want)
		}
	}
}

func TestDecodeTellsWhatItChanged(t *testing.T) {
	_, changes := decoder().Decode(vietnamese.Tokens("mat cccd ko lam dc"))
	kinds := map[vietnamese.Kind]bool{}
	for _, c := range changes {
		kinds[c.Kind] = true
	}
	if !kinds[vietnamese.KindMarks] || !kinds[vietnamese.KindInitials] || !kinds[vietnamese.KindTeencode] {
		t.Errorf("changes %+v", changes)
	}
}

func TestPatternSetFindsWhatEachPatternFinds(t *testing.T) {
	var patterns []vietnamese.Pattern
	for _, source := range []string{"lệ phí", "bao|mấy lâu", "^cho", "thế? nào", "ở … đâu", "phí$"} {
		p, err := vietnamese.CompilePattern(source)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	set := vietnamese.NewPatternSet(patterns)
	for _, text := range []string{"cho hỏi lệ phí", "mấy lâu thì xong, ở xã nào đâu", "", "the nao", "bao lâu, bao lâu"} {
		tokens := vietnamese.Tokens(text)
		strict := vietnamese.MostlyMarked(tokens)
		found := map[int]vietnamese.Match{}
		for _, m := range set.Find(tokens, strict) {
			found[m.Pattern] = m
		}
		for i, p := range patterns {
			from, to, ok := p.Find(tokens, strict)
			if m, in := found[i]; in != ok || ok && (m.From != from || m.To != to) {
				t.Errorf("%q, %q: set %v, alone %d %d %v", text, p, found[i], from, to, ok)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	d := decoder()
	tokens := vietnamese.Tokens("ko nhan dc ma otp cua vneid thi lam ntn, ddawng kys tamj trus o dau")
	b.ReportAllocs()
	for range b.N {
		d.Decode(tokens)
	}
}

// FuzzDecode: a reading is bounded and made of real tokens; reading it again does
// not let it grow without end.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"ko nhan dc", "ddawng kys", "dangkytamtru", "vn eid", "é̂̃", "a1b2c3", "25t", "m2m2", "t9999999999t", strings.Repeat("ntn ", 40), "k.k.k", "\xff\xfe"} {
		f.Add(s)
	}
	d := decoder()
	f.Fuzz(func(t *testing.T, s string) {
		typed := vietnamese.Tokens(s)
		if len(typed) > 64 {
			typed = typed[:64]
		}
		got, changes := d.Decode(typed)
		if len(got) < (len(typed)+2)/3 || len(got) > 12*len(typed) || len(changes) > len(typed) {
			t.Fatalf("%d tokens became %d with %d changes", len(typed), len(got), len(changes))
		}
		for _, token := range got {
			if token.Text == "" || token.Fold == "" || strings.ContainsAny(token.Text, " \t\n") {
				t.Fatalf("token %+v", token)
			}
		}
		if again, _ := d.Decode(got); len(again) > 2*len(got)+12 {
			t.Fatalf("%d tokens grew to %d", len(got), len(again))
		}
	})
}

// FuzzDecodeKeys: what comes out is a syllable, in canonical spelling.
func FuzzDecodeKeys(f *testing.F) {
	for _, s := range []string{"dawng", "d9a8ng", "kys", "w", "ww", "aaaa", "uow", "đăngs", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := vietnamese.DecodeKeys(s)
		if !ok {
			return
		}
		if parsed, is := vietnamese.ParseSyllable(got); !is || parsed.String() != got {
			t.Fatalf("DecodeKeys(%q) = %q, which is no canonical syllable", s, got)
		}
	})
}
