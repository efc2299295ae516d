package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Base is one consistent state of the knowledge: every article, the fixed
// lanes and the lexicon, all free of errors. It is never changed once loaded.
type Base struct {
	Articles []*Article // ordered by id
	Lanes    Lanes
	Lexicon  Lexicon
	Form     ReportForm
	// Calibration says from when an answer is sure enough.
	Calibration Calibration
	// Questions are what the knowledge must answer rightly before it goes live.
	Questions []Question
	// Files holds the bytes of every file the base was made from, by path, so
	// that a published version can be kept whole.
	Files map[string][]byte
	// Digest is the SHA-256, in hex, of Files. Equal digests mean equal knowledge.
	Digest string

	byID map[ID]*Article
}

// WithArticles returns a base with the same lanes and lexicon and these
// articles in place of its own, in order of their ids, which must differ. It
// serves to search other collections with the same rules.
func (b *Base) WithArticles(articles []*Article) *Base {
	other := &Base{Articles: articles, Lanes: b.Lanes, Lexicon: b.Lexicon, Form: b.Form, Calibration: b.Calibration, Files: map[string][]byte{}, byID: make(map[ID]*Article, len(articles))}
	h := sha256.New()
	for _, a := range articles {
		other.byID[a.ID] = a
		fmt.Fprintf(h, "%s\n%s\n%v\n", a.ID, a.Title, a.Sections)
	}
	slices.SortFunc(other.Articles, func(a, b *Article) int { return strings.Compare(string(a.ID), string(b.ID)) })
	other.Digest = hex.EncodeToString(h.Sum(nil))
	return other
}

// Article returns the article with the given id, or nil.
func (b *Base) Article(id ID) *Article { return b.byID[id] }

// QuestionLine returns the line of an article file on which a question stands, 1
// when it does not.
func (b *Base) QuestionLine(file, question string) int { return questionLine(b.Files[file], question) }

func digest(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%d %s %d\n", len(name), name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
