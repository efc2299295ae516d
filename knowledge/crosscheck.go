package knowledge

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
