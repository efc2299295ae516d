package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/knowledge"
)

// printReply writes a reply for a person at a terminal.
func printReply(w io.Writer, r bot.Reply) {
	if r.Answer == nil {
		fmt.Fprintln(w, r.Text)
		if len(r.Buttons) == 0 {
			for i, c := range r.Choices {
				fmt.Fprintf(w, "  %d. %s\n", i+1, c.Title)
			}
		}
		return
	}
	fmt.Fprintf(w, "%s\n\n%s\n\n", r.Answer.Title, r.Answer.Text)
	for _, s := range r.Answer.Sources {
		fmt.Fprintf(w, "Căn cứ: %s", s.Title)
		if s.URL != "" {
			fmt.Fprintf(w, " <%s>", s.URL)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "Áp dụng từ %s. Kiểm tra ngày %s.\n", r.Answer.EffectiveFrom.Vietnamese(), r.Answer.Reviewed.Vietnamese())
}

// printTrace writes how a message was understood.
func printTrace(w io.Writer, t bot.Trace) {
	fmt.Fprintf(w, "\n--- vì sao (bản kho %s)\n", t.Version)
	if t.Lane != "" {
		why := fmt.Sprintf("mẫu câu %q", t.Pattern)
		if t.Like != "" {
			why = fmt.Sprintf("giống câu %q", t.Like)
		}
		fmt.Fprintf(w, "làn cố định %s, quy tắc %s, %s\n", t.Lane, t.Rule, why)
	}
	if t.Search == nil {
		return
	}
	fmt.Fprint(w, "từ:")
	for _, token := range t.Search.Tokens {
		mark := ""
		if !token.Known {
			mark = " (không có trong kho)"
		}
		fmt.Fprintf(w, " %s/%.1f%s", token.Text, token.Weight, mark)
	}
	fmt.Fprintf(w, "\nmục được hỏi: %v\n", t.Search.Aspects)
	for i, c := range t.Search.Candidates {
		fmt.Fprintf(w, "%d. %.3f %s#%s (câu gần nhất %q: %.2f, %.2f, %.2f; cả bài %.2f)\n",
			i+1, c.Combined, c.Article, c.Section, c.Wording, c.Asked, c.Titled, c.Pairs, c.Covered)
	}
	fmt.Fprintf(w, "ngưỡng: %v\nquyết định: %s\n", t.Search.Thresholds, t.Search.Rule)
}

// printProblems writes one problem a line, with the path as the person gave it.
func printProblems(w io.Writer, dir string, problems []knowledge.Problem) {
	for _, p := range problems {
		p.File = filepath.Join(dir, filepath.FromSlash(p.File))
		fmt.Fprintln(w, p)
	}
}
