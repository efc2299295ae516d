package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// update is the part of an update that matters here. The rest is not even
// parsed: a new kind of message must not make an update unreadable.
type update struct {
	ID       int64     `json:"update_id"`
	Message  *message  `json:"message"`
	Callback *callback `json:"callback_query"`
	Member   *member   `json:"my_chat_member"`
}

type message struct {
	ID        int                `json:"message_id"`
	Thread    int                `json:"message_thread_id"`
	Topic     bool               `json:"is_topic_message"`
	From      *models.User       `json:"from"`
	Chat      chat               `json:"chat"`
	Text      string             `json:"text"`
	Caption   string             `json:"caption"`
	Photo     []models.PhotoSize `json:"photo"`
	Document  *attachment        `json:"document"`
	Voice     *attachment        `json:"voice"`
	Audio     *attachment        `json:"audio"`
	Video     *attachment        `json:"video"`
	VideoNote *attachment        `json:"video_note"`
	Contact   *models.Contact    `json:"contact"`
	Location  *models.Location   `json:"location"`
	Venue     *venue             `json:"venue"`
}

type venue struct {
	Title string `json:"title"`
}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type attachment struct {
	FileID string `json:"file_id"`
	Size   int64  `json:"file_size"`
}

type callback struct {
	ID      string      `json:"id"`
	From    models.User `json:"from"`
	Data    string      `json:"data"`
	Message *struct {
		Chat chat `json:"chat"`
	} `json:"message"`
}

type member struct {
	Chat chat `json:"chat"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// chat returns the chat that an update is about.
func (u *update) chat() chat {
	switch {
	case u.Message != nil:
		return u.Message.Chat
	case u.Callback != nil && u.Callback.Message != nil:
		return u.Callback.Message.Chat
	case u.Callback != nil: // of a message that Telegram has forgotten
		return chat{u.Callback.From.ID, private}
	case u.Member != nil:
		return u.Member.Chat
	}
	return chat{}
}

const private = "private"

// matters reports whether an update is to be kept. In groups the assistant is
// silent, unless it was just added or a command calls it by name.
func (c *Channel) matters(u *update) bool {
	where := u.chat()
	c.mark(where.ID, u.Member != nil && u.Member.New.Status == "kicked")
	switch {
	case where.ID == 0:
		return false
	case u.Message != nil && u.Message.From != nil && u.Message.From.IsBot:
		return false
	case where.Type == private:
		return u.Message != nil || u.Callback != nil
	case u.Member != nil:
		return u.Member.New.Status == "member" || u.Member.New.Status == "administrator"
	}
	if u.Message == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	word, _, _ := strings.Cut(u.Message.Text, " ")
	return c.username != "" && strings.HasPrefix(word, "/") && strings.HasSuffix(strings.ToLower(word), "@"+strings.ToLower(c.username))
}

// mostBlocked bounds how many chats are remembered to have blocked the bot. Who
// is forgotten is found out again by the first refusal.
const mostBlocked = 10_000

// mark remembers whether a chat has blocked the bot. Who writes has not.
func (c *Channel) mark(id int64, blocked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !blocked {
		delete(c.blocked, id)
		return
	}
	if len(c.blocked) >= mostBlocked {
		clear(c.blocked)
	}
	c.blocked[id] = true
}

func (c *Channel) isBlocked(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocked[id]
}

// take keeps updates, given as JSON.
func (c *Channel) take(ctx context.Context, bodies ...[]byte) error {
	var keep []messenger.Update
	for _, body := range bodies {
		var u update
		if err := json.Unmarshal(body, &u); err != nil || u.ID == 0 {
			if len(bodies) == 1 {
				return messenger.ErrUnreadable
			}
			c.log.WarnContext(ctx, "update not readable", "channel", c.Name())
			continue
		}
		if !c.matters(&u) {
			continue
		}
		keep = append(keep, messenger.Update{
			ID:     bot.TurnID(c.Name() + ":" + c.id + ":" + strconv.FormatInt(u.ID, 10)),
			Person: conversation(u.chat()), At: c.now(), Body: body,
		})
	}
	if len(keep) == 0 {
		return nil
	}
	return c.desk.Accept(ctx, keep...)
}

func conversation(in chat) bot.ConversationID {
	return bot.ConversationID("telegram:" + strconv.FormatInt(in.ID, 10))
}

// pollWithin is how long Telegram may hold a question for updates.
const pollWithin = 50 * time.Second

// poll asks for updates until ctx ends. Asking with a higher offset tells
// Telegram that the ones below have arrived, so it is raised only after they
// are kept.
func (c *Channel) poll(ctx context.Context) {
	var offset int64
	pause := time.Second
	for ctx.Err() == nil {
		next, err := c.receive(ctx, offset)
		if err != nil {
			c.health.Set("không lấy được tin từ Telegram")
			if ctx.Err() == nil {
				c.log.WarnContext(ctx, "updates not taken", "channel", c.Name(), "err", err)
			}
			after := pause
			if later, ok := errors.AsType[*messenger.LaterError](err); ok {
				after = max(after, later.After)
			}
			messenger.Wait(ctx, after)
			pause = min(2*pause, 30*time.Second)
			continue
		}
		c.health.Set("")
		pause, offset = time.Second, next
	}
}

// receive asks once and keeps what comes.
func (c *Channel) receive(ctx context.Context, offset int64) (next int64, err error) {
	bodies, next, err := c.updates(ctx, offset)
	if err != nil || len(bodies) == 0 {
		return next, err
	}
	err = c.take(ctx, bodies...)
	if errors.Is(err, messenger.ErrUnreadable) { // and would be so the next time
		c.log.WarnContext(ctx, "update not readable", "channel", c.Name())
		return next, nil
	}
	return next, err
}

// updates asks once. next is the offset that acknowledges what it returns.
func (c *Channel) updates(ctx context.Context, offset int64) (bodies [][]byte, next int64, err error) {
	var res struct {
		OK          bool              `json:"ok"`
		Code        int               `json:"error_code"`
		Description string            `json:"description"`
		Result      []json.RawMessage `json:"result"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	ask := map[string]any{"offset": offset, "timeout": int(pollWithin.Seconds()), "limit": 100, "allowed_updates": allowed()}
	if _, err := messenger.PostJSON(ctx, c.client, c.cfg.API+"/bot"+c.cfg.Token+"/getUpdates", nil, ask, &res); err != nil {
		return nil, offset, fmt.Errorf("getUpdates: %w", err)
	}
	if !res.OK {
		err := fmt.Errorf("getUpdates: %d %s", res.Code, res.Description)
		if res.Code == http.StatusTooManyRequests {
			return nil, offset, &messenger.LaterError{After: time.Duration(res.Parameters.RetryAfter) * time.Second, Err: err}
		}
		return nil, offset, err
	}
	next = offset
	for _, body := range res.Result {
		var u struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(body, &u); err != nil {
			return nil, offset, fmt.Errorf("getUpdates: %w", messenger.ErrUnreadable)
		}
		bodies, next = append(bodies, body), max(next, u.ID+1)
	}
	return bodies, next, nil
}
