package telegram

import (
	"html"
	"strings"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
)

// maxPage is how long a message is made, in UTF-16 units. Telegram takes 4,096.
const maxPage = 4000

// page is one message, in both forms.
type page struct{ html, plain string }

// render draws a reply. A page is cut in its plain form, so that no tag is cut
// and length is what the person sees.
func render(r bot.Reply) []page {
	title, text := "", r.Text
	if r.Answer != nil {
		title = r.Answer.Title
		text = strings.TrimSpace(r.Text + "\n\n" + title + "\n\n" + r.Answer.Text)
	}
	var pages []page
	for _, part := range messenger.Pages(text, maxPage) {
		pages = append(pages, page{headings(part, title), part})
	}
	if r.Answer == nil {
		return pages
	}
	basis := messenger.Basis(r, 0)
	if last := pages[len(pages)-1]; messenger.Units(last.plain)+messenger.Units(basis) > maxPage {
		pages = append(pages, page{})
	}
	last := &pages[len(pages)-1]
	last.html = strings.TrimSpace(last.html + "\n\n" + linked(r.Answer))
	last.plain = strings.TrimSpace(last.plain + "\n\n" + basis)
	return pages
}

// headings makes the headings of a text bold, and its title.
func headings(text, title string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		more := i+1 < len(lines) && lines[i+1] != ""
		out := html.EscapeString(line)
		if line != "" && line == title || bot.IsHeading(line, more) {
			out = "<b>" + out + "</b>"
		}
		lines[i] = out
	}
	return strings.Join(lines, "\n")
}

// linked is the basis of an answer with links.
func linked(a *bot.Answer) string {
	var b strings.Builder
	for _, s := range a.Sources {
		title := html.EscapeString(s.Title)
		if s.URL != "" {
			title = `<a href="` + html.EscapeString(s.URL) + `">` + title + "</a>"
		}
		b.WriteString("Căn cứ: " + title + "\n")
	}
	return b.String() + "<i>" + html.EscapeString(messenger.Dates(a)) + "</i>"
}
