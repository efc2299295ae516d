package console

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Why a password is not taken.
var (
	errNoPassword = errors.New("cần mật khẩu bảng điều khiển")
	errWrong      = errors.New("mật khẩu chưa đúng")
	// errWait is returned for any password while too many are given, the right one
	// too: else whoever guesses would still learn which it is.
	errWait = errors.New("vừa có nhiều lần gõ sai mật khẩu; hãy đợi vài giây rồi thử lại")
)

// So many wrong passwords may be given at once, and so many more a second: by
// one address, and by all of them together.
const (
	guessesOfOne, guessesOfOnePerSecond = 10, 1
	guessesOfAll, guessesOfAllPerSecond = 40, 4
	// retryAfter is for how many seconds who guessed too often is sent away.
	retryAfter = "5"
)

// guesses slows down whoever tries passwords. One address cannot keep the others
// out; many can, for a while.
type guesses struct {
	mu  sync.Mutex
	all *rate.Limiter
	by  map[string]*rate.Limiter // of addresses that guessed wrong of late
}

func newGuesses() *guesses {
	return &guesses{all: rate.NewLimiter(guessesOfAllPerSecond, guessesOfAll), by: map[string]*rate.Limiter{}}
}

// judge takes or refuses a password from an address, and counts the wrong ones.
func (g *guesses) judge(address string, right bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	one := g.by[address]
	switch {
	case g.all.TokensAt(now) < 1, one != nil && one.TokensAt(now) < 1:
		return errWait
	case right:
		return nil
	}
	for other, l := range g.by {
		if l.TokensAt(now) >= guessesOfOne {
			delete(g.by, other) // as good as one that never guessed
		}
	}
	if g.by[address] == nil {
		g.by[address] = rate.NewLimiter(guessesOfOnePerSecond, guessesOfOne)
	}
	g.by[address].AllowN(now, 1)
	g.all.AllowN(now, 1)
	return errWrong
}
