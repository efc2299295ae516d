package app_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/knowledge"
)

func TestMain(m *testing.M) {
	// Bleve keeps its analysis workers for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

const password = "mật khẩu dùng để thử"

// running is a whole program on free ports.
type running struct {
	t             *testing.T
	public, admin string
	client        *http.Client
	log           *bytes.Buffer
}

func start(t *testing.T) *running {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := configs.Load("", map[string]any{
		"listen": "127.0.0.1:0", "admin.listen": "127.0.0.1:0", "data": filepath.Join(dir, "data"), "admin.password_file": file,
	})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	a, err := app.New(ctx, cfg, small(t), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, client: &http.Client{Jar: jar, Transport: &http.Transport{}}, log: &log}
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
	public, admin := a.Addresses()
	r.public, r.admin = "http://"+public, "http://"+admin
	return r
}

func (r *running) do(method, to, contentType, body string, header map[string]string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func (r *running) get(to string) (int, string) { return r.do(http.MethodGet, to, "", "", nil) }

func TestServe(t *testing.T) {
	r := start(t)
	for _, probe := range []string{"/livez", "/readyz"} {
		if code, _ := r.get(r.public + probe); code != http.StatusOK {
			t.Errorf("%s: %d", probe, code)
		}
	}
	const secret = "tôi tên Nguyễn Văn Kín, mất căn cước làm lại ở đâu"
	code, body := r.do(http.MethodPost, r.public+"/api/chat", "application/json", `{"text":"`+secret+`"}`, nil)
	if code != http.StatusOK || !strings.Contains(body, `"outcome"`) {
		t.Errorf("chat: %d %s", code, body)
	}
	code, body = r.get(r.admin + "/metrics")
	if code != http.StatusOK || !strings.Contains(body, `trolyao_turns_total{channel="web",outcome="`) || !strings.Contains(body, "trolyao_articles ") {
		t.Errorf("metrics: %d %.300s", code, body)
	}
	if strings.Contains(r.log.String()+body, "Kín") {
		t.Error("a citizen's words stand in the log or the metrics")
	}
	if code, _ := r.get(r.public + "/metrics"); code != http.StatusNotFound {
		t.Errorf("metrics are public: %d", code)
	}
}

func TestConsole(t *testing.T) {
	r := start(t)
	if code, body := r.get(r.admin + "/"); code != http.StatusOK || !strings.Contains(body, "Mật khẩu") || strings.Contains(body, "Kho tri thức đang") {
		t.Errorf("console without login: %d %s", code, body)
	}
	form := func(p string) string { return url.Values{"password": {p}}.Encode() }
	if code, _ := r.do(http.MethodPost, r.admin+"/login", "application/x-www-form-urlencoded", form("sai"), nil); code != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", code)
	}
	if code, _ := r.do(http.MethodPost, r.admin+"/login", "application/x-www-form-urlencoded", form(password), map[string]string{"Sec-Fetch-Site": "cross-site"}); code != http.StatusForbidden {
		t.Errorf("login from a foreign page: %d", code)
	}
	code, body := r.do(http.MethodPost, r.admin+"/login", "application/x-www-form-urlencoded", form(password), nil)
	if code != http.StatusOK || !strings.Contains(body, "Kho tri thức đang phục vụ") {
		t.Fatalf("login: %d %s", code, body)
	}
	if _, body := r.get(r.admin + "/search?q=" + url.QueryEscape("mat cccd lam lai o dau")); !strings.Contains(body, "căn cước công dân") || !strings.Contains(body, "cap-lai-the-can-cuoc#noi-nop") || !strings.Contains(body, "<mark>") {
		t.Errorf("trying a question: %s", body)
	}
	if _, body := r.get(r.admin + "/search?q=" + url.QueryEscape("<script>nhà tôi đang cháy")); !strings.Contains(body, "<b>emergency</b>") || strings.Contains(body, "<script>") {
		t.Errorf("trying an emergency: %s", body)
	}
	if code, body := r.do(http.MethodPost, r.admin+"/reindex", "", "", nil); code != http.StatusOK || !strings.Contains(body, "bài</b>") {
		t.Errorf("publish from the page: %d %s", code, body)
	}
	if _, body := r.do(http.MethodPost, r.admin+"/logout", "", "", nil); !strings.Contains(body, "Đăng nhập") {
		t.Errorf("logout: %s", body)
	}
}

func TestReindexByProgram(t *testing.T) {
	r := start(t)
	if code, body := r.do(http.MethodPost, r.admin+"/api/reindex", "", "", nil); code != http.StatusUnauthorized {
		t.Errorf("without password: %d %s", code, body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.admin+"/api/reindex", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("admin", password)
	res, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"version"`) {
		t.Errorf("with password: %d %s %v", res.StatusCode, body, err)
	}
}

// small is a folder that takes no time to learn: one article, and nothing that
// people say.
func small(t *testing.T) fs.FS {
	t.Helper()
	article, err := fs.ReadFile(knowledge.Embedded(), "articles/can-cuoc/cap-lai-the-can-cuoc.md")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^related:.*$`).ReplaceAllString(string(article), "related: []")
	return fstest.MapFS{
		"articles/can-cuoc/cap-lai-the-can-cuoc.md": {Data: []byte(text)},
		"lanes/examples.tsv":                        {Data: []byte(bottest.FewExamples)},
		"lexicon/outside.tsv":                       {Data: []byte("message\ngiá vàng\n")},
		"lexicon/followups.tsv":                     {Data: []byte("message\tsection\nbao lâu\tthoi-han\n")},
	}
}

func TestSettingsThatWouldDoNothingAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("mã-sai"), 0o600); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"telegram.token_file": file, "zalo_bot.token_file": file, "store": "postgres://u:mật-khẩu@localhost:1/x"} {
		cfg, err := configs.Load("", map[string]any{key: value, "data": t.TempDir(), "listen": "127.0.0.1:0", "admin.listen": "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = app.New(t.Context(), cfg, small(t), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "mã-sai") || strings.Contains(err.Error(), "mật-khẩu") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestTakenPort(t *testing.T) {
	r := start(t)
	u, err := url.Parse(r.public)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := configs.Load("", map[string]any{"listen": "127.0.0.1:" + u.Port(), "admin.listen": "127.0.0.1:0", "data": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), cfg, small(t), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "không mở được cổng") {
		t.Errorf("a taken port: %v", err)
	}
}
