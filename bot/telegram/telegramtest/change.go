package telegramtest

import (
	"cmp"
	"slices"
)

// position returns where in the list a message of the bot is.
func (c *chat) position(id int) (int, bool) {
	return slices.BinarySearchFunc(c.sent, id, func(m *sent, id int) int { return cmp.Compare(m.ID, id) })
}

// editable returns the message that a call changes; the caller holds the mutex.
func (s *Server) editable(r *request) (*chat, *sent, error) {
	id, err := r.number("message_id", 0)
	if err != nil {
		return nil, nil, err
	}
	if id == 0 {
		return nil, nil, badRequest("message identifier is not specified")
	}
	c, err := s.writable(r)
	if err != nil {
		return nil, nil, err
	}
	if i, ok := c.position(int(id)); ok {
		return c, c.sent[i], nil
	}
	if slices.Contains(c.theirs, int(id)) {
		return nil, nil, badRequest("message can't be edited")
	}
	return nil, nil, badRequest("message to edit not found")
}

func (s *Server) editMessageText(r *request) (any, error) {
	f, err1 := r.readText()
	m, err2 := r.markup()
	err3 := r.checkOptions()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, old, err := s.editable(r)
	if err := cmp.Or(err, err1, err2, err3, m.onlyInline()); err != nil {
		return nil, err
	}
	next := *old
	next.Text, next.Raw, next.Links, next.entities, next.Inline = f.text, r.text("text"), f.links, f.entities, m.inline
	return s.replace(c, old, next)
}

func (s *Server) editMessageReplyMarkup(r *request) (any, error) {
	m, err1 := r.markup()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, old, err := s.editable(r)
	if err := cmp.Or(err, err1, m.onlyInline()); err != nil {
		return nil, err
	}
	next := *old
	next.Inline = m.inline
	return s.replace(c, old, next)
}

// replace changes a message, if anything of it changes; the caller holds the
// mutex.
func (s *Server) replace(c *chat, old *sent, next sent) (any, error) {
	if old.Text == next.Text && slices.Equal(old.entities, next.entities) && slices.EqualFunc(old.Inline, next.Inline, slices.Equal) {
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	next.edited = s.options.Now().Unix()
	*old = next
	c.change()
	return s.asMessage(c, old), nil
}

func (s *Server) deleteMessage(r *request) (any, error) {
	id, err := r.number("message_id", 0)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.writable(r)
	if err != nil {
		return nil, err
	}
	if i, ok := c.position(int(id)); ok {
		c.sent = slices.Delete(c.sent, i, i+1)
		return true, nil
	}
	if i := slices.Index(c.theirs, int(id)); i >= 0 { // in a private chat a bot may
		c.theirs = slices.Delete(c.theirs, i, i+1)
		return true, nil
	}
	return nil, badRequest("message to delete not found")
}
