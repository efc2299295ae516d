package zalotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	longestText    = 2000
	longestTitle   = 100
	longestPayload = 1000
	mostButtons    = 5

	freeTime    = 48 * time.Hour     // after a person's message, replies may be free
	contactTime = 7 * 24 * time.Hour // and after that there are none
)

// csRequest is a consultation message ("tin Tư vấn").
type csRequest struct {
	Recipient struct {
		User string `json:"user_id"`
	} `json:"recipient"`
	Message struct {
		Text       string `json:"text"`
		Quote      string `json:"quote_message_id"`
		Attachment *struct {
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		} `json:"attachment"`
	} `json:"message"`
}

type csButton struct {
	Title   string          `json:"title"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// strictly decodes JSON without letting anything unknown pass.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

func (z *OA) serveMessage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		z.problem("%s %s: only POST is known", r.Method, r.URL.Path)
		refuse(w, -209, "API is not supported")
		return
	}
	if !z.authorised(w, r) {
		return
	}
	m, err := readMessage(r)
	if err != nil {
		z.problem("message: %v", err)
		refuse(w, -201, "Parameter is invalid: "+err.Error())
		return
	}
	answer, sent, code := z.accept(m)
	if code != 0 {
		refuse(w, code, "Message was not sent")
		return
	}
	writeJSON(w, answer)
	z.echo(m, sent) //nolint:contextcheck // a delivery outlives the call that causes it
}

// readMessage reads a request and holds it to the rules. Errors name no text
// of the message.
func readMessage(r *http.Request) (Message, error) {
	if !hasType(r, "application/json") {
		return Message{}, fmt.Errorf("content type %q, want application/json", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Message{}, err
	}
	var req csRequest
	if err := strictly(body, &req); err != nil {
		return Message{}, err
	}
	m := Message{ID: newID(), User: req.Recipient.User, Text: req.Message.Text}
	if m.User == "" {
		return Message{}, errors.New("no recipient.user_id")
	}
	if n := units(m.Text); n < 1 || n > longestText {
		return Message{}, fmt.Errorf("text of %d characters, want 1 to %d", n, longestText)
	}
	if a := req.Message.Attachment; a != nil {
		if a.Type != "template" {
			return Message{}, fmt.Errorf("attachment of type %q, want template", a.Type)
		}
		m.Buttons, err = readButtons(a.Payload)
	}
	return m, err
}

func readButtons(data json.RawMessage) ([]Button, error) {
	var payload struct {
		Buttons []csButton `json:"buttons"`
	}
	if err := strictly(data, &payload); err != nil {
		return nil, fmt.Errorf("attachment payload: %w", err)
	}
	if n := len(payload.Buttons); n < 1 || n > mostButtons {
		return nil, fmt.Errorf("%d buttons, want 1 to %d", n, mostButtons)
	}
	buttons := make([]Button, len(payload.Buttons))
	for i, b := range payload.Buttons {
		value, err := readButton(b)
		if err != nil {
			return nil, fmt.Errorf("button %d of %d: %w", i+1, len(buttons), err)
		}
		buttons[i] = Button{b.Title, b.Type, value}
	}
	return buttons, nil
}

// readButton returns what a button carries.
func readButton(b csButton) (string, error) {
	if n := units(b.Title); n < 1 || n > longestTitle {
		return "", fmt.Errorf("title of %d characters, want 1 to %d", n, longestTitle)
	}
	switch b.Type {
	case "oa.query.hide", "oa.query.show":
		var query string
		if err := strictly(b.Payload, &query); err != nil {
			return "", fmt.Errorf("%s: payload is not a string", b.Type)
		}
		if n := units(query); n < 1 || n > longestPayload {
			return "", fmt.Errorf("%s: payload of %d characters, want 1 to %d", b.Type, n, longestPayload)
		}
		return query, nil
	case "oa.open.url":
		var page struct{ URL string }
		err := strictly(b.Payload, &page)
		address, notURL := url.Parse(page.URL)
		if err != nil || notURL != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			return "", errors.New(`oa.open.url: payload is not {"url":"https://…"}`)
		}
		return page.URL, nil
	case "oa.open.phone", "oa.open.sms":
		var phone struct {
			Code    string `json:"phone_code"`
			Content string `json:"content"`
		}
		if err := strictly(b.Payload, &phone); err != nil || phone.Code == "" || (phone.Content != "") != (b.Type == "oa.open.sms") {
			return "", fmt.Errorf(`%s: payload is not {"phone_code":"…"}, for a message with "content"`, b.Type)
		}
		return phone.Code, nil
	default:
		return "", fmt.Errorf("unknown type %q", b.Type)
	}
}

type csAnswer struct {
	Error   int    `json:"error"`
	Message string `json:"message"`
	Data    csData `json:"data"`
}

type csData struct {
	ID    string  `json:"message_id"`
	User  string  `json:"user_id"`
	Quota csQuota `json:"quota"`
}

// csQuota says what paid for a message. Remain and Total are strings for free
// replies and numbers otherwise: the sources do not settle it.
type csQuota struct {
	Type    string `json:"quota_type"`
	Remain  any    `json:"remain"`
	Total   any    `json:"total"`
	Expires string `json:"expired_date"`
	Owner   string `json:"owner_type"`
	OwnerID string `json:"owner_id"`
}

// accept delivers a message to its reader, unless it may not be sent: then it
// returns an error code. sent is how many messages went before it.
func (z *OA) accept(m Message) (answer csAnswer, sent, code int) {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	p, known := z.people[m.User]
	if !known || !p.wrote {
		if _, scoped := z.scoped[m.User]; scoped {
			z.problems = append(z.problems, "message: sent to the user_id_by_app of a person")
		}
		return csAnswer{}, 0, -213
	}
	m.At = z.now()
	since := m.At.Sub(p.last)
	if since > contactTime {
		return csAnswer{}, 0, -230
	}
	quota := z.pay(p, since)
	m.Quota = quota.Type
	p.send(m)
	sent = z.sends
	z.sends++
	return csAnswer{Message: "Success", Data: csData{m.ID, m.User, quota}}, sent, 0
}

// packageSize is how many messages a month the account has paid for.
const packageSize = 500

// pay finds what a message is taken from; the caller holds the mutex.
func (z *OA) pay(p *person, since time.Duration) csQuota {
	quota := csQuota{Owner: "OA", OwnerID: z.options.OAID, Expires: vietnameseDate(p.last.Add(freeTime))}
	left := z.options.Quota - p.replies
	if since <= freeTime && left > 0 {
		quota.Type, quota.Remain, quota.Total = "reply", strconv.Itoa(left-1), strconv.Itoa(z.options.Quota)
		return quota
	}
	if since <= freeTime {
		z.problems = append(z.problems, fmt.Sprintf("message: burned beyond the free replies: number %d since the person wrote", p.replies+1))
	}
	quota.Type, quota.Remain, quota.Total = "sub_quota", packageSize-1, packageSize
	return quota
}

func vietnameseDate(t time.Time) string {
	return t.In(time.FixedZone("ICT", 7*60*60)).Format("02/01/2006")
}
