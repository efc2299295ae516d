package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/doctor"
	"github.com/trolyao/trolyao/internal/publish"
)

// serve starts a server whose clock is off by skew.
func serve(t *testing.T, skew time.Duration, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func ok(http.ResponseWriter, *http.Request) {}

// installation is one whose own server runs and whose reports go to the endpoint.
func installation(t *testing.T, endpoint string) configs.Config {
	t.Helper()
	c := configs.Config{Data: t.TempDir(), Listen: strings.TrimPrefix(serve(t, 0, ok).URL, "http://")}
	c.Handoff.Endpoint, c.Handoff.Recipient = endpoint, "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	if err := (publish.Control{}).Write(c.Data); err != nil {
		t.Fatal(err)
	}
	return c
}

// findings is what the doctor says of one thing.
func findings(t *testing.T, c configs.Config, what string) []doctor.Finding {
	t.Helper()
	d := doctor.Doctor{Config: c, Knowledge: fstest.MapFS{}, Now: time.Now}
	return about(d.Examine(t.Context()), what)
}

func about(all []doctor.Finding, what string) []doctor.Finding {
	return slices.DeleteFunc(all, func(f doctor.Finding) bool { return f.What != what })
}

// TestClock compares our clock with that of others, never with our own server's.
func TestClock(t *testing.T) {
	for name, tc := range map[string]struct {
		endpoint string
		want     doctor.Level
		found    string
	}{
		"nobody else":  {"", doctor.Warning, "chưa so được"},
		"they agree":   {serve(t, 0, ok).URL, doctor.Good, "khớp"},
		"an hour late": {serve(t, 65*time.Minute, ok).URL, doctor.Bad, "lệch -1h"},
	} {
		t.Run(name, func(t *testing.T) {
			c := installation(t, tc.endpoint)
			if got := findings(t, c, "Máy chủ trolyao"); len(got) != 1 || got[0].Level != doctor.Good {
				t.Fatalf("our own server: %v", got)
			}
			if got := findings(t, c, "Đồng hồ"); len(got) != 1 || got[0].Level != tc.want || !strings.Contains(got[0].Found, tc.found) {
				t.Errorf("got %v, want %v %q", got, tc.want, tc.found)
			}
		})
	}
}

// TestSecrets warns of secret files that others can read. What systemd hands to a
// service only looks so: the service's user is let in by an access list, which the
// mode shows as a right of the group.
func TestSecrets(t *testing.T) {
	for name, tc := range map[string]struct {
		folder string
		mode   os.FileMode
		want   doctor.Level
	}{
		"its owner alone":        {"etc", 0o600, doctor.Good},
		"the group":              {"etc", 0o640, doctor.Warning},
		"a credential":           {"credentials/trolyao.service", 0o400, doctor.Good},
		"a credential by a list": {"credentials/trolyao.service", 0o440, doctor.Good},
		"another name":           {"credentials-cu", 0o440, doctor.Warning},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			file := filepath.Join(root, tc.folder, "handoff")
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, tc.mode); err != nil { // whatever the umask
				t.Fatal(err)
			}
			c := installation(t, "")
			c.Handoff.SecretFile = file
			d := doctor.Doctor{Config: c, Knowledge: fstest.MapFS{}, Credentials: filepath.Join(root, "credentials"), Now: time.Now}
			got := about(d.Examine(t.Context()), "Tệp bí mật")
			if len(got) != 1 || got[0].Level != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			c = installation(t, "") // what no setting asks for is looked at as well
			c.Zalo.RefreshTokenFile = file
			d = doctor.Doctor{Config: c, Knowledge: fstest.MapFS{}, Credentials: filepath.Join(root, "credentials"), Now: time.Now}
			if got := about(d.Examine(t.Context()), "Tệp bí mật"); len(got) != 1 || got[0].Level != tc.want {
				t.Errorf("refresh token: got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestAgency knocks at the endpoint of reports.
func TestAgency(t *testing.T) {
	answer := func(status int) string {
		return serve(t, 0, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/cho-khac")
			w.WriteHeader(status)
		}).URL
	}
	const reached, unknown = "nối được", "có nhận đơn hay không thì một đơn thật mới biết"
	for status, want := range map[int]doctor.Finding{
		http.StatusOK: {Level: doctor.Good, Found: reached}, http.StatusUnauthorized: {Level: doctor.Good, Found: reached},
		// Who takes only POST may say so, or know of nothing.
		http.StatusMethodNotAllowed: {Level: doctor.Good, Found: unknown}, http.StatusNotFound: {Level: doctor.Warning, Found: unknown},
		http.StatusGone:  {Level: doctor.Bad, Found: "không có đường dẫn"},
		http.StatusFound: {Level: doctor.Bad}, http.StatusPermanentRedirect: {Level: doctor.Bad}, // which the delivery does not follow
		http.StatusBadGateway: {Level: doctor.Warning, Found: "đang lỗi"},
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			got := findings(t, installation(t, answer(status)), "Nơi nhận đơn tố giác")
			if len(got) != 1 || got[0].Level != want.Level || !strings.Contains(got[0].Found, want.Found) {
				t.Errorf("got %v, want %v", got, want)
			}
			if want.Found == unknown && !strings.HasPrefix(got[0].Found, reached) {
				t.Errorf("what is known is not said: %v", got)
			}
		})
	}
}

// TestAgencyWithoutKey warns that reports travel unsealed.
func TestAgencyWithoutKey(t *testing.T) {
	c := installation(t, serve(t, 0, ok).URL)
	c.Handoff.Recipient = ""
	got := findings(t, c, "Nơi nhận đơn tố giác")
	if len(got) != 2 || got[1].Level != doctor.Warning || !strings.Contains(got[1].Do, "handoff.recipient") {
		t.Errorf("got %v", got)
	}
}
