package index

import (
	"cmp"
	"slices"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Question is a message as it was understood: what was typed, what was meant,
// and what it asks for. Version.Read makes it; it is never changed.
type Question struct {
	// Typed is the message as typed, in tokens.
	Typed []vietnamese.Token
	// Plain is the message with keyboard residue, shorthand, slips and glued
	// words read, and marks where they were typed. Fixed wordings are compared
	// with it.
	Plain []vietnamese.Token
	// Meant is Plain with its missing marks guessed. Articles are searched with it.
	Meant []vietnamese.Token
	// Changes lists what was read otherwise than typed.
	Changes []vietnamese.Change
	// Aspects are the sections asked for, most important first.
	Aspects []knowledge.SectionID
	// Marked is set when the writer types with marks, or with keys that stand
	// for them: a word without any then means none.
	Marked bool

	ids     []tokenID // of Meant
	terms   []term    // of Plain
	breaks  []bool    // a sentence ends before the token
	weights []float64 // of each token, relative to a word of the matter
	rare    []float64 // weight times inverse document frequency
	spans   []synonymSpan
	names   []*entity // of papers, services and schemes
}

// tokenID is a token as the scorer knows it; unknown forms are 0.
type tokenID struct{ text, fold uint32 }

func (t tokenID) compare(other tokenID) int {
	return cmp.Or(cmp.Compare(t.fold, other.fold), cmp.Compare(t.text, other.text))
}

// synonymSpan says that the words [from, to) of a question may be said
// otherwise.
type synonymSpan struct {
	from, to int
	other    *phrase
}

// phrase is a wording of the lexicon.
type phrase struct {
	text   string
	tokens []vietnamese.Token
	ids    []tokenID
	rare   []float64
	total  float64
}

// maxTokens bounds the work for one question. Of people who write more, the end
// is read: greetings and how it came to be stand first, what is asked last.
const maxTokens = 96

// A message of more than partTokens is also read in parts of so many, each
// beginning partStep after the one before: among much else, what matters hardly
// shows.
const (
	partTokens = 48
	partStep   = 36
)

// The weights of words that do not name the matter, beside one that does: the
// words that ask for a section ("bao nhiêu tiền"), and question words and
// politeness. Dropping them altogether costs accuracy, because some (mất, con,
// làm) belong to the matter.
const (
	aspectWeight = 0.4
	fillerWeight = 0.5
)

// Read analyses a message.
func (v *Version) Read(text string) *Question {
	typed := vietnamese.Tokens(text)
	return v.model.read(typed[max(0, len(typed)-maxTokens):])
}

// ReadParts analyses the parts of a long message, in their order: they overlap, and
// nothing is left out. Of a message that is none too long to be read as one it
// returns nil.
func (v *Version) ReadParts(text string) (parts []*Question) {
	typed := vietnamese.Tokens(text)
	if len(typed) <= partTokens {
		return nil
	}
	for from := 0; ; from += partStep {
		if from+partTokens >= len(typed) {
			return append(parts, v.model.read(typed[len(typed)-partTokens:]))
		}
		parts = append(parts, v.model.read(typed[from:from+partTokens]))
	}
}

func (m *model) read(typed []vietnamese.Token) *Question {
	q := &Question{Typed: typed}
	q.Meant, q.Changes = typed, nil
	if m.off != StepDecode {
		q.Meant, q.Changes = m.decoder.Decode(typed)
	}
	q.Plain = make([]vietnamese.Token, len(q.Meant))
	for i, t := range q.Meant {
		q.Plain[i] = t
		if t.Guessed {
			q.Plain[i].Text, q.Plain[i].Guessed = t.Fold, false
		}
	}
	if m.off == StepMarks {
		q.Meant = q.Plain
	}
	// The long forms of shorthand carry marks that nobody typed.
	q.Marked = vietnamese.MostlyMarked(typed) || vietnamese.MostlyMarked(q.Plain) && slices.ContainsFunc(q.Changes, func(c vietnamese.Change) bool {
		return c.Kind == vietnamese.KindKeys
	})
	m.weigh(q)
	return q
}

func (m *model) weigh(q *Question) {
	q.terms = m.vocabulary.terms(q.Plain)
	n := len(q.Meant)
	q.ids, q.breaks = make([]tokenID, n), make([]bool, n)
	q.weights, q.rare = make([]float64, n), make([]float64, n)
	for i, t := range q.Meant {
		q.ids[i], q.breaks[i] = m.scorer.tokenID(t), t.Break
		q.weights[i] = 1
		if m.fillers[t.Fold] && m.off != StepFillers {
			q.weights[i] = fillerWeight
		}
	}
	m.findAspects(q)
	for i := range q.Meant {
		q.rare[i] = q.weights[i] * m.scorer.rarity(q.ids[i].fold)
	}
	m.findSynonyms(q)
	m.findEntities(q)
}

func (m *model) findAspects(q *Question) {
	if m.off == StepAspects {
		return
	}
	for _, cue := range m.aspects.Find(q.Plain, q.Marked) {
		if section := m.aspectOf[cue.Pattern]; !slices.Contains(q.Aspects, section) {
			q.Aspects = append(q.Aspects, section)
		}
		for i := cue.From; i < cue.To; i++ {
			q.weights[i] = min(q.weights[i], aspectWeight)
		}
	}
}

// findSynonyms looks for the wordings of the lexicon in the question, the
// longest first at each place.
func (m *model) findSynonyms(q *Question) {
	if m.off == StepSynonyms {
		return
	}
	for i := range q.Plain {
		for n := min(m.longestSynonym, len(q.Plain)-i); n > 0; n-- {
			others := m.synonyms[foldKey(q.Meant[i:i+n])]
			found := false
			for _, s := range others {
				if s.fits(q.Meant[i : i+n]) {
					q.spans = append(q.spans, synonymSpan{i, i + n, s.other})
					found = true
				}
			}
			if found {
				break
			}
		}
	}
}

// synonym is one direction of a row of the lexicon.
type synonym struct {
	variant []vietnamese.Token
	other   *phrase
}

// fits compares the typed words with the variant: marks must agree where they
// were typed.
func (s synonym) fits(tokens []vietnamese.Token) bool {
	for i, t := range tokens {
		if i > 0 && t.Break {
			return false
		}
		if t.Text != s.variant[i].Text && t.Marked() && !t.Guessed {
			return false
		}
	}
	return true
}

// foldKey joins the folded forms of tokens.
func foldKey(tokens []vietnamese.Token) string {
	if len(tokens) == 1 {
		return tokens[0].Fold
	}
	n := 0
	for _, t := range tokens {
		n += len(t.Fold) + 1
	}
	key := make([]byte, 0, n)
	for _, t := range tokens {
		key = append(append(key, t.Fold...), ' ')
	}
	return string(key)
}
