package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trolyao/trolyao/handoff"
)

// act is one thing that a person does.
type act struct {
	do   string // say, press, photo
	what string
	want string // in what is shown, on every channel
}

// thirtyTurns is a conversation with questions, choices, follow-ups, danger, and
// a whole report with a photo.
func thirtyTurns() []act {
	return []act{
		{"say", "/start", "Chào anh/chị"},
		{"say", "mat can cuoc lam lai o dau", "Công an"},
		{"say", "thế lệ phí bao nhiêu", "đồng"},
		{"press", "👍 Đúng ý", "Cảm ơn"},
		{"say", "căn cước", "việc nào"},
		{"press", "1", ""},
		{"say", "dang ky vneid muc 2 can gi", ""},
		{"press", "👎 Chưa đúng", "chưa đúng chỗ nào"},
		{"press", "Thiếu", "ghi lại"},
		{"say", "giá vàng hôm nay", ""},
		{"say", "giá bitcoin ngày mai", ""},
		{"say", "cháy nhà rồi cứu với", "114"},
		{"say", "cảm ơn", ""},
		{"say", "sao y bản chính ở đâu", ""},
		{"say", "mấy ngày có", ""},
		{"say", "tố giác tội phạm là gì", ""},
		{"say", "tôi muốn tố giác tội phạm", "ĐANG xảy ra"},
		{"press", "Không, hoặc đã gọi rồi", "không ẩn danh"},
		{"press", "Đồng ý, viết đơn", "kể việc"},
		{"say", "Có người giả công an gọi điện bắt tôi chuyển khoản mười triệu đồng, tôi đã chuyển rồi mới biết bị lừa, số tài khoản họ đưa tôi còn giữ", ""},
		{"say", "mất căn cước thì làm lại ở đâu?", "căn cước"},
		{"press", "Tiếp tục viết đơn", ""},
		{"say", "chợ Trà Cú, ngày 20/11", "liên quan"},
		{"photo", "tin nhắn của họ", ""},
		{"say", "Trần Văn Kín 0912345678", "xem lại đơn"},
		{"press", "Sửa", "mục nào"},
		{"press", "Người liên quan", "liên quan"},
		{"say", "Người tự xưng là đại úy Hùng", "đại úy Hùng"},
		{"press", "Gửi đơn", "MÃ TIẾP NHẬN"},
		{"say", "CODE", "Đơn gửi lúc"},
		{"say", "/xoadulieu", "Đã xóa"},
	}
}

// photoOf is the smallest PNG.
func photoOf() []byte {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")
}

// squeeze makes texts comparable that are cut and spaced in other ways.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestSameConversationEverywhere leads the same conversation through all four
// channels. All must show the same articles and texts, and the agency must
// receive the same report.
func TestSameConversationEverywhere(t *testing.T) {
	withoutRace(t)
	a := newAgency(t)
	a.behave.Store(true)
	a.expect = func(handoff.Report) error { return nil }
	for _, mode := range []string{"poll", "webhook"} {
		t.Run(mode, func(t *testing.T) {
			n := newNetworks(t, mode)
			s := newServerWith(t, a, n.settings, n.files)
			n.oa.SetWebhook(s.url + "/webhook/zalo")
			s.start()
			s.waitReady(t.Context())
			web := &onWeb{t: t, url: s.url}
			others := map[string]person{
				"telegram": &onTelegram{t: t, s: n.telegram, chat: 4242},
				"zalo":     &onZalo{t: t, z: n.oa, user: "8309393969855402319"},
				"zalobot":  &onZaloBot{t: t, z: n.zalobot, user: "6ede9afa66b88fe6d6a9"},
			}
			first := len(a.reports)
			talk(t, web, others)
			received(t, a, first+4)
			s.stop()
			if p := n.problems(); len(p) > 0 {
				t.Errorf("rules broken: %q", p)
			}
			for _, secret := range []string{"0912345678", "đại úy Hùng", "mười triệu", telegramToken, zaloBotSecret, n.files["zaloseed"], n.files["zaloapp"]} {
				if strings.Contains(s.log.String(), secret) {
					t.Errorf("%q stands in the log", secret)
				}
			}
		})
	}
}

func talk(t *testing.T, web *onWeb, others map[string]person) {
	t.Helper()
	codes := map[string]string{}
	before := shown{}
	for i, a := range thirtyTurns() {
		if a.do == "press" && a.what == "1" {
			a.what = before.buttons[0]
		}
		wanted := perform(web, a, codes["web"])
		t.Logf("%d. %s %q -> %s %.80q %v", i+1, a.do, a.what, web.article, wanted.text, wanted.buttons)
		if !strings.Contains(wanted.text, a.want) {
			t.Errorf("turn %d, %q: web shows %q, want %q in it", i+1, a.what, wanted.text, a.want)
		}
		remember(codes, "web", wanted.text)
		for name, p := range others {
			got := perform(p, a, codes[name])
			remember(codes, name, got.text)
			sameText(t, fmt.Sprintf("turn %d, %q on %s", i+1, a.what, name), got, wanted, web.body)
		}
		before = wanted
	}
}

func perform(p person, a act, code string) shown {
	switch a.do {
	case "press":
		return p.press(a.what)
	case "photo":
		return p.photo(photoOf(), a.what)
	}
	return p.say(strings.Replace(a.what, "CODE", code, 1))
}

func remember(codes map[string]string, name, text string) {
	if code := codeShown.FindString(text); code != "" {
		codes[name] = code
	}
}

// own holds what differs from report to report: the codes and the minute.
var own = regexp.MustCompile(`TG-[0-9A-Z-]+|CA-rp_\w+|\d\d:\d\d ngày`)

// sameText compares what a channel shows with what the web does.
func sameText(t *testing.T, where string, got, want shown, body string) {
	t.Helper()
	hide := func(s string) string { return squeeze(own.ReplaceAllString(s, "")) }
	words := []rune(hide(body))
	if start := string(words[:min(len(words), 150)]); !strings.Contains(hide(got.text), start) {
		t.Errorf("%s: shows\n%s\nwant in it\n%s", where, got.text, start)
	}
	if most := want.buttons[:min(len(want.buttons), 9)]; !slices.Equal(got.buttons[:min(len(got.buttons), 9)], most) {
		t.Errorf("%s: buttons %q, want %q", where, got.buttons, most)
	}
}

// received waits for so many reports at the agency and compares the last four.
func received(t *testing.T, a *agency, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		a.mu.Lock()
		all := slices.Clone(a.reports)
		a.mu.Unlock()
		if len(all) >= n {
			compare(t, all[len(all)-4:])
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d reports at the agency, want %d", len(all), n)
		}
	}
}

func compare(t *testing.T, reports []handoff.Report) {
	t.Helper()
	var channels []string
	for i := range reports {
		r := &reports[i]
		channels = append(channels, r.Channel)
		if diff := cmp.Diff(&reports[0], r, cmpopts.IgnoreFields(handoff.Report{}, "Code", "SubmittedAt", "Channel", "Consent.At")); diff != "" {
			t.Errorf("reports of %s and %s differ: %s", reports[0].Channel, r.Channel, diff)
		}
	}
	slices.Sort(channels)
	if !slices.Equal(channels, []string{"telegram", "web", "zalo", "zalobot"}) {
		t.Errorf("reports came from %v", channels)
	}
	if r := reports[0]; len(r.Evidence) != 1 || !bytes.Equal(r.Evidence[0].Data, photoOf()) || r.When == "" || r.Where.Text == "" || r.Reporter.Phone != "0912345678" {
		t.Errorf("report %+v", r)
	}
}
