package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// Send implements messenger.Channel.
func (c *Channel) Send(ctx context.Context, kept messenger.Update, r bot.Reply) error {
	var u update
	if err := json.Unmarshal(kept.Body, &u); err != nil {
		return fmt.Errorf("read update: %w", messenger.ErrUnreadable)
	}
	if rest := c.holdOff(); rest > 0 {
		return &messenger.LaterError{After: rest, Err: errors.New("telegram asked to wait")}
	}
	if c.isBlocked(u.chat().ID) {
		return messenger.ErrGone
	}
	pages := render(r)
	params := tg.SendMessageParams{ChatID: u.chat().ID, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: tg.True()}}
	if u.Message != nil && u.Message.Topic {
		params.MessageThreadID = u.Message.Thread
	}
	for i := c.sent(kept.ID); i < len(pages); i++ {
		params.ReplyMarkup = nil
		if i == len(pages)-1 {
			params.ReplyMarkup = keys(r)
		}
		if err := c.sendPage(ctx, params, pages[i]); err != nil {
			c.keepProgress(kept.ID, i, err)
			if errors.Is(err, messenger.ErrGone) {
				c.mark(u.chat().ID, true)
			}
			return err
		}
	}
	c.keepProgress(kept.ID, 0, nil)
	return nil
}

// sendPage sends one message, as plain text if Telegram cannot read the HTML.
func (c *Channel) sendPage(ctx context.Context, p tg.SendMessageParams, page page) error {
	if err := c.flow.Wait(ctx); err != nil {
		return &messenger.LaterError{Err: errors.New("stopped")}
	}
	p.Text, p.ParseMode = page.html, models.ParseModeHTML
	_, err := c.api.SendMessage(ctx, &p)
	if errors.Is(err, tg.ErrorBadRequest) && isParse(err) {
		p.Text, p.ParseMode = page.plain, ""
		_, err = c.api.SendMessage(ctx, &p)
	}
	return c.verdict(err)
}

// verdict says what an error of the API means for the reply.
func (c *Channel) verdict(err error) error {
	if err == nil || isDone(err) {
		return nil
	}
	if slow, ok := errors.AsType[*tg.TooManyRequestsError](err); ok {
		after := time.Duration(max(slow.RetryAfter, 1)) * time.Second
		c.mu.Lock()
		c.until = c.now().Add(after)
		c.mu.Unlock()
		return &messenger.LaterError{After: after, Err: plain(err)}
	}
	if server, ok := errors.AsType[serverError](err); ok {
		return &messenger.LaterError{After: time.Second, Err: server}
	}
	switch {
	case errors.Is(err, tg.ErrorForbidden), errors.Is(err, tg.ErrorBadRequest) && isGone(err):
		return messenger.ErrGone
	case errors.Is(err, tg.ErrorUnauthorized), errors.Is(err, tg.ErrorNotFound):
		// The token: an admin must look, and may mend it in time.
		return &messenger.LaterError{After: time.Minute, Err: plain(err)}
	case errors.Is(err, tg.ErrorBadRequest):
		return plain(err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &messenger.LaterError{Err: plain(err)}
	}
	return &messenger.LaterError{Maybe: true, Err: plain(err)}
}

// holdOff returns how long Telegram still wants nothing sent.
func (c *Channel) holdOff() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.Sub(c.now())
}

// sent returns how many pages of a reply have been sent before.
func (c *Channel) sent(id bot.TurnID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.progress[id]
}

// mostProgress bounds how many replies are remembered to have been sent in part.
// The desk gives some of them up, and the rest of a forgotten one comes with its
// first pages once more.
const mostProgress = 10_000

// keepProgress remembers the pages sent, for as long as the rest may follow.
func (c *Channel) keepProgress(id bot.TurnID, pages int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.progress, id)
	if _, later := errors.AsType[*messenger.LaterError](err); !later || pages == 0 {
		return
	}
	if len(c.progress) >= mostProgress {
		clear(c.progress)
	}
	c.progress[id] = pages
}

// sender makes an answer of the server's own a kind of error: the library would
// quote it whole.
type sender struct{ client *http.Client }

// Do implements the library's HttpClient.
func (s sender) Do(r *http.Request) (*http.Response, error) {
	res, err := s.client.Do(r) //nolint:gosec // the address is the admin's, from the settings
	if err != nil {
		return nil, messenger.HideAddress(err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		return nil, errors.Join(serverError{res.StatusCode}, res.Body.Close())
	}
	return res, nil
}

// serverError is an answer of Telegram's servers that says nothing of the
// message.
type serverError struct{ status int }

func (e serverError) Error() string { return fmt.Sprintf("telegram: HTTP status %d", e.status) }

// plain returns an error that is safe to log: the library's own kinds, or only
// its kind.
func plain(err error) error {
	for _, known := range []error{tg.ErrorForbidden, tg.ErrorBadRequest, tg.ErrorUnauthorized, tg.ErrorNotFound, tg.ErrorConflict} {
		if errors.Is(err, known) {
			return err // with the description of the API, which quotes no message
		}
	}
	if slow, ok := errors.AsType[*tg.TooManyRequestsError](err); ok {
		return fmt.Errorf("too many requests, retry after %d s", slow.RetryAfter)
	}
	if server, ok := errors.AsType[serverError](err); ok {
		return server
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("network: %s: %w", op.Op, op.Err)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New("no answer in time")
	}
	return errors.New("connection broke")
}

// keys are the buttons under a reply. Where the person may send a place or a
// number, they stand in place of the keyboard, for only there Telegram has such
// keys.
func keys(r bot.Reply) models.ReplyMarkup {
	wanted := map[bot.Want]models.KeyboardButton{
		bot.WantPlace:   {Text: "📍 Gửi vị trí này", RequestLocation: true},
		bot.WantContact: {Text: "📞 Gửi số điện thoại của tôi", RequestContact: true},
	}
	if first, ok := wanted[r.Wants]; ok {
		rows := [][]models.KeyboardButton{{first}}
		for _, row := range rowsOf(r.Buttons) {
			var keys []models.KeyboardButton
			for _, b := range row {
				keys = append(keys, models.KeyboardButton{Text: b.Title})
			}
			rows = append(rows, keys)
		}
		return &models.ReplyKeyboardMarkup{Keyboard: rows, ResizeKeyboard: true, OneTimeKeyboard: true}
	}
	if len(r.Buttons) == 0 {
		if r.Outcome == bot.OutcomeReport {
			return &models.ReplyKeyboardRemove{RemoveKeyboard: true}
		}
		return nil
	}
	var rows [][]models.InlineKeyboardButton
	for _, row := range rowsOf(r.Buttons) {
		var keys []models.InlineKeyboardButton
		for _, b := range row {
			keys = append(keys, models.InlineKeyboardButton{Text: b.Title, CallbackData: string(b.ID)})
		}
		rows = append(rows, keys)
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// shortTitle is the longest title, in characters, that shares its row.
const shortTitle = 16

// rowsOf puts two short titles beside each other.
func rowsOf(buttons []bot.Button) [][]bot.Button {
	var rows [][]bot.Button
	for _, b := range buttons {
		last := len(rows) - 1
		if last >= 0 && len(rows[last]) == 1 && isShort(b) && isShort(rows[last][0]) {
			rows[last] = append(rows[last], b)
			continue
		}
		rows = append(rows, []bot.Button{b})
	}
	return rows
}

func isShort(b bot.Button) bool { return utf8.RuneCountInString(b.Title) <= shortTitle }

// isParse reports whether Telegram could not read the HTML of a message.
func isParse(err error) bool { return strings.Contains(err.Error(), "can't parse entities") }

// isDone reports whether Telegram did as it was asked and only what it tells of
// it could not be read, as when it tells more than the library knows.
func isDone(err error) bool { return strings.HasPrefix(err.Error(), "error decode response result") }

// isGone reports whether a chat is no more.
func isGone(err error) bool {
	return strings.Contains(err.Error(), "chat not found") || strings.Contains(err.Error(), "user is deactivated")
}
