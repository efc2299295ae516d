package handoff_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/trolyao/trolyao/handoff"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func sample() handoff.Report {
	vietnam := time.FixedZone("", 7*3600)
	return handoff.Report{
		Schema: handoff.Schema, Code: "TG-7K3M-9QXD-4TPA-3V", SubmittedAt: time.Date(2026, 11, 22, 8, 15, 4, 0, vietnam), Channel: "zalo",
		Kind: "lua-dao-truc-tuyen", When: "2026-11-20", Where: handoff.Where{Commune: "Xã Trà Cú", Text: "chợ Trà Cú"},
		Story: "Có người gọi điện xưng công an", People: "số 0987654321",
		Evidence: []handoff.File{{Name: "1.jpg", MediaType: "image/jpeg", Bytes: 3, SHA256: "ab", Data: []byte("abc")}},
		Reporter: handoff.Reporter{Disclosure: handoff.Confidential, Name: "Nguyễn Thị Bé", Phone: "0912345678"},
		Consent:  handoff.Consent{Version: "2026-11-22", At: time.Date(2026, 11, 22, 8, 10, 0, 0, vietnam)},
	}
}

// The wire form is a contract: other programs read it.
func TestWireForm(t *testing.T) {
	got, err := json.MarshalIndent(sample(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "report.json")
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	var back handoff.Report
	if err := json.Unmarshal(got, &back); err != nil || !cmp.Equal(sample(), back) {
		t.Errorf("read back: %v\n%s", err, cmp.Diff(sample(), back))
	}
}

func TestFindCode(t *testing.T) {
	code := handoff.NewCode()
	plain := strings.ReplaceAll(string(code), "-", "")
	for _, text := range []string{
		string(code), strings.ToLower(string(code)), "mã " + string(code) + " tới đâu rồi", plain, strings.ReplaceAll(string(code), "-", " "),
		"TG " + plain[2:6] + "–" + plain[6:10] + "." + plain[10:], strings.NewReplacer("0", "O", "1", "l").Replace(string(code)),
	} {
		if got, found, valid := handoff.FindCode(text); !found || !valid || got != code {
			t.Errorf("FindCode(%q) = %q %v %v, want %q", text, got, found, valid, code)
		}
	}
	for _, text := range []string{"", "TG", "tg thì làm sao vậy ad ơi giúp em với", "TG-123", strings.Repeat("TG-", 1000), "TGTGTGTGTGTGTGTGTG"} {
		if got, found, valid := handoff.FindCode(text); found || valid {
			t.Errorf("FindCode(%q) = %q %v %v", text, got, found, valid)
		}
	}
	// A wrong character is found out nearly always.
	missed, tried := 0, 0
	for at := range string(code) {
		for _, c := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
			wrong := string(code[:at]) + string(c) + string(code[at+1:])
			if code[at] == '-' || at < 3 || wrong == string(code) {
				continue
			}
			tried++
			if _, _, valid := handoff.FindCode(wrong); valid {
				missed++
			}
		}
	}
	if missed*100 > tried {
		t.Errorf("%d of %d wrong characters pass", missed, tried)
	}
}

func FuzzFindCode(f *testing.F) {
	f.Add(string(handoff.NewCode()))
	f.Add("TG-7K3M-9QXD-4TPA-3V xyz")
	f.Fuzz(func(t *testing.T, text string) {
		code, found, valid := handoff.FindCode(text)
		if valid != (code != "") || valid && !found {
			t.Errorf("%q: %q %v %v", text, code, found, valid)
		}
		if again, _, ok := handoff.FindCode(string(code)); valid && (!ok || again != code) {
			t.Errorf("%q is read as %q", code, again)
		}
	})
}

func TestCodesDiffer(t *testing.T) {
	seen := map[handoff.Code]bool{}
	for range 10_000 {
		seen[handoff.NewCode()] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d codes of 10000", len(seen))
	}
}

func TestSealer(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "reports.key")
	local, err := handoff.NewSealer("", key)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file %v, %v", info, err)
	}
	early, err := local.Seal(sample())
	if err != nil || early.Foreign || bytes.Contains(early.Data, []byte("công an")) {
		t.Fatal(early.Foreign, err)
	}
	// Without the agency's key the report travels as it is.
	body, err := local.Body(early)
	if err != nil || !bytes.Contains(body, []byte(`"schema":"trolyao.report/1"`)) {
		t.Errorf("body %.80s, %v", body, err)
	}
	if r, err := handoff.Open(early.Data, key); err != nil || !cmp.Equal(r, sample()) {
		t.Errorf("opened %v, %v", r, err)
	}

	agency, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := handoff.NewSealer(agency.Recipient().String(), key)
	if err != nil {
		t.Fatal(err)
	}
	late, err := sealer.Seal(sample())
	if err != nil || !late.Foreign {
		t.Fatal(late.Foreign, err)
	}
	if _, err := handoff.Open(late.Data, key); !errors.Is(err, handoff.ErrSealed) {
		t.Errorf("this machine opened the agency's report: %v", err)
	}
	// What was sealed before the agency gave its key is sealed anew.
	for name, box := range map[string]handoff.Box{"early": early, "late": late} {
		body, err := sealer.Body(box)
		if err != nil {
			t.Fatal(name, err)
		}
		var sealed struct {
			Sealed []byte `json:"sealed"`
		}
		if err := json.Unmarshal(body, &sealed); err != nil {
			t.Fatal(name, err)
		}
		plain, err := age.Decrypt(bytes.NewReader(sealed.Sealed), agency)
		if err != nil {
			t.Fatal(name, err)
		}
		if data, err := io.ReadAll(plain); err != nil || !bytes.Contains(data, []byte("Trà Cú")) {
			t.Errorf("%s: %s, %v", name, data, err)
		}
	}

	for name, text := range map[string]string{"empty": "", "broken": "AGE-SECRET-KEY-1ABC", "other": "hello"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := handoff.NewSealer("", file); err == nil || strings.Contains(err.Error(), "1ABC") {
			t.Errorf("%s key file: %v", name, err)
		}
	}
	if _, err := handoff.NewSealer("age1xyz", key); err == nil {
		t.Error("took a broken public key")
	}
	if _, err := handoff.NewSealer("", filepath.Join(dir, "no", "such", "folder")); err == nil {
		t.Error("made a key in a folder that is not there")
	}
}

func TestDeliver(t *testing.T) {
	type answer struct {
		status    int
		body      string
		reference string
		refused   bool
		ok        bool
	}
	for name, a := range map[string]answer{
		"created": {201, `{"reference":"CA-1"}`, "CA-1", false, true}, "ok": {200, `{"reference":" CA\n1 "}`, "CA 1", false, true},
		"received before": {409, `{"reference":"CA-1"}`, "CA-1", false, true}, "conflict": {409, ``, "", true, false},
		"no reference": {200, `{}`, "", false, false}, "no json": {200, `<html>`, "", false, false},
		"gone": {410, ``, "", true, false}, "not signed": {401, `{"reference":"x"}`, "", true, false}, "too large": {413, ``, "", true, false},
		"slow": {408, ``, "", false, false}, "early": {425, ``, "", false, false}, "busy": {429, ``, "", false, false},
		"broken": {500, `{"reference":"x"}`, "", false, false}, "gateway": {502, ``, "", false, false}, "moved": {302, ``, "", false, false},
		"endless": {201, `{"reference":"` + strings.Repeat("x", 1000) + `"}`, strings.Repeat("x", 200), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			verifier, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				body, err := io.ReadAll(r.Body)
				if err != nil || verifier.Verify(body, r.Header) != nil || r.Header.Get("webhook-id") != "rp_1" || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("request %v %s %v", r.Header, body, err)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(a.status)
				_, _ = io.WriteString(w, a.body)
			}))
			defer s.Close()
			c, err := handoff.NewClient(s.URL+"/token-in-path", []byte(secret+"\n"), 5*time.Second, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			reference, err := c.Deliver(t.Context(), "rp_1", []byte(`{"sealed":"x"}`))
			if reference != a.reference || (err == nil) != a.ok || errors.Is(err, handoff.ErrRefused) != a.refused || asked != 1 {
				t.Errorf("got %q, %v after %d requests", reference, err, asked)
			}
		})
	}
}

// What is wrong with a connection is said without the address, which may hold a
// secret.
func TestDeliverToNobody(t *testing.T) {
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client leaves
		<-r.Context().Done()
	}))
	defer silent.Close()
	rude := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })) //nolint:forbidigo // hangs up
	defer rude.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for url, want := range map[string]string{
		tls.URL: "chứng chỉ", silent.URL: "không trả lời kịp", rude.URL: "mất kết nối", closed.URL: "không mở cổng", "http://khong-co.invalid": "tên miền",
	} {
		patience := 20 * time.Second // a busy machine may need long for a TLS handshake
		if url == silent.URL {
			patience = 200 * time.Millisecond
		}
		c, err := handoff.NewClient(url+"/?token=bimat", []byte(secret), patience, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Deliver(t.Context(), "rp_1", []byte("{}"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "bimat") || errors.Is(err, handoff.ErrRefused) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	for _, bad := range []string{"", "short", "whsec_!!!", "whsec_QUJD"} {
		if _, err := handoff.NewClient("http://localhost", []byte(bad), time.Second, time.Now); err == nil || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("secret %q: %v", bad, err)
		}
	}
}

// TestDeliverSlowly lets the receiver read for longer than it may take to answer.
func TestDeliverSlowly(t *testing.T) {
	const patience = 300 * time.Millisecond
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(3 * patience)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"reference":"CA-1"}`)
	}))
	defer s.Close()
	c, err := handoff.NewClient(s.URL, []byte(secret), patience, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	const more = 32 << 20 // than the machine keeps between the two
	if reference, err := c.Deliver(t.Context(), "rp_1", make([]byte, more)); err != nil || reference != "CA-1" {
		t.Errorf("got %q, %v", reference, err)
	}
}

// shelf keeps one report, and what became of it.
type shelf struct {
	mu      sync.Mutex
	box     []byte
	next    time.Time
	state   handoff.State
	results []handoff.Result
}

func (s *shelf) Claim(_ context.Context, now time.Time, lease func(bytes int) time.Duration) (*handoff.Parcel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != handoff.Pending || s.next.After(now) {
		return nil, nil //nolint:nilnil // none is due
	}
	s.next = now.Add(lease(len(s.box)))
	return &handoff.Parcel{ID: "rp_1", Box: handoff.Box{Data: s.box, Foreign: true}, Attempts: len(s.results)}, nil
}

func (s *shelf) Settle(_ context.Context, _ handoff.ID, r handoff.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.next, s.results = r.State, r.NextAt, append(s.results, r)
	return nil
}

type deliverer func(ctx context.Context) (string, error)

func (d deliverer) Deliver(ctx context.Context, _ handoff.ID, _ []byte) (string, error) {
	return d(ctx)
}

// outbox runs an outbox over one small report for so long, in virtual time.
func outbox(t *testing.T, d deliverer, long time.Duration) *shelf {
	t.Helper()
	return outboxWith(t, []byte("box"), d, long)
}

func outboxWith(t *testing.T, box []byte, d deliverer, long time.Duration) *shelf {
	t.Helper()
	agency, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := handoff.NewSealer(agency.Recipient().String(), filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{state: handoff.Pending, box: box}
	synctest.Test(t, func(t *testing.T) {
		o := handoff.NewOutbox(s, sealer, d, 10*time.Second, slog.New(slog.DiscardHandler), time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		o.Wake()
		if err := o.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOutboxNeverGivesUp(t *testing.T) {
	tries := 0
	s := outbox(t, func(context.Context) (string, error) {
		if tries++; tries == 90 {
			return "CA-1", nil
		}
		return "", errors.New("máy nhận trả lời 500")
	}, 100*time.Hour)
	if s.state != handoff.Delivered || len(s.results) != 90 || s.results[89].Reference != "CA-1" {
		t.Fatalf("after %d attempts: %s", len(s.results), s.state)
	}
	for i, r := range s.results[:89] {
		wait := r.NextAt.Sub(r.At)
		want := min(time.Hour, time.Duration((i+1)*(i+1)*(i+1)*(i+1))*time.Second)
		if wait < want*8/10 || wait > want*12/10+time.Nanosecond {
			t.Errorf("after attempt %d it waits %v, want about %v", i+1, wait, want)
		}
	}
	if after := s.results[89].At.Sub(s.results[0].At); after < 72*time.Hour {
		t.Errorf("the last attempt was after %v", after)
	}
}

// TestOutboxGivesPhotosTime sends a report with photos over a slow line: it is
// not cut off, and no other worker takes it up meanwhile. What hangs is cut off
// all the same.
func TestOutboxGivesPhotosTime(t *testing.T) {
	tries := 0
	s := outboxWith(t, make([]byte, 5<<20), func(ctx context.Context) (string, error) {
		tries++
		select {
		case <-time.After(100 * time.Second):
			return "CA-1", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}, time.Hour)
	if s.state != handoff.Delivered || tries != 1 {
		t.Errorf("%s after %d attempts: %+v", s.state, tries, s.results)
	}
	s = outboxWith(t, make([]byte, 5<<20), func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}, 10*time.Minute)
	if len(s.results) == 0 {
		t.Error("what hangs is never given up")
	}
}

func TestOutboxStopsAtARefusal(t *testing.T) {
	s := outbox(t, func(context.Context) (string, error) { return "", handoff.ErrRefused }, time.Hour)
	if s.state != handoff.Stuck || len(s.results) != 1 {
		t.Errorf("%d attempts, %s", len(s.results), s.state)
	}
}

func TestOutboxRecordsWhatWasUnderWay(t *testing.T) {
	s := outbox(t, func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}, 5*time.Second)
	if s.state != handoff.Pending || len(s.results) == 0 {
		t.Errorf("after a stop in the middle: %+v", s.results)
	}
	for _, r := range s.results { // another worker may have taken it up in the same moment
		if r.NextAt.After(r.At) {
			t.Errorf("a stop puts it off: %+v", r)
		}
	}
}

func TestCustodyChain(t *testing.T) {
	var events []handoff.Event
	prev := ""
	for i, what := range []handoff.What{handoff.Received, handoff.Refused, handoff.Requeued, handoff.Acknowledged} {
		e := handoff.Event{Seq: int64(i + 1), At: time.UnixMilli(int64(1000 * i)), Report: "rp_1", What: what, Detail: "x"}.Link(prev)
		events, prev = append(events, e), e.Hash
	}
	check := func(events []handoff.Event) error {
		var c handoff.Chain
		var errs []error
		for _, e := range events {
			errs = append(errs, c.Check(e))
		}
		return errors.Join(errs...)
	}
	if err := check(events); err != nil {
		t.Fatal(err)
	}
	for name, tamper := range map[string]func(e []handoff.Event) []handoff.Event{
		"changed":    func(e []handoff.Event) []handoff.Event { e[1].Detail = "y"; return e },
		"other time": func(e []handoff.Event) []handoff.Event { e[2].At = e[2].At.Add(time.Second); return e },
		"taken out":  func(e []handoff.Event) []handoff.Event { return append(e[:1], e[2:]...) },
		"swapped":    func(e []handoff.Event) []handoff.Event { e[1], e[2] = e[2], e[1]; return e },
		"relinked":   func(e []handoff.Event) []handoff.Event { e[1].Detail = "y"; e[1] = e[1].Link(e[0].Hash); return e },
		"beheaded":   func(e []handoff.Event) []handoff.Event { return e[1:] },
	} {
		if err := check(tamper(append([]handoff.Event(nil), events...))); err == nil {
			t.Errorf("%s: not found out", name)
		}
	}
}
