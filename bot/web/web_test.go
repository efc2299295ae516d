package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/web"
)

func server(t *testing.T, h bot.Handler) *httptest.Server {
	t.Helper()
	c, err := web.New(web.Config{Name: "Trợ lý ảo thử"}, h, suggestions{"Mất căn cước làm lại ở đâu?", "mất căn cước có bị phạt không"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// suggestions proposes the same to all who type "mất".
type suggestions []string

func (s suggestions) Suggest(_ context.Context, typed string) ([]string, error) {
	switch typed {
	case "hỏng":
		return nil, errors.New("index closed")
	case "mất", "mất c", "mất căn", "mất căn c":
		return s, nil
	}
	return nil, nil
}

func TestSuggestions(t *testing.T) {
	s := server(t, &bottest.Scripted{})
	for name, tc := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"some":              {`{"text":"mất"}`, http.StatusOK, `{"suggestions":["Mất căn cước làm lại ở đâu?","mất căn cước có bị phạt không"]}`},
		"none":              {`{"text":"xyz"}`, http.StatusOK, `{"suggestions":[]}`},
		"trouble is hidden": {`{"text":"hỏng"}`, http.StatusOK, `{"suggestions":[]}`},
		"no JSON":           {`text=mất`, http.StatusBadRequest, `{"error":`},
		"too much":          {`{"text":"` + strings.Repeat("x", 5000) + `"}`, http.StatusBadRequest, `{"error":`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := s.Client().Post(s.URL+"/api/suggest", "application/json", strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Body.Close() }()
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != tc.status || !strings.HasPrefix(string(body), tc.want) {
				t.Errorf("got %d %s, want %d %s", r.StatusCode, body, tc.status, tc.want)
			}
		})
	}
	// What somebody begins to type must not stand in an address.
	r, err := s.Client().Get(s.URL + "/api/suggest?text=x")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered with %d", r.StatusCode)
	}
}

// apiPerson talks to /api/chat as chat.js does.
type apiPerson struct {
	t       *testing.T
	url     string
	request map[string]string
	last    []bot.Button
	n       int
}

func newAPIPerson(t *testing.T, h bot.Handler) bottest.Person {
	t.Helper()
	return &apiPerson{t: t, url: server(t, h).URL + "/api/chat", request: map[string]string{}}
}

func (p *apiPerson) Say(text string) bottest.Seen {
	p.n++
	p.request = map[string]string{"conversation": p.request["conversation"], "turn": fmt.Sprint(p.n), "text": text}
	return p.send()
}

func (p *apiPerson) Press(title string) bottest.Seen {
	p.n++
	for _, b := range p.last {
		if b.Title == title {
			p.request = map[string]string{"conversation": p.request["conversation"], "turn": fmt.Sprint(p.n), "button": string(b.ID)}
			return p.send()
		}
	}
	p.t.Fatalf("no button %q", title)
	return bottest.Seen{}
}

func (p *apiPerson) Redeliver() { p.send() }

func (p *apiPerson) send() bottest.Seen {
	p.t.Helper()
	body, err := json.Marshal(p.request)
	if err != nil {
		p.t.Fatal(err)
	}
	_, data := post(p.t, p.url, "application/json", body)
	var got struct {
		Conversation string      `json:"conversation"`
		Replies      []bot.Reply `json:"replies"`
		Error        string      `json:"error"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		p.t.Fatalf("%v: %s", err, data)
	}
	seen := bottest.Seen{Text: got.Error}
	p.request["conversation"] = got.Conversation
	for _, r := range got.Replies {
		seen.Text += r.Text
		p.last = r.Buttons
		for _, b := range r.Buttons {
			seen.Buttons = append(seen.Buttons, b.Title)
		}
		if r.Answer != nil {
			seen.Text += strings.Join([]string{r.Answer.Title, r.Answer.Text, r.Answer.Reviewed.Vietnamese()}, "\n")
			for _, s := range r.Answer.Sources {
				seen.Text += "\n" + s.Title
				if s.URL != "" {
					seen.Links = append(seen.Links, s.URL)
				}
			}
		}
	}
	return seen
}

// formPerson has no JavaScript: it posts the page's forms and reads the page.
type formPerson struct {
	t            *testing.T
	url          string
	conversation string
	form         url.Values
	page         string
}

func (p *formPerson) send() bottest.Seen {
	p.t.Helper()
	_, data := post(p.t, p.url, "application/x-www-form-urlencoded", []byte(p.form.Encode()))
	p.page = string(data)
	if m := regexp.MustCompile(`id="conversation" value="([^"]*)"`).FindStringSubmatch(p.page); m != nil {
		p.conversation = m[1]
	}
	// What the page said before is its greeting; the exchange follows.
	_, exchange, _ := strings.Cut(p.page, "</article>")
	exchange, _, _ = strings.Cut(exchange, `<form method="post" id="ask"`)
	var seen bottest.Seen
	for _, m := range regexp.MustCompile(`<button name="button" value="[^"]*">([^<]*)<`).FindAllStringSubmatch(exchange, -1) {
		seen.Buttons = append(seen.Buttons, html.UnescapeString(m[1]))
	}
	for _, m := range regexp.MustCompile(`<a href="(https?[^"]*)"`).FindAllStringSubmatch(exchange, -1) {
		seen.Links = append(seen.Links, html.UnescapeString(m[1]))
	}
	seen.Text = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(exchange, " "))
	return seen
}

func (p *formPerson) Say(text string) bottest.Seen {
	p.form = url.Values{"text": {text}, "conversation": {p.conversation}}
	return p.send()
}

func (p *formPerson) Press(title string) bottest.Seen {
	p.t.Helper()
	m := regexp.MustCompile(`<button name="button" value="([^"]*)">` + regexp.QuoteMeta(html.EscapeString(title)) + `<`).FindStringSubmatch(p.page)
	if m == nil {
		p.t.Fatalf("no button %q in %s", title, p.page)
	}
	p.form = url.Values{"button": {html.UnescapeString(m[1])}, "conversation": {p.conversation}}
	return p.send()
}

func (p *formPerson) Redeliver() { p.send() }

func post(t *testing.T, to, contentType string, body []byte) (status int, reply []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	status, _, reply = send(t, req)
	return status, reply
}

func get(t *testing.T, from string) (status int, header http.Header, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, from, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, req)
}

func send(t *testing.T, req *http.Request) (status int, header http.Header, body []byte) {
	t.Helper()
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, body
}

func TestAPI(t *testing.T) { bottest.TestChannel(t, newAPIPerson) }

func TestPageWithoutScript(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	p := &formPerson{t: t, url: server(t, h).URL + "/"}
	seen := p.Say("mất thẻ <b>")
	for _, want := range []string{"mất thẻ <b>", "Cấp lại thẻ căn cước", "Công an xã", "Luật Căn cước", "22/11/2026"} {
		if !strings.Contains(seen.Text, want) {
			t.Errorf("%q is missing from the page:\n%s", want, seen.Text)
		}
	}
	if strings.Contains(p.page, "<b>đ") || strings.Contains(p.page, "thẻ <b>") {
		t.Error("markup of a citizen stands in the page")
	}
	h.Reply = bottest.Choices()
	p.Say("căn cước")
	p.Press("Đổi thẻ")
	turns := h.Turns()
	if last := turns[len(turns)-1]; last.Button != "a/doi/tom-tat" || last.Conversation != turns[len(turns)-2].Conversation {
		t.Errorf("pressed %+v", turns)
	}
}

func TestAPIContract(t *testing.T) {
	s := server(t, &bottest.Scripted{Reply: bottest.Choices()})
	status, data := post(t, s.URL+"/api/chat", "application/json", []byte(`{"text":"căn cước \" <b>"}`))
	var got struct {
		Conversation string           `json:"conversation"`
		Replies      []map[string]any `json:"replies"`
	}
	if err := json.Unmarshal(data, &got); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v %s", status, err, data)
	}
	if got.Conversation == "" || len(got.Replies) != 1 || got.Replies[0]["outcome"] != "choices" || got.Replies[0]["question"] != `căn cước " <b>` {
		t.Errorf("%s", data)
	}
	if _, ok := got.Replies[0]["answer"]; ok {
		t.Errorf("a field that does not apply is present: %s", data)
	}
}

func TestAPIRefusesBadRequests(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	for name, tc := range map[string]struct {
		body string
		want int
	}{
		"not JSON":   {"mất thẻ", http.StatusBadRequest},
		"empty":      {"", http.StatusBadRequest},
		"wrong type": {`{"text":5}`, http.StatusBadRequest},
		"two values": {`{"text":"a"}{"text":"b"}`, http.StatusBadRequest},
		"too large":  {`{"text":"` + strings.Repeat("a", 300<<10) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			status, data := post(t, s.URL+"/api/chat", "application/json", []byte(tc.body))
			var got map[string]string
			if err := json.Unmarshal(data, &got); err != nil || status != tc.want || got["error"] == "" {
				t.Errorf("%d %v %s", status, err, data)
			}
		})
	}
	if n := len(h.Turns()); n != 0 {
		t.Errorf("%d bad requests reached the assistant", n)
	}
}

func TestNothingFromOutside(t *testing.T) {
	s := server(t, &bottest.Scripted{Reply: bottest.Answer()})
	for _, path := range []string{"/", "/embed", "/embed.js", "/static/chat.js", "/static/chat.css", "/static/icon.svg"} {
		status, header, body := get(t, s.URL+path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		csp := header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if framed := strings.Contains(csp, "frame-ancestors *"); framed != (path == "/embed") {
			t.Errorf("%s: frame-ancestors in %q", path, csp)
		}
		outside := regexp.MustCompile(`(?i)(src|href|action|url\()\s*=?\s*["'(]https?:`)
		if m := outside.Find(body); m != nil {
			t.Errorf("%s loads from outside: %s", path, m)
		}
		if regexp.MustCompile(`(?i)<[^>]+\son[a-z]+=|<style|<script>`).Match(body) && strings.HasSuffix(path, "/") {
			t.Errorf("%s has inline script or style", path)
		}
	}
	for _, path := range []string{"/static/index.html", "/static/..%2fweb.go", "/nothing"} {
		if status, _, _ := get(t, s.URL+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestScriptsRunOnOldPhones looks for what Safari 15 does not know: with one
// lookbehind the whole script is a syntax error there. Telephones that stay at
// it are still in people's hands.
func TestScriptsRunOnOldPhones(t *testing.T) {
	s := server(t, &bottest.Scripted{})
	unknown := regexp.MustCompile(`\(\?<[=!]|requestSubmit|\.submitter|\.at\(|findLast|structuredClone|hasOwn`)
	for _, path := range []string{"/embed.js", "/static/chat.js"} {
		_, _, body := get(t, s.URL+path)
		if m := unknown.FindAll(body, -1); m != nil {
			t.Errorf("%s uses %q", path, m)
		}
	}
}

func FuzzChat(f *testing.F) {
	c, err := web.New(web.Config{Name: "x"}, &bottest.Scripted{Reply: bottest.Choices()}, suggestions{}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	f.Add([]byte(`{"text":"a"}`))
	f.Add([]byte(`{"text":"\ud800","conversation":"../x","button":"a/b/c","turn":"1"}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/chat", bytes.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1" // whose requests are not counted
		mux.ServeHTTP(w, r)
		if (w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge) || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
