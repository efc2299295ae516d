package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/trolyao/trolyao/handoff"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// start serves a receiver and returns a client that signs with the secret.
func start(t *testing.T, dir, signWith string, identities ...age.Identity) (*httptest.Server, *handoff.Client) {
	t.Helper()
	r, err := newReceiver(secret, identities, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	client, err := handoff.NewClient(server.URL, []byte(signWith), 5*time.Second, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func report() handoff.Report {
	return handoff.Report{Schema: handoff.Schema, Code: handoff.NewCode(), Story: "mất xe đạp", Evidence: []handoff.File{{Name: "1.jpg", Data: []byte("ảnh")}}}
}

func TestSealedReportIsOpenedAndKeptOnce(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := handoff.NewSealer(identity.Recipient().String(), filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, client := start(t, dir, secret, identity)
	box, err := sealer.Seal(report())
	if err != nil {
		t.Fatal(err)
	}
	body, err := sealer.Body(box)
	if err != nil || bytes.Contains(body, []byte("mất xe")) {
		t.Fatalf("body in clear, or %v", err)
	}
	first, err := client.Deliver(t.Context(), "rp_1", body)
	if err != nil || first == "" {
		t.Fatal(first, err)
	}
	if again, err := client.Deliver(t.Context(), "rp_1", body); err != nil || again != first {
		t.Errorf("sent again: %q %v, want %q", again, err, first)
	}
	if other, err := client.Deliver(t.Context(), "rp_2", body); err != nil || other == first {
		t.Errorf("another id: %q %v", other, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var k kept
	var r handoff.Report
	if err := json.Unmarshal(data, &k); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(k.Report, &r); err != nil || r.Story != "mất xe đạp" || string(r.Evidence[0].Data) != "ảnh" {
		t.Errorf("kept %+v, %v", r, err)
	}
}

func TestRefusals(t *testing.T) {
	server, stranger := start(t, t.TempDir(), "whsec_"+strings.Repeat("QUJD", 8))
	body, err := json.Marshal(report())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Deliver(t.Context(), "rp_1", body); err == nil {
		t.Error("a stranger's signature was taken")
	}
	_, late := start(t, t.TempDir(), secret)
	if _, err := late.Deliver(t.Context(), "rp_1", []byte(`{"sealed":"QUJD"}`)); err == nil {
		t.Error("what cannot be opened was acknowledged")
	}
	for _, schema := range []string{"other/9", "trolyao.report/10"} {
		if _, err := late.Deliver(t.Context(), "rp_1", []byte(`{"schema":"`+schema+`"}`)); err == nil {
			t.Errorf("schema %s was acknowledged", schema)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("unsigned: %d", res.StatusCode)
	}
}

// TestWeakSecrets starts with secrets that can be guessed.
func TestWeakSecrets(t *testing.T) {
	for _, weak := range []string{"", "ngan", strings.Repeat("x", 23), "whsec_", "whsec_QUJD", "whsec_!!!"} {
		if _, err := newReceiver(weak, nil, t.TempDir(), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("started with the secret %q", weak)
		}
	}
	if _, err := newReceiver(strings.Repeat("x", 24), nil, t.TempDir(), slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("a text long enough: %v", err)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	if err := run(t.Context(), []string{"--secret-file", filepath.Join(dir, "none")}, io.Discard); err == nil {
		t.Error("started without a secret")
	}
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := run(ctx, []string{"--secret-file", file, "--listen", "127.0.0.1:0", "--dir", filepath.Join(dir, "reports")}, io.Discard); err != nil {
		t.Errorf("stopped with %v", err)
	}
}
