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
func (v *Version) Reload() (*Version, error) {
	m, err := readModel(v.bleve, v.base, v.model.learned)
	if err != nil {
		return nil, err
	}
	return newVersion(v.id, v.created, v.base, v.bleve, m), nil
}

const (
	bleveDir      = "bleve"
	knowledgeFile = "knowledge.zip"
	learnedFile   = "learned"
)

// newVersion wraps an open Bleve index, the knowledge it was built from and the
// model of both.
func newVersion(id string, created time.Time, base *knowledge.Base, idx bleve.Index, m *model) *Version {
	v := &Version{id: id, created: created, base: base, bleve: idx, model: m}
	v.refs.Store(1)
	return v
}

// readModel makes the model of an open Bleve index and the knowledge it was built
// from. With nothing learnt before it learns.
func readModel(idx bleve.Index, base *knowledge.Base, before *learned) (*model, error) {
	docs, err := loadSources(idx, base.Articles)
	if err != nil {
		return nil, err
	}
	return newModel(base, docs, before)
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
	m, err := readModel(idx, base, nil)
	if err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return newVersion(versionID(base, now), now, base, idx, m), nil
}

// buildDir writes a complete version into dir, which must not exist, and returns
// the model made from it.
func buildDir(dir string, base *knowledge.Base, id string, now time.Time) (*model, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	if err := buildBleve(dir, base.Articles); err != nil {
		return nil, err
	}
	m, err := learnDir(dir, base)
	if err != nil {
		return nil, err
	}
	if err := keep(filepath.Join(dir, knowledgeFile), base.Files); err != nil {
		return nil, fmt.Errorf("keep the knowledge: %w", err)
	}
	return m, writeManifest(dir, manifest{ID: id, Format: formatVersion, Created: now, Digest: base.Digest, Articles: len(base.Articles)})
}

// learnDir makes the model from the Bleve index that was just written, and keeps
// what was learnt.
func learnDir(dir string, base *knowledge.Base) (*model, error) {
	idx, err := openBleve(dir)
	if err != nil {
		return nil, err
	}
	m, err := readModel(idx, base, nil)
	if err := errors.Join(err, idx.Close()); err != nil {
		return nil, err
	}
	return m, writeLearned(filepath.Join(dir, learnedFile), m.learned)
}

func openBleve(dir string) (bleve.Index, error) {
	idx, err := bleve.OpenUsing(filepath.Join(dir, bleveDir), map[string]any{"read_only": true})
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	return idx, nil
}

func buildBleve(dir string, articles []*knowledge.Article) error {
	mapping, err := buildMapping()
	if err != nil {
		return err
	}
	// The builder wants its scratch folder on the same file system.
	builder, err := bleve.NewBuilder(filepath.Join(dir, bleveDir), mapping, map[string]any{"buildPathPrefix": dir})
	if err != nil {
		return fmt.Errorf("create index builder: %w", err)
	}
	docs := documents(articles)
	for i, a := range articles {
		if err := builder.Index(string(a.ID), docs[i]); err != nil {
			return errors.Join(fmt.Errorf("index %s: %w", a.ID, err), builder.Close())
		}
	}
	if err := builder.Close(); err != nil {
		return fmt.Errorf("finish index: %w", err)
	}
	return nil
}

// openDir opens a version read-only after checking every file of it.
func openDir(dir string, today knowledge.Date) (*Version, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	base, err := kept(filepath.Join(dir, knowledgeFile), today)
	if err != nil {
		return nil, fmt.Errorf("load articles of version %s: %w", m.ID, err)
	}
	if base == nil || base.Digest != m.Digest {
		return nil, fmt.Errorf("%w: articles do not match", ErrDamaged)
	}
	before, err := readLearned(filepath.Join(dir, learnedFile), len(base.Articles))
	if err != nil {
		return nil, err
	}
	idx, err := openBleve(dir)
	if err != nil {
		return nil, err
	}
	model, err := readModel(idx, base, before)
	if err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return newVersion(m.ID, m.Created, base, idx, model), nil
}

// openBuilt opens the version that was built a moment ago, after checking every
// file of it. The knowledge and the model need not be read again.
func openBuilt(dir string, base *knowledge.Base, model *model) (*Version, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	idx, err := openBleve(dir)
	if err != nil {
		return nil, err
	}
	return newVersion(m.ID, m.Created, base, idx, model), nil
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
