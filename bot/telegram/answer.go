package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// commands are shown by Telegram beside the input.
func commands() *tg.SetMyCommandsParams {
	return &tg.SetMyCommandsParams{Commands: []models.BotCommand{
		{Command: "start", Description: "Bắt đầu"},
		{Command: "trogiup", Description: "Hỏi được những gì, hỏi thế nào"},
		{Command: "tocao", Description: "Tố giác tội phạm"},
		{Command: "xoadulieu", Description: "Xóa dữ liệu của tôi"},
	}}
}

const phraseGroup = "Tôi chỉ trả lời khi anh/chị nhắn riêng: bấm vào tên tôi rồi nhắn. Đừng ghi giấy tờ, số điện thoại hay việc tố giác trong nhóm. Việc nguy hiểm: gọi 113, 114, 115."

// typingAfter is how long a person may wait before being shown that the
// assistant is at work.
const typingAfter = time.Second

// Answer implements messenger.Channel.
func (c *Channel) Answer(ctx context.Context, kept messenger.Update) (bot.Reply, error) {
	var u update
	if err := json.Unmarshal(kept.Body, &u); err != nil {
		return bot.Reply{}, fmt.Errorf("read update: %w", messenger.ErrUnreadable)
	}
	where := u.chat()
	if where.Type != private {
		return bot.Reply{Text: phraseGroup}, nil
	}
	typing := time.AfterFunc(typingAfter, func() {
		_, _ = c.api.SendChatAction(ctx, &tg.SendChatActionParams{ChatID: where.ID, Action: models.ChatActionTyping}) // a courtesy
	})
	defer typing.Stop()
	turn := bot.Turn{ID: kept.ID, Conversation: kept.Person, Channel: c.Name(), At: kept.At}
	if u.Callback != nil {
		c.pressed(ctx, u.Callback.ID)
		turn.Button = bot.ButtonID(u.Callback.Data)
		return c.handler.Handle(ctx, turn)
	}
	if reply, ok := c.order(ctx, u.Message); ok {
		return reply, nil
	}
	if err := c.read(ctx, u.Message, &turn); err != nil {
		return bot.Reply{}, err
	}
	return c.handler.Handle(ctx, turn)
}

// pressed stops the waiting sign on a pressed button. A press that is too old to
// be confirmed is answered all the same.
func (c *Channel) pressed(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := c.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: id}); err != nil {
		c.log.DebugContext(ctx, "press not confirmed", "channel", c.Name(), "err", plain(err))
	}
}

// order carries out the order of an admin. Others who type it ask a question.
func (c *Channel) order(ctx context.Context, m *message) (bot.Reply, bool) {
	if c.admin == nil || m.From == nil || !slices.Contains(c.cfg.Admins, m.From.ID) {
		return bot.Reply{}, false
	}
	do := map[string]func(context.Context) (string, error){"/reindex": c.admin.Reindex, "/trangthai": c.admin.Status}[strings.TrimSpace(m.Text)]
	if do == nil {
		return bot.Reply{}, false
	}
	said, err := do(ctx)
	if err != nil {
		c.log.ErrorContext(ctx, "order not carried out", "channel", c.Name(), "err", err)
		said = "Chưa làm được: " + err.Error()
	}
	return bot.Reply{Text: said}, true
}

// read puts what a message brings into the turn.
func (c *Channel) read(ctx context.Context, m *message, t *bot.Turn) error {
	t.Text = unaddressed(m.Text + m.Caption) // never both
	switch {
	case m.Location != nil:
		t.Place = &bot.Place{Lat: m.Location.Latitude, Long: m.Location.Longitude}
		if m.Venue != nil {
			t.Place.Name = m.Venue.Title
		}
	case m.Contact != nil && m.From != nil && m.Contact.UserID == m.From.ID:
		t.Contact = &bot.Contact{Name: joined(m.Contact.FirstName, m.Contact.LastName), Phone: m.Contact.PhoneNumber}
	case m.Contact != nil: // somebody else's: what a witness may be reached under
		t.Text = joined(m.Contact.FirstName, m.Contact.LastName, m.Contact.PhoneNumber)
	}
	for _, a := range m.attachments() {
		f, err := c.fetch(ctx, a)
		if err != nil {
			return err
		}
		t.Files = append(t.Files, f)
	}
	return nil
}

// unaddressed takes the bot's name off a command: "/start@ten_bot".
func unaddressed(text string) string {
	word, rest, _ := strings.Cut(text, " ")
	if command, _, ok := strings.Cut(word, "@"); ok && strings.HasPrefix(word, "/") {
		return strings.TrimSpace(command + " " + rest)
	}
	return text
}

// joined puts the parts that are there beside each other.
func joined(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func (m *message) attachments() []attachment {
	var all []attachment
	if n := len(m.Photo); n > 0 { // sizes of one photo, the largest last
		all = append(all, attachment{FileID: m.Photo[n-1].FileID, Size: int64(m.Photo[n-1].FileSize)})
	}
	for _, a := range []*attachment{m.Document, m.Voice, m.Audio, m.Video, m.VideoNote} {
		if a != nil {
			all = append(all, *a)
		}
	}
	return all
}

// fetch reads a file that a person sent.
func (c *Channel) fetch(ctx context.Context, a attachment) (bot.File, error) {
	if a.Size > bot.MaxFile {
		return bot.File{TooLarge: true}, nil
	}
	var res struct {
		OK     bool        `json:"ok"`
		Result models.File `json:"result"`
	}
	status, err := messenger.PostJSON(ctx, c.client, c.cfg.API+"/bot"+c.cfg.Token+"/getFile", nil, map[string]string{"file_id": a.FileID}, &res)
	switch {
	case err != nil:
		return bot.File{}, fmt.Errorf("getFile: %w", err)
	case status == http.StatusBadRequest: // "file is too big"
		return bot.File{TooLarge: true}, nil
	case !res.OK:
		return bot.File{}, fmt.Errorf("getFile: HTTP status %d", status)
	}
	return messenger.Fetch(ctx, c.client, c.cfg.API+"/file/bot"+c.cfg.Token+"/"+strings.TrimPrefix(res.Result.FilePath, "/"))
}
