package telegramtest_test

import (
	"context"
	"testing"
	"time"

	tg "github.com/go-telegram/bot"     //nolint:depguard // the stand-in must take what the library sends
	"github.com/go-telegram/bot/models" //nolint:depguard // as above

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

// The library sends every call in its own way, so the stand-in is tried with it.
func TestLibrary(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	handled := make(chan struct{})
	b, err := tg.New(token, tg.WithServerURL(s.URL()), tg.WithNotAsyncHandlers(), tg.WithDefaultHandler(func(ctx context.Context, b *tg.Bot, u *models.Update) {
		if u.CallbackQuery != nil {
			if _, err := b.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: u.CallbackQuery.ID}); err != nil {
				t.Error(err)
			}
			_, err := b.EditMessageText(ctx, &tg.EditMessageTextParams{ChatID: u.CallbackQuery.From.ID, MessageID: u.CallbackQuery.Message.Message.ID, Text: "Đã chọn"})
			if err != nil {
				t.Error(err)
			}
			close(handled)
			return
		}
		m, err := b.SendMessage(ctx, &tg.SendMessageParams{
			ChatID: u.Message.Chat.ID, Text: "<b>Chọn</b>", ParseMode: models.ParseModeHTML,
			LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: tg.True()},
			ReplyParameters:    &models.ReplyParameters{MessageID: u.Message.ID},
			ReplyMarkup:        &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{{Text: "Có", CallbackData: "1"}, {Text: "Xem", URL: "https://a.vn"}}}},
		})
		if err != nil || m.ID == 0 || m.Chat.ID != lan || m.Text != "Chọn" {
			t.Errorf("%+v %v", m, err)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: []models.BotCommand{{Command: "start", Description: "Bắt đầu"}}, LanguageCode: "vi"}); err != nil {
		t.Error(err)
	}
	if _, err := b.DeleteWebhook(ctx, &tg.DeleteWebhookParams{}); err != nil {
		t.Error(err)
	}
	polling, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { defer close(stopped); b.Start(polling) }()
	s.Say(lan, "Chào")
	if _, err := s.WaitMessages(ctx, lan, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Press(lan, "Có"); err != nil {
		t.Fatal(err)
	}
	<-handled
	if m := s.Messages(lan); len(m) != 1 || m[0].Text != "Đã chọn" {
		t.Errorf("%+v", m)
	}
	waitFor(t, func() bool { return s.Pending() == 0 })
	stop()
	<-stopped
	noProblems(t, s)
}
