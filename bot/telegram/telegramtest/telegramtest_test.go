package telegramtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

const (
	token        = "123456:ABC-def"
	lan    int64 = 42 // a person
	binh   int64 = 43
	group  int64 = -100777
	groupS       = "-100777"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newServer(t *testing.T, o telegramtest.Options) *telegramtest.Server {
	t.Helper()
	if o.RetryScale == 0 {
		o.RetryScale = time.Millisecond
	}
	s := telegramtest.New(token, o)
	t.Cleanup(s.Close)
	return s
}

// answer is what tests read of an answer of the API.
type answer struct {
	OK          bool            `json:"ok"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

// send makes a request and returns what came back.
func send(t *testing.T, address, contentType string, body io.Reader) (int, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return res.StatusCode, got, err
}

// call calls a method with JSON.
func call(t *testing.T, s *telegramtest.Server, method, body string) answer {
	t.Helper()
	return callAs(t, s, method, "application/json", strings.NewReader(body))
}

func callAs(t *testing.T, s *telegramtest.Server, method, contentType string, body io.Reader) answer {
	t.Helper()
	status, got, err := send(t, s.URL()+"/bot"+token+"/"+method, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if want := max(a.Code, http.StatusOK); status != want {
		t.Errorf("%s: HTTP status %d with error_code %d", method, status, a.Code)
	}
	return a
}

// must calls a method that is to succeed.
func must(t *testing.T, s *telegramtest.Server, method, body string) json.RawMessage {
	t.Helper()
	a := call(t, s, method, body)
	if !a.OK {
		t.Fatalf("%s %s: %d %s", method, body, a.Code, a.Description)
	}
	return a.Result
}

func noProblems(t *testing.T, s *telegramtest.Server) {
	t.Helper()
	if got := s.Problems(); len(got) > 0 {
		t.Errorf("problems: %q", got)
	}
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		path string
		code int
	}{
		{"/bot" + token + "/getMe", 0},
		{"/bot" + token + "/GETME", 0},
		{"/bot" + token + "x/getMe", 401},
		{"/" + token + "/getMe", 401},
		{"/bot" + token + "/getNothing", 404},
		{"/bot" + token + "/test/getMe", 404},
		{"/bot" + token, 404},
	} {
		t.Run(tt.path, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			status, body, err := send(t, s.URL()+tt.path, "", nil)
			var a answer
			if err != nil || json.Unmarshal(body, &a) != nil || a.Code != tt.code || status != max(tt.code, 200) {
				t.Fatalf("%d %s %v", status, body, err)
			}
			if tt.code == 401 && string(bytes.TrimSpace(body)) != `{"ok":false,"error_code":401,"description":"`+http.StatusText(http.StatusUnauthorized)+`"}` {
				t.Errorf("%s", body)
			}
		})
	}
}

func TestFormsOfRequests(t *testing.T) {
	markup := `{"inline_keyboard":[[{"text":"Có","callback_data":"1"}]]}`
	fields := map[string]string{"chat_id": "42", "text": "Chào bà <b>Lan</b>", "parse_mode": "HTML", "reply_markup": markup}
	multi := func() (string, io.Reader) {
		r, w := io.Pipe() // of unknown length, so that it is chunked
		form := multipart.NewWriter(w)
		go func() {
			for name, value := range fields {
				_ = form.WriteField(name, value)
			}
			_ = w.CloseWithError(form.Close())
		}()
		return form.FormDataContentType(), r
	}
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	contentType, body := multi()
	for _, tt := range []struct {
		name, contentType string
		body              io.Reader
	}{
		{"json", "application/json; charset=utf-8", strings.NewReader(`{"chat_id":42,"text":"Chào bà <b>Lan</b>","parse_mode":"HTML","link_preview_options":null,"reply_markup":` + markup + `}`)},
		{"urlencoded", "application/x-www-form-urlencoded", strings.NewReader(values.Encode())},
		{"multipart", contentType, body},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			s.Say(lan, "Chào")
			if a := callAs(t, s, "sendMessage", tt.contentType, tt.body); !a.OK {
				t.Fatal(a.Description)
			}
			m := s.Messages(lan)
			if len(m) != 1 || m[0].Text != "Chào bà Lan" || len(m[0].Inline) != 1 || m[0].Inline[0][0].Data != "1" {
				t.Errorf("%+v", m)
			}
			calls := s.Calls("SENDMESSAGE")
			if len(calls) != 1 || calls[0].Method != "sendMessage" || calls[0].Fields["reply_markup"] != markup || calls[0].Fields["chat_id"] != "42" {
				t.Errorf("%+v", calls)
			}
			noProblems(t, s)
		})
	}
	for _, tt := range [][2]string{
		{"text/plain", "chat_id=42&text=a"},
		{"application/json", `{"chat_id":42`},
		{"application/json", `[]`},
		{"application/x-www-form-urlencoded", "text=%zz"},
		{"multipart/form-data", "--x"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nfoo"},
		{"application/x-www-form-urlencoded", "chat_id=42&text=%ff"},
	} {
		s := newServer(t, telegramtest.Options{})
		s.Say(lan, "Chào")
		if a := callAs(t, s, "sendMessage", tt[0], strings.NewReader(tt[1])); a.Code != 400 || len(s.Problems()) != 1 {
			t.Errorf("%q: %+v", tt, a)
		}
	}
}

func TestGetMe(t *testing.T) {
	s := newServer(t, telegramtest.Options{Username: "thu_nghiem_bot"})
	var me struct {
		ID       int64  `json:"id"`
		IsBot    bool   `json:"is_bot"`
		Username string `json:"username"`
	}
	if err := json.Unmarshal(must(t, s, "getMe", ""), &me); err != nil || me.ID != 123456 || !me.IsBot || me.Username != "thu_nghiem_bot" {
		t.Errorf("%+v %v", me, err)
	}
}
