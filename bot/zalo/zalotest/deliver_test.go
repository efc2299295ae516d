package zalotest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

func TestSignature(t *testing.T) {
	z := newOA(t, zalotest.OAOptions{OASecret: "OA_SECRET_TEST"})
	for _, tt := range []struct{ name, body, want string }{
		{
			"a string for a timestamp",
			`{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730","recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"Cấp lại CCCD ở đâu?","msg_id":"96d3cdf3af150460909"},"timestamp":"1699003881354"}`,
			"mac=81650c5b7ff509b21585c8212122ec6757df8aff5feece302dd13b5b405b4268",
		},
		{
			"a number for a timestamp, and escapes",
			`{"event_name":"user_send_text","app_id":"360846524940903967","sender":{"id":"246845883529197922"},"recipient":{"id":"388613280878808645"},"message":{"text":"C\u1ea5p l\u1ea1i \/ CCCD","msg_id":"a1"},"timestamp":1699003881354}`,
			"mac=e809f312f03adf5125aa8346583c77bfb89290b8e28b4687a8cb23fedd28ae21",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := z.Sign([]byte(tt.body)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestTextsVaryInFormOnly(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL})
	const text = `Cấp lại "CCCD" / đổi <thẻ> & 😀\`
	const n = 60
	seen := map[string]bool{}
	first := regexp.MustCompile(`^{"[a-z_]*"`)
	for range n {
		z.Say(user, text)
	}
	for _, g := range h.wait(t, n) {
		if got := g.header.Get("X-Zevent-Signature"); got != z.Sign([]byte(g.body)) {
			t.Fatalf("signature %q of %s", got, g.body)
		}
		if g.header.Get("num_retry") != "" || g.header.Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", g.header)
		}
		e := g.event(t)
		message, _ := e["message"].(map[string]any)
		if message["text"] != text || e["event_name"] != "user_send_text" || e["sender"].(map[string]any)["id"] != user || e["recipient"].(map[string]any)["id"] != z.Options().OAID {
			t.Fatalf("%s", g.body)
		}
		seen["escaped"] = seen["escaped"] || strings.Contains(g.body, `\ud83d\ude00`)
		seen["plain"] = seen["plain"] || strings.Contains(g.body, "😀")
		seen["slash"] = seen["slash"] || strings.Contains(g.body, `\/`)
		seen["no slash"] = seen["no slash"] || strings.Contains(g.body, ` / `)
		_, number := e["timestamp"].(float64)
		seen[fmt.Sprint("number ", number)] = true
		seen[first.FindString(g.body)] = true
	}
	for _, form := range []string{"escaped", "plain", "slash", "no slash", "number true", "number false", `{"event_name"`, `{"app_id"`, `{"message"`, `{"timestamp"`} {
		if !seen[form] {
			t.Errorf("no delivery was %s", form)
		}
	}
}

func TestEvents(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL, Now: newClock().now})
	oa := z.Options().OAID
	scrub := regexp.MustCompile(`http://[^"]*/media/[^"/]*`)
	base := func(name string, more map[string]any) map[string]any {
		more["event_name"] = name
		return more
	}
	said := func(name string, message map[string]any) map[string]any {
		return base(name, map[string]any{"sender": map[string]any{"id": user}, "recipient": map[string]any{"id": oa}, "message": message})
	}
	attached := func(kind string, payload map[string]any) []any {
		return []any{map[string]any{"type": kind, "payload": payload}}
	}
	for i, tt := range []struct {
		do   func() string
		want map[string]any
	}{
		{
			func() string { return z.SendImage(user, []byte("ảnh"), "đây") },
			said("user_send_image", map[string]any{"text": "đây", "attachments": attached("image", map[string]any{"thumbnail": "M/image.jpg", "url": "M/image.jpg"})}),
		},
		{
			func() string { return z.SendFile(user, "đơn.pdf", []byte("abc")) },
			said("user_send_file", map[string]any{"attachments": attached("file", map[string]any{"url": "M/%C4%91%C6%A1n.pdf", "size": "3", "name": "đơn.pdf", "checksum": "900150983cd24fb0d6963f7d28e17f72", "type": "pdf"})}),
		},
		{
			func() string { return z.SendLocation(user, "10.7923119", "106.7820651", "Cơm Coffee New Sky") },
			said("user_send_location", map[string]any{"text": "Cơm Coffee New Sky", "attachments": attached("location", map[string]any{"coordinates": map[string]any{"latitude": "10.7923119", "longitude": "106.7820651"}})}),
		},
		{
			func() string { return z.SendLink(user, "https://vi-du.vn/a", "Trúng thưởng") },
			said("user_send_link", map[string]any{"attachments": attached("link", map[string]any{"thumbnail": "", "description": "Trúng thưởng", "url": "https://vi-du.vn/a"})}),
		},
		{func() string { return z.Follow(user) }, base("follow", map[string]any{"source": "oa_profile", "oa_id": oa, "follower": map[string]any{"id": user}})},
		{func() string { return z.Unfollow(user) }, base("unfollow", map[string]any{"source": "oa_profile", "oa_id": oa, "follower": map[string]any{"id": user}})},
		{func() string { return z.Withdraw(user) }, base("user_withdraw", map[string]any{"oa_id": oa, "user_id": user})},
		{
			func() string { return z.SubmitInfo(user, map[string]any{"phone": 84900000000}) },
			base("user_submit_info", map[string]any{"sender": map[string]any{"id": user}, "recipient": map[string]any{"id": oa}, "info": map[string]any{"phone": 84900000000.0}}),
		},
	} {
		id := tt.do()
		g := h.wait(t, i+1)[i]
		e := got{body: scrub.ReplaceAllString(strings.ReplaceAll(g.body, `\/`, "/"), "M")}.event(t)
		if e["app_id"] != z.Options().AppID || e["user_id_by_app"] == user || fmt.Sprint(e["timestamp"]) == "" {
			t.Errorf("%s", g.body)
		}
		if message, ok := e["message"].(map[string]any); ok {
			if message["msg_id"] != id {
				t.Errorf("msg_id %v, want %s", message["msg_id"], id)
			}
			delete(message, "msg_id")
		}
		for _, common := range []string{"app_id", "user_id_by_app", "timestamp"} {
			delete(e, common)
		}
		if diff := cmp.Diff(tt.want, e); diff != "" {
			t.Error(diff)
		}
	}
	wantProblems(t, z.Problems())
}

func TestRawEvent(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL})
	if id := z.Event([]byte("not JSON"), false); id == "" {
		t.Error("no key")
	}
	if g := h.wait(t, 1)[0]; g.body != "not JSON" || g.header.Get("X-Zevent-Signature") != "" {
		t.Errorf("%+v", g)
	}
	body := `{ "message":{"msg_id":"m1"},"event_name":"user_send_sticker","sender":{"id":"` + user + `"},"app_id":"1","timestamp":12 }`
	if id := z.Event([]byte(body), true); id != "m1" {
		t.Errorf("id %q", id)
	}
	if g := h.wait(t, 2)[1]; g.body != body || g.header.Get("X-Zevent-Signature") != z.Sign([]byte(body)) {
		t.Errorf("%+v", g)
	}
	if a := sendText(t, z, z.Grant().Access, user, "chào"); a.Error != 0 {
		t.Errorf("who sent a sticker cannot be answered: %+v", a)
	}
	z.Redeliver("m1")
	if g := h.wait(t, 4); g[2].body != body && g[3].body != body {
		t.Errorf("%+v", g)
	}
	z.Redeliver("nothing")
	wantProblems(t, z.Problems(), `no event "nothing"`)
}

func TestRetriesCarryTheSameBody(t *testing.T) {
	for _, status := range []int{http.StatusInternalServerError, http.StatusCreated, http.StatusNoContent, http.StatusFound} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			h := newHook(t, status, status, status, status, status)
			z := newOA(t, zalotest.OAOptions{Webhook: h.URL, RetryScale: time.Millisecond})
			z.Say(user, "một")
			if err := z.WaitDelivered(soon(t)); err != nil {
				t.Fatal(err)
			}
			all := h.wait(t, 6)
			for i, g := range all {
				want := fmt.Sprint(i)
				if i == 0 {
					want = ""
				}
				if got := g.header.Get("num_retry"); got != want || g.body != all[0].body {
					t.Errorf("try %d: num_retry %q, %s", i, got, g.body)
				}
			}
			if z.Disabled() || len(all) != 6 {
				t.Errorf("%d tries, disabled %v", len(all), z.Disabled())
			}
		})
	}
}

func TestLastRetryUnsubscribes(t *testing.T) {
	h := newHook(t, 500, 500, 500, 500, 500, 500)
	z := newOA(t, zalotest.OAOptions{Webhook: h.URL, RetryScale: time.Millisecond})
	z.Say(user, "một")
	h.wait(t, 6)
	for !z.Disabled() {
		<-time.After(time.Millisecond)
	}
	z.Say(user, "hai")
	z.Say("2", "ba")
	if n := len(h.wait(t, 6)); n != 6 || z.Pending() != 1 {
		t.Errorf("%d deliveries, %d pending", n, z.Pending())
	}
}

func TestSlowAnswersAreRetried(t *testing.T) {
	tries := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		tries <- r.Header.Get("num_retry")
		if r.Header.Get("num_retry") == "" {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	z := newOA(t, zalotest.OAOptions{Webhook: server.URL, Patience: 50 * time.Millisecond, RetryScale: time.Millisecond})
	z.Say(user, "một")
	if z.Pending() != 1 {
		t.Error("not pending")
	}
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	if a, b := <-tries, <-tries; a != "" || b != "1" {
		t.Errorf("tries %q %q", a, b)
	}
}

func TestWebhookThatComesBack(t *testing.T) {
	h := newHook(t)
	z := newOA(t, zalotest.OAOptions{RetryScale: time.Millisecond})
	id := z.Say(user, "vào hư không")
	if z.Pending() != 0 {
		t.Error("pending without a webhook")
	}
	z.SetWebhook("http://127.0.0.1:1")
	z.Say(user, "một")
	z.SetWebhook(h.URL)
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	z.Redeliver(id)
	if all := h.wait(t, 2); !strings.Contains(all[1].body, id) {
		t.Errorf("%+v", all)
	}
}

func TestOrderAndConcurrency(t *testing.T) {
	const people, each = 20, 8
	release := make(chan struct{})
	var mu sync.Mutex
	order := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var e sent
		_ = json.Unmarshal(body, &e)
		mu.Lock()
		order[e.Sender.ID] = append(order[e.Sender.ID], e.Message.Text)
		mu.Unlock()
		if e.Sender.ID == "slow" {
			<-release
		}
	}))
	t.Cleanup(server.Close)
	z := newOA(t, zalotest.OAOptions{Webhook: server.URL, Patience: time.Minute})
	var want []string
	for i := range each {
		want = append(want, fmt.Sprint(i))
	}
	for i := range each {
		z.Say("slow", fmt.Sprint(i))
		for p := range people {
			z.Say(fmt.Sprint(p), fmt.Sprint(i))
		}
	}
	for z.Pending() > each { // all but the slow one's are answered meanwhile
		<-time.After(time.Millisecond)
	}
	for { // and the slow one's are under way side by side
		mu.Lock()
		n := len(order["slow"])
		mu.Unlock()
		if n == each {
			break
		}
		<-time.After(time.Millisecond)
	}
	close(release)
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Fatal(err)
	}
	for who, got := range order {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", who, diff)
		}
	}
}

// TestManyPeople is a small load test: each message is answered once.
func TestManyPeople(t *testing.T) {
	const people, each = 300, 5
	z := newOA(t, zalotest.OAOptions{Patience: 30 * time.Second})
	access := z.Grant().Access
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var e sent
		if err := json.Unmarshal(body, &e); err == nil && e.Name == "user_send_text" {
			sendText(t, z, access, e.Sender.ID, "đáp "+e.Message.Text) //nolint:contextcheck // the test's own context
		}
	}))
	t.Cleanup(server.Close)
	z.SetWebhook(server.URL)
	var group sync.WaitGroup
	for p := range people {
		group.Go(func() {
			who := fmt.Sprint("u", p)
			for i := range each {
				z.Say(who, fmt.Sprint(i))
				messages, err := z.WaitMessages(t.Context(), who, i+1)
				if err != nil || messages[i].Text != fmt.Sprint("đáp ", i) {
					t.Errorf("%s: %+v %v", who, messages, err)
					return
				}
			}
		})
	}
	group.Wait()
	if err := z.WaitDelivered(soon(t)); err != nil {
		t.Error(err)
	}
	if n := len(z.Calls(cs)); n != people*each {
		t.Errorf("%d calls", n)
	}
	wantProblems(t, z.Problems())
}
