package store

import (
	"container/list"
	"context"
	"sync"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
)

// Memory keeps conversations and replies in memory, the most recent ones up to
// a bound. What it holds is gone when the process ends.
type Memory struct {
	mu            sync.Mutex
	conversations lru[bot.ConversationID, bot.Conversation]
	replies       lru[bot.TurnID, bot.Reply]
}

// NewMemory returns an empty store for at most the given number of
// conversations. It remembers four replies a conversation, on average: enough
// to answer a redelivered message.
func NewMemory(conversations int) *Memory {
	return &Memory{
		conversations: newLRU[bot.ConversationID, bot.Conversation](conversations),
		replies:       newLRU[bot.TurnID, bot.Reply](4 * conversations),
	}
}

// Load implements bot.Store.
func (m *Memory) Load(_ context.Context, id bot.ConversationID) (bot.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.conversations.get(id); ok {
		return c, nil
	}
	return bot.Conversation{ID: id}, nil
}

// Replied implements bot.Store.
func (m *Memory) Replied(_ context.Context, id bot.TurnID) (bot.Reply, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.replies.get(id)
	return r, ok, nil
}

// Commit implements bot.Store.
func (m *Memory) Commit(ctx context.Context, t bot.Turn, c bot.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, seen := m.replies.get(t.ID); seen {
		return bot.ErrSeen
	}
	m.conversations.put(t.Conversation, c.Conversation)
	m.replies.put(t.ID, c.Reply)
	return nil
}

// Receipt implements bot.Store. There are no reports in memory: they would be
// lost.
func (*Memory) Receipt(context.Context, handoff.Code) (handoff.Receipt, bool, error) {
	return handoff.Receipt{}, false, nil
}

// lru is a bounded map that drops what was used longest ago.
type lru[K comparable, V any] struct {
	limit int
	items map[K]*list.Element
	order *list.List // most recent first; values are entry[K, V]
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) lru[K, V] {
	return lru[K, V]{limit: limit, items: map[K]*list.Element{}, order: list.New()}
}

func (l *lru[K, V]) get(key K) (V, bool) {
	if el, ok := l.items[key]; ok {
		l.order.MoveToFront(el)
		return el.Value.(entry[K, V]).value, true
	}
	var none V
	return none, false
}

func (l *lru[K, V]) put(key K, value V) {
	if el, ok := l.items[key]; ok {
		el.Value = entry[K, V]{key, value}
		l.order.MoveToFront(el)
		return
	}
	l.items[key] = l.order.PushFront(entry[K, V]{key, value})
	if l.order.Len() > l.limit {
		oldest := l.order.Back()
		delete(l.items, oldest.Value.(entry[K, V]).key)
		l.order.Remove(oldest)
	}
}
