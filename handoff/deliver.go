package handoff

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// ErrRefused is returned when the agency's endpoint will never take a report:
// trying again is of no use, a person must look.
var ErrRefused = errors.New("máy nhận từ chối")

// Client posts reports to an agency's endpoint, signed to the Standard Webhooks
// specification.
type Client struct {
	endpoint string
	signer   *standardwebhooks.Webhook
	http     *http.Client
	now      func() time.Time
}

// leastSecret is the shortest signing secret taken, in bytes, as the
// specification asks.
const leastSecret = 24

// NewClient returns a client for the endpoint. The secret is "whsec_" and
// base64, or any text of at least 24 bytes. timeout bounds the way to the
// endpoint and the wait for its answer, not the sending, which depends on the
// size of the report.
func NewClient(endpoint string, secret []byte, timeout time.Duration, now func() time.Time) (*Client, error) {
	signer, err := newSigner(secret)
	if err != nil {
		return nil, err
	}
	return &Client{endpoint: endpoint, signer: signer, now: now, http: &http.Client{
		// A signed report goes where it was sent and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: workers, IdleConnTimeout: time.Minute,
			DialContext: (&net.Dialer{Timeout: timeout}).DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		},
	}}, nil
}

const secretPrefix = "whsec_"

func newSigner(secret []byte) (*standardwebhooks.Webhook, error) {
	text := strings.TrimSpace(string(secret))
	key := []byte(text)
	if encoded, ok := strings.CutPrefix(text, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("khoá ký sau whsec_ phải là base64")
		}
	}
	if len(key) < leastSecret {
		return nil, fmt.Errorf("khoá ký phải dài ít nhất %d byte", leastSecret)
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// maxAnswer is how much of an endpoint's answer is read, in bytes.
const maxAnswer = 64 << 10

// maxReference is how much of an agency's reference is kept, in characters.
const maxReference = 200

// Deliver posts one report once. It returns the agency's reference, which is
// the acknowledgement; an error wraps ErrRefused when it is final. Errors never
// hold the address or the report.
func (c *Client) Deliver(ctx context.Context, id ID, body []byte) (reference string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return "", errors.New("địa chỉ máy nhận không hợp lệ")
	}
	at := c.now()
	signature, err := c.signer.Sign(string(id), at, body)
	if err != nil {
		return "", errors.New("không ký được đơn")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "trolyao")
	req.Header.Set(standardwebhooks.HeaderWebhookID, string(id))
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := c.http.Do(req)
	if err != nil {
		return "", explain(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", explain(err)
	}
	return read(res.StatusCode, answer)
}

// read decides what an answer means.
func read(status int, answer []byte) (reference string, err error) {
	var ack struct {
		Reference string `json:"reference"`
	}
	_ = json.Unmarshal(answer, &ack) // an answer that is no JSON has no reference
	reference = strings.Join(strings.Fields(ack.Reference), " ")
	if runes := []rune(reference); len(runes) > maxReference {
		reference = string(runes[:maxReference])
	}
	switch {
	case (status/100 == 2 || status == http.StatusConflict) && reference != "":
		return reference, nil
	case status/100 == 2:
		return "", fmt.Errorf("máy nhận trả lời %d nhưng không kèm số tiếp nhận (reference)", status)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return "", fmt.Errorf("máy nhận đang bận (%d)", status)
	case status/100 == 4:
		return "", fmt.Errorf("%w (%d)", ErrRefused, status)
	}
	return "", fmt.Errorf("máy nhận trả lời %d", status)
}

// explain says in words what is wrong with a connection, without its address.
func explain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return errors.New("chứng chỉ của máy nhận không do đơn vị tin cậy cấp")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return errors.New("chứng chỉ của máy nhận cấp cho tên miền khác")
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return errors.New("chứng chỉ của máy nhận hết hạn hoặc không hợp lệ")
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("không tìm thấy tên miền của máy nhận")
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return errors.New("máy nhận không trả lời kịp, hoặc đường truyền quá chậm (khi ấy tăng handoff.timeout)")
	case errors.Is(err, context.Canceled):
		return errors.New("dừng giữa chừng")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("máy nhận không mở cổng")
	}
	return errors.New("mất kết nối với máy nhận")
}
