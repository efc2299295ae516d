// Package telegramtest is a strict stand-in for the Telegram Bot API, for tests
// that talk to it over HTTP: people write through the methods of Server, a bot
// answers through the API, and Problems lists every rule that it broke. Where
// the documentation and the live server differ, the stricter one is kept. It
// knows nothing of the bot it serves.
package telegramtest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options is how a Server is set up; every field has a default.
type Options struct {
	Username   string        // of the bot; "thu_bot"
	PerChat    int           // messages a second that one chat takes; 0 is no limit
	RetryScale time.Duration // pause after the first failed delivery to a webhook; 50 ms
	Latency    time.Duration // between a call's work and its answer
	Now        func() time.Time
}

// Server is a stand-in for the Bot API with one bot. Its methods may be called
// from many goroutines at once.
type Server struct {
	options    Options
	token      string
	bot        user
	methods    map[string]method // by name in small letters
	server     *httptest.Server
	courier    *http.Client // delivers to the webhook
	ctx        context.Context
	stop       context.CancelFunc
	deliveries sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	problems []string
	calls    map[string][]Call   // by method in small letters
	faults   map[string][]*fault // the same
	chats    map[int64]*chat
	message  int // the last message id given
	updates  updates
	hook     *hook // nil: updates are asked for
	hookLog  hookLog
	presses  map[string]*press
	pressed  []*press         // in order
	files    map[string]*file // by id
	paths    map[string]*file // those that getFile has told of
}

// user is a User of the API.
type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	Username  string `json:"username,omitempty"`
	Language  string `json:"language_code,omitempty"`
}

// New starts a server on loopback for one bot with this token; Close ends it.
func New(token string, o Options) *Server {
	if o.Username == "" {
		o.Username = "thu_bot"
	}
	if o.RetryScale <= 0 {
		o.RetryScale = 50 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		options: o,
		token:   token,
		bot:     user{ID: botID(token), IsBot: true, FirstName: "Trợ lý ảo", Username: o.Username},
		courier: newCourier(),
		calls:   map[string][]Call{},
		faults:  map[string][]*fault{},
		chats:   map[int64]*chat{},
		updates: newUpdates(o.Now()),
		presses: map[string]*press{},
		files:   map[string]*file{},
		paths:   map[string]*file{},
	}
	s.methods = s.table()
	s.ctx, s.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("/file/{bot}/{path...}", s.serveFile)
	mux.HandleFunc("/{bot}/{method...}", s.serveMethod)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusNotFound, refused(http.StatusNotFound, "Not Found"))
	})
	s.server = httptest.NewServer(mux)
	return s
}

// botID returns the id at the start of a token.
func botID(token string) int64 {
	digits, _, _ := strings.Cut(token, ":")
	if id, err := strconv.ParseInt(digits, 10, 64); err == nil && id > 0 {
		return id
	}
	return 7000000001
}

// URL is the base address of the API, before "/bot<token>/<method>".
func (s *Server) URL() string { return s.server.URL }

// Close ends all deliveries and the server.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed, s.hook = true, nil
	s.mu.Unlock()
	s.stop()
	s.deliveries.Wait()
	s.courier.CloseIdleConnections()
	s.server.CloseClientConnections()
	s.server.Close()
}

// problem notes a breach of the rules; the caller holds the mutex.
func (s *Server) problem(text string) { s.problems = append(s.problems, text) }

// testProblem notes something that no person could do.
func (s *Server) testProblem(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem("the test's own " + text)
}

// encode returns v as JSON. What this package builds can be encoded; what a test
// brings is checked where it comes in.
func encode(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return out
}
