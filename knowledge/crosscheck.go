package knowledge

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// crossCheck applies the rules that need all articles at once.
func (l *loader) crossCheck() {
	asked := twins{}
	for _, a := range l.base.Articles {
		r := &report{file: a.File}
		data := l.base.Files[a.File]
		l.checkRelated(r, a)
		for _, q := range a.Questions {
			asked.check(r, a, q, func() int { return questionLine(data, q) })
		}
		if a.ReviewDue(l.today) {
			r.warnf(keyLine(data, "reviewed:"), 1, "reviewed", "đã quá hạn kiểm tra lại (kiểm tra lần cuối %s)", a.Reviewed.Vietnamese())
		}
		if a.Effective.Until != "" && a.Effective.Until < l.today {
			r.warnf(keyLine(data, "effective:"), 1, "effective.until", "đã hết hiệu lực từ %s; bài này không được dùng để trả lời nữa", a.Effective.Until.Vietnamese())
		}
		l.problems = append(l.problems, r.problems...)
	}
	l.problems = append(l.problems, l.checkWordings(asked)...)
	l.problems = append(l.problems, l.checkSections()...)
	l.problems = append(l.problems, asked.examples(outsideFile, "câu %q nay đã có bài trả lời (%s); hãy bỏ dòng này", l.base.Lexicon.Outside, l.base.Files[outsideFile])...)
	l.problems = append(l.problems, asked.examples(followUpsFile, "câu %q là câu hỏi của một bài (%s), không phải câu hỏi tiếp; hãy bỏ ở một trong hai nơi", l.base.Lexicon.followUps(), l.base.Files[followUpsFile])...)
}

// checkWordings reports wordings that another article is asked by.
func (l *loader) checkWordings(asked twins) []Problem {
	r, seen := &report{file: wordingsFile}, map[string]bool{}
	for _, a := range l.base.Articles {
		for _, w := range a.Wordings {
			if seen[words(w.Text)] {
				continue // reported as a row that repeats another
			}
			seen[words(w.Text)] = true
			asked.check(r, a, w.Text, func() int { return lineOf(l.base.Files[wordingsFile], w.Text) })
		}
	}
	return r.problems
}

func (l *loader) checkRelated(r *report, a *Article) {
	line := keyLine(l.base.Files[a.File], "related:")
	for _, id := range a.Related {
		switch {
		case id == a.ID:
			r.errorf(line, 1, "related", "bài không thể liên quan tới chính nó")
		case l.base.byID[id] == nil:
			r.errorf(line, 1, "related", "không có bài %q trong kho; hãy sửa mã hoặc bỏ đi", id)
		}
	}
}

// checkSections reports rows of the folder's own tables that name a section no
// article could have.
func (l *loader) checkSections() []Problem {
	known := map[SectionID]bool{"": true, Lead: true}
	for _, id := range knownHeadings() {
		known[id] = true
	}
	for _, a := range l.base.Articles {
		for _, s := range a.Sections {
			known[s.ID] = true
		}
	}
	check := func(file string, section SectionID, cell string) []Problem {
		r := &report{file: file}
		if !known[section] && l.brings(file) {
			r.warnf(lineOf(l.base.Files[file], cell), 1, "section", "không bài nào có mục %q; hãy sửa mã mục hoặc bỏ dòng này", section)
		}
		return r.problems
	}
	var problems []Problem
	for _, a := range l.base.Lexicon.Aspects {
		problems = append(problems, check(aspectsFile, a.Section, string(a.Section)+"\t"+a.Cue)...)
	}
	for _, f := range l.base.Lexicon.FollowUps {
		problems = append(problems, check(followUpsFile, f.Section, f.Message+"\t"+string(f.Section))...)
	}
	return problems
}

// unread reports files beside the rules that nothing reads: most likely one of
// them under a wrong name, while the embedded one serves.
func (l *loader) unread() error {
	known := slices.Concat(replacingTables(), addingTables(), []string{wordingsFile, continuationsFile, formFile})
	for _, lane := range LaneNames() {
		known = append(known, "lanes/"+string(lane)+".yaml")
	}
	for _, folder := range []string{"lanes", "lexicon", "report"} {
		err := l.walk(folder, Warning, func(name string, entry fs.DirEntry) error {
			switch {
			case name+"/" == givenFile(""):
				return fs.SkipDir // of a published version
			case entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || path.Ext(name) == ".md" || slices.Contains(known, name):
				return nil
			}
			r := &report{file: name}
			r.warnf(1, 1, "", "tệp này không được dùng; %s chỉ có các tệp: %s", folder, strings.Join(in(folder, known), ", "))
			l.problems = append(l.problems, r.problems...)
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w", folder, err)
		}
	}
	return nil
}

// in returns the names of the files that belong into a folder.
func in(folder string, files []string) []string {
	var names []string
	for _, file := range files {
		if path.Dir(file) == folder {
			names = append(names, path.Base(file))
		}
	}
	return names
}
