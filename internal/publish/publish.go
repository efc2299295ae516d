// Package publish takes the knowledge folder live and back again: it loads and
// checks the folder, builds a version beside the live one, lets the gate
// compare the two, swaps them, and records who did what. It knows nothing of
// conversations or of HTTP.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// Why a publication is refused. All leave the live version as it is.
var (
	// ErrBroken is returned when the knowledge has errors.
	ErrBroken = errors.New("kho tri thức có lỗi; chạy lệnh trolyao check để xem từng dòng")
	// ErrEmpty is returned for a folder without articles.
	ErrEmpty = errors.New("thư mục kho tri thức không có bài nào; các bài phải nằm ở articles/<chủ-đề>/<mã-bài>.md")
	// ErrHeld is returned for knowledge that was rolled back and has not
	// changed since.
	ErrHeld = errors.New("bản này đã bị đưa lùi lại; hãy sửa kho tri thức, hoặc chạy trolyao reindex --force")
	// ErrNotKept is returned for a version that does not exist any more.
	ErrNotKept = errors.New("không có bản này")
	// ErrNoEarlier is returned when there is nothing to roll back to.
	ErrNoEarlier = errors.New("không còn bản cũ nào để lùi về")
)

// Config is what a publisher works with.
type Config struct {
	Folder fs.FS
	Index  *index.Index
	// Ledger records publications; nil records nothing.
	Ledger Ledger
	// Beside is the folder beside the index for what must be known without the
	// ledger: what is held back, and what the ledger could not take. "" keeps
	// nothing.
	Beside string
	// Prepare makes ready what else must be live together with the articles.
	Prepare func(*knowledge.Base) error
	// Ask asks an assistant over a version, for the questions that must not be
	// lost; nil asks nothing.
	Ask Asker
	Log *slog.Logger
	Now func() time.Time
}

// Publisher publishes one knowledge folder, one publication at a time.
type Publisher struct {
	cfg     Config
	history history

	mu   sync.Mutex
	gate gate

	last atomic.Pointer[Publication] // read while the next one is under way
}

// New returns a publisher. It does nothing yet.
func New(cfg Config) *Publisher {
	return &Publisher{cfg: cfg, history: history{ledger: cfg.Ledger, folder: cfg.Beside}, gate: gate{ask: cfg.Ask}}
}

// Request says who wants a publication, and how.
type Request struct {
	By    string `json:"by"`    // a person, or one of the By constants
	Force bool   `json:"force"` // in spite of the gate
	// Load returns the folder's knowledge where it has been loaded already; nil
	// loads it.
	Load Loader `json:"-"`
}

// Who publishes without being a person at a command, as it is recorded.
const (
	ByStart    = "start"
	ByHangup   = "SIGHUP"
	ByWatch    = "watch"
	ByConsole  = "console"
	ByTelegram = "telegram"
)

// Loader returns knowledge as knowledge.Load does.
type Loader func() (*knowledge.Base, []knowledge.Problem, error)

// Actions of a publication.
const (
	ActionPublish  = "publish"
	ActionRollback = "rollback"
)

// Publication is the outcome of taking knowledge live, as it is recorded.
type Publication struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Action  string    `json:"action"`
	From    string    `json:"from,omitempty"` // the version that was live before
	To      string    `json:"to,omitempty"`   // and the one after; "" when it was refused
	Forced  bool      `json:"forced,omitempty"`
	Changes Changes   `json:"changes"`
	Gate    *Gate     `json:"gate,omitempty"`
	Refused string    `json:"refused,omitempty"` // why, for people
	// Unrecorded is what could not be written down of it, for people; it stands all
	// the same.
	Unrecorded string `json:"unrecorded,omitempty"`
	// Problems are what is wrong in the folder, errors and warnings.
	Problems []knowledge.Problem `json:"-"`
}

// Who says for people who published.
func (p Publication) Who() string {
	switch p.By {
	case ByStart:
		return "khi khởi động"
	case ByHangup:
		return "lệnh nạp lại (SIGHUP)"
	case ByWatch:
		return "tự thấy kho thay đổi"
	case ByConsole:
		return "bảng điều khiển"
	case ByTelegram:
		return "quản trị viên qua Telegram"
	}
	return p.By
}

// Unchanged reports whether the folder was live already.
func (p Publication) Unchanged() bool { return p.To != "" && p.To == p.From }

// Changes are the articles that differ between two versions.
type Changes struct {
	Added   []knowledge.ID `json:"added,omitempty"`
	Changed []knowledge.ID `json:"changed,omitempty"`
	Removed []knowledge.ID `json:"removed,omitempty"`
}

// Publish takes the folder live. What is live stays so when anything is wrong.
func (p *Publisher) Publish(ctx context.Context, req Request) (Publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Publication{At: p.cfg.Now(), By: req.By, Action: ActionPublish, Forced: req.Force, From: p.live()}
	err := p.publish(ctx, req, &out)
	return p.conclude(ctx, out, err)
}

func (p *Publisher) publish(ctx context.Context, req Request, out *Publication) error {
	load := req.Load
	if load == nil {
		load = func() (*knowledge.Base, []knowledge.Problem, error) {
			return knowledge.Load(p.cfg.Folder, knowledge.DateOf(out.At))
		}
	}
	base, problems, err := load()
	out.Problems = problems
	switch {
	case errors.Is(err, knowledge.ErrEmpty):
		return ErrEmpty
	case err != nil:
		return fmt.Errorf("load knowledge: %w", err)
	case base == nil:
		return ErrBroken
	}
	held, err := p.history.held()
	if err != nil {
		return err
	}
	if slices.Contains(held, base.Digest) && !req.Force {
		return ErrHeld
	}
	// The lanes learn while the index is built; both must be ready to go live.
	prepared := make(chan error, 1)
	go func() { prepared <- p.cfg.Prepare(base) }()
	out.To, err = p.cfg.Index.Publish(ctx, base, func(ctx context.Context, next *index.Version) error {
		if err := <-prepared; err != nil {
			return fmt.Errorf("prepare knowledge: %w", err)
		}
		return p.compare(ctx, next, out)
	})
	if err == nil && len(held) > 0 {
		if err := p.history.hold(); err != nil { // it is live all the same
			out.Unrecorded = "kho từng bị đưa lùi vẫn còn bị giữ lại, lần sau đưa lên phải có --force: " + err.Error()
		}
	}
	return err
}

// compare tells what changes with the new version, and refuses it when it
// answers worse, unless it is forced.
func (p *Publisher) compare(ctx context.Context, next *index.Version, out *Publication) error {
	live, err := p.cfg.Index.Acquire()
	if err != nil && !errors.Is(err, index.ErrNoVersion) {
		return err
	}
	if live != nil {
		defer live.Release()
		out.Changes = changes(live.Base(), next.Base())
	}
	report, err := p.gate.compare(ctx, live, next)
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	out.Gate = &report
	if out.Forced {
		return nil
	}
	return report.refusal()
}

// Rollback makes a kept version live again: the one named, or the one before
// the live one. The knowledge that was live is held back until it changes, as is
// what was rolled back before it.
func (p *Publisher) Rollback(ctx context.Context, by, to string) (Publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Publication{At: p.cfg.Now(), By: by, Action: ActionRollback, From: p.live()}
	err := p.rollback(ctx, to, &out)
	return p.conclude(ctx, out, err)
}

func (p *Publisher) rollback(ctx context.Context, to string, out *Publication) error {
	live, err := p.cfg.Index.Acquire()
	if err != nil {
		return fmt.Errorf("acquire live version: %w", err)
	}
	defer live.Release()
	if to == "" {
		if to, err = p.before(ctx, live.ID()); err != nil {
			return err
		}
	}
	held, err := p.history.held()
	if err != nil {
		return err
	}
	err = p.cfg.Index.Rollback(ctx, to, func(_ context.Context, v *index.Version) error {
		out.Changes = changes(live.Base(), v.Base())
		if err := p.cfg.Prepare(v.Base()); err != nil {
			return err
		}
		// Held first: were the program killed before the swap, the folder would
		// else be published again at the next start.
		return p.history.hold(rolledBack(held, live.Base().Digest, v.Base().Digest)...)
	})
	if errors.Is(err, index.ErrUnknownVersion) {
		err = fmt.Errorf("%w: %q; xem trolyao reindex --list", ErrNotKept, to)
	}
	if err != nil {
		return errors.Join(err, p.history.hold(held...)) // as if nobody had asked
	}
	out.To = to
	return nil
}

// rolledBack adds the knowledge that is left to what is held already, and takes
// away what somebody wants to be live again.
func rolledBack(held []string, left, wanted string) []string {
	all := append(slices.Clone(held), left)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(digest string) bool { return digest == wanted })
}

// looksBack is among how many publications the one of the live version is looked
// for.
const looksBack = 1000

// before returns the version that was live before the given one and is still
// kept.
func (p *Publisher) before(ctx context.Context, live string) (string, error) {
	versions, err := p.cfg.Index.Versions()
	if err != nil {
		return "", err
	}
	kept := func(id string) bool {
		return id != live && slices.ContainsFunc(versions, func(v index.VersionInfo) bool { return v.ID == id })
	}
	records, err := p.history.read(ctx, looksBack)
	if err != nil { // going back must not wait until the database is mended
		p.cfg.Log.WarnContext(ctx, "publications not readable, rolling back by age", "err", err)
	}
	for _, r := range slices.Backward(records) {
		if r.Action == ActionPublish && r.To == live && kept(r.From) {
			return r.From, nil
		}
	}
	// The record may be gone: the newest of the older ones.
	for _, v := range slices.Backward(versions) {
		if v.ID < live {
			return v.ID, nil
		}
	}
	return "", ErrNoEarlier
}

// conclude records and reports a publication.
func (p *Publisher) conclude(ctx context.Context, out Publication, err error) (Publication, error) {
	if err != nil {
		out.To, out.Refused = "", err.Error()
		p.cfg.Log.ErrorContext(ctx, "knowledge not published, the live version stays", "by", out.By, "err", err)
		for _, problem := range out.Problems {
			if problem.Severity == knowledge.Error {
				p.cfg.Log.ErrorContext(ctx, "knowledge problem", "problem", problem.String())
			}
		}
	} else {
		p.cfg.Log.InfoContext(ctx, "knowledge published", "by", out.By, "action", out.Action, "version", out.To,
			"added", len(out.Changes.Added), "changed", len(out.Changes.Changed), "removed", len(out.Changes.Removed))
	}
	p.record(ctx, &out)
	p.last.Store(&out)
	return out, err
}

// record writes down a publication that changed something or was refused, and
// what waits from earlier. What is live stays so when that fails.
func (p *Publisher) record(ctx context.Context, out *Publication) {
	ctx = context.WithoutCancel(ctx) // it has happened, whoever has left
	if out.Unchanged() {
		if err := p.history.takeOver(ctx); err != nil {
			p.cfg.Log.WarnContext(ctx, "earlier publications not recorded yet", "err", err)
		}
		return
	}
	err := p.history.append(ctx, *out)
	switch {
	case errors.Is(err, errWaiting):
		p.cfg.Log.WarnContext(ctx, "publication recorded beside the index, the database did not take it", "err", err)
	case err != nil:
		p.cfg.Log.ErrorContext(ctx, "publication not recorded", "by", out.By, "action", out.Action, "from", out.From, "to", out.To, "err", err)
	default:
		return
	}
	out.Unrecorded = strings.Trim(out.Unrecorded+"; chưa ghi được vào sổ đưa lên: "+err.Error(), "; ")
}

// Last returns the outcome of the last publication since the program started. It
// does not wait for one that is under way.
func (p *Publisher) Last() Publication {
	if last := p.last.Load(); last != nil {
		return *last
	}
	return Publication{}
}

// History returns the last so many publications that were recorded, oldest first;
// with an error, what could be read of them.
func (p *Publisher) History(ctx context.Context, last int) ([]Publication, error) {
	return p.history.read(ctx, last)
}

// Versions lists the kept versions, oldest first.
func (p *Publisher) Versions() ([]index.VersionInfo, error) { return p.cfg.Index.Versions() }

func (p *Publisher) live() string {
	v, err := p.cfg.Index.Acquire()
	if err != nil {
		return ""
	}
	defer v.Release()
	return v.ID()
}

// changes compares the articles of two bases by the bytes of their files.
func changes(from, to *knowledge.Base) (c Changes) {
	bytesOf := func(b *knowledge.Base) map[knowledge.ID]string {
		out := make(map[knowledge.ID]string, len(b.Articles))
		for _, a := range b.Articles {
			out[a.ID] = string(b.Files[a.File])
		}
		return out
	}
	before, after := bytesOf(from), bytesOf(to)
	for _, id := range slices.Sorted(maps.Keys(after)) {
		was, existed := before[id]
		switch {
		case !existed:
			c.Added = append(c.Added, id)
		case was != after[id]:
			c.Changed = append(c.Changed, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[id]; !stays {
			c.Removed = append(c.Removed, id)
		}
	}
	return c
}
