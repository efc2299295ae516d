package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store/storetest"
	"github.com/trolyao/trolyao/knowledge"
)

// command runs trolyao with words for its standard input and returns what it
// printed and whether it succeeded.
func (s *server) command(stdin string, args ...string) (out string, ok bool) {
	s.t.Helper()
	cmd := exec.Command("trolyao", append(args, "--config", s.config)...)
	cmd.Stdin = strings.NewReader(stdin)
	data, err := cmd.CombinedOutput()
	return string(data), err == nil
}

// console returns the console's page as an admin sees it.
func (s *server) console() string {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: patience}
	res, err := client.PostForm("http://"+s.admin+"/login", url.Values{"password": {"mat-khau-thu-nghiem"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(page)
}

// set writes one of the server's secret files anew.
func (s *server) set(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.config), name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func wantAll(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from:\n%s", want, out)
		}
	}
}

// TestDoctor breaks an installation in one way after another and wants the
// doctor to say which, and what to do.
func TestDoctor(t *testing.T) {
	withoutRace(t)
	a := newAgency(t)
	a.behave.Store(true)
	n := newNetworks(t, "webhook")
	s := newServerWith(t, a, n.settings, n.files)
	n.oa.SetWebhook(s.url + "/webhook/zalo")

	out, ok := s.command("", "doctor")
	if ok {
		t.Error("the doctor is content before the webhooks are set")
	}
	wantAll(t, out, "[HỎNG] Telegram: Telegram gửi tin tới một địa chỉ khác", "[CHÚ Ý] Thư mục dữ liệu", "chạy trolyao serve một lần", "[CHÚ Ý] Máy chủ trolyao: không chạy")

	s.start()
	s.waitReady(t.Context())
	person := &onTelegram{t: t, s: n.telegram, chat: 77}
	person.say("xin chào")                                           // the webhook is set
	(&onZaloBot{t: t, z: n.zalobot, user: "u1"}).say("xin chào")     // and here
	(&onZalo{t: t, z: n.oa, user: "8309393969855400077"}).say("alo") // and the tokens are there
	out, ok = s.command("", "doctor")
	if !ok || strings.Contains(out, "[HỎNG]") {
		t.Errorf("a sound installation is broken:\n%s", out)
	}
	wantAll(t, out, "[ĐƯỢC] Thư mục dữ liệu", "[ĐƯỢC] Tệp bí mật", "[ĐƯỢC] Kho tri thức", "[ĐƯỢC] Máy chủ trolyao: sẵn sàng",
		"[ĐƯỢC] Đồng hồ: khớp", "[ĐƯỢC] Telegram: bot @thu_bot", "[ĐƯỢC] Zalo OA: mã truy cập còn hạn", "[ĐƯỢC] Zalo OA: webhook mở", "[ĐƯỢC] Zalo Bot: bot ", "[ĐƯỢC] Nơi nhận đơn tố giác: nối được")

	for name, tc := range map[string]struct {
		file, text string
		want       []string
	}{
		"a wrong token of Telegram": {"telegram", "110201543:sai", []string{"[HỎNG] Telegram: mã bot bị từ chối", "khởi động lại trolyao"}},
		"a wrong token of Zalo Bot": {"zalobot", "1:sai", []string{"[HỎNG] Zalo Bot: mã bot bị từ chối"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.set(tc.file, tc.text)
			out, ok := s.command("", "doctor")
			s.set(tc.file, n.files[tc.file])
			if ok {
				t.Errorf("the doctor is content:\n%s", out)
			}
			wantAll(t, out, tc.want...)
			if strings.Contains(out, tc.text) {
				t.Errorf("the token stands in:\n%s", out)
			}
		})
	}
	t.Run("a secret that others can read", func(t *testing.T) {
		file := filepath.Join(filepath.Dir(s.config), "telegram")
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		out, _ := s.command("", "doctor")
		wantAll(t, out, "[CHÚ Ý] Tệp bí mật: telegram.token_file", "chmod 600")
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a webhook that somebody else took", func(t *testing.T) {
		other := newNetworks(t, "poll") // a stand-in whose bot has no webhook
		config, err := os.ReadFile(s.config)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(filepath.Dir(s.config), "khac.yaml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(config), n.telegram.URL(), other.telegram.URL())), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("trolyao", "doctor", "--config", file).CombinedOutput()
		if err == nil {
			t.Error("the doctor is content")
		}
		wantAll(t, string(out), "[HỎNG] Telegram: Telegram gửi tin tới một địa chỉ khác")
	})
	t.Run("networks away", func(t *testing.T) {
		n.telegram.Close()
		n.oa.Close()
		a.Close()
		out, ok := s.command("", "doctor")
		if ok {
			t.Error("the doctor is content")
		}
		wantAll(t, out, "[HỎNG] Telegram: không nối được", "[HỎNG] Zalo OA: không nối được", "[HỎNG] Nơi nhận đơn tố giác: không nối được")
	})
}

// TestDoctorPrescribes runs what the doctor says to do about a report that the
// agency refused.
func TestDoctorPrescribes(t *testing.T) {
	dir := t.TempDir()
	data, secret, config := filepath.Join(dir, "data"), filepath.Join(dir, "secret"), filepath.Join(dir, "trolyao.yaml")
	agency := httptest.NewServer(http.NotFoundHandler())
	defer agency.Close()
	for file, text := range map[string]string{
		secret: strings.Repeat("k", 32),
		config: fmt.Sprintf("data: %q\nhandoff: {endpoint: %q, secret_file: %q}\n", data, agency.URL, secret),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t, data, time.Now)
	code := handoff.NewCode()
	if err := db.Commit(t.Context(), bot.Turn{ID: "1", Conversation: "web:1"}, bot.Change{Report: &handoff.Report{Code: code, Channel: "web"}}); err != nil {
		t.Fatal(err)
	}
	report, err := db.FindReport(t.Context(), string(code))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Settle(t.Context(), report.ID, handoff.Result{State: handoff.Stuck, At: time.Now(), Problem: "máy nhận từ chối (400)"}); err != nil {
		t.Fatal(err)
	}
	run := func(command string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args := slices.Concat(strings.Fields(command)[1:], []string{"--config", config})
		if code := execute(t.Context(), args, strings.NewReader(""), &out, &errs); code == 2 || code != 0 && !strings.HasSuffix(command, "doctor") {
			t.Errorf("%s: exit %d\n%s", command, code, errs.String())
		}
		return out.String()
	}
	prescribed := regexp.MustCompile(`trolyao reports( [a-z-]+)+`).FindAllString(run("trolyao doctor"), -1)
	if len(prescribed) != 2 {
		t.Fatalf("prescribed %q", prescribed)
	}
	wantAll(t, run(prescribed[0]), string(report.ID), "máy nhận từ chối")
	wantAll(t, run(prescribed[1]), "1 đơn")
}

// timeIn finds the time after some words, which is meant as Vietnam's.
func timeIn(t *testing.T, out, words, layout string) time.Time {
	t.Helper()
	_, rest, _ := strings.Cut(out, words)
	at, err := time.ParseInLocation(layout, rest[:min(len(rest), len(layout))], knowledge.Vietnam())
	if err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	return at
}

// TestZaloLogin wants an admin to bring new tokens beside a running server,
// which goes on with them.
func TestZaloLogin(t *testing.T) {
	withoutRace(t)
	t.Setenv("TZ", "UTC") // as on many servers
	n := newNetworks(t, "poll")
	s := newServerWith(t, newAgency(t), n.settings, n.files)
	n.oa.SetWebhook(s.url + "/webhook/zalo")
	n.oa.Revoke() // the seed is worth nothing
	s.start()
	s.waitReady(t.Context())
	person := &onZalo{t: t, z: n.oa, user: "8309393969855402319"}
	n.oa.Say(person.user, "xin chào")
	for end := time.Now().Add(patience); !strings.Contains(s.metrics(t.Context()), "\ntrolyao_zalo_consent_needed 1"); {
		if time.Now().After(end) {
			t.Fatal("no alarm")
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // another process finds out
	}
	wantAll(t, s.console(), "Zalo OA", "Zalo không cấp mã truy cập mới", "1 tin chờ trả lời")
	out, ok := s.command("", "zalo", "status")
	if !ok {
		t.Error(out)
	}
	wantAll(t, out, "trolyao zalo login")
	out, ok = s.command("ma-sai\n", "zalo", "login")
	if ok || !strings.Contains(out, "Zalo chưa cấp quyền") || strings.Contains(out, "ma-sai") {
		t.Errorf("a wrong token: %s", out)
	}
	out, ok = s.command("https://xa.gov.vn/?oa_id=1&code="+n.oa.Code()+"\n", "zalo", "login", "--redirect", "https://xa.gov.vn/")
	if !ok {
		t.Error(out)
	}
	wantAll(t, out, "/v4/oa/permission?app_id=", "redirect_uri=https%3A%2F%2Fxa.gov.vn%2F", "Đã nhận quyền")
	if got := person.next(); !strings.Contains(got.text, "Chào") {
		t.Errorf("the reply that waited is %q", got.text)
	}
	out, _ = s.command("", "zalo", "status")
	got, expires := timeIn(t, out, "nhận lúc ", "02/01/2006 15:04"), timeIn(t, out, "còn hạn đến ", "02/01/2006 15:04")
	if since := time.Since(got); since < -time.Minute || since > patience+time.Minute || !expires.After(got) {
		t.Errorf("in Vietnam it is %v: %s", time.Now().In(knowledge.Vietnam()), out)
	}
	out, _ = s.command("", "doctor")
	if at := timeIn(t, out, "còn hạn đến ", "15:04 02/01/2006"); !at.Equal(expires) {
		t.Errorf("the doctor says another time than %v:\n%s", expires, out)
	}
	s.stop()
	for _, secret := range []string{n.files["zaloseed"], n.files["zaloapp"]} {
		if strings.Contains(s.log.String(), secret) {
			t.Error("a secret stands in the log")
		}
	}
}
