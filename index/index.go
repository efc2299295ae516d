// Package index finds articles. It keeps the Bleve index in versions, each an
// immutable folder that also holds the knowledge it was built from, serves one
// of them at a time and swaps it without a pause. It is the only package that
// knows Bleve.
//
// It knows articles and questions; it does not know conversations, channels or
// how an answer is worded.
package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trolyao/trolyao/knowledge"
)

// ErrNoVersion is returned while nothing has been published yet.
var ErrNoVersion = errors.New("no knowledge has been published yet")

// Index serves the live version and publishes new ones.
type Index struct {
	dir  string // "" keeps versions in memory
	keep int
	log  *slog.Logger
	now  func() time.Time

	publishing sync.Mutex // one publication at a time
	live       atomic.Pointer[Version]
}

// New returns an index that keeps its versions in memory.
func New(log *slog.Logger) *Index {
	return &Index{keep: 1, log: log, now: time.Now}
}

const (
	liveFile  = "live"
	buildMark = "building-"
)

// Open returns an index that keeps its versions under dir, at most keep of
// them, and serves the one that was live last. A live version that is damaged
// is reported in the log and not served; the newest sound one takes its place.
// With no sound version at all, Acquire returns ErrNoVersion until Publish.
func Open(dir string, keep int, log *slog.Logger) (*Index, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("create index folder: %w", err)
	}
	x := &Index{dir: dir, keep: max(keep, 1), log: log, now: time.Now}
	names, err := x.versionNames()
	if err != nil {
		return nil, err
	}
	live, err := os.ReadFile(filepath.Join(dir, liveFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read live version: %w", err)
	}
	if err == nil {
		names = append(names, strings.TrimSpace(string(live)))
	}
	for i := len(names) - 1; i >= 0 && err == nil; i-- {
		v, openErr := openDir(filepath.Join(dir, filepath.Base(names[i])), knowledge.DateOf(x.now()))
		if openErr == nil {
			x.live.Store(v)
			break
		}
		log.Error("index version not served", "version", names[i], "err", openErr)
	}
	return x, nil
}

// versionNames lists the finished versions, oldest first, and clears away what
// an interrupted publication left behind.
func (x *Index) versionNames() ([]string, error) {
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		return nil, fmt.Errorf("list index versions: %w", err)
	}
	var names []string
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), buildMark):
			if err := os.RemoveAll(filepath.Join(x.dir, e.Name())); err != nil {
				return nil, fmt.Errorf("clear unfinished index: %w", err)
			}
		case e.IsDir():
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Acquire returns the live version. The caller must Release it.
func (x *Index) Acquire() (*Version, error) {
	for {
		v := x.live.Load()
		if v == nil {
			return nil, ErrNoVersion
		}
		if v.acquire() {
			return v, nil
		}
	}
}

// Publish builds a version from base beside the live one, checks it, and makes
// it live for everyone who acquires from now on. The live version is untouched
// until the new one is open and sound. Publishing the knowledge that is live
// already does nothing. Each gate may look at the new version and refuse it. It
// returns the id of the version that is live after.
func (x *Index) Publish(ctx context.Context, base *knowledge.Base, gates ...Gate) (string, error) {
	x.publishing.Lock()
	defer x.publishing.Unlock()
	if live := x.live.Load(); live != nil && live.base.Digest == base.Digest {
		return live.id, nil
	}
	next, err := x.build(ctx, base)
	if err != nil {
		return "", fmt.Errorf("build index: %w", err)
	}
	err = x.check(ctx, next, base, gates)
	if err == nil {
		err = x.finish(next.id)
	}
	if err != nil {
		next.Release()
		return "", errors.Join(err, x.discard(next.id))
	}
	if err := x.swap(next); err != nil {
		return "", errors.Join(err, x.discard(next.id))
	}
	return next.id, nil
}

// build makes a version and opens it under a name that marks it unfinished.
func (x *Index) build(ctx context.Context, base *knowledge.Base) (*Version, error) {
	now := x.now()
	if x.dir == "" {
		return buildMemory(base, now)
	}
	id := versionID(base, now)
	building := filepath.Join(x.dir, buildMark+id)
	m, err := buildDir(building, base, id, now)
	if err == nil {
		err = ctx.Err()
	}
	var v *Version
	if err == nil {
		v, err = openBuilt(building, base, m)
	}
	if err != nil {
		return nil, errors.Join(err, x.discard(id))
	}
	return v, nil
}

// finish gives a version its name once it may go live: killed before, the program
// leaves nothing that looks whole. An open Bleve index does not mind.
func (x *Index) finish(id string) error {
	if x.dir == "" {
		return nil
	}
	if err := os.Rename(filepath.Join(x.dir, buildMark+id), filepath.Join(x.dir, id)); err != nil {
		return fmt.Errorf("finish index: %w", err)
	}
	return syncPath(x.dir)
}

// discard removes a version that did not go live: it must neither be served in
// need nor push a good one out.
func (x *Index) discard(id string) error {
	if x.dir == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(filepath.Join(x.dir, buildMark+id)), os.RemoveAll(filepath.Join(x.dir, id)))
}

// Gate refuses a version that must not go live, with an error that tells why.
type Gate func(ctx context.Context, v *Version) error

// check makes sure that the built index holds every document, and asks the gates.
func (x *Index) check(ctx context.Context, v *Version, base *knowledge.Base, gates []Gate) error {
	want := len(base.Articles)
	got, err := v.bleve.DocCount()
	if err != nil {
		return fmt.Errorf("count documents: %w", err)
	}
	if got != uint64(want) {
		return fmt.Errorf("%w: %d documents, want %d", ErrDamaged, got, want)
	}
	for _, gate := range gates {
		if err := gate(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// recordLive makes the choice of version durable before it takes effect.
func (x *Index) recordLive(id string) error {
	if x.dir == "" {
		return nil
	}
	path := filepath.Join(x.dir, liveFile)
	if err := os.WriteFile(path+".new", []byte(id+"\n"), 0o600); err != nil {
		return err
	}
	if err := syncPath(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncPath(x.dir)
}

// prune removes the oldest versions beyond the number to keep, but for those
// named. What cannot be removed now is tried again at the next publication.
func (x *Index) prune(stay ...string) {
	if x.dir == "" {
		return
	}
	names, err := x.versionNames()
	if err != nil {
		x.log.Warn("old index versions not removed", "err", err)
		return
	}
	for i := range max(len(names)-x.keep, 0) {
		if slices.Contains(stay, names[i]) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(x.dir, names[i])); err != nil {
			x.log.Warn("old index version not removed", "version", names[i], "err", err)
		}
	}
}

// VersionInfo tells of a kept version.
type VersionInfo struct {
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Articles int       `json:"articles"`
	Digest   string    `json:"digest"` // of the knowledge
	Live     bool      `json:"live"`
}

// Versions lists the kept versions, oldest first.
func (x *Index) Versions() ([]VersionInfo, error) {
	if x.dir != "" {
		return List(x.dir)
	}
	v := x.live.Load()
	if v == nil {
		return nil, nil
	}
	return []VersionInfo{{v.id, v.created, len(v.base.Articles), v.base.Digest, true}}, nil
}

// List lists the versions kept under a folder, oldest first. A version without
// a readable manifest is left out; it could not be served either.
func List(dir string) ([]VersionInfo, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list index versions: %w", err)
	}
	live, err := os.ReadFile(filepath.Join(dir, liveFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read live version: %w", err)
	}
	var out []VersionInfo
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), buildMark) {
			continue
		}
		if m, err := parseManifest(filepath.Join(dir, e.Name())); err == nil {
			out = append(out, VersionInfo{m.ID, m.Created, m.Articles, m.Digest, m.ID == strings.TrimSpace(string(live))})
		}
	}
	return out, nil
}

// ErrUnknownVersion is returned for a version that is not kept.
var ErrUnknownVersion = errors.New("no such index version")

// Rollback makes a kept version live again, after checking every file of it and
// asking the gates.
func (x *Index) Rollback(ctx context.Context, id string, gates ...Gate) error {
	x.publishing.Lock()
	defer x.publishing.Unlock()
	dir := filepath.Join(x.dir, id)
	if _, err := os.Stat(dir); x.dir == "" || id == "" || id != filepath.Base(id) || strings.HasPrefix(id, buildMark) || err != nil {
		return fmt.Errorf("%w: %q", ErrUnknownVersion, id)
	}
	v, err := openDir(dir, knowledge.DateOf(x.now()))
	if err != nil {
		return err
	}
	if err := x.check(ctx, v, v.base, gates); err != nil {
		v.Release()
		return err
	}
	return x.swap(v)
}

// swap makes a version live for everyone who acquires from now on.
func (x *Index) swap(next *Version) error {
	if err := x.recordLive(next.id); err != nil {
		next.Release()
		return fmt.Errorf("record live version: %w", err)
	}
	before := ""
	if old := x.live.Swap(next); old != nil {
		before = old.id
		old.Release()
	}
	x.prune(next.id, before)
	return nil
}

// Close retires the live version.
func (x *Index) Close() {
	if v := x.live.Swap(nil); v != nil {
		v.Release()
	}
}
