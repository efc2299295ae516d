package web

import (
	"strings"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/knowledge"
)

// block is a piece of plain text with the look that its lines ask for.
// chat.js draws the same pieces in the browser.
type block struct {
	Kind  string // "p", "h", "ul" or "ol"
	Lines []string
}

// blocks cuts plain text into headings, paragraphs and lists.
func blocks(text string) []block {
	var out []block
	for part := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(part, "\n")
		for i, line := range lines {
			kind, words := kindOf(line, i+1 < len(lines))
			if n := len(out); n > 0 && (kind == "ul" || kind == "ol") && out[n-1].Kind == kind {
				out[n-1].Lines = append(out[n-1].Lines, words)
				continue
			}
			if words != "" {
				out = append(out, block{kind, []string{words}})
			}
		}
	}
	return out
}

// kindOf tells what a line is.
func kindOf(line string, more bool) (kind, words string) {
	trimmed := strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(trimmed, "- "); ok {
		return "ul", rest
	}
	number, rest, ok := strings.Cut(trimmed, ". ")
	if ok && number != "" && len(number) <= 2 && strings.Trim(number, "0123456789") == "" {
		return "ol", rest
	}
	if bot.IsHeading(line, more) {
		return "h", strings.TrimSuffix(trimmed, ":")
	}
	return "p", trimmed
}

func vietnameseDate(d knowledge.Date) string { return d.Vietnamese() }
