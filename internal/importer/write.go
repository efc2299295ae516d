package importer

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/trolyao/trolyao/knowledge"
)

// DraftsFolder is where drafts wait, beside the articles: an unfinished one must
// not keep the finished from going live.
const DraftsFolder = knowledge.DraftsFolder

// defaultCategory is for drafts that name none.
const defaultCategory = "nhap"

// longestID is how many characters of an id are made of the title. A number may
// follow.
const longestID = knowledge.MaxIDLength - len("-999")

// Writer puts drafts into a knowledge folder. It never overwrites a file.
type Writer struct {
	dir   string
	taken map[knowledge.ID]string // ids of articles and drafts, their files
}

// NewWriter looks which ids the folder uses.
func NewWriter(dir string) (*Writer, error) {
	taken, err := knowledge.TakenIDs(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("đọc thư mục %s: %w", dir, err)
	}
	return &Writer{dir, taken}, nil
}

// Write writes all drafts of one file, or none of them, and returns where they
// are. category is for those that name none.
func (w *Writer) Write(drafts []Draft, category string) (paths []string, err error) {
	var temporary []string
	defer func() {
		for _, t := range temporary {
			_ = os.Remove(t) // of those not renamed
		}
	}()
	for _, d := range drafts {
		path, t, err := w.prepare(d, category)
		if err != nil {
			return nil, err
		}
		temporary, paths = append(temporary, t), append(paths, path)
	}
	for i, path := range paths {
		if err := os.Rename(temporary[i], path); err != nil {
			for _, written := range paths[:i] {
				err = errors.Join(err, os.Remove(written))
			}
			return nil, fmt.Errorf("ghi %s: %w", path, err)
		}
	}
	temporary = nil
	return paths, nil
}

// prepare writes a draft beside where it is to be.
func (w *Writer) prepare(d Draft, category string) (path, temporary string, err error) {
	folder := cmp.Or(knowledge.Slug(d.Category), category, defaultCategory)
	path = filepath.Join(w.dir, DraftsFolder, folder, w.id(d.Title)+".md")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the server, another user, reads it
		return "", "", fmt.Errorf("tạo thư mục: %w", err)
	}
	if temporary, err = writeTemporary(filepath.Dir(path), d.File(folder)); err != nil {
		return "", "", fmt.Errorf("ghi %s: %w", path, err)
	}
	return path, temporary, nil
}

// writeTemporary writes a file with the mode of the draft it becomes.
func writeTemporary(folder string, content []byte) (name string, err error) {
	f, err := os.OpenFile(filepath.Join(folder, ".nhap-"+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // the server, another user, reads it
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// id makes an id of a title that no article and no draft has.
func (w *Writer) id(title string) string {
	base := ""
	for word := range strings.SplitSeq(knowledge.Slug(title), "-") {
		if len(base)+1+len(word) > longestID {
			break
		}
		base = strings.Trim(base+"-"+word, "-")
	}
	if base == "" {
		base = "bai"
	}
	id := base
	for n := 2; w.taken[knowledge.ID(id)] != ""; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	w.taken[knowledge.ID(id)] = id + ".md"
	return id
}
