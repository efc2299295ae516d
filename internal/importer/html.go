package importer

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	htmltomarkdown "github.com/JohannesKaufmann/html-to-markdown/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML takes the main text of a saved page, its title and its address.
func readHTML(data []byte) (d Draft, err error) {
	text, err := decode(data)
	if err != nil {
		return d, err
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return d, fmt.Errorf("trang HTML hỏng: %w", err)
	}
	title, address := pageHead(root)
	strip(root, lengths(root))
	main := mainPart(root, lengths(root))
	if h := find(main, atom.H1); h != nil {
		title = textOf(h)
		h.Parent.RemoveChild(h)
	}
	flattenTables(main)
	md, err := htmltomarkdown.ConvertNode(main)
	if err != nil {
		return d, fmt.Errorf("trang HTML hỏng: %w", err)
	}
	d = fromMarkdown(string(md))
	if title != "" {
		d.Title = title
	}
	if address != "" {
		d.Sources = append(d.Sources, Source{Title: "Trang " + d.Title, URL: address})
	}
	return d, nil
}

// pageHead returns what the head of the page says of its title and address.
func pageHead(root *html.Node) (title, address string) {
	for n := range root.Descendants() {
		switch {
		case n.DataAtom == atom.Title && title == "":
			title = withoutSite(oneLine(textOf(n)))
		case n.DataAtom == atom.Meta && attribute(n, "property") == "og:title":
			title = oneLine(attribute(n, "content"))
		case n.DataAtom == atom.Link && attribute(n, "rel") == "canonical" && webAddress(attribute(n, "href")):
			address = attribute(n, "href")
		case n.DataAtom == atom.Meta && attribute(n, "property") == "og:url" && address == "" && webAddress(attribute(n, "content")):
			address = attribute(n, "content")
		}
	}
	return title, address
}

// withoutSite takes the name of the site off a title: what stands last, and begins
// as a name does.
func withoutSite(title string) string {
	for _, mark := range []string{" | ", " - ", " – "} {
		at := strings.LastIndex(title, mark)
		if at < 0 {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(title[at+len(mark):]); !unicode.IsLower(first) {
			title = title[:at]
		}
	}
	return title
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// lengths returns how many bytes of text each node holds.
func lengths(root *html.Node) map[*html.Node]int {
	out := map[*html.Node]int{}
	var count func(n *html.Node) int
	count = func(n *html.Node) int {
		total := 0
		if n.Type == html.TextNode {
			total = len(strings.TrimSpace(n.Data))
		}
		for c := range n.ChildNodes() {
			total += count(c)
		}
		out[n] = total
		return total
	}
	count(root) // the parser bounds how deep a page can be
	return out
}

// strip removes what is no text of the page: what stands around it and what is
// hidden. What holds half of the text is the page itself, whatever it is called:
// some sites wrap all of it in one form.
func strip(root *html.Node, length map[*html.Node]int) {
	var gone []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || (n.Type == html.ElementNode && ((length[n]*2 <= length[root] && isFurniture(n)) || hidden(n))) {
			gone = append(gone, n)
		}
	}
	for _, n := range gone {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
}

// isFurniture tells what stands around the text of a page.
func isFurniture(n *html.Node) bool {
	switch n.DataAtom { //nolint:exhaustive // all others hold text
	case atom.Script, atom.Style, atom.Noscript, atom.Nav, atom.Header, atom.Footer, atom.Aside, atom.Form, atom.Button,
		atom.Iframe, atom.Svg, atom.Img, atom.Picture, atom.Video, atom.Audio, atom.Select, atom.Template, atom.Object, atom.Canvas, atom.Input:
		return true
	}
	role := attribute(n, "role")
	return role == "navigation" || role == "banner" || role == "contentinfo" || role == "search" || furniture.MatchString(attribute(n, "class")+" "+attribute(n, "id"))
}

var furniture = regexp.MustCompile(`(?i)(^|[\s_-])(menu|breadcrumbs?|sidebar|share|social|related|comments?|cookie|pagination|banner|advert|popup|modal|toolbar)([\s_-]|$)`)

func hidden(n *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(attribute(n, "style")), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || hasAttribute(n, "hidden") || attribute(n, "aria-hidden") == "true"
}

// mainPart is the part of the page that holds its text: what is marked as such,
// else the smallest part with most of the text.
func mainPart(root *html.Node, length map[*html.Node]int) *html.Node {
	for _, a := range []atom.Atom{atom.Article, atom.Main} {
		if n := find(root, a); n != nil && length[n] > leastMain {
			return n
		}
	}
	best := find(root, atom.Body)
	if best == nil {
		return root
	}
	for whole := length[best]; ; {
		var next *html.Node
		for c := range best.ChildNodes() {
			if c.Type == html.ElementNode && length[c]*5 > whole*4 {
				next = c
			}
		}
		if next == nil || next.DataAtom == atom.Table || next.DataAtom == atom.P {
			return best
		}
		best = next
	}
}

const leastMain = 200

// flattenTables turns tables into lists: a message cannot show a table. Those
// inside a cell come first, and become text of it.
func flattenTables(root *html.Node) {
	var tables []*html.Node
	for n := range root.Descendants() {
		if n.DataAtom == atom.Table {
			tables = append(tables, n)
		}
	}
	for _, t := range slices.Backward(tables) {
		if t.Parent == nil {
			continue
		}
		lines := tableLines(rowsOf(t))
		flat := listOf(lines)
		if inTable(t, root) {
			flat = &html.Node{Type: html.TextNode, Data: strings.Join(lines, "; ")}
		}
		t.Parent.InsertBefore(flat, t)
		t.Parent.RemoveChild(t)
	}
}

// inTable reports whether a node stands in a table of the root: the root itself
// may stand in one, for pages are laid out in tables.
func inTable(n, root *html.Node) bool {
	for a := n.Parent; a != nil && a != root; a = a.Parent {
		if a.DataAtom == atom.Table {
			return true
		}
	}
	return false
}

func rowsOf(table *html.Node) (rows [][]string) {
	for n := range table.Descendants() {
		if n.DataAtom == atom.Tr {
			rows = append(rows, cellsOf(n))
		}
	}
	return rows
}

func listOf(lines []string) *html.Node {
	list := &html.Node{Type: html.ElementNode, DataAtom: atom.Ul, Data: "ul"}
	for _, line := range lines {
		item := &html.Node{Type: html.ElementNode, DataAtom: atom.Li, Data: "li"}
		item.AppendChild(&html.Node{Type: html.TextNode, Data: line})
		list.AppendChild(item)
	}
	return list
}

func cellsOf(row *html.Node) (cells []string) {
	for c := range row.ChildNodes() {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			cells = append(cells, oneLine(textOf(c)))
		}
	}
	return cells
}

// tableLines says each row in a line, with the names of the first row where
// there are several columns.
func tableLines(rows [][]string) []string {
	var lines []string
	for i, row := range rows {
		if i == 0 && len(rows) > 1 && len(row) > 1 {
			continue
		}
		var cells []string
		for k, cell := range row {
			switch {
			case cell == "":
			case k > 0 && len(rows) > 1 && len(rows[0]) == len(row) && rows[0][k] != "":
				cells = append(cells, strings.TrimRight(rows[0][k], ": ")+": "+cell)
			default:
				cells = append(cells, cell)
			}
		}
		if len(cells) > 0 {
			lines = append(lines, strings.Join(cells, "; "))
		}
	}
	return lines
}

func find(root *html.Node, a atom.Atom) *html.Node {
	for n := range root.Descendants() {
		if n.DataAtom == a {
			return n
		}
	}
	return nil
}

func textOf(root *html.Node) string {
	var b bytes.Buffer
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
