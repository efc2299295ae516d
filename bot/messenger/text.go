package messenger

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/trolyao/trolyao/bot"
)

// Units returns the length of a text in UTF-16 code units, in which Telegram
// counts and Zalo most likely does.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Plain returns a reply as plain text of at most limit units: all of it, or
// without the addresses of its sources but the first, or with its end cut off
// where a paragraph or a line ends. The menu for people who type a number comes
// last and is never cut.
func Plain(r bot.Reply, limit int) string {
	choices := menu(r.Buttons)
	for _, addresses := range []int{len(sources(r)), 1} {
		if text := joined(body(r), Basis(r, addresses), choices); Units(text) <= limit {
			return text
		}
	}
	rest := joined(Basis(r, 1), choices)
	if Units(rest) > limit/2 {
		rest = choices
	}
	pages := Pages(body(r), max(limit-Units(rest)-Units(cutMark)-4, 1))
	return joined(pages[0]+cutMark, rest)
}

// cutMark ends a text that goes on elsewhere.
const cutMark = "\n(còn nữa)"

func body(r bot.Reply) string {
	if r.Answer == nil {
		return r.Text
	}
	return joined(r.Text, r.Answer.Title, r.Answer.Text)
}

func sources(r bot.Reply) []bot.Source {
	if r.Answer == nil {
		return nil
	}
	return r.Answer.Sources
}

// Basis tells what an answer rests on and its dates, with so many of the
// sources' addresses; "" for a reply that is no answer.
func Basis(r bot.Reply, addresses int) string {
	if r.Answer == nil {
		return ""
	}
	var b strings.Builder
	for _, s := range r.Answer.Sources {
		b.WriteString("Căn cứ: " + s.Title)
		if s.URL != "" && addresses > 0 {
			addresses--
			b.WriteString(" " + s.URL)
		}
		b.WriteString("\n")
	}
	return b.String() + Dates(r.Answer)
}

// Dates tells from when a rule holds and when the answer was checked.
func Dates(a *bot.Answer) string {
	checked := "Kiểm tra ngày " + a.Reviewed.Vietnamese() + "."
	if a.EffectiveFrom == "" {
		return checked
	}
	return "Áp dụng từ " + a.EffectiveFrom.Vietnamese() + ". " + checked
}

// menu lists buttons with the numbers that stand for them; "" without any.
func menu(buttons []bot.Button) string {
	if len(buttons) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Chọn: gõ số")
	for i, button := range buttons {
		fmt.Fprintf(&b, "\n%d. %s", i+1, button.Title)
	}
	return b.String()
}

func joined(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

// Pages cuts a text into pieces of at most limit units, where a paragraph ends,
// or else a line, a sentence, a word, or, in a single endless word, anywhere.
// It returns at least one page.
func Pages(text string, limit int) []string {
	var pages []string
	text = strings.TrimSpace(text)
	for Units(text) > limit {
		end := prefix(text, limit)
		cut := end
		for _, border := range []string{"\n\n", "\n", ". ", " "} {
			// A page that is nearly empty helps nobody.
			if at := strings.LastIndex(text[:end], border); at > end/4 {
				cut = at + len(strings.TrimRight(border, " "))
				break
			}
		}
		pages = append(pages, strings.TrimSpace(text[:cut]))
		text = strings.TrimSpace(text[cut:])
	}
	return append(pages, text)
}

// prefix returns the length in bytes of the longest start of at most limit
// units, and at least one character.
func prefix(s string, limit int) int {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > limit && i > 0 {
			return i
		}
	}
	return len(s)
}
