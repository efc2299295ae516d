package vietnamese

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNormalize(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"case and space", "  Đăng  KÝ\ttạm trú ", "đăng ký tạm trú"},
		{"decomposed", norm.NFD.String("Đăng ký tạm trú"), "đăng ký tạm trú"},
		{"zero width", "căn\u200b cước\ufeff", "căn cước"},
		{"emoji", "mất thẻ 😭😭 rồi ❤️", "mất thẻ rồi"},
		{"styled letters", "𝗩𝗡𝗲𝗜𝗗 ＡＢ", "vneid ab"},
		{"stretched", "alooooo ơiiii", "alo ơi"},
		{"stretched cry", "CUUUUUU toi voiii, CỨUUUU, luuuu tru", "cuu toi voi, cứu, luu tru"},
		{"blank letters", "\u3164căn\u115f cước\uffa0", "căn cước"},
		{"not stretched", "Sở TTTT, PCCC, cấp III, www", "sở tttt, pccc, cấp iii, www"},
		{"telex stays", "ddangw kys", "ddangw kys"},
		{"dashes and quotes", "nghị định 69–2024 “đúng”", "nghị định 69-2024 \"đúng\""},
		{"invalid bytes", "mất\xff thẻ", "mất thẻ"},
		{"only pictures", "😭", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Normalize(tc.in); got != tc.want {
				t.Errorf("Normalize(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"hòa", "hoà"},
		{"hoà", "hoà"},
		{"khỏe", "khoẻ"},
		{"thủy", "thuỷ"},
		{"hòan", "hoàn"},
		{"kỹ", "kĩ"},
		{"gìn", "gìn"},
		{"gín", "gín"},
		{"giết", "giết"},
		{"qui", "quy"},
		{"quí", "quý"},
		{"quý", "quý"},
		{"gì", "gì"},
		{"già", "già"},
		{"giếng", "giếng"},
		{"của", "của"},
		{"mía", "mía"},
		{"ngoài", "ngoài"},
		{"khuỷu", "khuỷu"},
		{"nghĩa", "nghĩa"},
		{"được", "được"},
		{"giấy", "giấy"},
		{"huỷ", "huỷ"},
		{"hủy", "huỷ"},
		{"quyền", "quyền"},
		{"ủy", "uỷ"},
		{"y", "y"},
		{"vneid", "vneid"},
		{"ko", "ko"},
		{"bat", "bat"}, // a stop rhyme without a tone is no syllable: left alone
	} {
		if got := Canonical(tc.in); got != tc.want {
			t.Errorf("Canonical(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestTokens(t *testing.T) {
	var got []string
	for _, tok := range Tokens("Có 1.077 dịch vụ (57,96%). Nghị định 69/2024/NĐ-CP\nthủy lợi") {
		s := tok.Text + "/" + tok.Fold
		if tok.Break {
			s = "| " + s
		}
		got = append(got, s)
	}
	want := "có/co 1077/1077 dịch/dich vụ/vu | 57/57 96/96 | nghị/nghi định/dinh 69/69 2024/2024 nđ/nd cp/cp | thuỷ/thuy lợi/loi"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("Tokens:\n got %s\nwant %s", s, want)
	}
}

func TestPattern(t *testing.T) {
	for _, tc := range []struct {
		pattern, message string
		want             bool
	}{
		{"nhà … cháy", "Nhà hàng xóm đang cháy to", true},
		{"nhà … cháy", "nha toi dang chay", true},
		{"nhà … cháy", "nhà tôi ở rất xa chỗ đang cháy", false},
		{"nhà … cháy", "nhà tôi chạy", false},
		{"con|cháu tôi bị? đánh", "con tôi đánh", true},
		{"con|cháu tôi bị? đánh", "cháu tôi bị đánh", true},
		{"phí", "hồ sơ phi địa giới là gì vậy", false},
		{"phí", "lam can cuoc phi bao nhieu", true},
		{"=đa =đảng", "da dang", false},
		{"=đa =đảng", "đa đảng", true},
		{"^alo$", "alo", true},
		{"^alo$", "alo cho hỏi", false},
	} {
		p, err := CompilePattern(tc.pattern)
		if err != nil {
			t.Fatalf("CompilePattern(%q): %v", tc.pattern, err)
		}
		tokens := Tokens(tc.message)
		if _, _, got := p.Find(tokens, MostlyMarked(tokens)); got != tc.want {
			t.Errorf("pattern %q on %q: %v, want %v", tc.pattern, tc.message, got, tc.want)
		}
	}
	for _, bad := range []string{"", "…", "^$", "bị?", "!!"} {
		if _, err := CompilePattern(bad); err == nil {
			t.Errorf("CompilePattern(%q) accepted", bad)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "Đăng ký", "hoà hòa", "a\u0301\u0323", "\xff\xfe", "ﷺ", "😭👍🏽", "aaa\u200baaa", "ﬁﬁﬁ", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Normalize(s)
		if any := normalizeAny(s); any != once {
			t.Fatalf("the short way differs: %q -> %q, %q", s, once, any)
		}
		if !utf8.ValidString(once) {
			t.Fatalf("Normalize(%q) is not valid UTF-8", s)
		}
		if twice := Normalize(once); twice != once {
			t.Fatalf("not idempotent: %q -> %q -> %q", s, once, twice)
		}
		if nfd := Normalize(norm.NFD.String(s)); utf8.ValidString(s) && nfd != once {
			t.Fatalf("NFD differs: %q -> %q, NFD -> %q", s, once, nfd)
		}
		if len(once) > 12*len(s)+16 {
			t.Fatalf("Normalize lengthens %d bytes to %d", len(s), len(once))
		}
		for _, tok := range Tokens(s) {
			if tok.Text == "" || Fold(tok.Fold) != tok.Fold || Canonical(tok.Text) != tok.Text {
				t.Fatalf("token %+v of %q is not canonical", tok, s)
			}
		}
	})
}

// Every syllable is a word that can be typed, and stays itself.
func TestAllSyllablesAreWords(t *testing.T) {
	for _, s := range AllSyllables() {
		if strings.ContainsRune(s, 0) {
			t.Errorf("%q holds a letter that is none", s)
		}
	}
}

func TestTokensOfNumbersToCall(t *testing.T) {
	for text, want := range map[string]int{"gọi 113,114": 3, "gọi 113.115": 3, "113.114.115": 3, "1.113 hồ sơ": 3, "150,000 đồng": 2, "1.500.000 đồng": 2} {
		if got := Tokens(text); len(got) != want {
			t.Errorf("%q is %v, want %d words", text, got, want)
		}
	}
}

// Offices are abbreviated with an ampersand in the middle.
func TestTokensOfAbbreviations(t *testing.T) {
	for text, want := range map[string]int{"sở TT&TT cũ": 3, "Sở KH&CN": 2, "GD&ĐT": 1, "cha&mẹ": 2, "R&": 1, "A&B": 2, "tt & tt": 2} {
		if got := Tokens(text); len(got) != want {
			t.Errorf("%q is %v, want %d words", text, got, want)
		}
	}
}

// What is shown in its place is cut as what is searched.
func TestLocateCutsAsTokensDoes(t *testing.T) {
	for _, text := range []string{
		"Có 1.077 dịch vụ (57,96%).\nNghị định 69/2024/NĐ-CP", "gọi 113,114", "gọi 113.115", "150,000 đồng", "1.500.000 đồng", "sở TT&TT cũ", "GD&ĐT",
		"cha&mẹ", "R&", norm.NFD.String("Đăng ký: 35.000 đồng"), "",
	} {
		var got []Token
		for _, l := range Locate(text) {
			if want := Tokens(text[l.Start:l.End]); !slices.Contains(want, l.Token) {
				t.Errorf("%q: %v stands at %q", text, l.Token, text[l.Start:l.End])
			}
			got = append(got, l.Token)
		}
		want := Tokens(text)
		for i := range want {
			want[i].Break = false
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: located %v, cut %v", text, got, want)
		}
	}
}
