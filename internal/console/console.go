// Package console is the page for staff and administrators, on a listener of
// its own: what is live, what the last publication said, how many questions
// were answered, how reports stand. It shows no citizen's words but questions that
// could not be answered, or were answered badly, masked.
package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

//go:embed pages
var pages embed.FS

// Config names the assistant and the password of its console.
type Config struct {
	Name     string
	Password string
	Token    string // of commands on this machine
	// Connected says that reports go to an agency.
	Connected bool
	// Sealed says that only the agency can read what goes to it.
	Sealed bool
	// Channels tells how the messengers are; nil when there are none.
	Channels func() []Channel
}

// Channel is how a messenger is now.
type Channel struct {
	Name    string
	Waiting int    // updates without a sent reply
	Trouble string // what is wrong, for an admin; "" when nothing is
}

// minPassword is the least length of a password from a file, in bytes.
const minPassword = 10

// errPassword is returned for a password too short to keep anyone out.
var errPassword = errors.New("mật khẩu bảng điều khiển phải có ít nhất 10 ký tự")

// NewPassword makes a password that cannot be guessed.
func NewPassword() string { return strings.ToLower(rand.Text()) }

// ReadPassword takes the password from the content of its file.
func ReadPassword(data []byte) (string, error) {
	p := strings.TrimSpace(string(data))
	if len(p) < minPassword {
		return "", errPassword
	}
	return p, nil
}

// Publisher takes the knowledge folder live and back.
type Publisher interface {
	Do(ctx context.Context, o publish.Order) (publish.Publication, error)
	Last() publish.Publication
	History(ctx context.Context, last int) ([]publish.Publication, error)
	Versions() ([]index.VersionInfo, error)
}

// Assistant tells how it would understand and answer a message, outside any
// conversation.
type Assistant interface {
	Explain(ctx context.Context, conversation bot.ConversationID, text string) (bot.Trace, error)
}

// Store tells how the outbox stands, and where the knowledge did not help.
type Store interface {
	Outbox(ctx context.Context) (store.Outbox, error)
	Unanswered(ctx context.Context, limit int) ([]store.Unanswered, error)
	Feedback(ctx context.Context, limit int) ([]store.Opinion, []store.Complaint, error)
}

// Console serves the pages.
type Console struct {
	cfg       Config
	index     *index.Index
	assistant Assistant
	publisher Publisher
	store     Store
	registry  *prometheus.Registry
	log       *slog.Logger
	page      *template.Template
	started   time.Time
	guesses   *guesses

	mu       sync.Mutex
	sessions map[[sha256.Size]byte]time.Time // by hash of the cookie, until when
}

// New returns the console. It fails only when its embedded pages are broken.
func New(cfg Config, idx *index.Index, assistant Assistant, p Publisher, kept Store, registry *prometheus.Registry, log *slog.Logger) (*Console, error) {
	page, err := template.New("").Funcs(template.FuncMap{"time": vietnamTime, "reason": reason}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse console pages: %w", err)
	}
	return &Console{
		cfg: cfg, index: idx, assistant: assistant, publisher: p, store: kept, registry: registry, log: log, page: page, started: time.Now(),
		guesses:  newGuesses(),
		sessions: map[[sha256.Size]byte]time.Time{},
	}, nil
}

// Handler returns the console's routes.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /console.css", c.style)
	mux.HandleFunc("POST /login", c.login)
	mux.HandleFunc("POST /logout", c.logout)
	mux.HandleFunc("GET /{$}", c.home)
	mux.HandleFunc("GET /search", c.search)
	mux.HandleFunc("GET /rollback", c.rollbackPage)
	mux.HandleFunc("POST /reindex", c.reindexPage)
	mux.HandleFunc("POST /api/reindex", c.reindex)
	// Requests that a foreign page makes a logged-in browser send are refused.
	return http.NewCrossOriginProtection().Handler(secured(mux))
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

const (
	cookieName  = "trolyao_console"
	sessionLife = 8 * time.Hour // a working day
	maxForm     = 4 << 10
)

// check compares in constant time. It returns errWrong, or errWait while too
// many wrong passwords are given.
func (c *Console) check(r *http.Request, password string) error {
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(c.cfg.Password))
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	return c.guesses.judge(address, subtle.ConstantTimeCompare(given[:], want[:]) == 1)
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := c.check(r, r.PostFormValue("password")); err != nil {
		c.log.WarnContext(r.Context(), "console login refused", "err", err)
		c.render(w, refuse(w, err), "login.html", map[string]any{"Name": c.cfg.Name, "Wrong": errors.Is(err, errWrong), "Wait": errors.Is(err, errWait)})
		return
	}
	secret := rand.Text()
	c.mu.Lock()
	for hash, until := range c.sessions {
		if time.Now().After(until) {
			delete(c.sessions, hash)
		}
	}
	c.sessions[sha256.Sum256([]byte(secret))] = time.Now().Add(sessionLife)
	c.mu.Unlock()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the console listens to this machine or the office, without TLS
		Name: cookieName, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife.Seconds()),
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		c.mu.Lock()
		delete(c.sessions, sha256.Sum256([]byte(cookie.Value)))
		c.mu.Unlock()
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// refuse returns the status for a password that is not taken.
func refuse(w http.ResponseWriter, err error) int {
	if errors.Is(err, errWait) {
		w.Header().Set("Retry-After", retryAfter)
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// loggedIn reports whether a request may see the pages.
func (c *Console) loggedIn(r *http.Request) bool { return c.admit(r) == nil }

// admit accepts the session of a browser, or the password of a program.
func (c *Console) admit(r *http.Request) error {
	if cookie, err := r.Cookie(cookieName); err == nil {
		c.mu.Lock()
		until, ok := c.sessions[sha256.Sum256([]byte(cookie.Value))]
		c.mu.Unlock()
		if ok && time.Now().Before(until) {
			return nil
		}
	}
	_, password, ok := r.BasicAuth()
	if !ok {
		return errNoPassword
	}
	return c.check(r, password)
}

// ordered accepts the token of a command on this machine too.
func (c *Console) ordered(r *http.Request) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return c.admit(r)
	}
	given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(c.cfg.Token))
	if c.cfg.Token == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return errNoPassword
	}
	return nil
}

// foundArticles is how many articles free search shows.
const foundArticles = 10

// search lets staff try a question: what the assistant would do with it and
// why, and whatever in the knowledge holds its words. The question is not kept.
func (c *Console) search(w http.ResponseWriter, r *http.Request) {
	if !c.loggedIn(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	data := map[string]any{"Name": c.cfg.Name, "Question": r.FormValue("q")}
	if q := strings.TrimSpace(r.FormValue("q")); q != "" {
		if err := c.try(r.Context(), q, data); err != nil {
			c.log.ErrorContext(r.Context(), "console search failed", "err", err)
			data["Failed"] = true
		}
	}
	c.render(w, http.StatusOK, "search.html", data)
}

func (c *Console) try(ctx context.Context, q string, data map[string]any) error {
	v, err := c.index.Acquire()
	if err != nil {
		return fmt.Errorf("acquire knowledge: %w", err)
	}
	defer v.Release()
	trace, err := c.assistant.Explain(ctx, "", q)
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	found, err := v.Find(ctx, q, foundArticles)
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	titles := map[knowledge.ID]string{}
	for _, h := range trace.Search.Candidates {
		// The assistant may have taken a newer version, with other articles.
		if a := v.Base().Article(h.Article); a != nil {
			titles[h.Article] = a.Title
		}
	}
	data["Trace"], data["Titles"], data["Found"] = trace, titles, found
	return nil
}

func vietnamTime(t time.Time) string { return t.In(knowledge.Vietnam()).Format("15:04 02/01/2006") }

// outcomeCount is one row of the table of answered turns.
type outcomeCount struct {
	Title string
	Count int
}

// turns sums the counted turns by outcome, in the words of the office.
func (c *Console) turns() []outcomeCount {
	counts := map[string]int{}
	families, err := c.registry.Gather()
	if err != nil {
		c.log.Warn("metrics not gathered", "err", err)
	}
	for _, family := range families {
		if family.GetName() != "trolyao_turns_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "outcome" {
					counts[label.GetValue()] += int(metric.GetCounter().GetValue())
				}
			}
		}
	}
	var rows []outcomeCount
	for _, row := range [][2]string{
		{"answer", "Trả lời được"},
		{"choices", "Đưa ra lựa chọn"},
		{"abstain", "Chưa có câu trả lời"},
		{"emergency", "Khẩn cấp"},
		{"report", "Muốn tố giác"},
		{"smalltalk", "Chào hỏi"},
		{"refuse", "Từ chối"},
		{"error", "Lỗi"},
	} {
		rows = append(rows, outcomeCount{row[1], counts[row[0]]})
	}
	return rows
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the reader may have left
}

func (c *Console) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pages, "pages/console.css")
}

func (c *Console) render(w http.ResponseWriter, status int, name string, data any) {
	var out bytes.Buffer
	if err := c.page.ExecuteTemplate(&out, name, data); err != nil {
		c.log.Error("console page not rendered", "page", name, "err", err)
		http.Error(w, "Trang này đang lỗi; xem nhật ký chương trình.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader may have left
}
