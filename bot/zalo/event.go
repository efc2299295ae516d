package zalo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// literal is a JSON string or number, character for character: Zalo sends
// numbers as both, and ids have more digits than a float keeps.
type literal string

// UnmarshalJSON implements json.Unmarshaler.
func (l *literal) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(l))
	}
	*l = literal(bytes.Trim(data, " "))
	if *l == "null" {
		*l = ""
	}
	return nil
}

// event is what Zalo tells. The sides of sender and recipient depend on the
// kind of event.
type event struct {
	Name      string  `json:"event_name"`
	AppID     literal `json:"app_id"`
	OAID      literal `json:"oa_id"`
	UserID    literal `json:"user_id"`
	Timestamp literal `json:"timestamp"`
	Sender    struct {
		ID literal `json:"id"`
	} `json:"sender"`
	Recipient struct {
		ID literal `json:"id"`
	} `json:"recipient"`
	Follower struct {
		ID literal `json:"id"`
	} `json:"follower"`
	Message struct {
		ID          literal      `json:"msg_id"`
		Text        string       `json:"text"`
		Attachments []attachment `json:"attachments"`
	} `json:"message"`
	Info struct {
		Name  string  `json:"name"`
		Phone literal `json:"phone"`
	} `json:"info"`
}

type attachment struct {
	Type    string `json:"type"`
	Payload struct {
		URL         string  `json:"url"`
		Description string  `json:"description"` // of a link; of a business card JSON
		Size        literal `json:"size"`
		Coordinates struct {
			Latitude  literal `json:"latitude"`
			Longitude literal `json:"longitude"`
		} `json:"coordinates"`
	} `json:"payload"`
}

// signature is the header that proves an event.
const signature = "X-Zevent-Signature"

// genuine reports whether Zalo signed the body: a plain SHA-256, not an HMAC,
// over the app's id, the body as it came, the timestamp in it and the account's
// secret.
func (c *Channel) genuine(header string, body []byte, e *event) bool {
	if string(e.AppID) != c.cfg.AppID {
		return false
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(e.AppID), body, []byte(e.Timestamp), []byte(c.cfg.OASecret)} {
		_, _ = h.Write(part)
	}
	return messenger.SameSecret(strings.TrimPrefix(header, "mac="), hex.EncodeToString(h.Sum(nil)))
}

// accept keeps an event that matters. All others are answered and forgotten.
func (c *Channel) accept(r *http.Request, body []byte) error {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return messenger.ErrForged // unsigned, for all we know
	}
	if !c.genuine(r.Header.Get(signature), body, &e) {
		return messenger.ErrForged
	}
	user := c.person(&e)
	if user == "" {
		return nil
	}
	return c.desk.Accept(r.Context(), messenger.Update{
		ID: c.turn(&e, user), Person: bot.ConversationID("zalo:" + c.cfg.OAID + ":" + user), At: c.now(), Body: body,
	})
}

// The events that are turns, beside user_send_….
const (
	eventFollow   = "follow"
	eventWithdraw = "user_withdraw"
	eventInfo     = "user_submit_info"
	eventMessage  = "user_send_"
)

// person returns who an event comes from, "" when it is no turn: an echo of what
// we sent, somebody else's account, a receipt.
func (c *Channel) person(e *event) string {
	switch {
	case e.Name == eventFollow:
		return string(e.Follower.ID)
	case e.Name == eventWithdraw && e.UserID != "":
		return string(e.UserID)
	case e.Name == eventWithdraw, e.Name == eventInfo, strings.HasPrefix(e.Name, eventMessage):
		if string(e.Recipient.ID) == c.cfg.OAID && string(e.Sender.ID) != c.cfg.OAID {
			return string(e.Sender.ID)
		}
	}
	return ""
}

// turn names an event for good. Zalo repeats an event with the same message id,
// and those without one with the same time.
func (c *Channel) turn(e *event, user string) bot.TurnID {
	id := string(e.Message.ID)
	if id == "" { // a digest, for ids of turns stand in the log and people's may not
		sum := sha256.Sum256([]byte(e.Name + ":" + user + ":" + string(e.Timestamp)))
		id = e.Name + ":" + hex.EncodeToString(sum[:12])
	}
	return bot.TurnID("zalo:" + c.cfg.OAID + ":" + id)
}

// payload begins what a pressed button sends. People can type it too: a button
// does nothing that its words would not.
const payload = "#tl:"

// Answer implements messenger.Channel.
func (c *Channel) Answer(ctx context.Context, kept messenger.Update) (bot.Reply, error) {
	var e event
	if err := json.Unmarshal(kept.Body, &e); err != nil {
		return bot.Reply{}, fmt.Errorf("read event: %w", messenger.ErrUnreadable)
	}
	t := bot.Turn{ID: kept.ID, Conversation: kept.Person, Channel: c.Name(), At: kept.At, Text: e.Message.Text}
	switch e.Name {
	case eventFollow:
		t.Text = "/start"
	case eventWithdraw:
		t.Text = "/xoadulieu"
		if _, err := c.handler.Handle(ctx, t); err != nil {
			return bot.Reply{}, &messenger.LaterError{Err: err} // who has left cannot ask again
		}
		return bot.Reply{}, nil // and hears nothing
	case eventInfo:
		t.Contact = &bot.Contact{Name: e.Info.Name, Phone: international(string(e.Info.Phone))}
	}
	if button, ok := strings.CutPrefix(t.Text, payload); ok {
		t.Text, t.Button = "", bot.ButtonID(button)
	}
	if err := c.attach(ctx, &e, &t); err != nil {
		return bot.Reply{}, err
	}
	return c.handler.Handle(ctx, t)
}

// international puts the plus before a number that begins with the country.
func international(phone string) string {
	if strings.HasPrefix(phone, "84") && len(phone) == 11 {
		return "+" + phone
	}
	return phone
}

// attach puts what was sent along into the turn.
func (c *Channel) attach(ctx context.Context, e *event, t *bot.Turn) error {
	for _, a := range e.Message.Attachments {
		switch a.Type {
		case "location":
			lat, err := strconv.ParseFloat(string(a.Payload.Coordinates.Latitude), 64)
			long, err2 := strconv.ParseFloat(string(a.Payload.Coordinates.Longitude), 64)
			if err == nil && err2 == nil {
				// Its text names the place, or is a cry for help from there.
				t.Place = &bot.Place{Lat: lat, Long: long, Name: t.Text}
			}
		case "link":
			t.Text = strings.Join(slices.DeleteFunc([]string{t.Text, card(a.Payload.Description), a.Payload.URL}, func(s string) bool { return s == "" }), "\n")
		case "image", "gif", "audio", "video", "file":
			f, err := c.fetch(ctx, a)
			if err != nil {
				return err
			}
			t.Files = append(t.Files, f)
		}
	}
	return nil
}

// card is what a link says of itself: of a business card the telephone number.
func card(description string) string {
	var c struct {
		Phone literal `json:"phone"`
	}
	if json.Unmarshal([]byte(description), &c) == nil && c.Phone != "" {
		return "Danh thiếp Zalo, số điện thoại " + string(c.Phone)
	}
	return strings.TrimSpace(description)
}

func (c *Channel) fetch(ctx context.Context, a attachment) (bot.File, error) {
	if size, err := strconv.Atoi(string(a.Payload.Size)); err == nil && size > bot.MaxFile {
		return bot.File{TooLarge: true}, nil
	}
	return messenger.Fetch(ctx, c.client, a.Payload.URL)
}
