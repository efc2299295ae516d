package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// history is the record of publications in a folder, one JSON object a line,
// and the digest of the knowledge that is held back.
type history struct{ path string }

const (
	recordFile = "publications.jsonl"
	heldFile   = "held"
)

// append records one publication durably.
func (h history) append(p Publication) error {
	if h.path == "" {
		return nil
	}
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(h.path, recordFile), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	// A line that a crash cut short must not swallow this one.
	line = append(line, '\n')
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

// read returns all records, oldest first. A line that a crash cut short is
// passed over.
func (h history) read() ([]Publication, error) {
	if h.path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(h.path, recordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	var all []Publication
	for line := range bytes.Lines(data) {
		var p Publication
		if json.Unmarshal(line, &p) == nil {
			all = append(all, p)
		}
	}
	return all, nil
}

// held returns the digest of the knowledge that was rolled back, "" for none.
func (h history) held() (string, error) {
	if h.path == "" {
		return "", nil
	}
	data, err := os.ReadFile(filepath.Join(h.path, heldFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read held knowledge: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// hold keeps the knowledge with this digest from going live again by itself;
// "" lets any go.
func (h history) hold(digest string) error {
	if h.path == "" {
		return nil
	}
	path := filepath.Join(h.path, heldFile)
	if digest == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("release held knowledge: %w", err)
		}
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("hold knowledge: %w", err)
	}
	_, err = f.WriteString(digest + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("hold knowledge: %w", err)
	}
	return nil
}
