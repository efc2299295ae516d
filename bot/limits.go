package bot

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keyedMutex locks by conversation and forgets keys nobody holds.
type keyedMutex struct {
	mu   sync.Mutex
	held map[ConversationID]*keyedLock
}

type keyedLock struct {
	mu      sync.Mutex
	waiting int
}

// lock waits for the key and returns the function that gives it back.
func (k *keyedMutex) lock(id ConversationID) (unlock func()) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[ConversationID]*keyedLock{}
	}
	l := k.held[id]
	if l == nil {
		l = &keyedLock{}
		k.held[id] = l
	}
	l.waiting++
	k.mu.Unlock()
	l.mu.Lock()
	return func() {
		l.mu.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.waiting--; l.waiting == 0 {
			delete(k.held, id)
		}
	}
}

// limiters bounds the turns of each conversation. Once a minute it forgets the
// people who have been silent for a minute: their allowance is full again.
type limiters struct {
	perMinute int
	mu        sync.Mutex
	byID      map[ConversationID]*limiter
	swept     time.Time
}

type limiter struct {
	*rate.Limiter
	last time.Time
}

func (l *limiters) allow(id ConversationID, now time.Time) bool {
	if l.perMinute <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[ConversationID]*limiter{}
	}
	if now.Sub(l.swept) > time.Minute {
		maps.DeleteFunc(l.byID, func(_ ConversationID, o *limiter) bool { return now.Sub(o.last) > time.Minute })
		l.swept = now
	}
	one := l.byID[id]
	if one == nil {
		one = &limiter{Limiter: rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)}
		l.byID[id] = one
	}
	one.last = now
	return one.AllowN(now, 1)
}
