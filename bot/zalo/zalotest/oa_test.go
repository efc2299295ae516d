package zalotest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

// to is a request body with a message for the person.
func to(message string) string {
	return `{"recipient":{"user_id":"` + user + `"},"message":` + message + `}`
}

func buttons(list ...string) string {
	return to(`{"text":"chọn","attachment":{"type":"template","payload":{"buttons":[` + strings.Join(list, ",") + `]}}}`)
}

func query(title, payload string) string {
	return `{"title":"` + title + `","type":"oa.query.hide","payload":"` + payload + `"}`
}

func TestMessageRules(t *testing.T) {
	b := query("Một", "#1")
	for _, tt := range []struct {
		name, body string
		code       int
		problem    string
	}{
		{"text", to(`{"text":"chào"}`), 0, ""},
		{"a quotation", to(`{"text":"chào","quote_message_id":"a1"}`), 0, ""},
		{"2000 characters", to(`{"text":"` + strings.Repeat("ễ", 2000) + `"}`), 0, ""},
		{"2001 characters", to(`{"text":"` + strings.Repeat("ễ", 2001) + `"}`), -201, "text of 2001"},
		{"2002 units", to(`{"text":"` + strings.Repeat("😀", 1001) + `"}`), -201, "text of 2002"},
		{"no text", to(`{"text":""}`), -201, "text of 0"},
		{"no recipient", `{"recipient":{},"message":{"text":"a"}}`, -201, "no recipient"},
		{"an id as a number", `{"recipient":{"user_id":8309393969855402319},"message":{"text":"a"}}`, -201, "user_id"},
		{"an unknown member", to(`{"text":"a","buttons":[]}`), -201, "buttons"},
		{"no JSON", `text`, -201, "invalid"},
		{"two values", to(`{"text":"a"}`) + `{}`, -201, "more than one"},
		{"an unknown person", `{"recipient":{"user_id":"1"},"message":{"text":"a"}}`, -213, ""},
		{"all kinds of buttons", buttons(b, `{"title":"Hai","type":"oa.query.show","payload":"#2"}`, `{"title":"Ba","type":"oa.open.url","payload":{"url":"https://a.vn"}}`, `{"title":"Bốn","type":"oa.open.phone","payload":{"phone_code":"113"}}`, `{"title":"Năm","type":"oa.open.sms","payload":{"phone_code":"113","content":"a"}}`), 0, ""},
		{"no buttons", buttons(), -201, "0 buttons"},
		{"six buttons", buttons(b, b, b, b, b, b), -201, "6 buttons"},
		{"a title of 100", buttons(query(strings.Repeat("ế", 100), "#1")), 0, ""},
		{"a title of 101", buttons(query(strings.Repeat("ế", 101), "#1")), -201, "title of 101"},
		{"no title", buttons(query("", "#1")), -201, "title of 0"},
		{"a payload of 1000", buttons(query("a", strings.Repeat("x", 1000))), 0, ""},
		{"a payload of 1001", buttons(query("a", strings.Repeat("x", 1001))), -201, "payload of 1001"},
		{"an empty payload", buttons(query("a", "")), -201, "payload of 0"},
		{"a query with an object", buttons(`{"title":"a","type":"oa.query.hide","payload":{"q":"a"}}`), -201, "not a string"},
		{"a page with a string", buttons(`{"title":"a","type":"oa.open.url","payload":"https://a.vn"}`), -201, "oa.open.url"},
		{"a page without an address", buttons(`{"title":"a","type":"oa.open.url","payload":{"url":"a.vn"}}`), -201, "oa.open.url"},
		{"a telephone without a number", buttons(`{"title":"a","type":"oa.open.phone","payload":{}}`), -201, "oa.open.phone"},
		{"an unknown type", buttons(`{"title":"a","type":"oa.call","payload":"a"}`), -201, "oa.call"},
		{"template_type button", to(`{"text":"a","attachment":{"type":"template","payload":{"template_type":"button","buttons":[` + b + `]}}}`), -201, "template_type"},
		{"another attachment", to(`{"text":"a","attachment":{"type":"file","payload":{"token":"a"}}}`), -201, `"file"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z := newOA(t, zalotest.OAOptions{})
			z.Say(user, "chào")
			status, body, err := post(t, "", z.URL()+cs, tt.body, "access_token", z.Grant().Access, "Content-Type", "application/json; charset=utf-8")
			if a := parse(t, status, body, err); a.Error != tt.code {
				t.Errorf("%s, want %d", body, tt.code)
			}
			if tt.problem == "" {
				wantProblems(t, z.Problems())
			} else {
				wantProblems(t, z.Problems(), tt.problem)
			}
			if sent := len(z.Messages(user)); (sent == 1) != (tt.code == 0) {
				t.Errorf("%d messages", sent)
			}
		})
	}
}

func TestRequestRules(t *testing.T) {
	z := newOA(t, zalotest.OAOptions{})
	z.Say(user, "chào")
	access, secret := z.Grant().Access, z.Options().AppSecret
	const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, path, body string
		header                   []string
		status, code             int
		problem                  string
	}{
		{"no token", "", cs, to(`{"text":"a"}`), []string{"Content-Type", asJSON}, 200, -216, "no header"},
		{"a wrong token", "", cs, to(`{"text":"a"}`), []string{"Content-Type", asJSON, "access_token", "x"}, 200, -216, ""},
		{"another content type", "", cs, to(`{"text":"a"}`), []string{"Content-Type", asForm, "access_token", access}, 200, -201, "content type"},
		{"GET", http.MethodGet, cs, "", []string{"access_token", access}, 200, -209, "only POST"},
		{"v2", http.MethodGet, "/v2.0/oa/message/cs", "", nil, 200, -240, "shut down"},
		{"v2 elsewhere", "", "/v2.0/oa/getprofile", "", nil, 200, -240, "shut down"},
		{"unknown", "", "/v3.0/oa/message", "", nil, 404, 404, "no such API"},
		{"a token in the query", "", cs + "?access_token=" + access, to(`{"text":"a"}`), []string{"Content-Type", asJSON, "access_token", access}, 200, 0, "access_token in the address"},
		{"a token in disguise", "", cs + "?t=" + access, to(`{"text":"a"}`), []string{"Content-Type", asJSON, "access_token", access}, 200, 0, "a secret in the address"},
		{"the app's secret in the query", "", "/v4/oa/access_token?s=" + secret, "", []string{"Content-Type", asForm}, 200, -14004, "a secret in the address"},
		{"tokens for JSON", "", "/v4/oa/access_token", "{}", []string{"Content-Type", asJSON, "secret_key", secret}, 200, -14002, "want POST"},
		{"tokens for GET", http.MethodGet, "/v4/oa/access_token", "", []string{"secret_key", secret}, 200, -14002, "want POST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(z.Problems())
			status, body, err := post(t, tt.method, z.URL()+tt.path, tt.body, tt.header...)
			if status != tt.status {
				t.Fatalf("%d %s %v", status, body, err)
			}
			if a := parse(t, http.StatusOK, body, err); a.Error != tt.code {
				t.Errorf("%s, want %d", body, tt.code)
			}
			fresh := z.Problems()[before:]
			if tt.problem == "" {
				wantProblems(t, fresh)
			} else {
				wantProblems(t, fresh, tt.problem)
			}
			for _, p := range fresh {
				if strings.Contains(p, access) || strings.Contains(p, secret) {
					t.Errorf("a secret in %q", p)
				}
			}
		})
	}
}

func TestQuota(t *testing.T) {
	now := newClock()
	z := newOA(t, zalotest.OAOptions{Now: now.now, TokenLife: 1000 * time.Hour})
	access := z.Grant().Access
	z.Say(user, "chào")
	for left := 7; left >= 0; left-- {
		a := sendText(t, z, access, user, "đáp")
		if q := a.Data.Quota; a.Error != 0 || a.Message != "Success" || a.Data.UserID != user || q.Type != "reply" || q.Remain != fmt.Sprint(left) || q.Total != "8" || q.Expires != "25/11/2026" {
			t.Errorf("%d left: %+v", left, a)
		}
	}
	wantProblems(t, z.Problems())
	if a := sendText(t, z, access, user, "đáp"); a.Error != 0 || a.Data.Quota.Type != "sub_quota" {
		t.Errorf("ninth: %+v", a)
	}
	wantProblems(t, z.Problems(), "number 9")
	z.Say(user, "nữa")
	if a := sendText(t, z, access, user, "đáp"); a.Data.Quota.Type != "reply" || a.Data.Quota.Remain != "7" {
		t.Errorf("after a new message: %+v", a)
	}
	now.pass(49 * time.Hour)
	if a := sendText(t, z, access, user, "đáp"); a.Data.Quota.Type != "sub_quota" {
		t.Errorf("after 48 hours: %+v", a)
	}
	wantProblems(t, z.Problems(), "number 9")
	now.pass(5 * 24 * time.Hour)
	if a := sendText(t, z, access, user, "đáp"); a.Error != -230 {
		t.Errorf("after 7 days: %+v", a)
	}
	messages := z.Messages(user)
	if len(messages) != 11 || messages[0].Quota != "reply" || messages[8].Quota != "sub_quota" || messages[0].ID == messages[1].ID {
		t.Errorf("%+v", messages)
	}
}

func TestOnlyWhoIsThereIsAnswered(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL})
	access := z.Grant().Access
	z.Follow(user)
	if a := sendText(t, z, access, user, "chào"); a.Error != 0 {
		t.Errorf("who followed: %+v", a)
	}
	if a := sendText(t, z, access, "12345", "chào"); a.Error != -213 {
		t.Errorf("a stranger: %+v", a)
	}
	wantProblems(t, z.Problems())
	scoped, _ := h.wait(t, 1)[0].event(t)["user_id_by_app"].(string)
	if a := sendText(t, z, access, scoped, "chào"); a.Error != -213 {
		t.Errorf("user_id_by_app: %+v", a)
	}
	wantProblems(t, z.Problems(), "user_id_by_app")
}

func TestEchoes(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL, Quota: 100})
	access := z.Grant().Access
	z.Say(user, "chào")
	const n = 12
	var ids []string
	for range n {
		ids = append(ids, sendText(t, z, access, user, "đáp").Data.MessageID)
	}
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	var echoed []string
	for _, g := range h.wait(t, n+1) {
		e := g.event(t)
		name, _ := e["event_name"].(string)
		count[name]++
		if name == "oa_send_text" {
			message, _ := e["message"].(map[string]any)
			id, _ := message["msg_id"].(string)
			echoed = append(echoed, id)
			if e["sender"].(map[string]any)["id"] != z.Options().OAID || e["recipient"].(map[string]any)["id"] != user || message["text"] != "đáp" {
				t.Errorf("%s", g.body)
			}
		}
	}
	if diff := cmp.Diff(ids, echoed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"user_send_text": 1, "oa_send_text": n, "user_received_message": 3, "user_seen_message": 2}, count); diff != "" {
		t.Error(diff)
	}
}

func TestPress(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL})
	z.Say(user, "chào")
	access := z.Grant().Access
	for _, payload := range []string{"#cũ", "#mới"} {
		mustPost(t, z.URL()+cs, buttons(query("Chọn", payload), `{"title":"Mở","type":"oa.open.url","payload":{"url":"https://a.vn"}}`), "access_token", access, "Content-Type", "application/json")
	}
	if diff := cmp.Diff([]zalotest.Button{{"Chọn", "oa.query.hide", "#mới"}, {"Mở", "oa.open.url", "https://a.vn"}}, z.Messages(user)[1].Buttons); diff != "" {
		t.Error(diff)
	}
	id, err := z.Press(user, "Chọn")
	if err != nil {
		t.Fatal(err)
	}
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	all := h.wait(t, 4)
	message, _ := all[len(all)-1].event(t)["message"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"msg_id": id, "text": "#mới"}, message); diff != "" {
		t.Error(diff)
	}
	for _, title := range []string{"Mở", "Không có"} {
		if _, err := z.Press(user, title); err == nil {
			t.Errorf("%s was pressed", title)
		}
	}
}

func TestMedia(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL})
	picture := []byte("\x89PNG\r\n\x1a\nphần còn lại")
	z.SendImage(user, picture, "")
	var e sent
	if err := json.Unmarshal([]byte(h.wait(t, 1)[0].body), &e); err != nil {
		t.Fatal(err)
	}
	address := e.Message.Attachments[0].Payload.URL
	if status, body, err := post(t, http.MethodGet, address, ""); status != http.StatusOK || body != string(picture) || err != nil {
		t.Errorf("%d %q %v", status, body, err)
	}
	wantProblems(t, z.Problems())
	if status, _, err := post(t, http.MethodGet, address+"x", "", "access_token", "secret"); status != http.StatusNotFound || err != nil {
		t.Errorf("%d %v", status, err)
	}
	if status, _, err := post(t, http.MethodGet, address, "", "access_token", "secret"); status != http.StatusOK || err != nil {
		t.Errorf("%d %v", status, err)
	}
	wantProblems(t, z.Problems(), "token was sent along")
	if n := len(z.Calls("/media/")); n != 3 {
		t.Errorf("%d calls", n)
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  zalotest.Fault
		status int // 0: no answer
		body   string
		sent   int
	}{
		{"a status", zalotest.Fault{Status: 502, Body: "<html>"}, 502, "<html>", 0},
		{"a body", zalotest.Fault{Body: "{"}, 200, "{", 0},
		{"a code", zalotest.Fault{Code: -32}, 200, `{"error":-32,"message":"made to fail"}` + "\n", 0},
		{"no answer", zalotest.Fault{HangUp: true}, 0, "", 0},
		{"no answer after the work", zalotest.Fault{HangUp: true, After: true}, 0, "", 1},
		{"a lost answer", zalotest.Fault{After: true}, 0, "", 1},
		{"a code after the work", zalotest.Fault{Code: -1, After: true}, 200, `{"error":-1,"message":"made to fail"}` + "\n", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z := newOA(t, zalotest.OAOptions{})
			z.Say(user, "chào")
			access := z.Grant().Access
			z.FailNext(cs, 1, tt.fault)
			status, body, err := post(t, "", z.URL()+cs, to(`{"text":"a"}`), "access_token", access, "Content-Type", "application/json")
			if status != tt.status || body != tt.body || (err != nil) != (tt.status == 0) {
				t.Errorf("%d %q %v", status, body, err)
			}
			if n := len(z.Messages(user)); n != tt.sent {
				t.Errorf("%d messages", n)
			}
			if a := sendText(t, z, access, user, "đáp"); a.Error != 0 {
				t.Errorf("the one after: %+v", a)
			}
		})
	}
}

func TestFaultsFollowOneAnother(t *testing.T) {
	z := newOA(t, zalotest.OAOptions{})
	secret := z.Options().AppSecret
	const path = "/v4/oa/access_token"
	pair := z.Grant()
	z.FailNext(path, 2, zalotest.Fault{Code: -14010})
	z.FailNext(path, -1, zalotest.Fault{After: true})
	for range 2 {
		if a := token(t, z, secret, refresh(z, pair.Refresh)); a.Error != -14010 || a.Name == "" {
			t.Errorf("%+v", a)
		}
	}
	for range 2 {
		if _, _, err := post(t, "", z.URL()+path, refresh(z, pair.Refresh).Encode(), "secret_key", secret, "Content-Type", "application/x-www-form-urlencoded"); err == nil {
			t.Error("answered")
		}
	}
	z.FailNext(path, 0, zalotest.Fault{})
	if a := token(t, z, secret, refresh(z, pair.Refresh)); a.Error != -14014 || z.Refreshes() != 1 || z.Refused() != 2 {
		t.Errorf("a lost answer did not use the token up: %+v, %d, %d", a, z.Refreshes(), z.Refused())
	}
	start := time.Now()
	z.FailNext(path, 1, zalotest.Fault{Delay: 60 * time.Millisecond})
	if a := token(t, z, secret, refresh(z, z.Grant().Refresh)); a.Error != 0 || time.Since(start) < 60*time.Millisecond {
		t.Errorf("%+v after %s", a, time.Since(start))
	}
}

func TestWaitMessagesEnds(t *testing.T) {
	z := newOA(t, zalotest.OAOptions{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if messages, err := z.WaitMessages(ctx, user, 1); err == nil || len(messages) != 0 {
		t.Errorf("%v %v", messages, err)
	}
	if z.Messages("nobody") != nil {
		t.Error("messages for nobody")
	}
}
