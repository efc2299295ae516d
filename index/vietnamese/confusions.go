package vietnamese

import "strings"

// confusion is a spelling that people mix up with another because they sound
// alike where they live, or because a chat alphabet has it so. Folded forms.
type confusion struct{ typed, meant string }

// The pairs and their directions follow the counts of ViLexNorm (Nguyen et al.,
// EACL 2024), which collected what 10,467 social comments really meant:
// tr/ch and s/x (North), d/gi/v (South), l/n (northern coast), final n/ng and
// t/c (South), and the short rhymes of casual typing. Spelling rules (ng/ngh,
// g/gh, c/k/q) are slips everywhere.
const (
	onsetConfusions = "ch:tr tr:ch s:x x:s d:gi gi:d d:v v:d gi:v v:gi l:n n:l ng:ngh ngh:ng g:gh gh:g " +
		"c:k k:c k:qu q:c w:qu z:d z:gi z:v j:gi j:ch f:ph p:b r:d r:gi r:g g:r dz:d dz:gi h:kh kh:h"
	rhymeConfusions = "n:ng ng:n t:c c:t nh:n n:nh ch:t t:ch en:eng eng:en iu:ieu ieu:iu iu:uu uu:iu ui:uoi " +
		"un:uon un:uong in:ien in:uyen ien:uyen uyen:ien i:y y:i ay:ai ai:ay au:ao ao:au uu:uou iec:iet iet:iec e:oe"
)

//nolint:gochecknoglobals // tables of the language, never changed
var (
	confusedOnsets = parseConfusions(onsetConfusions)
	confusedRhymes = parseConfusions(rhymeConfusions)
)

func parseConfusions(s string) []confusion {
	var all []confusion
	for f := range strings.FieldsSeq(s) {
		typed, meant, _ := strings.Cut(f, ":")
		all = append(all, confusion{typed, meant})
	}
	return all
}

// soundAlikes lists the folded forms that a folded word may have been meant to
// be, one confusion away.
func soundAlikes(fold string) []string {
	var out []string
	for _, c := range confusedOnsets {
		if rest, ok := strings.CutPrefix(fold, c.typed); ok && rest != "" && startsWithVowel(rest) {
			out = append(out, c.meant+rest)
		}
	}
	for _, c := range confusedRhymes {
		if rest, ok := strings.CutSuffix(fold, c.typed); ok && rest != "" {
			out = append(out, rest+c.meant)
		}
	}
	return out
}

func startsWithVowel(s string) bool { return strings.ContainsRune("aeiouy", rune(s[0])) }
