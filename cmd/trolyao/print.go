package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
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
	if r.Text != "" {
		fmt.Fprintf(w, "%s\n\n", r.Text)
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
	e := t.Search
	for _, c := range e.Changes {
		fmt.Fprintf(w, "đọc %q là %q (%s)\n", c.Typed, c.Read, kindName(c.Kind))
	}
	fmt.Fprint(w, "từ và sức nặng:")
	for _, token := range e.Tokens {
		mark := ""
		if !token.Known {
			mark = " (không có trong kho)"
		}
		fmt.Fprintf(w, " %s/%.1f%s", token.Text, token.Weight, mark)
	}
	fmt.Fprintln(w)
	for _, s := range e.Synonyms {
		fmt.Fprintf(w, "cũng tìm %q cho %q\n", s.Other, s.Typed)
	}
	if len(e.Names) > 0 {
		fmt.Fprintf(w, "tên trong câu hỏi: %s\n", strings.Join(e.Names, ", "))
	}
	fmt.Fprintf(w, "mục được hỏi: %s\n", aspectsOf(e))
	for i, c := range e.Candidates {
		fmt.Fprintf(w, "%d. %.3f %s#%s\n   câu gần nhất của bài: %q\n   khớp câu hỏi %.2f, khớp câu của bài %.2f, cặp từ %.2f, mọi câu của bài %.2f, cả bài %.2f, bm25 %.2f, mục %+.0f\n",
			i+1, c.Likely, c.Article, c.Section, c.Wording, c.Asked, c.Titled, c.Pairs, c.Called, c.Covered, c.Score, c.Aspect)
	}
	if v := e.Evidence; v != nil {
		fmt.Fprintf(w, "bằng chứng: hạng %.2f, hơn bài sau %.2f, phủ câu hỏi %.2f, có trong câu của bài %.2f, từ lạ %.2f, tên được bài nhắc tới %.2f, giống câu gần nhất %.2f, lời riêng của bài %.2f, câu ngắn %.2f, nghiêng về việc ngoài kho %+.2f, giống câu ngoài kho %.2f\n",
			v.Rank, v.Margin, v.Covered, v.Called, v.Unknown, v.Entity, v.Alike, v.Learned, v.Short, v.Outside, v.Beyond)
	}
	if c := e.GoesOn; c != nil {
		fmt.Fprintf(w, "hỏi tiếp bài vừa nói: %.3f (lời hỏi tiếp %+.2f, giống lời kể tiếp của bài %.2f, có trong câu của bài %.2f, phủ câu hỏi %.2f, mục nói tới %.2f, bài khác hơn %+.2f, bài khác giống %.2f, chắc về bài đầu %.2f)\n",
			e.GoesOnBy, c.AsksOn, c.Told, c.Called, c.Covered, c.Says, c.Ahead, c.Other, c.Sure)
	}
	fmt.Fprintf(w, "độ chắc %.3f; ngưỡng trả lời %.3f, đưa lựa chọn %.3f (tính ngày %s trên %d câu của %s)\nquyết định: %s\n",
		e.Confidence, e.Fit.Answer, e.Fit.Choices, e.Fitted.Vietnamese(), e.FittedOn, e.FittedFrom, e.Rule)
}

// aspectsOf names the sections that the question asks for.
func aspectsOf(e index.Explain) string {
	if len(e.Aspects) == 0 {
		return "không rõ"
	}
	names := make([]string, len(e.Aspects))
	for i, id := range e.Aspects {
		names[i] = string(id)
	}
	return strings.Join(names, ", ")
}

func kindName(k vietnamese.Kind) string {
	switch k {
	case vietnamese.KindMarks:
		return "thêm dấu"
	case vietnamese.KindKeys:
		return "phím Telex hoặc VNI"
	case vietnamese.KindTeencode:
		return "viết tắt khi nhắn tin"
	case vietnamese.KindInitials:
		return "chữ tắt"
	case vietnamese.KindSound:
		return "viết theo âm"
	case vietnamese.KindSlip:
		return "gõ sai"
	case vietnamese.KindSplit:
		return "viết dính"
	}
	return string(k)
}

// problemJSON is a problem for programs.
type problemJSON struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	Severity string `json:"severity"` // error or warning
	Field    string `json:"field,omitempty"`
	Message  string `json:"message"`
}

func printProblemsJSON(w io.Writer, dir string, problems []knowledge.Problem) error {
	out := make([]problemJSON, 0, len(problems))
	for _, p := range problems {
		severity := "error"
		if p.Severity == knowledge.Warning {
			severity = "warning"
		}
		out = append(out, problemJSON{filepath.Join(dir, filepath.FromSlash(p.File)), max(p.Line, 1), max(p.Col, 1), severity, p.Field, p.Text})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// printProblems writes one problem a line, with the path as the person gave it.
func printProblems(w io.Writer, dir string, problems []knowledge.Problem) {
	for _, p := range problems {
		p.File = filepath.Join(dir, filepath.FromSlash(p.File))
		fmt.Fprintln(w, p)
	}
}
