// Command agency-receiver is what the developer of a receiving agency starts
// from: it takes reports from trolyao over HTTP, checks who signed them, keeps
// each one once, opens the sealed ones, and acknowledges with a reference.
//
//	agency-receiver --listen 127.0.0.1:9000 --secret-file secret --identity key.txt --dir reports
//
// A real agency puts its own case system in the place of the folder; what must
// stay is the order: check the signature over the raw bytes, keep the report
// durably, and only then acknowledge.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"filippo.io/age"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "agency-receiver:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("agency-receiver", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:9000", "address to listen on")
	secretFile := flags.String("secret-file", "", "file with the signing secret shared with trolyao (whsec_…)")
	identityFile := flags.String("identity", "", "file with the agency's age private key; without it sealed reports are refused")
	dir := flags.String("dir", "reports", "folder that keeps the reports")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := os.ReadFile(*secretFile)
	if err != nil {
		return fmt.Errorf("--secret-file: %w", err)
	}
	var identities []age.Identity
	if *identityFile != "" {
		text, err := os.ReadFile(*identityFile)
		if err != nil {
			return fmt.Errorf("--identity: %w", err)
		}
		if identities, err = age.ParseIdentities(bytes.NewReader(text)); err != nil {
			return errors.New("--identity: not an age private key file")
		}
	}
	r, err := newReceiver(strings.TrimSpace(string(secret)), identities, *dir, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	server := &http.Server{Addr: *listen, Handler: r, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: slowest}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(stopping)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped // what is being kept is kept first
}

// receiver keeps each report once, in a file named by the hash of its id.
type receiver struct {
	verifier   *standardwebhooks.Webhook
	identities []age.Identity
	dir        string
	log        *slog.Logger
	keeping    sync.Mutex
}

// largest is the largest report taken, in bytes: five files of 5 MB, in base64
// twice over.
const largest = 64 << 20

// leastSecret is the shortest signing secret taken, in bytes, as the
// specification asks.
const leastSecret = 24

// slowest is how long the largest report may take to arrive: a commune's line
// sends some 64 kB a second.
const slowest = largest / (64 << 10) * time.Second

func newReceiver(secret string, identities []age.Identity, dir string, log *slog.Logger) (*receiver, error) {
	// "whsec_" and base64, as the specification writes secrets; else the text.
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("the secret after whsec_ must be base64")
		}
	}
	// Whoever guesses the secret can send reports in the name of trolyao.
	if len(key) < leastSecret {
		return nil, fmt.Errorf("the secret must be at least %d bytes long", leastSecret)
	}
	verifier, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &receiver{verifier: verifier, identities: identities, dir: dir, log: log}, nil
}

// kept is a report in the folder.
type kept struct {
	ID        string          `json:"id"`
	Reference string          `json:"reference"`
	Received  time.Time       `json:"received"`
	Report    json.RawMessage `json:"report"`
}

// ServeHTTP implements http.Handler.
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	if err != nil {
		// Not "4xx": what was cut off on the way is to be sent again.
		http.Error(w, "could not read the report", http.StatusRequestTimeout)
		return
	}
	// The signature is over the raw bytes, and also bounds their age.
	if err := rc.verifier.Verify(body, r.Header); err != nil {
		http.Error(w, "wrong signature", http.StatusUnauthorized)
		return
	}
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	report, err := rc.open(body)
	if err != nil {
		rc.log.ErrorContext(r.Context(), "report not readable", "id", id, "err", err)
		http.Error(w, "not readable", http.StatusUnprocessableEntity)
		return
	}
	k, first, err := rc.keep(id, report)
	if err != nil {
		rc.log.ErrorContext(r.Context(), "report not kept", "id", id, "err", err)
		http.Error(w, "not kept", http.StatusServiceUnavailable) // it will be sent again
		return
	}
	status := http.StatusCreated
	if !first {
		status = http.StatusConflict // with the same reference: received before
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"reference": k.Reference})
}

// open returns the report in a request body, unsealed.
func (rc *receiver) open(body []byte) (json.RawMessage, error) {
	var sealed struct {
		Sealed string `json:"sealed"`
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(body, &sealed); err != nil {
		return nil, err
	}
	if sealed.Sealed != "" {
		box, err := base64.StdEncoding.DecodeString(sealed.Sealed)
		if err != nil {
			return nil, err
		}
		plain, err := age.Decrypt(bytes.NewReader(box), rc.identities...)
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(plain); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &sealed); err != nil {
			return nil, err
		}
	}
	if sealed.Schema != "trolyao.report/1" {
		return nil, fmt.Errorf("unknown schema %q", sealed.Schema)
	}
	return body, nil
}

// keep puts a report into the folder, once and durably. first is false for one
// that was there.
func (rc *receiver) keep(id string, report json.RawMessage) (k kept, first bool, err error) {
	rc.keeping.Lock()
	defer rc.keeping.Unlock()
	sum := sha256.Sum256([]byte(id))
	name := filepath.Join(rc.dir, hex.EncodeToString(sum[:])+".json")
	data, err := os.ReadFile(name) //nolint:gosec // the name is a hash
	if err == nil {
		err = json.Unmarshal(data, &k)
		return k, false, err
	}
	if !errors.Is(err, fs.ErrNotExist) { // it may be there
		return k, false, err
	}
	now := time.Now()
	k = kept{ID: id, Reference: now.Format("20060102") + "-" + rand.Text()[:8], Received: now, Report: report}
	if data, err = json.Marshal(k); err != nil {
		return k, false, err
	}
	f, err := os.CreateTemp(rc.dir, ".new-*")
	if err != nil {
		return k, false, err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name) //nolint:gosec // the name is a hash
	}
	if err != nil {
		return k, false, errors.Join(err, os.Remove(f.Name()))
	}
	folder, err := os.Open(rc.dir)
	if err != nil {
		return k, false, err
	}
	return k, true, errors.Join(folder.Sync(), folder.Close())
}
