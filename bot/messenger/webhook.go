package messenger

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// maxUpdate is the largest update read, in bytes. Networks send a few kilobytes.
const maxUpdate = 1 << 20

// Webhook takes the requests of a network: POST only, at most a megabyte.
type Webhook struct {
	Log *slog.Logger
	// Accept keeps what a request brings. ErrForged drops the request; any other
	// error has the network deliver again.
	Accept func(r *http.Request, body []byte) error
	// Drop counts a dropped request.
	Drop func()
	// ForgedStatus answers a dropped request. Zalo's check of the address is
	// unsigned and wants 200; others hear 401.
	ForgedStatus int
}

// ErrForged is returned for a request that the network did not send.
var ErrForged = errors.New("request is not from the network")

// ErrUnreadable is returned for a request of the network that makes no sense.
// Delivering it again would not help.
var ErrUnreadable = errors.New("update is not readable")

// ServeHTTP implements http.Handler.
func (h Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		// A browser, or a check that somebody is here.
		w.WriteHeader(http.StatusOK)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
	if err != nil {
		h.Drop()
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	switch err := h.Accept(r, body); {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, ErrForged):
		h.Drop()
		w.WriteHeader(h.ForgedStatus)
	case errors.Is(err, ErrUnreadable):
		h.Drop()
		w.WriteHeader(http.StatusOK)
	default:
		h.Log.ErrorContext(r.Context(), "update not kept; the network will deliver it again", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// SameSecret compares secrets in a time that tells nothing of them, not even
// their length.
func SameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// SecretWebhook adds the route of a webhook whose requests carry a secret in a
// header. address is the public one, "" when there is no webhook. What stands
// before the program may pass requests on under path or under the path that the
// address names: both are served.
func SecretWebhook(mux *http.ServeMux, address, path, header, secret string, h Webhook) {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return
	}
	keep := h.Accept
	h.ForgedStatus = http.StatusUnauthorized
	h.Accept = func(r *http.Request, body []byte) error {
		if !SameSecret(r.Header.Get(header), secret) {
			return ErrForged
		}
		return keep(r, body)
	}
	mux.Handle(path, h)
	if own := strings.TrimSuffix(u.EscapedPath(), "/"); own != "" && own != path {
		mux.Handle(own, h)
	}
}
