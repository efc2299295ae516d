package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/bot/web"
)

// upload is a form with such fields, and after them files of so many bytes.
func upload(t *testing.T, fields map[string]string, sizes ...int) (contentType string, body []byte) {
	t.Helper()
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := form.WriteField(name, fields[name]); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range sizes {
		file, err := form.CreateFormFile("file", "1.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = file.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), out.Bytes()
}

// TestForms wants a form to bring as much as a message may, and a file besides.
func TestForms(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	long := strings.Repeat("kể lể ", 50_000)
	for name, tc := range map[string]struct {
		size   int
		fields map[string]string
		status int
		words  string // what a refusal says
	}{
		"a photo with words":        {bot.MaxFile, map[string]string{"text": "nhìn nè"}, http.StatusOK, ""},
		"an endless video":          {65 << 20, nil, http.StatusRequestEntityTooLarge, "5 MB"},
		"more words than a page":    {1, map[string]string{"text": long}, http.StatusRequestEntityTooLarge, "dài quá"},
		"a field nobody knows":      {1, map[string]string{"x": long}, http.StatusRequestEntityTooLarge, "dài quá"},
		"an endless name of a talk": {1, map[string]string{"conversation": long}, http.StatusRequestEntityTooLarge, "dài quá"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(h.Turns())
			contentType, body := upload(t, tc.fields, tc.size)
			status, data := post(t, s.URL+"/api/files", contentType, body)
			var got struct {
				Error string `json:"error"`
			}
			if err := json.Unmarshal(data, &got); err != nil || status != tc.status || !strings.Contains(got.Error, tc.words) {
				t.Errorf("%d %v %s", status, err, data)
			}
			if heard := len(h.Turns()) > before; heard != (tc.status == http.StatusOK) {
				t.Errorf("the assistant heard of it: %v", heard)
			}
		})
	}
	t.Run("without JavaScript", func(t *testing.T) {
		before := len(h.Turns())
		status, data := post(t, s.URL+"/", "application/x-www-form-urlencoded", []byte(url.Values{"text": {long}}.Encode()))
		if status != http.StatusRequestEntityTooLarge || !strings.Contains(string(data), "dài quá") || len(h.Turns()) != before {
			t.Errorf("%d %.200s", status, data)
		}
	})
}

// TestLargeFile wants the assistant to hear of a file that is too large, and
// not to get it.
func TestLargeFile(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	contentType, body := upload(t, map[string]string{"text": "nhìn nè"}, bot.MaxFile+1)
	if status, data := post(t, s.URL+"/api/files", contentType, body); status != http.StatusOK {
		t.Fatalf("%d %s", status, data)
	}
	if f := h.Turns()[0].Files; len(f) != 1 || !f[0].TooLarge || len(f[0].Data) > 0 {
		t.Errorf("%d files, the first too large: %v", len(f), f[0].TooLarge)
	}
}

// busy is an assistant that answers when it is let.
type busy struct {
	bottest.Scripted

	asked chan struct{}
	let   chan struct{}
}

func (b *busy) Handle(ctx context.Context, t bot.Turn) (bot.Reply, error) {
	b.asked <- struct{}{}
	<-b.let
	return b.Scripted.Handle(ctx, t)
}

// TestUploadsAtOnce wants no more files in memory than there are places, until
// each is answered; who is refused goes on in the same conversation.
func TestUploadsAtOnce(t *testing.T) {
	const places = 8
	h := &busy{Scripted: bottest.Scripted{Reply: bottest.Answer()}, asked: make(chan struct{}), let: make(chan struct{})}
	s := server(t, h)
	contentType, body := upload(t, map[string]string{"conversation": "w1"}, 1000)
	var wg sync.WaitGroup
	for range places {
		wg.Go(func() {
			if status, data := post(t, s.URL+"/api/files", contentType, body); status != http.StatusOK {
				t.Errorf("%d %s", status, data)
			}
		})
		<-h.asked
	}
	for _, path := range []string{"/api/files", "/"} {
		status, data := post(t, s.URL+path, contentType, body)
		if status != http.StatusServiceUnavailable || !strings.Contains(string(data), "Nhiều người đang gửi tệp") || path == "/" && !strings.Contains(string(data), `value="w1"`) {
			t.Errorf("%s: %d %.300s", path, status, data)
		}
	}
	close(h.let)
	wg.Wait()
	go func() { <-h.asked }()
	if status, _ := post(t, s.URL+"/api/files", contentType, body); status != http.StatusOK {
		t.Errorf("no place afterwards: %d", status)
	}
}

// TestRefusedForm wants a page without JavaScript to go on after a refusal: the
// words as a reply, the conversation kept, and what was typed still there.
func TestRefusedForm(t *testing.T) {
	photos, two := upload(t, map[string]string{"conversation": "w1"}, 4<<20, 4<<20)
	words, long := upload(t, map[string]string{"conversation": "w1", "text": strings.Repeat("kể lể ", 50_000)})
	crowd := url.Values{"conversation": {"w1"}, "text": {"mất <thẻ>"}}.Encode()
	for name, tc := range map[string]struct {
		contentType string
		body        []byte
		crowded     bool // as many messages of the same address as are heard
		status      int
		want        []string
	}{
		"two photos": {photos, two, false, http.StatusRequestEntityTooLarge, []string{"gửi từng tệp", `name="file"`}},
		"a book":     {words, long, false, http.StatusRequestEntityTooLarge, []string{"dài quá"}},
		"a crowd":    {"application/x-www-form-urlencoded", []byte(crowd), true, http.StatusTooManyRequests, []string{"113, 114 hoặc 115", ">mất &lt;thẻ&gt;</textarea>"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &bottest.Scripted{Reply: bottest.Answer()}
			c, err := web.New(web.Config{Name: "Trợ lý ảo thử"}, h, suggestions{}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			c.Routes(mux)
			send := func(contentType string, body []byte) *httptest.ResponseRecorder {
				w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
				r.Header.Set("Content-Type", contentType)
				r.RemoteAddr = "203.0.113.9:1000"
				mux.ServeHTTP(w, r)
				return w
			}
			heard := len(h.Turns())
			w := send(tc.contentType, tc.body)
			for tc.crowded && w.Code == http.StatusOK {
				heard = len(h.Turns())
				w = send(tc.contentType, tc.body)
			}
			page := w.Body.String()
			for _, want := range append(tc.want, `<meta name="viewport"`, `id="conversation" value="w1"`) {
				if !strings.Contains(page, want) {
					t.Errorf("%q is missing from the page", want)
				}
			}
			if w.Code != tc.status || len(h.Turns()) != heard {
				t.Errorf("%d, heard of: %v", w.Code, len(h.Turns()) > heard)
			}
		})
	}
}
