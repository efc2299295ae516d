package zalotest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"
)

// courier brings events to a webhook and repeats those that were not taken.
type courier struct {
	client   *http.Client
	patience time.Duration
	waits    []time.Duration // before each retry
	taken    func(status int) bool
	vital    bool // to give up on one event ends deliveries altogether
	slots    chan struct{}
	ctx      context.Context // the life of the courier itself: every delivery ends with it
	stop     context.CancelFunc
	work     sync.WaitGroup

	mu       sync.Mutex
	url      string
	header   map[string]string
	queues   map[string][]*delivery // by person; an entry stands as long as someone empties it
	sent     map[string]*delivery
	pending  int
	settled  chan struct{} // closed when a delivery was taken
	disabled bool
	closed   bool
}

// delivery is an event on its way.
type delivery struct {
	id     string
	user   string // whose events keep their order
	body   []byte
	header map[string]string
}

const (
	// atOnce is how many deliveries are under way at most: Zalo's senders are
	// many, and the file descriptors of a test are not.
	atOnce = 512
	// between is how long after an event the next one of the same person
	// follows when the first is not answered before. People are not quicker.
	between = 100 * time.Millisecond
)

func newCourier(patience time.Duration, waits []time.Duration) *courier {
	c := &courier{
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConns: atOnce, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		patience: patience,
		waits:    waits,
		slots:    make(chan struct{}, atOnce),
		queues:   map[string][]*delivery{},
		sent:     map[string]*delivery{},
		settled:  make(chan struct{}),
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

// schedule is a retry schedule in units of 30 s of the real one.
func schedule(unit time.Duration, units ...int) []time.Duration {
	waits := make([]time.Duration, len(units))
	for i, n := range units {
		waits[i] = time.Duration(n) * unit
	}
	return waits
}

// direct sets where deliveries go, and what they carry besides their own header.
func (c *courier) direct(url string, header map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url, c.header = url, header
}

// enqueue sends a delivery after the earlier ones of the same person. Without a
// webhook, or when it was disabled, the delivery is kept for again only.
func (c *courier) enqueue(d *delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[d.id] = d
	if c.url == "" || c.disabled || c.closed {
		return
	}
	c.pending++
	waiting, busy := c.queues[d.user]
	c.queues[d.user] = append(waiting, d)
	if !busy {
		c.work.Go(func() { c.empty(d.user) })
	}
}

// again sends a delivery once more and reports whether there is one.
func (c *courier) again(id string) bool {
	c.mu.Lock()
	d, ok := c.sent[id]
	c.mu.Unlock()
	if ok {
		c.enqueue(d)
	}
	return ok
}

// empty starts the deliveries of a person in order until there is none left.
func (c *courier) empty(user string) {
	for {
		d := c.next(user)
		if d == nil {
			return
		}
		written, answered := make(chan struct{}, 1), make(chan struct{})
		c.work.Go(func() { c.deliver(d, written, answered) })
		select {
		case <-answered:
			continue
		case <-written:
		}
		late := time.NewTimer(between)
		select {
		case <-answered:
		case <-late.C:
		}
		late.Stop()
	}
}

// next takes the next delivery of a person; nil ends the queue.
func (c *courier) next(user string) *delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.queues[user]
	if len(waiting) == 0 || c.disabled || c.closed {
		delete(c.queues, user)
		return nil
	}
	c.queues[user] = waiting[1:]
	return waiting[0]
}

// deliver tries until the delivery is taken or the schedule is at its end.
// written is told when the first request is on its way, and answered is closed
// when the first try is over.
func (c *courier) deliver(d *delivery, written, answered chan<- struct{}) {
	taken := c.try(d, 0, written)
	close(answered)
	for i := 0; !taken && i < len(c.waits); i++ {
		if !pause(c.ctx, c.waits[i]) {
			return
		}
		taken = c.try(d, i+1, written)
	}
	c.settle(taken)
}

func (c *courier) settle(taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !taken {
		c.disabled = c.disabled || c.vital && !c.closed
		return
	}
	c.pending--
	close(c.settled)
	c.settled = make(chan struct{})
}

// try sends a delivery and reports whether it was taken in time.
func (c *courier) try(d *delivery, retry int, written chan<- struct{}) bool {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-c.ctx.Done():
		return false
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.patience)
	defer cancel()
	req := c.request(ctx, d, retry, written)
	if req == nil {
		return false
	}
	res, err := c.client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, largest)) // so that the connection serves again
	_ = res.Body.Close()
	return c.taken(res.StatusCode)
}

// request builds the request of a try; nil when there is nowhere to send it.
func (c *courier) request(ctx context.Context, d *delivery, retry int, written chan<- struct{}) *http.Request {
	c.mu.Lock()
	url, header, disabled := c.url, c.header, c.disabled
	c.mu.Unlock()
	if url == "" || disabled {
		return nil
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		select {
		case written <- struct{}{}:
		default: // a retry, by the schedule or by the transport
		}
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.body))
	if err != nil {
		return nil
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range []map[string]string{header, d.header} {
		for name, value := range h {
			req.Header[name] = []string{value} // in the platform's own spelling
		}
	}
	if retry > 0 && c.vital {
		req.Header["num_retry"] = []string{strconv.Itoa(retry)}
	}
	return req
}

// Pending is how many deliveries were not answered with success in time yet,
// those that were given up included.
func (c *courier) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending
}

// WaitDelivered returns when no delivery is pending.
func (c *courier) WaitDelivered(ctx context.Context) error {
	for {
		c.mu.Lock()
		pending, settled := c.pending, c.settled
		c.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// close ends all deliveries and waits for those under way.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.work.Wait()
	c.client.CloseIdleConnections()
}
