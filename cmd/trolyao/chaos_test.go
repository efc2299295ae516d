package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/trolyao/trolyao/handoff"
)

var (
	chaosReports  = flag.Int("reports", 60, "reports submitted in TestReportsSurvive")
	chaosCitizens = flag.Int("citizens", 10, "people who submit them at once")
	chaosKills    = flag.Int("kills", 3, "how often the server is killed meanwhile")
)

const chaosSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// What a citizen writes, and nobody but the agency may read.
const (
	chaosStory = "thằng Sáu Lúa khiêng mất máy bơm hiệu Bí Mật"
	chaosName  = "Trần Văn Kín"
	chaosPhone = "0912345678"
)

// TestReportsSurvive submits reports while the server is killed again and again
// and the agency's endpoint misbehaves in every way. In the end the agency has
// every report whose code a citizen saw, under one id, and nobody else can read
// any. The full run: go test ./cmd/trolyao -run TestReportsSurvive -v -reports 1000 -citizens 50 -kills 30.
func TestReportsSurvive(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		agency := newAgency(t)
		surviveReports(t, agency, newServer(t, agency))
	})
	t.Run("postgres", func(t *testing.T) {
		if slowdown > 1 {
			t.Skip("the replicas run on PostgreSQL under the race detector")
		}
		postgres := startPostgres(t)
		agency := newAgency(t)
		kho := filepath.Join(t.TempDir(), "kho")
		writeState(t, kho, "cách thử")
		address := postgres.Database(t)
		s := newServerWith(t, agency, fmt.Sprintf("knowledge: {dir: %q}\nstore_file: DIR/store\n", kho), map[string]string{"store": address + "\n"})
		surviveReports(t, agency, s)
		for _, secret := range []string{chaosStory, "Sáu Lúa", chaosName, chaosPhone} {
			if postgres.Has(t, address, secret) {
				t.Errorf("%q stands in the database", secret)
			}
		}
	})
}

// surviveReports is the run of TestReportsSurvive on one server.
func surviveReports(t *testing.T, agency *agency, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	start := time.Now()
	var left atomic.Int64
	left.Store(int64(*chaosReports))
	codes := make(chan handoff.Code, *chaosReports)
	var citizens sync.WaitGroup
	for c := range *chaosCitizens {
		citizens.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				code, err := submit(ctx, s.url, fmt.Sprintf("nguoi-%d-%d", c, n), n)
				if err != nil {
					t.Errorf("report %d: %v", n, err)
					return
				}
				codes <- code
			}
		})
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range *chaosKills {
		s.start()
		s.waitReady(ctx)
		time.Sleep(time.Duration(50+r.IntN(500)) * time.Millisecond) //nolint:forbidigo // the moment of the kill is the point
		s.kill()
	}
	s.start()
	s.waitReady(ctx) // all may have been told already
	citizens.Wait()
	close(codes)
	submitted := time.Since(start)

	agency.behave.Store(true)
	seen := map[handoff.Code]bool{}
	for code := range codes {
		if seen[code] {
			t.Errorf("code %s was given twice", code)
		}
		seen[code] = true
	}
	for again := time.Now(); !agency.has(seen); {
		if time.Since(again) > 3*time.Second {
			s.run("reports", "retry", "--all")
			again = time.Now()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("reports are missing at the agency")
		}
	}
	s.secrets() // while the server still runs, its log of writes too
	metrics := s.metrics(ctx)
	s.stop()
	agency.check(t, seen)
	out := s.run("reports", "verify")
	if !strings.Contains(out, "nguyên vẹn") || !strings.Contains(out, fmt.Sprintf("%d đơn", len(seen))) {
		t.Errorf("custody: %s", out)
	}
	for _, secret := range []string{chaosStory, "Bí Mật", chaosName, chaosPhone} {
		if strings.Contains(metrics, secret) || strings.Contains(s.log.String(), secret) {
			t.Errorf("%q stands in the log or the metrics", secret)
		}
	}
	if _, err := os.Stat(filepath.Join(s.data, "reports.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that opens reports was made here: %v", err)
	}
	t.Logf("%d reports by %d people in %v, %d kills; the endpoint was asked %d times, kept %d deliveries of %d reports, misbehaved %d times; %s",
		len(seen), *chaosCitizens, submitted.Round(100*time.Millisecond), *chaosKills, agency.asked.Load(), agency.kept.Load(), len(seen), agency.bad.Load(), strings.SplitN(out, "\n", 2)[0])
}

// agency is an endpoint that verifies, opens and keeps reports, and until it is
// told to behave answers badly half of the time.
type agency struct {
	*httptest.Server

	recipient        string
	identity         *age.X25519Identity
	verifier         *standardwebhooks.Webhook
	behave           atomic.Bool
	asked, kept, bad atomic.Int64

	expect func(handoff.Report) error // what is wrong with a report

	mu      sync.Mutex
	ids     map[handoff.Code]map[string]bool // by code
	reports []handoff.Report
}

func newAgency(t *testing.T) *agency {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := standardwebhooks.NewWebhook(chaosSecret)
	if err != nil {
		t.Fatal(err)
	}
	a := &agency{identity: identity, recipient: identity.Recipient().String(), verifier: verifier, expect: asWritten, ids: map[handoff.Code]map[string]bool{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.CloseClientConnections)
	t.Cleanup(a.Close)
	return a
}

// ServeHTTP implements http.Handler.
func (a *agency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	mood := rand.IntN(100)
	if a.behave.Load() {
		mood = 100
	}
	if mood < 50 {
		a.bad.Add(1)
	}
	switch {
	case mood < 10:
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	case mood < 15:
		panic(http.ErrAbortHandler) //nolint:forbidigo // hangs up without reading
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	reference, err := a.keep(r.Header, body)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest) // final: it would show as a missing report
	case mood < 25:
		panic(http.ErrAbortHandler) //nolint:forbidigo // has it, and hangs up
	case mood < 30:
		<-r.Context().Done() // has it, and never answers
	case mood < 40:
		http.Error(w, "too late", http.StatusBadGateway) // has it, and says no
	case mood < 45:
		w.WriteHeader(http.StatusOK) // without a reference
	case mood < 50:
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]string{"reference": reference})
	}
}

func (a *agency) keep(h http.Header, body []byte) (reference string, err error) {
	if err := a.verifier.Verify(body, h); err != nil {
		return "", err
	}
	var sealed struct {
		Sealed string `json:"sealed"`
	}
	if err := json.Unmarshal(body, &sealed); err != nil {
		return "", err
	}
	box, err := base64.StdEncoding.DecodeString(sealed.Sealed)
	if err != nil {
		return "", err
	}
	plain, err := age.Decrypt(bytes.NewReader(box), a.identity)
	if err != nil {
		return "", err
	}
	var r handoff.Report
	if err := json.NewDecoder(plain).Decode(&r); err != nil {
		return "", err
	}
	if err := a.expect(r); err != nil {
		return "", err
	}
	a.kept.Add(1)
	id := h.Get(standardwebhooks.HeaderWebhookID)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids[r.Code] == nil {
		a.ids[r.Code] = map[string]bool{}
	}
	a.ids[r.Code][id] = true
	a.reports = append(a.reports, r)
	return "CA-" + id, nil
}

func asWritten(r handoff.Report) error {
	if !strings.Contains(r.Story, chaosStory) || r.Reporter.Phone != chaosPhone || r.Reporter.Name != chaosName {
		return errors.New("the report is not what was written")
	}
	return nil
}

// has reports whether the agency has every one of the reports.
func (a *agency) has(codes map[handoff.Code]bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for code := range codes {
		if len(a.ids[code]) == 0 {
			return false
		}
	}
	return true
}

func (a *agency) check(t *testing.T, codes map[handoff.Code]bool) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for code, ids := range a.ids {
		if len(ids) != 1 || !codes[code] {
			t.Errorf("report %s arrived under the ids %v; a citizen saw its code: %v", code, ids, codes[code])
		}
	}
}

// server is a trolyao server that is killed and started again.
type server struct {
	t      *testing.T
	url    string
	admin  string
	data   string
	config string
	within []string // the command that runs it in a world of its own, if any
	log    bytes.Buffer
	cmd    *exec.Cmd
}

func newServer(t *testing.T, a *agency) *server {
	t.Helper()
	kho := filepath.Join(t.TempDir(), "kho")
	writeState(t, kho, "cách thử")
	return newServerWith(t, a, fmt.Sprintf("knowledge: {dir: %q}\n", kho), nil)
}

// newServerWith sets up a server that reports to an agency, with more settings
// and more secret files, which the settings call DIR/name.
func newServerWith(t *testing.T, a *agency, settings string, files map[string]string) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, url: "http://" + freeAddress(t), admin: freeAddress(t), data: filepath.Join(dir, "data"), config: filepath.Join(dir, "trolyao.yaml")}
	all := map[string]string{
		"secret": chaosSecret, "password": "mat-khau-thu-nghiem",
		"trolyao.yaml": fmt.Sprintf("listen: %q\nadmin: {listen: %q, password_file: %q}\ndata: %q\nbot: {rate: {per_minute: 0}}\nhandoff: {endpoint: %q, secret_file: %q, recipient: %q, timeout: 1s}\n",
			strings.TrimPrefix(s.url, "http://"), s.admin, filepath.Join(dir, "password"), s.data, a.URL+"/reports", filepath.Join(dir, "secret"), a.recipient) +
			strings.NewReplacer("DIR", dir, "URL", s.url).Replace(settings),
	}
	maps.Copy(all, files)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = s.program("serve")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) kill() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	s.cmd = nil
}

// stop ends the server in good order.
func (s *server) stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(os.Interrupt)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("stop: %v\n%s", err, s.log.String())
	}
	s.cmd = nil
}

func (s *server) waitReady(ctx context.Context) {
	s.t.Helper()
	for ctx.Err() == nil {
		if _, err := get(ctx, s.url+"/readyz"); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // another process starts
	}
	s.t.Fatalf("not ready: %s", s.log.String())
}

func (s *server) metrics(ctx context.Context) string {
	s.t.Helper()
	text, err := get(ctx, "http://"+s.admin+"/metrics")
	if err != nil {
		s.t.Error(err)
	}
	return text
}

// run runs a command beside the server.
func (s *server) run(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Errorf("trolyao %v: %v\n%s", args, err, out)
	}
	return out
}

// try runs a command that may fail.
func (s *server) try(args ...string) (string, error) {
	out, err := s.program(args...).CombinedOutput()
	return string(out), err
}

func (s *server) program(args ...string) *exec.Cmd {
	all := slices.Concat(s.within, []string{"trolyao"}, args, []string{"--config", s.config})
	return exec.Command(all[0], all[1:]...)
}

// secrets looks for a citizen's words in everything the server keeps.
func (s *server) secrets() {
	s.t.Helper()
	err := filepath.WalkDir(s.data, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file of the moment
		}
		for _, secret := range []string{chaosStory, "Sáu Lúa", chaosName, chaosPhone} {
			if bytes.Contains(data, []byte(secret)) {
				s.t.Errorf("%q stands in %s", secret, name)
			}
		}
		if codeShown.Match(data) {
			s.t.Errorf("a receipt code stands in %s", name)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return string(data), err
}

// said is what a citizen gets back.
type said struct {
	Replies []struct {
		Outcome string `json:"outcome"`
		Text    string `json:"text"`
		Buttons []struct {
			ID string `json:"id"`
		} `json:"buttons"`
	} `json:"replies"`
}

var codeShown = regexp.MustCompile(`TG-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}`)

// submit is a citizen who reports. What is not answered he sends again, until it
// is, as the chat page does.
func submit(ctx context.Context, url, conversation string, n int64) (handoff.Code, error) {
	message := map[string]string{"text": "tôi muốn tố giác tội phạm"}
	for turn := range 20 {
		message["conversation"], message["turn"] = conversation, fmt.Sprint(turn)
		reply, err := insist(ctx, url, message)
		if err != nil {
			return "", err
		}
		if code := codeShown.FindString(reply.Replies[0].Text); code != "" {
			return handoff.Code(code), nil
		}
		if message = onward(reply, n); message == nil {
			return "", fmt.Errorf("turn %d: nothing to do after %q", turn, reply.Replies[0].Text)
		}
	}
	return "", errors.New("no code after twenty turns")
}

// onward is what a citizen who reports says next, nil when there is nothing.
func onward(reply said, n int64) map[string]string {
	ids, skip := map[string]bool{}, ""
	for _, b := range reply.Replies[0].Buttons {
		ids[b.ID] = true
		if strings.HasPrefix(b.ID, "r/skip/") {
			skip = b.ID
		}
	}
	switch {
	case ids["r/safe"]:
		return map[string]string{"button": "r/safe"}
	case ids["r/agree"]:
		return map[string]string{"button": "r/agree"}
	case ids["r/send"]:
		return map[string]string{"button": "r/send"}
	case ids["r/secret"]:
		return map[string]string{"text": chaosName + " " + chaosPhone}
	case skip != "":
		return map[string]string{"button": skip}
	case ids["r/back"]:
		return map[string]string{"text": fmt.Sprintf("Đêm 20/11 %s, vụ thứ %d", chaosStory, n)}
	}
	return nil
}

// insist sends one message until it is answered.
func insist(ctx context.Context, url string, message map[string]string) (said, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return said{}, err
	}
	client := &http.Client{Timeout: 5 * time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/chat", bytes.NewReader(body))
		if err != nil {
			return said{}, err
		}
		var reply said
		res, err := client.Do(req)
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&reply)
			_ = res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK && len(reply.Replies) == 1 {
				return reply, nil
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return said{}, errors.Join(ctx.Err(), err)
		}
	}
}
