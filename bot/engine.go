package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// Config is how the assistant presents itself and how fast one person may ask.
type Config struct {
	Contact   string // whom to ask when the assistant does not know
	PerMinute int    // turns a minute and conversation; 0 is no limit
	Connected bool   // reports go to an agency, and are not only kept
	Rehearsal bool   // reports are neither kept nor sent
	// ReportsKept is how long the content of a report is kept after the agency has
	// confirmed it. The notice tells in days.
	ReportsKept time.Duration
}

// Library lends out the live knowledge version.
type Library interface {
	Acquire() (*index.Version, error)
}

// Engine is the assistant. It implements Handler.
type Engine struct {
	cfg     Config
	library Library
	store   Store
	now     func() time.Time

	locks    keyedMutex
	limiters limiters
	compiled *LaneCache
}

// NewEngine puts the assistant together.
func NewEngine(cfg Config, compiled *LaneCache, library Library, store Store, now func() time.Time) *Engine {
	return &Engine{cfg: cfg, library: library, store: store, now: now, limiters: limiters{perMinute: cfg.PerMinute}, compiled: compiled}
}

// Over returns an engine that answers from another library and remembers in
// another store, without a limit. It shares what this engine has prepared.
func (e *Engine) Over(library Library, store Store) *Engine {
	return &Engine{cfg: e.cfg, library: library, store: store, now: e.now, compiled: e.compiled}
}

// Handle answers one turn: one load, at most one search, one decision, one
// commit. Turns of one conversation are taken one after the other. An error
// means that nothing was committed.
func (e *Engine) Handle(ctx context.Context, t Turn) (Reply, error) {
	defer e.locks.lock(t.Conversation)()
	// Nothing needs more than a story may hold, and reading takes time. What is
	// over that still shows that the text was too long.
	t.Text = head(strings.ToValidUTF8(t.Text, "\ufffd"), maxStory+1)
	tooFast := sync.OnceValue(func() bool { return !e.limiters.allow(t.Conversation, e.now()) }) // one turn, however often decided
	for range changedTries {
		reply, err := e.answer(ctx, t, tooFast)
		if !errors.Is(err, ErrChanged) {
			return reply, err
		}
	}
	return Reply{}, fmt.Errorf("commit turn: %w", ErrChanged)
}

// changedTries is how often a turn is decided anew because other replicas have
// answered the same person meanwhile: more often than anybody can press at once.
const changedTries = 10

func (e *Engine) answer(ctx context.Context, t Turn, tooFast func() bool) (Reply, error) {
	reply, done, err := e.store.Replied(ctx, t.ID)
	if err != nil {
		return Reply{}, fmt.Errorf("look up reply: %w", err)
	}
	if done {
		return again(reply), nil
	}
	conversation, err := e.store.Load(ctx, t.Conversation)
	if err != nil {
		return Reply{}, fmt.Errorf("load conversation: %w", err)
	}
	version, err := e.library.Acquire()
	if err != nil {
		return Reply{}, fmt.Errorf("acquire knowledge: %w", err)
	}
	defer version.Release()
	s, err := e.scene(version, t, conversation)
	if err != nil {
		return Reply{}, err
	}
	s.tooFast = tooFast()
	s.receiptOf = func(code handoff.Code) (handoff.Receipt, bool, error) { return e.store.Receipt(ctx, code) }
	change := step(s)
	if s.failed != nil {
		return Reply{}, fmt.Errorf("look up receipt: %w", s.failed)
	}
	change.Conversation.Revision = conversation.Revision // also of one that begins anew
	err = e.store.Commit(ctx, t, change)
	if errors.Is(err, ErrSeen) { // another replica was faster
		reply, _, err = e.store.Replied(ctx, t.ID)
		return again(reply), err
	}
	if err != nil {
		return Reply{}, fmt.Errorf("commit turn: %w", err)
	}
	return change.Reply, nil
}

// again is the reply to a turn that comes a second time. What a report's replies
// said is forgotten with its draft.
func again(reply Reply) Reply {
	if reply.Outcome == "" {
		return Reply{Outcome: OutcomeReport, Text: phraseFormOver}
	}
	return reply
}

// maxSuggestions is how many questions fit above the input of a phone without
// hiding what was answered.
const maxSuggestions = 3

// Suggest proposes ways to go on with a question that is being typed, best
// first, none when the articles are not asked so. Nothing of it is kept.
func (e *Engine) Suggest(_ context.Context, typed string) ([]string, error) {
	version, err := e.library.Acquire()
	if err != nil {
		return nil, fmt.Errorf("acquire knowledge: %w", err)
	}
	defer version.Release()
	return version.Complete(head(typed, maxText), maxSuggestions, knowledge.DateOf(e.now())), nil
}

// scene prepares what the decision looks at.
func (e *Engine) scene(version *index.Version, t Turn, before Conversation) (*scene, error) {
	base := version.Base()
	compiled, err := e.compiled.get(base)
	if err != nil {
		return nil, err
	}
	now := e.now()
	at := t.At
	if at.IsZero() {
		at = now
	}
	text := ends(t.Text, maxText)
	s := &scene{
		cfg: e.cfg, turn: t, message: newMessage(version.Read(text), version.ReadParts(text)...), lanes: compiled, base: base,
		now: now, at: at, today: knowledge.DateOf(now), search: version.Search, newCode: handoff.NewCode,
		before: before, change: Change{Conversation: before},
	}
	s.message.told = len(s.topics()) > 0
	return s, nil
}

// Trace tells staff how a message is understood.
type Trace struct {
	Version string        `json:"version"`
	Lane    string        `json:"lane,omitempty"`    // the fixed lane that fits
	Rule    string        `json:"rule,omitempty"`    // its rule
	Pattern string        `json:"pattern,omitempty"` // the wording that made it fit,
	Like    string        `json:"like,omitempty"`    // or the example that the message is like
	Search  index.Explain `json:"search"`            // what the search finds; a fitting lane goes before it
}

// Explain reports how a message would be understood next in a conversation, ""
// for none. It commits nothing.
func (e *Engine) Explain(ctx context.Context, conversation ConversationID, text string) (Trace, error) {
	version, err := e.library.Acquire()
	if err != nil {
		return Trace{}, fmt.Errorf("acquire knowledge: %w", err)
	}
	defer version.Release()
	var before Conversation
	if conversation != "" {
		if before, err = e.store.Load(ctx, conversation); err != nil {
			return Trace{}, fmt.Errorf("load conversation: %w", err)
		}
	}
	s, err := e.scene(version, Turn{Text: text}, before)
	if err != nil {
		return Trace{}, err
	}
	res := s.look()
	trace := Trace{Version: version.ID(), Search: version.Explain(s.message.question, res)}
	for _, name := range knowledge.LaneNames() {
		if hit := s.lane(name); hit != nil {
			trace.Lane, trace.Rule, trace.Pattern, trace.Like = string(hit.lane), hit.rule.ID, hit.pattern, hit.like
			break
		}
	}
	return trace, nil
}

// ends returns a text of at most n characters: of a longer one, half from its start
// and half from its end.
func ends(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n/2]) + "\n" + string(runes[len(runes)-n/2:])
}

// head returns at most n characters from the start of s.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	seen := 0
	for i := range s {
		if seen == n {
			return s[:i]
		}
		seen++
	}
	return s
}
