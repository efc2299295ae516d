package telegramtest

import (
	"unicode"
	"unicode/utf8"
)

// maxText is the length of a text, in UTF-16 units.
const maxText = 4096

// units returns the length of a text in UTF-16 units.
func units(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// entity is a MessageEntity of the API; offsets are in UTF-16 units.
type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// commandsIn finds the commands in a text: a slash that follows no word, a name,
// and perhaps the bot that is meant.
func commandsIn(text string) []entity {
	var found []entity
	before := ' '
	for i, r := range text {
		if r == '/' && !isWord(before) && before != '/' {
			if n := commandLength(text[i:]); n > 0 {
				found = append(found, entity{Type: "bot_command", Offset: units(text[:i]), Length: n})
			}
		}
		before = r
	}
	return found
}

// commandLength returns how long the command at the start of text is; 0: it is
// none.
func commandLength(text string) int {
	name := run(text[1:])
	if name < 1 || name > 64 {
		return 0
	}
	end := 1 + name
	if end < len(text) && text[end] == '@' {
		if who := run(text[end+1:]); who >= 3 {
			end += 1 + who
		}
	}
	if next, _ := utf8.DecodeRuneInString(text[end:]); end < len(text) && (isWord(next) || next == '/') {
		return 0
	}
	return end
}

// run counts the ASCII letters, digits and underscores at the start of text.
func run(text string) int {
	for i, r := range text {
		if r >= utf8.RuneSelf || !isWord(r) {
			return i
		}
	}
	return len(text)
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
