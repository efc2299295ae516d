package messenger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/trolyao/trolyao/bot"
)

// maxReply is the largest reply of a network's API that is read, in bytes.
const maxReply = 8 << 20

// NewClient returns a client for a network's API. It does not follow a redirect
// of a call: the call's headers hold a token.
func NewClient(within time.Duration) *http.Client {
	return &http.Client{Timeout: within, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if via[0].Method == http.MethodPost || len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// HideAddress returns the cause of a failed request without its address, which
// may hold a token.
func HideAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// PostJSON posts a value as JSON and reads a JSON reply into into, whatever the
// status, which it returns. Its errors hold neither the address nor the body.
func PostJSON(ctx context.Context, client *http.Client, address string, header http.Header, value, into any) (status int, err error) {
	body, err := json.Marshal(value)
	if err != nil {
		return 0, fmt.Errorf("encode request: %w", err)
	}
	return Post(ctx, client, address, header, "application/json", body, into)
}

// Post is PostJSON for a body of any kind.
func Post(ctx context.Context, client *http.Client, address string, header http.Header, contentType string, body []byte, into any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("bad address")
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", contentType)
	res, err := client.Do(req)
	if err != nil {
		return 0, HideAddress(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil {
		return res.StatusCode, fmt.Errorf("read reply: %w", HideAddress(err))
	}
	if err := json.Unmarshal(data, into); err != nil {
		return res.StatusCode, fmt.Errorf("reply is no JSON (HTTP status %d)", res.StatusCode)
	}
	return res.StatusCode, nil
}

// Fetch reads a file that a person sent.
func Fetch(ctx context.Context, client *http.Client, address string) (bot.File, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return bot.File{}, errors.New("bad address")
	}
	res, err := client.Do(req)
	if err != nil {
		return bot.File{}, fmt.Errorf("fetch file: %w", HideAddress(err))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return bot.File{}, fmt.Errorf("fetch file: HTTP status %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, bot.MaxFile+1))
	if err != nil {
		return bot.File{}, fmt.Errorf("fetch file: %w", HideAddress(err))
	}
	if len(data) > bot.MaxFile {
		return bot.File{TooLarge: true}, nil
	}
	return bot.File{Data: data}, nil
}
