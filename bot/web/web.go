// Package web is the chat on the office's own site: one page, one endpoint,
// and one script line that puts the chat on other pages. It turns HTTP requests
// into turns and replies into JSON or HTML. It knows nothing of how a reply is
// found.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/trolyao/trolyao/bot"
)

//go:embed static
var static embed.FS

// Config is how the page presents the assistant.
type Config struct {
	Name string // shown as the page's title
	// Zalo is the code by which Zalo knows that the domain is ours; "" is none.
	Zalo string
}

// Suggester proposes ways to go on with a question that is being typed.
type Suggester interface {
	Suggest(ctx context.Context, typed string) ([]string, error)
}

// Channel serves the page and answers its requests.
type Channel struct {
	cfg     Config
	handler bot.Handler
	suggest Suggester
	log     *slog.Logger
	page    *template.Template
	now     func() time.Time
	uploads chan struct{} // a place for each upload under way

	chats, files, suggests *visitors
}

// New returns the web channel. It fails only when the embedded page is broken.
func New(cfg Config, handler bot.Handler, suggest Suggester, log *slog.Logger) (*Channel, error) {
	page, err := template.New("index.html").Funcs(template.FuncMap{"date": vietnameseDate, "blocks": blocks}).ParseFS(static, "static/index.html")
	if err != nil {
		return nil, fmt.Errorf("parse chat page: %w", err)
	}
	return &Channel{
		cfg: cfg, handler: handler, suggest: suggest, log: log, page: page, now: time.Now, uploads: make(chan struct{}, maxUploads),
		chats: newVisitors(chatsPerMinute), files: newVisitors(filesPerMinute), suggests: newVisitors(suggestsPerMinute),
	}, nil
}

// Name names the channel in metrics.
func (c *Channel) Name() string { return "web" }

// Routes adds the channel's routes.
func (c *Channel) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", c.servePage("'self'"))
	mux.HandleFunc("POST /{$}", c.servePage("'self'"))
	// Other sites show the chat in a frame of this address, and of no other.
	mux.HandleFunc("GET /embed", c.servePage("*"))
	mux.HandleFunc("POST /embed", c.servePage("*"))
	mux.HandleFunc("GET /embed.js", c.serveFile("embed.js"))
	mux.HandleFunc("GET /static/{file}", func(w http.ResponseWriter, r *http.Request) { c.serveFile(r.PathValue("file"))(w, r) })
	mux.HandleFunc("POST /api/chat", c.api(c.chats, c.serveChat))
	mux.HandleFunc("POST /api/files", c.api(c.files, c.serveFiles))
	// A POST, so that what people begin to type stands in no log of addresses.
	mux.HandleFunc("POST /api/suggest", c.api(c.suggests, c.serveSuggest))
	if c.cfg.Zalo != "" {
		mux.HandleFunc("GET /zalo_verifier"+c.cfg.Zalo+".html", c.servePage("'self'"))
	}
}

// policy is the content security policy of every page: nothing from outside,
// no inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "

func secure(w http.ResponseWriter, frameAncestors string) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy+frameAncestors)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

func (c *Channel) serveFile(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := fs.ReadFile(static, path.Join("static", path.Base(name)))
		if err != nil || path.Ext(name) == ".html" {
			http.NotFound(w, r)
			return
		}
		secure(w, "'none'")
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		w.Header().Set("Cache-Control", "public, max-age=300")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// pageData fills the page. Without JavaScript the form is posted and the page
// comes back with the exchange in it.
type pageData struct {
	Name         string
	Zalo         string
	Framed       bool
	Conversation string
	Question     string
	Unsent       string // what was typed and not taken
	Reply        *bot.Reply
}

func (c *Channel) servePage(frameAncestors string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data := pageData{Name: c.cfg.Name, Zalo: c.cfg.Zalo, Framed: r.URL.Path == "/embed"}
		status := http.StatusOK
		if r.Method == http.MethodPost {
			status = c.exchange(w, r, &data)
		}
		var out bytes.Buffer
		if err := c.page.Execute(&out, data); err != nil {
			c.log.ErrorContext(r.Context(), "chat page not rendered", "err", err)
			http.Error(w, bot.PhraseTrouble, http.StatusInternalServerError)
			return
		}
		secure(w, frameAncestors)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = out.WriteTo(w) // the reader may have left
	}
}

// exchange answers a posted form, or says why it does not. The form is read
// first: it names the conversation, which goes on after a refusal too.
func (c *Channel) exchange(w http.ResponseWriter, r *http.Request, data *pageData) (status int) {
	req, leave, err := c.readForm(w, r)
	defer leave()
	visits := c.chats
	if len(req.files) > 0 {
		visits = c.files
	}
	var refused string
	switch {
	case !visits.allow(r, c.now()):
		status, refused = tooMany(w)
	case err != nil:
		status, refused = formProblem(err)
	default:
		reply, conversation := c.handle(r, req)
		data.Question, data.Conversation, data.Reply = req.Text, conversation, &reply
		return http.StatusOK
	}
	data.Unsent, data.Conversation = req.Text, req.Conversation
	data.Reply = &bot.Reply{Text: refused, Files: isUpload(r)}
	return status
}

// maxBody is the largest request read, in bytes: room for the longest message
// the assistant looks at, several times over.
const maxBody = 256 << 10

type chatRequest struct {
	Conversation string `json:"conversation"`
	Text         string `json:"text"`
	Button       string `json:"button"`
	// Turn is the page's own number of this message. A message sent again
	// under the same number, after a broken connection, is answered once.
	Turn string `json:"turn"`

	files []bot.File // sent as a form, not as JSON
}

type chatResponse struct {
	Conversation string      `json:"conversation"`
	Replies      []chatReply `json:"replies"`
}

// chatReply is a reply with the question it answers, as in "ask --json".
type chatReply struct {
	Question string `json:"question"`
	bot.Reply
	TookUS int64 `json:"took_us"`
}

// api serves JSON, to each address as often as visitors may.
func (c *Channel) api(v *visitors, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		secure(w, "'none'")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if !v.allow(r, c.now()) {
			status, words := tooMany(w)
			c.writeJSON(w, r, status, map[string]string{"error": words})
			return
		}
		serve(w, r)
	}
}

func (c *Channel) serveChat(w http.ResponseWriter, r *http.Request) {
	var req chatRequest
	if err := decode(http.MaxBytesReader(w, r.Body, maxBody), &req); err != nil {
		status := http.StatusBadRequest
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		c.writeJSON(w, r, status, map[string]string{"error": problem(status)})
		return
	}
	c.answer(w, r, req)
}

// answer handles a request and writes the reply as JSON.
func (c *Channel) answer(w http.ResponseWriter, r *http.Request, req chatRequest) {
	start := c.now()
	reply, conversation := c.handle(r, req)
	if reply.Outcome == "" {
		c.writeJSON(w, r, http.StatusServiceUnavailable, map[string]string{"error": bot.PhraseTrouble})
		return
	}
	c.writeJSON(w, r, http.StatusOK, chatResponse{conversation, []chatReply{
		{strings.ToValidUTF8(req.Text, "\ufffd"), reply, c.now().Sub(start).Microseconds()},
	}})
}

// maxTyped is the largest request for suggestions read, in bytes: who has typed
// more needs none.
const maxTyped = 4 << 10

func (c *Channel) serveSuggest(w http.ResponseWriter, r *http.Request) {
	var typed struct {
		Text string `json:"text"`
	}
	if err := decode(http.MaxBytesReader(w, r.Body, maxTyped), &typed); err != nil {
		c.writeJSON(w, r, http.StatusBadRequest, map[string]string{"error": problem(http.StatusBadRequest)})
		return
	}
	suggestions, err := c.suggest.Suggest(r.Context(), typed.Text)
	if err != nil && r.Context().Err() == nil {
		c.log.ErrorContext(r.Context(), "no suggestions", "err", err)
	}
	if suggestions == nil {
		suggestions = []string{} // the page goes on without
	}
	c.writeJSON(w, r, http.StatusOK, map[string][]string{"suggestions": suggestions})
}

func problem(status int) string {
	if status == http.StatusRequestEntityTooLarge {
		return "Tin nhắn dài quá. Anh/chị hỏi lại trong một, hai câu giúp tôi."
	}
	return `Yêu cầu phải là một đối tượng JSON, ví dụ {"text": "mất căn cước làm lại ở đâu"}.`
}

// decode reads one JSON object and nothing after it.
func decode(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("more than one JSON value"), err)
	}
	return nil
}

// handle answers one request. A reply without outcome means that it failed;
// the reason is in the log and not for the citizen.
func (c *Channel) handle(r *http.Request, req chatRequest) (reply bot.Reply, conversation string) {
	conversation = req.Conversation
	if !validConversation.MatchString(conversation) {
		conversation = "w" + strings.ToLower(rand.Text())
	}
	number := req.Turn
	if !validConversation.MatchString(number) {
		number = rand.Text()
	}
	reply, err := c.handler.Handle(r.Context(), bot.Turn{
		ID:           bot.TurnID("web:" + conversation + ":" + number),
		Conversation: bot.ConversationID("web:" + conversation), Channel: c.Name(), Files: req.files,
		Text: req.Text, Button: bot.ButtonID(req.Button), At: c.now(),
	})
	if err != nil {
		c.log.ErrorContext(r.Context(), "turn not answered", "channel", "web", "err", err)
		return bot.Reply{Text: bot.PhraseTrouble}, conversation
	}
	return reply, conversation
}

var validConversation = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c *Channel) writeJSON(w http.ResponseWriter, r *http.Request, status int, value any) {
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	if err := e.Encode(value); err != nil {
		c.log.DebugContext(r.Context(), "reply not sent", "channel", "web", "err", err)
	}
}
