package knowledge

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// ErrEmpty is returned by Load for a folder that holds no article.
var ErrEmpty = errors.New("no article files")

// Load reads a knowledge folder: articles/<category>/<id>.md, lanes/*.yaml,
// lexicon/*.tsv and report/*. A lane, lexicon or report file that the folder does not bring is
// taken from the embedded knowledge, so that emergencies are always answered.
//
// All problems of all files are returned together. The base is nil when any of
// them is an error. The error is not nil only when the folder cannot be read,
// or holds no article at all (ErrEmpty); then the problems are those of its drafts.
func Load(fsys fs.FS, today Date) (*Base, []Problem, error) {
	return load(fsys, today, true)
}

// Reload reads a folder that Load has accepted before, as the index keeps it. It
// looks for errors, which only damage can have brought in, and for nothing else.
func Reload(fsys fs.FS, today Date) (*Base, []Problem, error) {
	return load(fsys, today, false)
}

func load(fsys fs.FS, today Date, lint bool) (*Base, []Problem, error) {
	l := &loader{fsys: fsys, today: today, linting: lint, base: &Base{Files: map[string][]byte{}, byID: map[ID]*Article{}}}
	if err := l.articles(); err != nil {
		if errors.Is(err, ErrEmpty) && lint {
			err = errors.Join(err, l.drafts()) // all there is may be drafts
		}
		return nil, l.problems, err
	}
	if err := l.rules(); err != nil {
		return nil, nil, err
	}
	if err := l.wordings(); err != nil {
		return nil, nil, err
	}
	if err := l.questions(); err != nil {
		return nil, nil, err
	}
	if lint {
		l.crossCheck()
		if err := errors.Join(l.drafts(), l.unread()); err != nil {
			return nil, nil, err
		}
	}
	l.problems = SortProblems(l.problems)
	if HasErrors(l.problems) {
		return nil, l.problems, nil
	}
	slices.SortFunc(l.base.Articles, func(a, b *Article) int { return strings.Compare(string(a.ID), string(b.ID)) })
	l.base.Digest = digest(l.base.Files)
	return l.base, l.problems, nil
}

type loader struct {
	fsys     fs.FS
	today    Date
	linting  bool // look for more than errors
	base     *Base
	problems []Problem
}

func (l *loader) articles() error {
	root := articlesRoot(l.fsys)
	var names []string
	err := l.walk(root, Error, onArticles(root, func(name string) (err error) {
		if l.base.Files[name], err = fs.ReadFile(l.fsys, name); err == nil {
			names = append(names, name)
		}
		return err
	}))
	if err != nil {
		return fmt.Errorf("read articles: %w", err)
	}
	if len(names) == 0 && !HasErrors(l.problems) {
		return ErrEmpty
	}
	for i, p := range l.parseAll(names) {
		l.problems = append(l.problems, p.problems...)
		l.article(p.article, names[i], root)
	}
	return nil
}

// walk visits what is in a folder. What must not be read is a problem of that
// file or folder, and the walk goes on.
func (l *loader) walk(root string, severity Severity, visit func(name string, entry fs.DirEntry) error) error {
	return fs.WalkDir(l.fsys, root, func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = visit(name, entry)
		}
		if errors.Is(err, fs.ErrPermission) {
			l.forbidden(name, severity)
			return nil
		}
		return err
	})
}

// read reads a file that is not an article. One that must not be read is a
// problem of that file and counts as missing, so that the others are looked at.
func (l *loader) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(l.fsys, name)
	if errors.Is(err, fs.ErrPermission) {
		l.forbidden(name, Error)
		return nil, fs.ErrNotExist
	}
	return data, err
}

func (l *loader) forbidden(name string, severity Severity) {
	l.problems = append(l.problems, Problem{
		File: name, Line: 1, Col: 1, Severity: severity,
		Text: "trolyao không được phép đọc; hãy cấp quyền đọc (tệp: chmod a+r, thư mục: chmod a+rx)",
	})
}

// parsed is an article file that was read.
type parsed struct {
	article  *Article
	problems []Problem
}

// parseAll reads the article files, as many at a time as there are processors.
func (l *loader) parseAll(names []string) []parsed {
	out := make([]parsed, len(names))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(names); i += workers {
				a, passages, problems := parse(names[i], l.base.Files[names[i]])
				if l.linting && !HasErrors(problems) {
					problems = append(problems, lint(a, passages, l.base.Files[names[i]])...)
				}
				out[i] = parsed{a, problems}
				runtime.Gosched() // people are being answered meanwhile
			}
		})
	}
	wg.Wait()
	return out
}

// article takes an article into the base unless its place or its id is wrong.
func (l *loader) article(a *Article, name, root string) {
	data := l.base.Files[name]
	r := &report{file: name}
	folder := path.Base(path.Dir(name))
	switch {
	case path.Dir(name) == root:
		r.warnf(1, 1, "category", "bài nằm ngoài thư mục chủ đề; hãy chuyển vào articles/%s/", a.Category)
	case !isID(folder):
		r.errorf(1, 1, "category", "tên thư mục %q phải gồm chữ thường không dấu, số và gạch nối", folder)
	case a.Category != "" && a.Category != folder:
		r.errorf(keyLine(data, "category:"), 1, "category", "ghi %q nhưng tệp nằm trong thư mục %q; hãy sửa cho khớp", a.Category, folder)
	}
	if a.Reviewed > l.today.AddDays(1) { // one day of grace for clocks and time zones
		r.errorf(keyLine(data, "reviewed:"), 1, "reviewed", "ngày %s ở tương lai; hãy ghi ngày đã thật sự kiểm tra", a.Reviewed)
	}
	if other := l.base.byID[a.ID]; other != nil {
		r.errorf(1, 1, "", "mã bài %q đã dùng ở %s; mỗi mã chỉ dùng một lần trong toàn kho, hãy đổi tên tệp chưa công bố", a.ID, other.File)
	} else {
		l.base.byID[a.ID] = a
		l.base.Articles = append(l.base.Articles, a)
	}
	l.problems = append(l.problems, r.problems...)
}

// wordings reads the folder's further ways to ask. They belong to its articles,
// so nothing stands in for a file that is not there.
func (l *loader) wordings() error {
	for _, name := range []string{wordingsFile, continuationsFile} {
		data, err := l.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		l.base.Files[name] = data
		l.problems = append(l.problems, l.base.parseTable(name, data)...)
	}
	return nil
}

// rules reads the lanes and the lexicon.
func (l *loader) rules() error {
	for _, lane := range LaneNames() {
		name := "lanes/" + string(lane) + ".yaml"
		data, err := l.readOrEmbedded(name)
		if err != nil {
			return err
		}
		var exists func(ID) bool
		if l.linting && l.brings(name) {
			exists = func(id ID) bool { return l.base.byID[id] != nil }
		}
		rules, problems := parseLane(name, data, exists)
		l.problems = append(l.problems, problems...)
		l.base.Lanes.set(lane, rules)
	}
	form, err := l.readOrEmbedded(formFile)
	if err != nil {
		return err
	}
	l.problems = append(l.problems, parseForm(form, &l.base.Form)...)
	for _, name := range replacingTables() {
		data, err := l.readOrEmbedded(name)
		if err != nil {
			return err
		}
		l.problems = append(l.problems, l.base.parseTable(name, data)...)
	}
	l.checkExamples(l.base.Lanes.withoutRule())
	for _, name := range addingTables() {
		if err := l.addingTable(name); err != nil {
			return err
		}
	}
	return l.calibration()
}

// brings reports whether the folder has a file of its own.
func (l *loader) brings(name string) bool {
	_, err := fs.Stat(l.fsys, name)
	return err == nil
}

// calibration reads the folder's calibration, or the embedded one when there is
// none or another program fitted it: an update must not stop the assistant.
func (l *loader) calibration() error {
	embedded, err := fs.ReadFile(Embedded(), CalibrationFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", CalibrationFile, err)
	}
	given, err := parseCalibration(embedded)
	if err != nil {
		return fmt.Errorf("embedded %s: %w", CalibrationFile, err)
	}
	data, err := l.readOrEmbedded(CalibrationFile)
	if err != nil {
		return err
	}
	own, err := parseCalibration(data)
	if err == nil {
		err = own.fits(given)
	}
	if err != nil {
		r := &report{file: CalibrationFile}
		r.warnf(1, 1, "", "không dùng được (%v), đang dùng bản có sẵn; hãy chạy lại trolyao calibrate", err)
		l.problems = append(l.problems, r.problems...)
		own, l.base.Files[CalibrationFile] = given, embedded
	}
	l.base.Calibration = own
	return nil
}

// addingTable reads the embedded rows, as the version was given them or as the
// program carries them, and then the folder's own.
func (l *loader) addingTable(name string) error {
	embedded, err := fs.ReadFile(Embedded(), name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	own, err := l.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	given, givenErr := fs.ReadFile(l.fsys, givenFile(name))
	switch {
	case givenErr == nil:
		embedded = given
	case !errors.Is(givenErr, fs.ErrNotExist):
		return fmt.Errorf("read %s: %w", givenFile(name), givenErr)
	case err == nil && bytes.Equal(own, embedded): // the embedded folder itself
		own = nil
	}
	l.base.Files[givenFile(name)] = embedded
	l.problems = append(l.problems, l.base.parseTable(givenFile(name), embedded)...)
	if own != nil {
		l.base.Files[name] = own
		l.problems = append(l.problems, l.base.parseTable(name, own)...)
	}
	return nil
}

func (l *loader) readOrEmbedded(name string) ([]byte, error) {
	data, err := l.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = fs.ReadFile(Embedded(), name)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	l.base.Files[name] = data
	return data, nil
}
