package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
)

// TestPlaceAndContact wants what a telephone sends in place of words to end
// where it was asked for, and nowhere else.
func TestPlaceAndContact(t *testing.T) {
	place, contact := &bot.Place{Lat: 9.68123456, Long: 106.26, Name: "Chợ Trà Cú"}, &bot.Contact{Name: "Kim Sa Rây", Phone: "+84912345678"}
	c := visit(t)
	for _, turn := range []bot.Turn{{Place: place}, {Contact: contact}} {
		if r := c.turn(turn); r.Outcome != bot.OutcomeRefuse || !strings.Contains(r.Text, "chỉ dùng vị trí") {
			t.Errorf("outside a report: %+v", r)
		}
	}
	c.say("/tocao")
	if r := c.turn(bot.Turn{Place: place}); !strings.Contains(r.Text, "Tôi chưa ghi vị trí") {
		t.Errorf("before consent: %q", r.Text)
	}
	c.press("Không, hoặc đã gọi rồi")
	c.press("Đồng ý, viết đơn")
	if r := c.say("Hôm qua thằng Tư khiêng mất cái máy bơm của tôi để ngoài ruộng, hàng xóm thấy nó chạy về hướng bên kia sông"); r.Wants != bot.WantPlace {
		t.Errorf("wants %q, want a place; %q", r.Wants, r.Text)
	}
	if r := c.turn(bot.Turn{Contact: contact}); !strings.Contains(r.Text, "chưa ghi số điện thoại") {
		t.Errorf("a number too early: %q", r.Text)
	}
	if r := c.turn(bot.Turn{Place: place}); r.Wants != "" || !strings.Contains(r.Text, "liên quan") {
		t.Errorf("after the place: %q", r.Text)
	}
	if r := c.press("Không có, tiếp tục"); r.Wants != bot.WantContact {
		t.Errorf("wants %q, want a number", r.Wants)
	}
	if r := c.turn(bot.Turn{Contact: contact}); !strings.Contains(r.Text, "Chợ Trà Cú (vị trí 9.68123, 106.26000)") || !strings.Contains(r.Text, "Kim Sa Rây +84912345678") {
		t.Errorf("review: %q", r.Text)
	}
	c.press("Gửi đơn")
	sent := c.sent()
	want := handoff.Reporter{Disclosure: handoff.Contact, Name: "Kim Sa Rây", Phone: "+84912345678"}
	if sent.Where.Text != "Chợ Trà Cú (vị trí 9.68123, 106.26000)" || sent.Reporter != want {
		t.Errorf("sent %+v", sent)
	}
}

func TestCommands(t *testing.T) {
	c := visit(t)
	for text, want := range map[string]string{
		"/start": "Chào anh/chị", "/start thu-tuc-12": "Chào anh/chị", "/TroGiup": "/xoadulieu", "/tocao": "ĐANG xảy ra",
	} {
		if r := c.say(text); !strings.Contains(r.Text, want) {
			t.Errorf("%s: %q, want %q in it", text, r.Text, want)
		}
		c.say("/xoadulieu")
	}
}

// TestButtonsFitEverywhere wants every button of every article to fit what the
// tightest channel carries, and to do what it says.
func TestButtonsFitEverywhere(t *testing.T) {
	c := visit(t)
	v, err := c.o.index.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	pressed := 0
	for _, a := range v.Base().Articles {
		last := a.Sections[len(a.Sections)-1].ID // shown alone: all others are offered
		buttons := c.turn(bot.Turn{Button: bot.ButtonID("a/" + string(a.ID) + "/tom-tat")}).Buttons
		buttons = append(buttons, c.turn(bot.Turn{Button: bot.ButtonID("a/" + string(a.ID) + "/" + string(last))}).Buttons...)
		for _, b := range buttons {
			if len(b.ID) > 64 {
				t.Errorf("button %q has %d bytes", b.ID, len(b.ID))
			}
			if !strings.Contains(string(b.ID), "/~") {
				continue
			}
			pressed++
			if got := c.turn(bot.Turn{Button: b.ID}); got.Answer == nil || got.Answer.Article != a.ID || !strings.HasPrefix(got.Answer.Text, b.Title+":") {
				t.Errorf("button %q shows %s", b.Title, fmt.Sprint(got.Answer))
			}
		}
	}
	if pressed == 0 {
		t.Error("no heading is long enough to be shortened: nothing was tried")
	}
}
