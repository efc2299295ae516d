package index

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// formatVersion changes whenever the documents or the analysis change, so that
// an index made by an older program is built anew rather than misread.
const formatVersion = 7

const manifestName = "manifest.json"

// ErrDamaged is returned for a version whose files are not what its manifest
// says. Bleve itself opens a truncated segment without complaint and then
// misses documents, so every file is checked before a version is served.
var ErrDamaged = errors.New("index version is damaged")

// manifest lists what a version consists of.
type manifest struct {
	ID       string      `json:"id"`
	Format   int         `json:"format"`
	Created  time.Time   `json:"created"`
	Digest   string      `json:"digest"` // of the knowledge
	Articles int         `json:"articles"`
	Files    []fileEntry `json:"files"`
}

type fileEntry struct {
	Path   string `json:"path"` // slash-separated, inside the version
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// writeManifest records every file under dir and makes them durable.
func writeManifest(dir string, m manifest) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return syncPath(path)
		}
		e, err := fingerprint(dir, path)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, e)
		return syncPath(path)
	})
	if err != nil {
		return fmt.Errorf("record files: %w", err)
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, manifestName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return errors.Join(syncPath(path), syncPath(dir))
}

// readManifest reads a version's manifest and checks every file against it.
func readManifest(dir string) (manifest, error) {
	m, err := parseManifest(dir)
	if err != nil {
		return m, err
	}
	if m.Format != formatVersion {
		return m, fmt.Errorf("%w: format %d, this program reads %d", ErrDamaged, m.Format, formatVersion)
	}
	for _, want := range m.Files {
		got, err := fingerprint(dir, filepath.Join(dir, filepath.FromSlash(want.Path)))
		if err != nil {
			return m, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if got != want {
			return m, fmt.Errorf("%w: %s changed", ErrDamaged, want.Path)
		}
	}
	return m, nil
}

// parseManifest reads a version's manifest and checks nothing.
func parseManifest(dir string) (m manifest, err error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	return m, nil
}

func fingerprint(dir, path string) (fileEntry, error) {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return fileEntry{}, fmt.Errorf("file %q lies outside the version", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return fileEntry{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return fileEntry{}, err
	}
	return fileEntry{filepath.ToSlash(rel), n, hex.EncodeToString(h.Sum(nil))}, nil
}

// syncPath makes a file or directory durable. Windows knows no such thing for
// directories: there a rename is durable by itself.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && (runtime.GOOS != "windows" || !info.IsDir()) {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
