package telegramtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// chat is what the server knows of a chat.
type chat struct {
	id       int64
	kind     string // of the chat: private, group, …
	met      bool   // has ever written, so that the bot may write
	shut     string // why the bot may not write: the description of the refusal
	theirs   []int  // ids of the messages of people, in order
	lastText int    // the one that Edit edits
	sent     []*sent
	keyboard int           // id of the message whose keyboard is in effect
	recent   []time.Time   // when the bot wrote, within the last second
	changed  chan struct{} // closed at the next message; nil: nobody waits
}

const private = "private"

// chat returns a chat; the caller holds the mutex.
func (s *Server) chat(id int64) *chat {
	c := s.chats[id]
	if c == nil {
		c = &chat{id: id, kind: private}
		s.chats[id] = c
	}
	return c
}

// object is a JSON object.
type object map[string]any

func (c *chat) object() object {
	if c.kind == private {
		return object{"id": c.id, "type": c.kind, "first_name": personName}
	}
	return object{"id": c.id, "type": c.kind, "title": "Tổ dân phố"}
}

const personName = "Người dân"

func person(id int64) user {
	return user{ID: id, FirstName: personName, Language: "vi"}
}

// said makes an update with a message from a person.
func (s *Server) said(chat int64, fields object) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.meet(chat)
	s.message++
	c.theirs = append(c.theirs, s.message)
	if fields["text"] != nil {
		c.lastText = s.message
	}
	return s.hand(chat, "message", encode(object{"message": s.envelop(c, s.message, fields)}))
}

// envelop adds what every message of a person has; the caller holds the mutex.
func (s *Server) envelop(c *chat, id int, fields object) object {
	message := object{"message_id": id, "from": person(c.id), "chat": c.object(), "date": s.options.Now().Unix()}
	maps.Copy(message, fields)
	return message
}

// meet returns the chat of a person who writes. Who has blocked the bot has
// unblocked it before, which the bot is told; the caller holds the mutex.
func (s *Server) meet(id int64) *chat {
	c := s.chat(id)
	if c.shut != "" {
		c.shut = ""
		s.member(c, "kicked", "member")
	}
	c.met = true
	return c
}

// member tells the bot that a person has blocked or unblocked it; the caller
// holds the mutex.
func (s *Server) member(c *chat, before, after string) int64 {
	state := func(status string) object {
		o := object{"user": s.bot, "status": status}
		if status == "kicked" {
			o["until_date"] = 0
		}
		return o
	}
	return s.hand(c.id, "my_chat_member", encode(object{"my_chat_member": object{
		"chat": c.object(), "from": person(c.id), "date": s.options.Now().Unix(),
		"old_chat_member": state(before), "new_chat_member": state(after),
	}}))
}

// Say sends a text from a person in a private chat and returns the id of the
// update, as all methods of this kind do. Who has blocked the bot unblocks it by
// writing again.
func (s *Server) Say(chat int64, text string) int64 { return s.said(chat, s.typed("Say", text)) }

// typed returns the fields of a text.
func (s *Server) typed(who, text string) object {
	if n := units(text); n < 1 || n > maxText {
		s.testProblem(fmt.Sprintf("%s: a message has 1 to %d UTF-16 units, not %d", who, maxText, n))
	}
	fields := object{"text": text}
	if found := commandsIn(text); len(found) > 0 {
		fields["entities"] = found
	}
	return fields
}

// Edit changes the last text of a person.
func (s *Server) Edit(chat int64, text string) int64 {
	fields := s.typed("Edit", text)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.meet(chat)
	if c.lastText == 0 {
		s.problem("the test's own Edit: this person has not written a text")
		return 0
	}
	fields["edit_date"] = s.options.Now().Unix()
	return s.hand(chat, "edited_message", encode(object{"edited_message": s.envelop(c, c.lastText, fields)}))
}

// SendLocation sends a place.
func (s *Server) SendLocation(chat int64, lat, long float64) int64 {
	return s.said(chat, object{"location": object{"latitude": lat, "longitude": long}})
}

// SendContact sends a contact: the person's own when owner is the chat, nobody's
// on Telegram when it is 0.
func (s *Server) SendContact(chat, owner int64, name, phone string) int64 {
	contact := object{"phone_number": phone, "first_name": name}
	if owner != 0 {
		contact["user_id"] = owner
	}
	return s.said(chat, object{"contact": contact})
}

// Block makes a person block the bot.
func (s *Server) Block(chat int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(chat)
	c.met, c.shut = true, "Forbidden: bot was blocked by the user"
	return s.member(c, "member", "kicked")
}

// Post sends any other update, given without its update_id.
func (s *Server) Post(update map[string]any) int64 {
	fields := maps.Clone(update)
	delete(fields, "update_id")
	body, err := json.Marshal(fields)
	if err != nil || len(fields) == 0 {
		s.testProblem(fmt.Sprintf("Post: %d fields: %v", len(fields), err))
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, where := s.learn(body)
	return s.hand(where, kind, body)
}

// place is what an update tells of its chat, and of the ids that a bot may refer
// to.
type place struct {
	ID    int    `json:"message_id"`
	Query string `json:"id"` // of a callback_query
	Chat  struct {
		ID   int64  `json:"id"`
		Type string `json:"type"`
	} `json:"chat"`
	Message *place `json:"message"` // of a callback_query
}

// learn remembers the chat that a posted update comes from; the caller holds the
// mutex.
func (s *Server) learn(body json.RawMessage) (kind string, where int64) {
	var parts map[string]json.RawMessage
	_ = json.Unmarshal(body, &parts) // it was encoded just before
	for name, part := range parts {
		kind = name
		var p place
		_ = json.Unmarshal(part, &p) // what can be read of it
		if p.Message != nil {
			p.Chat = p.Message.Chat
		}
		if kind == "callback_query" && p.Query != "" {
			s.await(p.Query, &press{title: "(posted)", chat: p.Chat.ID, at: s.options.Now()})
		}
		if p.Chat.ID == 0 {
			continue
		}
		c := s.chat(p.Chat.ID)
		c.met = true
		if p.Chat.Type != "" {
			c.kind = p.Chat.Type
		}
		if kind == "message" && p.ID > 0 {
			s.message = max(s.message, p.ID)
			c.theirs = append(c.theirs, p.ID)
		}
		where = p.Chat.ID
	}
	return kind, where
}

// Press presses the button with this title, where the person sees it last: under
// a message, or on the keyboard in place of letters, which says the title or
// sends what the key asks for.
func (s *Server) Press(chat int64, title string) (int64, error) {
	s.mu.Lock()
	m, button, key := s.chat(chat).find(title)
	switch {
	case button != nil && button.Data != "":
		defer s.mu.Unlock()
		return s.press(s.chat(chat), m, *button), nil
	case button != nil:
		s.mu.Unlock()
		return 0, fmt.Errorf("button %q opens a link", title)
	}
	s.mu.Unlock()
	switch {
	case key == nil:
		return 0, fmt.Errorf("chat %d has no button %q", chat, title)
	case key.Contact:
		return s.SendContact(chat, chat, personName, "+84912345678"), nil
	case key.Location:
		return s.SendLocation(chat, 21.0285, 105.8542), nil
	}
	return s.Say(chat, title), nil
}

// find returns the newest button or key with this title.
func (c *chat) find(title string) (*sent, *Button, *Key) {
	for _, m := range slices.Backward(c.sent) {
		if b := lookUp(m.Inline, func(b Button) bool { return b.Text == title }); b != nil {
			return m, b, nil
		}
		if m.ID != c.keyboard {
			continue
		}
		if k := lookUp(m.Keyboard, func(k Key) bool { return k.Text == title }); k != nil {
			return m, nil, k
		}
	}
	return nil, nil, nil
}

// lookUp returns the first of some rows that is wanted.
func lookUp[T any](rows [][]T, wanted func(T) bool) *T {
	for _, row := range rows {
		if i := slices.IndexFunc(row, wanted); i >= 0 {
			return &row[i]
		}
	}
	return nil
}

// press is a press of an inline button.
type press struct {
	title    string
	chat     int64
	at       time.Time
	answered bool
}

// await remembers a press that is to be answered; the caller holds the mutex.
func (s *Server) await(id string, p *press) {
	s.pressed = append(s.pressed, p)
	s.presses[id] = p
}

// press makes an update with a press; the caller holds the mutex.
func (s *Server) press(c *chat, m *sent, b Button) int64 {
	s.meet(c.id)
	id := strconv.FormatInt(4_000_000_000_000_000+int64(len(s.pressed)), 10)
	s.await(id, &press{title: b.Text, chat: c.id, at: s.options.Now()})
	return s.hand(c.id, "callback_query", encode(object{"callback_query": object{
		"id": id, "from": person(c.id), "message": s.asMessage(c, m), "chat_instance": strconv.FormatInt(c.id, 10), "data": b.Data,
	}}))
}
