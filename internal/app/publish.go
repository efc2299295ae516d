package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

// newPublisher publishes the folder into the index that the engine answers from.
func newPublisher(fsys fs.FS, idx *index.Index, lanes *bot.LaneCache, engine *bot.Engine, ledger publish.Ledger, beside string, log *slog.Logger, now func() time.Time) *publish.Publisher {
	return publish.New(publish.Config{
		Folder: fsys, Index: idx, Ledger: ledger, Beside: beside, Prepare: lanes.Prepare, Ask: asker(engine), Log: log, Now: now,
	})
}

// asker asks an engine like this one over another version, each time in a
// conversation of its own.
func asker(engine *bot.Engine) publish.Asker {
	return func(ctx context.Context, v *index.Version, messages []string) (outcome string, articles []knowledge.ID, err error) {
		other := engine.Over(v, store.NewMemory(1))
		for i, text := range messages {
			r, err := other.Handle(ctx, bot.Turn{ID: bot.TurnID(strconv.Itoa(i)), Conversation: "gate", Text: text})
			if err != nil {
				return "", nil, err
			}
			outcome, articles = string(r.Outcome), nil
			switch {
			case r.Answer != nil: // its choices are further reading
				articles = []knowledge.ID{r.Answer.Article}
			case r.Outcome == bot.OutcomeChoices:
				for _, c := range r.Choices {
					articles = append(articles, c.Article)
				}
			}
		}
		return outcome, articles, nil
	}
}

// indexFolder is where the versions are.
func indexFolder(cfg configs.Config) string { return filepath.Join(cfg.Data, "index") }

// inUseError is returned for a data folder that another trolyao works on.
type inUseError struct{ folder string }

func (e inUseError) Error() string {
	return fmt.Sprintf("thư mục dữ liệu %s đang được một trolyao khác dùng; hãy dừng chương trình đó trước, hoặc dùng thư mục khác (--data)", e.folder)
}

// lock takes the data folder for this process alone. The operating system gives
// it back when the process ends, however it ends.
func lock(cfg configs.Config) (unlock func() error, err error) {
	l := flock.New(filepath.Join(cfg.Data, "lock"), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("không mở được thư mục dữ liệu %s: %w", cfg.Data, err)
	}
	if !got {
		return nil, inUseError{cfg.Data}
	}
	return l.Unlock, nil
}

// absolute makes a folder comparable between processes; "" stays.
func absolute(folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	out, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("knowledge folder: %w", err)
	}
	return out, nil
}

// Order publishes or rolls back the knowledge of a data folder: alone, or, when
// a server works on the folder, by that server; served says which.
func Order(ctx context.Context, cfg configs.Config, fsys fs.FS, log *slog.Logger, o publish.Order) (r publish.Report, served bool, err error) {
	a := &App{log: log}
	defer func() { err = errors.Join(err, a.cleanups.stop(ctx)) }()
	err = a.openData(cfg)
	if _, inUse := errors.AsType[inUseError](err); inUse {
		r, err = orderServer(ctx, cfg, o)
		return r, true, err
	}
	if err != nil {
		return r, false, err
	}
	lanes := new(bot.LaneCache)
	engine := bot.NewEngine(bot.Config{Contact: cfg.Bot.Contact}, lanes, a.index, store.NewMemory(fewConversations), time.Now)
	p, refused := newPublisher(fsys, a.index, lanes, engine, a.openLedger(ctx, cfg), indexFolder(cfg), log, time.Now).Do(ctx, o)
	return publish.NewReport(p, refused), false, nil
}

// openLedger opens the database to record a publication in. One that cannot be
// opened does not keep the knowledge from going live.
func (a *App) openLedger(ctx context.Context, cfg configs.Config) publish.Ledger {
	db, err := openDatabase(ctx, cfg, store.Options{Log: a.log})
	if err != nil {
		return closedLedger{err}
	}
	a.cleanups.add("database", func(context.Context) error { return db.Close() })
	return db
}

// closedLedger stands for a database that cannot be opened.
type closedLedger struct{ err error }

// RecordPublications implements publish.Ledger.
func (c closedLedger) RecordPublications(context.Context, ...publish.Publication) error { return c.err }

// Publications implements publish.Ledger.
func (c closedLedger) Publications(context.Context, int) ([]publish.Publication, error) {
	return nil, c.err
}

func orderServer(ctx context.Context, cfg configs.Config, o publish.Order) (r publish.Report, err error) {
	control, err := publish.ReadControl(cfg.Data)
	if err != nil {
		return r, fmt.Errorf("%w (%w)", inUseError{cfg.Data}, err)
	}
	folder, err := absolute(cfg.Knowledge.Dir)
	if err != nil {
		return r, err
	}
	if folder != control.Folder {
		return r, fmt.Errorf("máy chủ đang chạy dùng kho tri thức %q, không phải %q; hãy nêu đúng thư mục, hoặc sửa knowledge.dir của máy chủ rồi khởi động lại", control.Folder, folder)
	}
	return control.Send(ctx, o)
}

// Kept lists the versions that a data folder keeps and the last so many
// publications, oldest first, without disturbing a server that works on it. With
// an error it returns what could be read.
func Kept(ctx context.Context, cfg configs.Config, last int, log *slog.Logger) (versions []index.VersionInfo, records []publish.Publication, err error) {
	versions, err = index.List(indexFolder(cfg))
	if err != nil {
		return nil, nil, err
	}
	history := publish.Config{Beside: indexFolder(cfg), Log: log}
	db, err := OpenStore(ctx, cfg, log)
	switch {
	case errors.Is(err, errNoDatabase): // nothing was recorded yet
	case err != nil:
		history.Ledger = closedLedger{err}
	default:
		history.Ledger = db
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	records, err = publish.New(history).History(ctx, last)
	return versions, records, err
}
