package index

import (
	"archive/zip"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/trolyao/trolyao/knowledge"
)

// Version is one immutable state of articles, lanes, lexicon and index: they
// are published and retired together. Whoever acquired a version releases it;
// the last release after its retirement closes it.
type Version struct {
	id      string
	created time.Time
	base    *knowledge.Base
	bleve   bleve.Index
	model   *model

	// refs counts holders, plus one while the version is live.
	refs atomic.Int64
}

// ID names the version.
func (v *Version) ID() string { return v.id }

// Created is the moment the version was built.
func (v *Version) Created() time.Time { return v.created }

// Base is the knowledge of this version.
func (v *Version) Base() *knowledge.Base { return v.base }

// Release gives back a version got from Index.Acquire. The error of closing
// a retired version has no one left to act on it.
func (v *Version) Release() {
	if v.refs.Add(-1) == 0 {
		_ = v.bleve.Close()
	}
}

// Acquire returns the version itself, to be released once more. It makes a
// version a library of one, for looking at it before it goes live.
func (v *Version) Acquire() (*Version, error) {
	if !v.acquire() {
		return nil, ErrNoVersion
	}
	return v, nil
}

// acquire takes a reference unless the version is already closed.
func (v *Version) acquire() bool {
	for {
		n := v.refs.Load()
		if n == 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Reload reads the version from its Bleve index once more, as opening it does.
// What it returns lives as long as the version.
func (v *Version) Reload() (*Version, error) { return newVersion(v.id, v.created, v.base, v.bleve) }

const (
	bleveDir      = "bleve"
	knowledgeFile = "knowledge.zip"
)

// newVersion wraps an open Bleve index and the knowledge it was built from.
func newVersion(id string, created time.Time, base *knowledge.Base, idx bleve.Index) (*Version, error) {
	docs, err := loadSources(idx, base.Articles)
	if err != nil {
		return nil, err
	}
	m, err := newModel(base, docs)
	if err != nil {
		return nil, err
	}
	v := &Version{id: id, created: created, base: base, bleve: idx, model: m}
	v.refs.Store(1)
	return v, nil
}

// buildMemory makes a version that lives in memory alone.
func buildMemory(base *knowledge.Base, now time.Time) (*Version, error) {
	mapping, err := buildMapping()
	if err != nil {
		return nil, err
	}
	idx, err := bleve.NewUsing("", mapping, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("create index in memory: %w", err)
	}
	batch := idx.NewBatch()
	docs := documents(base.Articles)
	for i, a := range base.Articles {
		if err := batch.Index(string(a.ID), docs[i]); err != nil {
			return nil, fmt.Errorf("index %s: %w", a.ID, err)
		}
	}
	if err := idx.Batch(batch); err != nil {
		return nil, fmt.Errorf("build index in memory: %w", err)
	}
	return newVersion(versionID(base, now), now, base, idx)
}

// buildDir writes a complete version into dir, which must not exist.
func buildDir(dir string, base *knowledge.Base, id string, now time.Time) error {
	mapping, err := buildMapping()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	// The builder wants its scratch folder on the same file system.
	builder, err := bleve.NewBuilder(filepath.Join(dir, bleveDir), mapping, map[string]any{"buildPathPrefix": dir})
	if err != nil {
		return fmt.Errorf("create index builder: %w", err)
	}
	docs := documents(base.Articles)
	for i, a := range base.Articles {
		if err := builder.Index(string(a.ID), docs[i]); err != nil {
			return errors.Join(fmt.Errorf("index %s: %w", a.ID, err), builder.Close())
		}
	}
	if err := builder.Close(); err != nil {
		return fmt.Errorf("finish index: %w", err)
	}
	if err := keep(filepath.Join(dir, knowledgeFile), base.Files); err != nil {
		return fmt.Errorf("keep the knowledge: %w", err)
	}
	return writeManifest(dir, manifest{ID: id, Format: formatVersion, Created: now, Digest: base.Digest, Articles: len(base.Articles)})
}

// openDir opens a version read-only after checking every file of it.
func openDir(dir string, today knowledge.Date) (*Version, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if m.Format != formatVersion {
		return nil, fmt.Errorf("%w: format %d, this program reads %d", ErrDamaged, m.Format, formatVersion)
	}
	base, err := kept(filepath.Join(dir, knowledgeFile), today)
	if err != nil {
		return nil, fmt.Errorf("load articles of version %s: %w", m.ID, err)
	}
	if base == nil || base.Digest != m.Digest {
		return nil, fmt.Errorf("%w: articles do not match", ErrDamaged)
	}
	idx, err := bleve.OpenUsing(filepath.Join(dir, bleveDir), map[string]any{"read_only": true})
	if err != nil {
		return nil, fmt.Errorf("open index version %s: %w", m.ID, err)
	}
	v, err := newVersion(m.ID, m.Created, base, idx)
	if err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return v, nil
}

// keep writes the files that the knowledge was made from into one file: making
// thousands durable one by one takes longer than building their index.
func keep(path string, files map[string][]byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	return z.Close()
}

// kept reads them again.
func kept(path string, today knowledge.Date) (*knowledge.Base, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close() //nolint:errcheck // read only
	base, _, err := knowledge.Reload(z, today)
	return base, err
}

func versionID(base *knowledge.Base, now time.Time) string {
	return now.UTC().Format("20060102T150405.000") + "-" + base.Digest[:8]
}
