package knowledge

import (
	"bytes"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Where something stands in a file, for the people who mend it.

// questionLine finds a question on a line of its own; a shorter one may stand
// inside another.
func questionLine(data []byte, question string) int {
	data, n := norm.NFC.Bytes(data), 0
	for line := range bytes.Lines(plainEnds(data)) {
		n++
		item, isItem := strings.CutPrefix(strings.TrimSpace(string(line)), "- ")
		if isItem && strings.Trim(strings.TrimSpace(item), `"'`) == question {
			return n
		}
	}
	return lineFrom(data, keyLine(data, "questions:"), question)
}

// lineOf returns the line, from 1, on which text first stands, or 1.
func lineOf(data []byte, text string) int { return lineFrom(norm.NFC.Bytes(data), 1, text) }

// lineFrom looks for text from a line on, which it returns when text is not there.
func lineFrom(data []byte, from int, text string) int {
	n := 0
	for line := range bytes.Lines(plainEnds(data)) {
		if n++; n >= from && bytes.Contains(line, []byte(text)) {
			return n
		}
	}
	return from
}

// keyLine returns the line on which a key of the front matter stands, or 1. The
// same word may stand inside a value before it.
func keyLine(data []byte, key string) int {
	n := 0
	for line := range bytes.Lines(plainEnds(data)) {
		if n++; bytes.HasPrefix(line, []byte(key)) {
			return n
		}
	}
	return 1
}
