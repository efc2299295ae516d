package publish

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// controlFile tells commands on the same machine how to reach the server that
// works on a data folder. Only its owner may read it.
const controlFile = "control.json"

// Control is the way from a command to the running server.
type Control struct {
	Address string `json:"address"` // host and port of the console
	Token   string `json:"token"`   // to be sent as a bearer token
	Folder  string `json:"folder"`  // the knowledge it publishes, "" for the embedded
}

// NewToken makes a token that cannot be guessed.
func NewToken() string { return rand.Text() }

// Write puts the control file into the data folder.
func (c Control) Write(data string) error {
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	path := filepath.Join(data, controlFile)
	// Renamed, so that no command reads half of it.
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("write control file: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write control file: %w", err)
	}
	return nil
}

// RemoveControl removes the control file when the server stops.
func RemoveControl(data string) error {
	if err := os.Remove(filepath.Join(data, controlFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove control file: %w", err)
	}
	return nil
}

// ErrNoServer is returned when the server on the data folder does not answer.
var ErrNoServer = errors.New("máy chủ đang khởi động hoặc đang dừng; hãy thử lại sau ít giây")

// ReadControl finds the server that works on a data folder.
func ReadControl(data string) (c Control, err error) {
	content, err := os.ReadFile(filepath.Join(data, controlFile))
	if errors.Is(err, os.ErrNotExist) {
		return c, ErrNoServer
	}
	if err != nil {
		return c, fmt.Errorf("read control file: %w", err)
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, fmt.Errorf("read control file: %w", err)
	}
	return c, nil
}

// Order is what a command, or a program of the office, wants of the server.
type Order struct {
	Request
	Rollback bool   `json:"rollback,omitempty"`
	To       string `json:"to,omitempty"` // the version to roll back to; "" is the one before
}

// Report is the answer to an order.
type Report struct {
	Publication
	Version  string   `json:"version,omitempty"` // live after it
	Error    string   `json:"error,omitempty"`   // why it was refused
	Problems []string `json:"problems"`
}

// NewReport puts the outcome of an order into words.
func NewReport(p Publication, err error) Report {
	r := Report{Publication: p, Version: p.To, Problems: make([]string, 0, len(p.Problems))}
	for _, problem := range p.Problems {
		r.Problems = append(r.Problems, problem.String())
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// Do carries out an order with the publisher.
func (p *Publisher) Do(ctx context.Context, o Order) (Publication, error) {
	if o.Rollback || o.To != "" {
		return p.Rollback(ctx, o.By, o.To)
	}
	return p.Publish(ctx, o.Request)
}

// orderPatience is how long a command waits for the server. Thousands of
// articles take a minute.
const orderPatience = 10 * time.Minute

// maxReport bounds what is read of an answer, in bytes.
const maxReport = 8 << 20

// Send gives an order to the running server. It returns ErrNoServer when
// nobody answers at the address.
func (c Control) Send(ctx context.Context, o Order) (r Report, err error) {
	body, err := json.Marshal(o)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, orderPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Address+"/api/reindex", bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{}).Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		return r, ErrNoServer
	}
	defer response.Body.Close() //nolint:errcheck // read only
	if response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusNotFound {
		return r, ErrNoServer
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxReport))
	if err != nil {
		return r, fmt.Errorf("read the server's answer: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("read the server's answer: %w", err)
	}
	return r, nil
}
