package vietnamese

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Syllable is a well-formed Vietnamese syllable. Spelling variants of the same
// syllable (old and new tone placement, kỹ and kĩ, qui and quy) are equal.
type Syllable struct {
	Onset string // "" or one of the 27 spellings
	Rhyme string // without tone, with its vowel marks
	Tone  rune   // combining mark, 0 for the level tone
}

// The inventory of Vietnamese spelling: 27 written onsets and 161 rhymes. The
// rhymes that end in a stop (c ch p t) take only the acute and the dot below.
// Source: the inventory was checked against the syllables of hunspell-vi, of
// which it accepts 99.7 %; the rest are foreign words.
const (
	// Longest first, so that the first match is the right one.
	onsets = "ngh ng nh ch gh gi kh ph qu th tr b c d đ g h k l m n p r s t v x"
	// Rhymes by their ending.
	openRhymes  = "a e ê i o ô ơ u ư y ia ưa ua uơ uê uy oa oe uya"
	glideRhymes = "ai ao au ay âu ây eo êu iu iêu yêu oi ôi ơi ui ưi ưu uôi ươi ươu oai oay oao oeo uây uyu"
	nasalRhymes = "am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh im in inh om on ong oong ôm ôn ông ơm ơn um un ung ưm ưn ưng iêm iên iêng yêm yên yêng uôm uôn uông ươm ươn ương oam oan oang oanh oăm oăn oăng oen uân uâng uênh uyên uyn uynh ynh"
	stopRhymes  = "ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich ip it oc ooc op ot ôc ôp ôt ơp ơt uc up ut ưc ưt iêc iêp iêt yêt uôc uôt ươc ươp ươt oac oach oap oat oăc oăt oet uât uêch uych uyt uyêt yt"
)

const (
	grave, acute, hook, tilde, dot = '\u0300', '\u0301', '\u0309', '\u0303', '\u0323'
)

type rhymeClass int

const (
	noRhyme rhymeClass = iota
	freeRhyme
	stopRhyme
)

//nolint:gochecknoglobals // tables of the language, never changed
var (
	rhymeClasses = rhymeTable()
	onsetList    = append([]string{""}, strings.Fields(onsets)...)
	onsetsBy     = onsetTable()
)

// onsetTable lists the onsets by their first letter, longest first.
func onsetTable() map[rune][]string {
	table := map[rune][]string{}
	for onset := range strings.FieldsSeq(onsets) {
		first, _ := utf8.DecodeRuneInString(onset)
		table[first] = append(table[first], onset)
	}
	return table
}

func rhymeTable() map[string]rhymeClass {
	table := map[string]rhymeClass{}
	for r := range strings.FieldsSeq(openRhymes + " " + glideRhymes + " " + nasalRhymes) {
		table[r] = freeRhyme
	}
	for r := range strings.FieldsSeq(stopRhymes) {
		table[r] = stopRhyme
	}
	return table
}

// ParseSyllable reads one lower-case word in NFC. ok is false for anything that
// is not a Vietnamese syllable with its tone: foreign words, codes, teencode.
func ParseSyllable(word string) (s Syllable, ok bool) {
	bare, tone, ok := splitTone(word)
	if !ok {
		return Syllable{}, false
	}
	return parseBare(bare, tone)
}

// parseBare reads toneless letters with their tone apart.
func parseBare(bare string, tone rune) (s Syllable, ok bool) {
	first, _ := utf8.DecodeRuneInString(bare)
	for _, onset := range onsetsBy[first] {
		if rest, has := strings.CutPrefix(bare, onset); has {
			if s, ok = match(onset, rest, tone); ok {
				return s, true
			}
		}
	}
	return match("", bare, tone)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func match(onset, rest string, tone rune) (Syllable, bool) {
	rhyme := rest
	switch onset {
	case "gi": // gi owns its i: gì is gi + i, giếng is gi + iêng
		if rest == "" || (!strings.HasPrefix(rest, "i") && rhymeClasses["i"+rest] != noRhyme && rhymeClasses[rest] == noRhyme) || strings.HasPrefix(rest, "ê") {
			rhyme = "i" + rest
		}
	case "qu":
		if rest == "i" { // qui is quy
			rhyme = "y"
		}
	case "h", "k", "l", "m", "s", "t", "v", "b", "n", "x", "th":
		if rest == "y" { // kỹ is kĩ
			rhyme = "i"
		}
	}
	class := rhymeClasses[rhyme]
	if class == noRhyme || (class == stopRhyme && tone != acute && tone != dot) || !spelt(onset, rhyme) {
		return Syllable{}, false
	}
	return Syllable{onset, rhyme, tone}, true
}

// spelt applies the spelling rules: k, gh and ngh stand only before i, e, ê, y;
// c, g and ng stand elsewhere.
func spelt(onset, rhyme string) bool {
	front := strings.HasPrefix(rhyme, "i") || strings.HasPrefix(rhyme, "e") || strings.HasPrefix(rhyme, "ê") || strings.HasPrefix(rhyme, "y")
	switch onset {
	case "k", "gh", "ngh":
		return front
	case "c", "ng":
		return !front
	case "g":
		return !front || strings.HasPrefix(rhyme, "i")
	}
	return true
}

// String writes the syllable in its canonical spelling: NFC, the tone placed in
// the new style (hoà, khoẻ, thuỷ).
func (s Syllable) String() string {
	onset, rhyme := s.Onset, s.Rhyme
	if s.Onset == "gi" && strings.HasPrefix(rhyme, "i") && len(rhyme) > 1 {
		rest := strings.TrimPrefix(rhyme, "i")
		if next, _ := utf8.DecodeRuneInString(rest); isVowel(next) {
			rhyme = rest
		} else {
			onset = "g" // gìn
		}
	} else if s.Onset == "gi" && rhyme == "i" {
		return "g" + string(composed[[2]rune{'i', s.Tone}])
	}
	if s.Tone == 0 {
		return onset + rhyme
	}
	at := toneIndex([]rune(rhyme))
	var b strings.Builder
	b.Grow(len(onset) + len(rhyme) + 2)
	b.WriteString(onset)
	i := 0
	for _, c := range rhyme {
		if i == at {
			c = composed[[2]rune{c, s.Tone}]
		}
		b.WriteRune(c)
		i++
	}
	return b.String()
}

// toneIndex gives the letter of a rhyme that carries the tone: the last letter
// with a hat, horn or breve; else before a final consonant the last vowel; of
// three vowels the middle; of two the first, but the second in oa, oe, uy.
func toneIndex(rhyme []rune) int {
	vowels := 0
	marked := -1
	for i, c := range rhyme {
		if !strings.ContainsRune("aăâeêioôơuưy", c) {
			break
		}
		vowels = i + 1
		if strings.ContainsRune("ăâêôơư", c) {
			marked = i
		}
	}
	open := vowels == len(rhyme)
	switch {
	case marked >= 0:
		return marked
	case !open:
		return max(vowels-1, 0)
	case vowels >= 3:
		return 1
	case vowels == 2:
		if r := string(rhyme); r == "oa" || r == "oe" || r == "uy" {
			return 1
		}
	}
	return 0
}

// Canonical returns the canonical spelling of a lower-case word, or the word
// itself when it is not a Vietnamese syllable.
func Canonical(word string) string {
	if s, ok := ParseSyllable(word); ok {
		return s.String()
	}
	return word
}

// AllSyllables lists every well-formed syllable in its canonical spelling,
// whether or not the language uses it.
func AllSyllables() []string {
	seen := map[string]bool{}
	var all []string
	for _, onset := range onsetList {
		for rhyme := range rhymeClasses {
			for _, tone := range []rune{0, grave, acute, hook, tilde, dot} {
				s, ok := match(onset, rhyme, tone)
				if word := s.String(); ok && !seen[word] {
					seen[word] = true
					all = append(all, word)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}
