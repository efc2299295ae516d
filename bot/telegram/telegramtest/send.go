package telegramtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sent is a message from the bot.
type sent struct {
	Message
	entities []entity
	date     int64
	edited   int64
}

// writable returns the chat of a call, if the bot may write there; the caller
// holds the mutex.
func (s *Server) writable(r *request) (*chat, error) {
	if !r.has("chat_id") {
		return nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(r.text("chat_id"), 10, 64)
	if err != nil {
		return nil, badRequest("chat not found")
	}
	c := s.chats[id]
	if c == nil || !c.met {
		return nil, badRequest("chat not found")
	}
	if c.shut != "" {
		return nil, &apiError{code: http.StatusForbidden, text: c.shut, excused: true}
	}
	return c, nil
}

// readText reads the text of a call.
func (r *request) readText() (formatted, error) {
	text := r.text("text")
	if text == "" {
		return formatted{}, badRequest("message text is empty")
	}
	var f formatted
	switch mode := strings.ToLower(r.text("parse_mode")); mode {
	case "":
		f.text = text
	case "html":
		var err error
		if f, err = parseHTML(text); err != nil {
			return formatted{}, err
		}
	case "markdown", "markdownv2":
		return formatted{}, badRequest("this stand-in does not read parse_mode %s", mode)
	default:
		return formatted{}, badRequest("unsupported parse_mode")
	}
	if units(f.text) > maxText {
		return formatted{}, badRequest("message is too long")
	}
	if f = f.trimmed(); f.text == "" {
		return formatted{}, badRequest("message text is empty")
	}
	return f, nil
}

// checkOptions checks the fields of a message that change nothing here.
func (r *request) checkOptions() error {
	var preview struct{}
	_, err1 := r.object("link_preview_options", &preview)
	_, err2 := r.number("message_thread_id", 0)
	return cmp.Or(err1, err2)
}

func (s *Server) sendMessage(r *request) (any, error) {
	f, err1 := r.readText()
	m, err2 := r.markup()
	err3 := r.checkOptions()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.writable(r)
	if err := cmp.Or(err, err1, err2, err3); err != nil {
		return nil, err
	}
	if err := m.fits(c); err != nil {
		return nil, err
	}
	replyTo, err := c.replyTo(r)
	if err != nil {
		return nil, err
	}
	if err := s.pace(c); err != nil {
		return nil, err
	}
	now := s.options.Now()
	s.message++
	out := &sent{
		Message: Message{
			ID: s.message, Chat: c.id, Text: f.text, Raw: r.text("text"), Links: f.links,
			Inline: m.inline, Keyboard: m.keys, RemoveKeyboard: m.remove, ReplyTo: replyTo, At: now,
		},
		entities: f.entities, date: now.Unix(),
	}
	switch {
	case len(m.keys) > 0:
		c.keyboard = out.ID
	case m.remove:
		c.keyboard = 0
	}
	c.sent = append(c.sent, out)
	c.change()
	return s.asMessage(c, out), nil
}

// replyTo returns the message that a call answers; 0: none.
func (c *chat) replyTo(r *request) (int, error) {
	var p struct {
		ID      int  `json:"message_id"`
		Without bool `json:"allow_sending_without_reply"`
	}
	given, err := r.object("reply_parameters", &p)
	if err != nil {
		return 0, err
	}
	if !given { // as it was written before Bot API 7.0, and still is understood
		id, err := r.number("reply_to_message_id", 0)
		if err != nil || id == 0 {
			return 0, err
		}
		p.ID, p.Without = int(id), r.flag("allow_sending_without_reply")
	}
	if _, ok := c.position(p.ID); ok || slices.Contains(c.theirs, p.ID) {
		return p.ID, nil
	}
	if p.Without {
		return 0, nil
	}
	return 0, badRequest("message to be replied not found")
}

// pace refuses what is too much for a chat within a second; the caller holds the
// mutex.
func (s *Server) pace(c *chat) error {
	if s.options.PerChat <= 0 {
		return nil
	}
	now := s.options.Now()
	c.recent = slices.DeleteFunc(c.recent, func(at time.Time) bool { return now.Sub(at) >= time.Second })
	if len(c.recent) >= s.options.PerChat {
		return &apiError{code: http.StatusTooManyRequests, text: "Too Many Requests: retry after 1", retryAfter: 1}
	}
	c.recent = append(c.recent, now)
	return nil
}

// asMessage puts a message into the form of the API; the caller holds the mutex.
func (s *Server) asMessage(c *chat, m *sent) json.RawMessage {
	o := object{"message_id": m.ID, "from": s.bot, "chat": c.object(), "date": m.date, "text": m.Text}
	if len(m.entities) > 0 {
		o["entities"] = m.entities
	}
	if m.edited > 0 {
		o["edit_date"] = m.edited
	}
	if len(m.Inline) > 0 {
		o["reply_markup"] = object{"inline_keyboard": asButtons(m.Inline)}
	}
	if m.ReplyTo > 0 {
		o["reply_to_message"] = object{"message_id": m.ReplyTo, "chat": c.object(), "date": m.date}
	}
	return encode(o)
}

// asButtons puts buttons into the form of the API.
func asButtons(rows [][]Button) [][]object {
	out := make([][]object, len(rows))
	for i, row := range rows {
		for _, b := range row {
			o := object{"text": b.Text}
			if b.Data != "" {
				o["callback_data"] = b.Data
			} else {
				o["url"] = b.URL
			}
			out[i] = append(out[i], o)
		}
	}
	return out
}

func (s *Server) sendChatAction(r *request) (any, error) {
	known := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note",
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.writable(r); err != nil {
		return nil, err
	}
	if !slices.Contains(known, r.text("action")) {
		return nil, badRequest("wrong parameter action in request")
	}
	return true, nil
}

func (s *Server) leaveChat(r *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.writable(r)
	if err != nil {
		return nil, err
	}
	if c.kind == private {
		return nil, badRequest("chat member status can't be changed in private chats")
	}
	c.shut = "Forbidden: bot is not a member of the " + c.kind + " chat"
	return true, nil
}
