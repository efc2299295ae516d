// Package app wires the program together and runs it: knowledge, index,
// engine, channels, console, in one straight line, and stops them in reverse.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/web"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/console"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

// NewLogger returns the program's log, which goes to w.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})), nil
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}

// Memory is an assistant that keeps everything in memory: no server, no
// writable folder.
type Memory struct {
	Engine *bot.Engine
	Index  *index.Index

	asked int // conversations, by Ask
}

// NewMemory returns an assistant over the knowledge in fsys. With
// publish.ErrBroken it returns the problems found. The caller closes it.
func NewMemory(ctx context.Context, cfg configs.Config, fsys fs.FS, log *slog.Logger, now func() time.Time) (*Memory, []knowledge.Problem, error) {
	idx := index.New(log)
	lanes := new(bot.LaneCache)
	engine := bot.NewEngine(bot.Config{Contact: cfg.Bot.Contact, Rehearsal: true}, lanes, idx, store.NewMemory(fewConversations), now)
	published, err := newPublisher(fsys, idx, lanes, engine, nil, "", slog.New(slog.DiscardHandler), now).Publish(ctx, publish.Request{By: publish.ByStart})
	if err != nil {
		return nil, published.Problems, err
	}
	return &Memory{Engine: engine, Index: idx}, nil, nil
}

// Close frees the index.
func (m *Memory) Close() { m.Index.Close() }

// Ask lets the assistant answer the last of the messages of one new conversation.
// It is an eval.Assistant; calls must not overlap.
func (m *Memory) Ask(ctx context.Context, messages []string) (eval.Reply, error) {
	m.asked++
	conversation := strconv.Itoa(m.asked)
	var reply bot.Reply
	for i, text := range messages {
		var err error
		turn := bot.Turn{ID: bot.TurnID(conversation + "/" + strconv.Itoa(i)), Conversation: bot.ConversationID(conversation), Text: text}
		if reply, err = m.Engine.Handle(ctx, turn); err != nil {
			return eval.Reply{}, err
		}
	}
	out := eval.Reply{Outcome: string(reply.Outcome)}
	if reply.Answer != nil {
		out.Article, out.Section = reply.Answer.Article, reply.Answer.Section
	}
	for _, c := range reply.Choices {
		out.Choices = append(out.Choices, c.Article)
	}
	return out, nil
}

const fewConversations = 100

// App is the running program.
type App struct {
	log       *slog.Logger
	index     *index.Index
	publisher *publish.Publisher
	watch     time.Duration // how often to look for changed knowledge; 0 is never
	store     *store.DB
	outbox    *handoff.Outbox // nil without an endpoint
	retention store.Retention
	channels  []channel // beside the web
	public    *server
	admin     *server
	password  string      // made at this start, "" when it came from a file
	draining  atomic.Bool // it stops: nobody new is to be sent here
	cleanups  cleanups
}

// New starts everything but does not serve yet: the listeners are open, the
// knowledge is live. Run serves; a failed New has cleaned up after itself.
func New(ctx context.Context, cfg configs.Config, fsys fs.FS, log *slog.Logger) (*App, error) {
	a := &App{log: log}
	if err := a.setUp(ctx, cfg, fsys); err != nil {
		return nil, errors.Join(err, a.cleanups.stop(ctx))
	}
	return a, nil
}

// setUp is the whole wiring, in the order in which things need each other.
func (a *App) setUp(ctx context.Context, cfg configs.Config, fsys fs.FS) error {
	// Reading the folder and learning the lanes take as long as opening the index.
	lanes := new(bot.LaneCache)
	load := ahead(fsys, lanes)
	if err := a.openData(cfg); err != nil {
		return err
	}
	if err := a.openStore(ctx, cfg); err != nil {
		return err
	}
	engine := bot.NewEngine(bot.Config{Contact: cfg.Bot.Contact, PerMinute: cfg.Bot.Rate.PerMinute, Connected: a.outbox != nil, ReportsKept: cfg.Retention.ReportsAfterAck}, lanes, a.index, a.store, time.Now)
	a.publisher, a.watch = newPublisher(fsys, a.index, lanes, engine, a.store, indexFolder(cfg), a.log, time.Now), cfg.Knowledge.Watch
	if err := a.publish(ctx, load); err != nil {
		return err
	}
	m := newMetrics(a.index)
	m.registry.MustRegister(newOutboxMetrics(a.store, a.log))
	handler := measured{engine, m}
	chat, err := web.New(web.Config{Name: cfg.Bot.Name, Zalo: cfg.Zalo.Verification}, handler, engine, a.log)
	if err != nil {
		return err
	}
	if err := a.openChannels(cfg, handler, m); err != nil {
		return err
	}
	password, err := a.adminPassword(cfg.Admin.PasswordFile)
	if err != nil {
		return err
	}
	token := publish.NewToken()
	panel, err := console.New(console.Config{Name: cfg.Bot.Name, Password: password, Token: token, Connected: a.outbox != nil, Sealed: cfg.Handoff.Recipient != "", Channels: a.channelStates}, a.index, engine, a.publisher, a.store, m.registry, a.log)
	if err != nil {
		return err
	}
	public := http.NewServeMux()
	chat.Routes(public)
	for _, c := range a.channels {
		c.Routes(public)
	}
	a.health(public)
	if a.public, err = a.listen(ctx, "public listener", cfg.Listen, public); err != nil {
		return err
	}
	if a.admin, err = a.listen(ctx, "admin listener", cfg.Admin.Listen, panel.Handler()); err != nil {
		return err
	}
	a.cleanups.add("control file", func(context.Context) error { return publish.RemoveControl(cfg.Data) })
	folder, err := absolute(cfg.Knowledge.Dir)
	if err != nil {
		return err
	}
	return publish.Control{Address: a.admin.address(), Token: token, Folder: folder}.Write(cfg.Data)
}

// openData takes the data folder and opens the version that was live last.
func (a *App) openData(cfg configs.Config) error {
	if err := openFolder(cfg.Data); err != nil {
		return err
	}
	unlock, err := lock(cfg)
	if err != nil {
		return err
	}
	a.cleanups.add("data folder", func(context.Context) error { return unlock() })
	a.index, err = index.Open(indexFolder(cfg), cfg.Knowledge.Keep, a.log)
	if err != nil {
		return fmt.Errorf("không mở được thư mục dữ liệu %s: %w", cfg.Data, err)
	}
	a.cleanups.add("index", func(context.Context) error { a.index.Close(); return nil })
	return nil
}

// ahead begins to load a folder and to prepare its lanes, and returns what waits
// for the folder.
func ahead(fsys fs.FS, lanes *bot.LaneCache) publish.Loader {
	var base *knowledge.Base
	var problems []knowledge.Problem
	var err error
	loaded := make(chan struct{})
	go func() {
		base, problems, err = knowledge.Load(fsys, knowledge.DateOf(time.Now()))
		close(loaded)
		if base != nil {
			_ = lanes.Prepare(base) // publishing prepares it too, and reports
		}
	}()
	return func() (*knowledge.Base, []knowledge.Problem, error) {
		<-loaded
		return base, problems, err
	}
}

// publish takes the knowledge of today live. Broken knowledge is reported and
// the last good version serves on; without one there is nothing to serve.
func (a *App) publish(ctx context.Context, load publish.Loader) error {
	if _, err := a.publisher.Publish(ctx, publish.Request{By: publish.ByStart, Load: load}); err != nil {
		if articles(a.index) == 0 {
			return err
		}
		a.log.WarnContext(ctx, "serving the last good knowledge version")
	}
	return nil
}

// adminPassword reads the console's password, or makes one.
func (a *App) adminPassword(file string) (string, error) {
	if file == "" {
		a.password = console.NewPassword()
		return a.password, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("admin.password_file: %w", err)
	}
	return console.ReadPassword(data)
}

// NewPassword returns the console password made at this start, or "".
func (a *App) NewPassword() string { return a.password }

// Addresses returns where the chat and the console can be reached.
func (a *App) Addresses() (public, admin string) { return a.public.address(), a.admin.address() }

// health adds the probes of a service manager.
func (a *App) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if a.draining.Load() || articles(a.index) == 0 || a.store.Ready(r.Context()) != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
}

// Run serves until ctx ends, then stops in order. SIGHUP publishes the
// knowledge folder anew.
func (a *App) Run(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	g, running := errgroup.WithContext(ctx)
	for _, s := range []*server{a.public, a.admin} {
		g.Go(s.serve)
	}
	var working sync.WaitGroup
	for _, part := range a.parts(hangup) {
		working.Add(1)
		g.Go(func() error {
			defer working.Done()
			return part(running)
		})
	}
	g.Go(func() error {
		<-running.Done()
		a.draining.Store(true)
		working.Wait() // what they began they finish while the database is open
		return a.cleanups.stop(ctx)
	})
	return g.Wait()
}

// parts are what works beside the listeners, each until its context ends.
func (a *App) parts(hangup <-chan os.Signal) []func(context.Context) error {
	parts := []func(context.Context) error{
		a.runReports,
		func(ctx context.Context) error { return a.runHangups(ctx, hangup) },
	}
	for _, c := range a.channels {
		parts = append(parts, c.Run)
	}
	if a.watch > 0 {
		parts = append(parts, a.runWatch)
	}
	return parts
}

// runHangups publishes the folder anew at each signal.
func (a *App) runHangups(ctx context.Context, hangup <-chan os.Signal) error {
	for {
		select {
		case <-hangup:
			_, _ = a.publisher.Publish(ctx, publish.Request{By: publish.ByHangup}) // reported by the publisher
		case <-ctx.Done():
			return nil
		}
	}
}

// runWatch looks again and again whether the folder has changed.
func (a *App) runWatch(ctx context.Context) error {
	ticks := time.NewTicker(a.watch)
	defer ticks.Stop()
	for w := a.publisher.NewWatch(ctx); ; w.Look(ctx) {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// server is one listener with its routes.
type server struct {
	http     *http.Server
	listener net.Listener
}

// listen opens a listener, so that a taken port is found out before anything is
// served.
func (a *App) listen(ctx context.Context, name, address string, handler http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("không mở được cổng %s (có chương trình khác đang dùng?): %w", address, err)
	}
	s := &server{listener: l, http: &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}}
	a.cleanups.add(name, func(ctx context.Context) error {
		return errors.Join(s.http.Shutdown(ctx), ignoreClosed(l.Close()))
	})
	return s, nil
}

func (s *server) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// address is what a person types into a browser on this machine.
func (s *server) address() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return s.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
