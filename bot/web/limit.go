package web

import (
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often a minute one address is heard. The assistant itself bounds each
// conversation, and answers a cry for help all the same; but on the web whoever
// writes names his conversation, as many as he likes. What is refused here the
// assistant does not see, so this stands far above what a hall full of people
// behind one address do.
//
// A file takes room on the disk until its report is sent or half an hour is over.
//
// Suggestions are a help that may fail unnoticed. The page asks for them at each
// pause of a quarter of a second, so one person never asks for more than these.
const (
	chatsPerMinute    = 600
	filesPerMinute    = 60
	suggestsPerMinute = 240
)

// phraseCrowd tells whom to call, for nobody has looked at what is refused.
const phraseCrowd = "Có quá nhiều tin nhắn từ mạng của anh/chị nên tôi chưa trả lời được. Anh/chị đợi một phút rồi gửi lại giúp tôi. Việc nguy hiểm: gọi ngay 113, 114 hoặc 115."

// tooMany refuses a request of an address that has asked too often.
func tooMany(w http.ResponseWriter) (status int, words string) {
	w.Header().Set("Retry-After", "60")
	return http.StatusTooManyRequests, phraseCrowd
}

// mostVisitors bounds how many addresses are remembered at once. When there are
// more, all begin anew.
const mostVisitors = 100_000

// visitors bounds how often each address is heard. Once a minute it forgets
// those that have been silent for a minute: their allowance is full again.
type visitors struct {
	perMinute int
	mu        sync.Mutex
	known     map[netip.Prefix]*visitor
	swept     time.Time
}

type visitor struct {
	*rate.Limiter

	last time.Time
}

func newVisitors(perMinute int) *visitors {
	return &visitors{perMinute: perMinute, known: map[netip.Prefix]*visitor{}}
}

// allow reports whether a request may be heard. One whose sender is not known
// may: a limit on a proxy would be one on everybody.
func (v *visitors) allow(r *http.Request, now time.Time) bool {
	from, ok := sender(r)
	if !ok {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.swept) > time.Minute {
		maps.DeleteFunc(v.known, func(_ netip.Prefix, o *visitor) bool { return now.Sub(o.last) > time.Minute })
		v.swept = now
	}
	one := v.known[from]
	if one == nil {
		if len(v.known) >= mostVisitors {
			clear(v.known)
		}
		one = &visitor{Limiter: rate.NewLimiter(rate.Limit(float64(v.perMinute)/60), v.perMinute)}
		v.known[from] = one
	}
	one.last = now
	return one.AllowN(now, 1)
}

// sender returns where a request comes from. At an address of this machine or
// of its own network stands a proxy, which tells whom it speaks for; others may
// write what they like into that header and are not believed.
func sender(r *http.Request) (netip.Prefix, bool) {
	end, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}, false
	}
	from := end.Addr().Unmap()
	told := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(told) - 1; i >= 0 && isNear(from); i-- { // each proxy adds to the end
		if from, err = netip.ParseAddr(strings.TrimSpace(told[i])); err != nil {
			return netip.Prefix{}, false
		}
		from = from.Unmap()
	}
	bits := from.BitLen()
	if from.Is6() {
		bits = 64 // all of these belong to one customer
	}
	network, err := from.Prefix(bits)
	return network, err == nil && !isNear(from)
}

func isNear(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }
