package knowledge

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Where in a folder the articles and the drafts are.

// articlesRoot is where the articles are: a folder of them alone is accepted too.
func articlesRoot(fsys fs.FS) string {
	const root = "articles"
	if info, err := fs.Stat(fsys, root); err != nil || !info.IsDir() {
		return "."
	}
	return root
}

// onArticles makes what visits the article files of a folder.
func onArticles(root string, visit func(name string) error) func(string, fs.DirEntry) error {
	return func(name string, entry fs.DirEntry) error {
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir() || !isArticleFile(root, name):
			return nil
		}
		return visit(name)
	}
}

// isArticleFile leaves out the editors' own notes beside the articles, wherever
// they stand, and the drafts of a folder of articles alone.
func isArticleFile(root, name string) bool {
	if !strings.EqualFold(path.Ext(name), ".md") || root == "." && strings.HasPrefix(name, DraftsFolder+"/") {
		return false
	}
	base := path.Base(name)
	return base != "FORMAT.md" && base != "README.md"
}

// TakenIDs tells which file has which id, of all articles and drafts of a folder,
// whether they can be read as such or not. A folder that is not there has none.
func TakenIDs(fsys fs.FS) (map[ID]string, error) {
	taken := map[ID]string{}
	for _, root := range []string{articlesRoot(fsys), DraftsFolder} {
		if err := takeIDs(taken, fsys, root); err != nil {
			return nil, fmt.Errorf("look for ids in %s: %w", root, err)
		}
	}
	return taken, nil
}

func takeIDs(taken map[ID]string, fsys fs.FS, root string) error {
	visit := onArticles(root, func(name string) error {
		// some file systems do not tell X.MD from x.md
		id := ID(strings.ToLower(strings.TrimSuffix(path.Base(name), path.Ext(name))))
		if taken[id] == "" {
			taken[id] = name
		}
		return nil
	})
	return fs.WalkDir(fsys, root, func(name string, entry fs.DirEntry, err error) error {
		// A new folder may be begun among much that is not ours to read.
		if errors.Is(err, fs.ErrNotExist) || root == "." && errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(name, entry)
	})
}

// DraftsFolder is where unfinished articles wait. They are checked, so that an
// editor sees what is missing, and never published.
const DraftsFolder = "drafts"

// drafts checks the unfinished articles. What is wrong with them stops nothing.
func (l *loader) drafts() error {
	if _, err := fs.Stat(l.fsys, DraftsFolder); err != nil {
		return nil //nolint:nilerr // most folders have none
	}
	seen := map[ID]string{}
	err := l.walk(DraftsFolder, Warning, onArticles(DraftsFolder, func(name string) error {
		data, err := fs.ReadFile(l.fsys, name)
		if err != nil {
			return err
		}
		a, problems := Parse(name, data)
		other := seen[a.ID]
		if article := l.base.byID[a.ID]; article != nil {
			other = article.File
		}
		if other != "" {
			problems = append(problems, Problem{File: name, Severity: Warning, Text: fmt.Sprintf("mã bài %q đã dùng ở %s; hãy đổi tên tệp", a.ID, other)})
		}
		seen[a.ID] = name
		if !HasErrors(problems) {
			problems = append(problems, Problem{File: name, Severity: Warning, Text: "bài nháp đã đủ; đọc lại, rồi chuyển sang " + strings.Replace(name, DraftsFolder, "articles", 1) + " để đưa lên"})
		}
		for _, p := range problems {
			p.Severity = Warning
			p.Text = "(bài nháp) " + p.Text
			l.problems = append(l.problems, p)
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("read drafts: %w", err)
	}
	return nil
}
