package vietnamese_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trolyao/trolyao/index/vietnamese"
)

func TestDecodeKeys(t *testing.T) {
	for typed, want := range map[string]string{
		"ddawng": "đăng", "ddangw": "đăng", "dangdw": "đăng", "kys": "kí", "thuowngf": "thường", "thwowngf": "thường",
		"truws": "trứ", "cuwowcs": "cước", "cuowcs": "cước", "cawn": "căn", "laamf": "lầm", "ddaau": "đâu",
		"dduwowcj": "được", "dduocwj": "được", "quyeenf": "quyền", "giaays": "giấy", "giaasy": "giấy", "vietej": "việt",
		"nguowif": "người", "nguwowif": "người", "owr": "ở", "mats": "mát", "maats": "mất", "huyr": "huỷ",
		"huowngs": "hướng", "xuwr": "xử", "tuwf": "từ", "muaw": "mưa", "muwa": "mưa", "quawn": "quăn", "thuees": "thuế",
		"thuowr": "thuở", "ddi": "đi", "ddieenj": "điện", "hoanf": "hoàn", "toans": "toán", "đăngs": "đắng", "gif": "gì",
		"d9a8ng": "đăng", "da8ng9": "đăng", "ky1": "kí", "d9uoc75": "được", "can8": "căn", "cuoc71": "cước", "o73": "ở",
		"vneid": "", "otp": "", "ct01": "", "b2": "", "cap": "", "a": "", "dangdangdangdangdang": "",
	} {
		got, ok := vietnamese.DecodeKeys(typed)
		if want == "" && ok {
			t.Errorf("DecodeKeys(%q) = %q, want nothing", typed, got)
		}
		if want != "" && got != want {
			t.Errorf("DecodeKeys(%q) = %q, want %q", typed, got, want)
		}
	}
}

// TestTelexKeysRoundTrip types every syllable of the language and reads it back.
func TestTelexKeysRoundTrip(t *testing.T) {
	all, lost := 0, 0
	for _, s := range vietnamese.AllSyllables() {
		keys := vietnamese.TelexKeys(s)
		if keys == s {
			continue
		}
		all++
		if got, _ := vietnamese.DecodeKeys(keys); got != s {
			lost++
		}
	}
	// Lost are the few whose keys spell another syllable (xoong, khoèo, thuở).
	if all < 10000 || lost*50 > all {
		t.Errorf("%d of %d syllables not read back", lost, all)
	}
}

// FuzzTelexKeys: whatever is pasted can be typed, and the keys hold none of the
// marks that they stand for.
func FuzzTelexKeys(f *testing.F) {
	for _, s := range []string{"đăng ký", "mất \u0302 căn", "\u0302", "1\u0302", "ß\u0302", "ậ", "\u031b\u0301", "\xff\u0302"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if keys := vietnamese.TelexKeys(s); strings.ContainsAny(keys, "\u0302\u0306\u031b\u0300\u0301\u0303\u0309\u0323") || utf8.ValidString(s) && !utf8.ValidString(keys) {
			t.Errorf("TelexKeys(%q) = %q", s, keys)
		}
	})
}
