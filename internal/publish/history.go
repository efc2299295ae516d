package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Ledger is the record of publications.
type Ledger interface {
	// RecordPublications writes publications down, all or none, in this order
	// after those that stand there. One that stands there already is passed
	// over.
	RecordPublications(ctx context.Context, all ...Publication) error
	// Publications returns the last so many, oldest first.
	Publications(ctx context.Context, last int) ([]Publication, error)
}

// history is the ledger, and beside the index, where they can be read and
// written when the database cannot: the publications that the ledger has not
// taken yet, and the digests of the knowledge that is held back.
type history struct {
	ledger Ledger // nil records nothing
	folder string
}

const (
	// waitingFile has one JSON object a line. Until the ledger there was only
	// this file; what stands in it is taken over.
	waitingFile = "publications.jsonl"
	// heldFile has one digest a line. There are no more than versions are kept:
	// rolling back goes among these, and whatever else goes live releases all.
	heldFile = "held"
)

// errWaiting is returned for a publication that is written down, but not yet in
// the ledger.
var errWaiting = errors.New("đã ghi tạm vào tệp " + waitingFile + " cạnh chỉ mục, lần sau sẽ tự chuyển vào")

// append records one publication durably: in the ledger, or else in the file.
func (h history) append(ctx context.Context, p Publication) error {
	if h.ledger == nil {
		return nil
	}
	err := h.takeOver(ctx) // in order
	if err == nil {
		err = h.ledger.RecordPublications(ctx, p)
	}
	if err == nil {
		return nil
	}
	if waitErr := h.wait(p); waitErr != nil {
		return errors.Join(err, waitErr)
	}
	return fmt.Errorf("%w: %w", errWaiting, err)
}

// takeOver moves what waits in the file to the ledger. Killed in between, it
// starts over, and the ledger passes over what it has.
func (h history) takeOver(ctx context.Context) error {
	waiting, err := h.waiting()
	if err != nil || len(waiting) == 0 || h.ledger == nil {
		return err
	}
	if err := h.ledger.RecordPublications(ctx, waiting...); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(h.folder, waitingFile)); err != nil {
		return fmt.Errorf("publications taken over: %w", err)
	}
	return nil
}

// wait writes a publication into the file.
func (h history) wait(p Publication) error {
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(h.folder, waitingFile), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
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

// waiting returns what stands in the file, oldest first. A line that a crash cut
// short is passed over.
func (h history) waiting() ([]Publication, error) {
	if h.folder == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(h.folder, waitingFile))
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

// read returns the last so many publications, oldest first; with an error, those
// that could be read.
func (h history) read(ctx context.Context, last int) ([]Publication, error) {
	var all []Publication
	var err error
	if h.ledger != nil {
		all, err = h.ledger.Publications(ctx, last)
	}
	waiting, waitErr := h.waiting()
	all = append(all, waiting...)
	return all[max(len(all)-last, 0):], errors.Join(err, waitErr)
}

// held returns the digests of the knowledge that was rolled back.
func (h history) held() ([]string, error) {
	if h.folder == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(h.folder, heldFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read held knowledge: %w", err)
	}
	return strings.Fields(string(data)), nil
}

// hold keeps the knowledge with these digests, and no other, from going live
// again by itself.
func (h history) hold(digests ...string) error {
	if h.folder == "" {
		return nil
	}
	path := filepath.Join(h.folder, heldFile)
	if len(digests) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("release held knowledge: %w", err)
		}
		return nil
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("hold knowledge: %w", err)
	}
	_, err = f.WriteString(strings.Join(digests, "\n") + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("hold knowledge: %w", err)
	}
	// Renamed, so that a crash in between lets go of nothing.
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("hold knowledge: %w", err)
	}
	return nil
}
