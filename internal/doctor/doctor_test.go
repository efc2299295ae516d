package doctor_test

import (
	"net/http"
	"net/http/httptest"
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
	return slices.DeleteFunc(d.Examine(t.Context()), func(f doctor.Finding) bool { return f.What != what })
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

// TestAgency knocks at the endpoint of reports.
func TestAgency(t *testing.T) {
	answer := func(status int) string {
		return serve(t, 0, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/cho-khac")
			w.WriteHeader(status)
		}).URL
	}
	for status, want := range map[int]doctor.Level{
		http.StatusOK: doctor.Good, http.StatusUnauthorized: doctor.Good, http.StatusMethodNotAllowed: doctor.Good,
		http.StatusNotFound: doctor.Bad, http.StatusGone: doctor.Bad,
		http.StatusFound: doctor.Bad, http.StatusPermanentRedirect: doctor.Bad, // which the delivery does not follow
		http.StatusBadGateway: doctor.Warning,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			got := findings(t, installation(t, answer(status)), "Nơi nhận đơn tố giác")
			if len(got) != 1 || got[0].Level != want {
				t.Errorf("got %v, want %v", got, want)
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
