package telegramtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Message is what a person sees of a message from the bot.
type Message struct {
	ID             int
	Chat           int64
	Text           string   // as it reads, without tags and entities
	Raw            string   // as it was sent
	Links          []string // addresses of the links in the text
	Inline         [][]Button
	Keyboard       [][]Key
	RemoveKeyboard bool
	ReplyTo        int // id of the message that it answers; 0: none
	At             time.Time
}

// Button is a button under a message.
type Button struct{ Text, Data, URL string }

// Key is a key in place of the letters.
type Key struct {
	Text              string
	Contact, Location bool // asks for it
}

// Messages returns what the bot has sent to a chat and not deleted, in order.
func (s *Server) Messages(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chat(chat).messages()
}

func (c *chat) messages() []Message {
	all := make([]Message, len(c.sent))
	for i, m := range c.sent {
		all[i] = m.Message
	}
	return all
}

// WaitMessages returns the messages to a chat as soon as there are n. When ctx
// ends before, it returns those there are and an error.
func (s *Server) WaitMessages(ctx context.Context, chat int64, n int) ([]Message, error) {
	for {
		all, changed := s.look(chat, n)
		if changed == nil {
			return all, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			all = s.Messages(chat)
			if len(all) >= n {
				return all, nil
			}
			return all, fmt.Errorf("chat %d has %d messages, not %d: %w", chat, len(all), n, ctx.Err())
		}
	}
}

// look returns n messages or more, or what to wait for.
func (s *Server) look(chat int64, n int) ([]Message, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(chat)
	if len(c.sent) >= n {
		return c.messages(), nil
	}
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return nil, c.changed
}

// change wakes those who wait for a message.
func (c *chat) change() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Calls returns the calls of a method in order. The method "file" is the
// download of a file.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls[strings.ToLower(method)])
}

// answerable is how long a press may be answered.
const answerable = 15 * time.Second

// Problems returns every breach of the API's rules, in words, and whatever a test
// did that no person could do. Among them are refused calls, also those that came
// too fast, except what a bot cannot foresee: a chat that has blocked it, an
// answer to a press that came too late (the press is a problem of its own), a
// getUpdates ended after its bot had left.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.problems)
	now := s.options.Now()
	for _, p := range s.pressed {
		if !p.answered && now.Sub(p.at) > answerable {
			all = append(all, fmt.Sprintf("the press on %q in chat %d was not answered", p.title, p.chat))
		}
	}
	return all
}
