package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Watch publishes the folder by itself when it has changed. It looks at names,
// sizes and times rather than wait for the file system to tell: shared folders
// and containers often do not.
type Watch struct {
	publisher       *Publisher
	published, seen string // the folder when it was published, and at the last look
}

// NewWatch watches for changes from now on.
func (p *Publisher) NewWatch(ctx context.Context) *Watch {
	w := &Watch{publisher: p}
	w.published = w.look(ctx, "")
	w.seen = w.published
	return w
}

// Look publishes the folder when it has changed and then been left alone since
// the last look. So a file saved by half waits until it is whole; one that stays
// broken is refused like any other.
func (w *Watch) Look(ctx context.Context) {
	now := w.look(ctx, w.seen)
	if now == w.seen && now != w.published {
		_, _ = w.publisher.Publish(ctx, Request{By: ByWatch}) // reported by the publisher
		w.published = now
	}
	w.seen = now
}

// look returns what the folder looks like, or otherwise when it cannot be read
// just now.
func (w *Watch) look(ctx context.Context, otherwise string) string {
	now, err := fingerprint(w.publisher.cfg.Folder)
	if err != nil {
		w.publisher.cfg.Log.WarnContext(ctx, "knowledge folder not watched now", "err", err)
		return otherwise
	}
	return now
}

// fingerprint returns a line for each file of the folder; it changes when they do.
func fingerprint(folder fs.FS) (string, error) {
	var b strings.Builder
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(path.Base(name), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	return b.String(), err
}
