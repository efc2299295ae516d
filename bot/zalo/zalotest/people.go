package zalotest

import (
	"crypto/md5" //nolint:gosec // the checksum that Zalo sends, no protection
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strconv"
	"strings"
)

// appScoped is the id by which the app, not the account, knows a person. No
// message can be sent to it.
func appScoped(user string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte("app " + user)) // never fails
	return strconv.FormatUint(1e18+h.Sum64()%9e18, 10)
}

// raise delivers an event about a person under an id.
func (z *OA) raise(user, event, id string, o object) string {
	z.ledger.mu.Lock()
	n := z.events
	z.events++
	z.scoped[appScoped(user)] = user
	now := z.now().UnixMilli()
	z.ledger.mu.Unlock()

	var timestamp any = strconv.FormatInt(now, 10)
	if n%7 == 5 {
		timestamp = now
	}
	o = append(object{{"event_name", event}, {"app_id", z.options.AppID}}, o...)
	o = append(o, field{"timestamp", timestamp}, field{"user_id_by_app", appScoped(user)})
	body, err := write(o, n)
	if err != nil {
		z.problem("the test's own %s cannot be encoded: %v", event, err)
		return id
	}
	z.post(user, id, body, true)
	return id
}

func (z *OA) post(user, id string, body []byte, signed bool) {
	header := map[string]string{}
	if signed {
		header["X-ZEvent-Signature"] = z.Sign(body)
	}
	z.enqueue(&delivery{id: id, user: user, body: body, header: header})
}

func sides(sender, recipient string) object {
	return object{{"sender", object{{"id", sender}}}, {"recipient", object{{"id", recipient}}}}
}

// wrote delivers a message from a person.
func (z *OA) wrote(user, event string, message object) string {
	z.heard(user)
	id := newID()
	message = append(message, field{"msg_id", id})
	return z.raise(user, event, id, append(sides(user, z.options.OAID), field{"message", message}))
}

// Say sends a text from a person and returns the message's id.
func (z *OA) Say(user, text string) string {
	return z.wrote(user, "user_send_text", object{{"text", text}})
}

// Press presses the button with this title on the newest message that has it.
// Zalo sends the button's payload as a text of the person, shown or not. It
// returns that message's id; buttons that open something send nothing.
func (z *OA) Press(user, title string) (string, error) {
	messages := z.Messages(user)
	for _, m := range slices.Backward(messages) {
		for _, b := range m.Buttons {
			if b.Title != title {
				continue
			}
			if b.Type != "oa.query.hide" && b.Type != "oa.query.show" {
				return "", fmt.Errorf("the button %q is an %s and sends no message", title, b.Type)
			}
			return z.Say(user, b.Payload), nil
		}
	}
	return "", fmt.Errorf("none of %d messages to %s has a button %q", len(messages), user, title)
}

func attachment(kind string, payload object) field {
	return field{"attachments", []object{{{"payload", payload}, {"type", kind}}}}
}

// SendImage sends a picture, which this server serves, with a text that may be
// empty.
func (z *OA) SendImage(user string, data []byte, text string) string {
	url := z.URL() + z.keep("image.jpg", data)
	message := object{attachment("image", object{{"thumbnail", url}, {"url", url}})}
	if text != "" {
		message = append(message, field{"text", text})
	}
	return z.wrote(user, "user_send_image", message)
}

// SendFile sends a file, which this server serves.
func (z *OA) SendFile(user, name string, data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // as above
	return z.wrote(user, "user_send_file", object{attachment("file", object{
		{"url", z.URL() + z.keep(name, data)},
		{"size", strconv.Itoa(len(data))},
		{"name", name},
		{"checksum", hex.EncodeToString(sum[:])},
		{"type", strings.TrimPrefix(path.Ext(name), ".")},
	})})
}

// SendLocation sends a place by its coordinates and name.
func (z *OA) SendLocation(user, lat, long, name string) string {
	return z.wrote(user, "user_send_location", object{
		attachment("location", object{{"coordinates", object{{"latitude", lat}, {"longitude", long}}}}),
		{"text", name},
	})
}

// SendLink sends a link, or a business card, whose description is JSON.
func (z *OA) SendLink(user, url, description string) string {
	return z.wrote(user, "user_send_link", object{attachment("link", object{{"thumbnail", ""}, {"description", description}, {"url", url}})})
}

// Follow makes a person follow the account and returns the event's key. Who
// follows can be written to.
func (z *OA) Follow(user string) string {
	z.heard(user)
	return z.raise(user, "follow", newID(), object{{"source", "oa_profile"}, {"oa_id", z.options.OAID}, {"follower", object{{"id", user}}}})
}

// Unfollow makes a person leave the account and returns the event's key.
func (z *OA) Unfollow(user string) string {
	return z.raise(user, "unfollow", newID(), object{{"source", "oa_profile"}, {"oa_id", z.options.OAID}, {"follower", object{{"id", user}}}})
}

// Withdraw makes a person withdraw their consent and returns the event's key.
func (z *OA) Withdraw(user string) string {
	return z.raise(user, "user_withdraw", newID(), object{{"oa_id", z.options.OAID}, {"user_id", user}})
}

// SubmitInfo makes a person send the form with their particulars and returns
// the event's key.
func (z *OA) SubmitInfo(user string, info map[string]any) string {
	return z.raise(user, "user_submit_info", newID(), append(sides(user, z.options.OAID), field{"info", info}))
}

// Event delivers any other body, as it stands, and returns the id of its
// message or else a key. A signed body in which a person sends something counts
// as their message.
func (z *OA) Event(body []byte, signed bool) string {
	var event struct {
		Name   string `json:"event_name"`
		Sender struct {
			ID string `json:"id"`
		} `json:"sender"`
		Message struct {
			ID string `json:"msg_id"`
		} `json:"message"`
	}
	_ = json.Unmarshal(body, &event) // what can be read of it
	user, id := event.Sender.ID, orElse(event.Message.ID, newID())
	if user == "" || user == z.options.OAID {
		user = id // belongs into no one's order
	} else if signed && strings.HasPrefix(event.Name, "user_send_") {
		z.heard(user)
	}
	z.post(user, id, body, signed)
	return id
}

// Redeliver delivers an event once more: the same body with the same timestamp
// and signature.
func (z *OA) Redeliver(id string) {
	if !z.again(id) {
		z.problem("the test's own Redeliver: no event %q", id)
	}
}

// echo delivers what the platform tells about a message it took: a copy, and
// now and then that it arrived or was seen.
func (z *OA) echo(m Message, n int) {
	toUser := func() object { return sides(z.options.OAID, m.User) }
	z.raise(m.User, "oa_send_text", newID(), append(toUser(), field{"message", object{{"text", m.Text}, {"msg_id", m.ID}}}))
	if n%4 == 1 {
		z.raise(m.User, "user_received_message", newID(), append(toUser(), field{"message", object{{"msg_id", m.ID}}}))
	}
	if n%6 == 2 {
		between := toUser()
		if n%4 == 2 {
			between = sides(m.User, z.options.OAID) // sources differ on who is who
		}
		z.raise(m.User, "user_seen_message", newID(), append(between, field{"message", object{{"msg_ids", []string{m.ID}}}}))
	}
}
