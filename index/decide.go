package index

import (
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// Features are what the score of a candidate is made of, each from 0 to 1.
type Features struct {
	Wording  string  `json:"wording"`  // the article's wording that fits best
	Asked    float64 `json:"asked"`    // share of the question found in that wording
	Titled   float64 `json:"titled"`   // share of that wording found in the question
	Pairs    float64 `json:"pairs"`    // share of the question's pairs found in it
	Covered  float64 `json:"covered"`  // share of the question found anywhere in the article
	Overlap  float64 `json:"overlap"`  // Asked, Titled and Pairs together
	Combined float64 `json:"combined"` // the score
}

// Score is the share of the best possible fit, from 0 to 1.
func (f Features) Score() float64 { return f.Combined }

// bodyCredit is what a word counts that the article only says somewhere, but
// is not called or asked by.
const bodyCredit = 0.6

// wrongMarks is what a syllable counts whose marks differ from the article's:
// usually a slip, sometimes another word.
const wrongMarks = 0.6

func (m *model) features(q question, am *articleModel) Features {
	var f Features
	for _, w := range am.titled {
		asked, total := m.share(q, w.set)
		if total == 0 {
			continue
		}
		pairs := m.pairShare(q, w.set)
		titled := m.titleShare(q, w)
		overlap := 0.42*asked/total + 0.33*titled + 0.25*pairs
		if overlap > f.Overlap {
			f.Wording, f.Asked, f.Titled, f.Pairs, f.Overlap = w.text, asked/total, titled, pairs, overlap
		}
	}
	covered, total := 0.0, 0.0
	for i, t := range q.tokens {
		w := q.weights[i] * m.weight(t.Fold)
		total += w
		covered += w * max(credit(t, am.asked), bodyCredit*credit(t, am.said))
	}
	if total > 0 {
		f.Covered = covered / total
	}
	f.Combined = 0.6*f.Overlap + 0.4*f.Covered
	return f
}

// credit says how well the set holds the token: 1, wrongMarks, or 0.
func credit(t vietnamese.Token, set wordSet) float64 {
	forms, ok := set[t.Fold]
	if !ok {
		return 0
	}
	if !t.Marked() {
		return 1
	}
	for _, form := range forms {
		if form == t.Text || form == t.Fold {
			return 1
		}
	}
	return wrongMarks
}

// share returns the weight of the question's tokens found in the set, and the
// weight of them all.
func (m *model) share(q question, set wordSet) (found, total float64) {
	for i, t := range q.tokens {
		w := q.weights[i] * m.weight(t.Fold)
		total += w
		found += w * credit(t, set)
	}
	return found, total
}

func (m *model) pairShare(q question, set wordSet) float64 {
	found, total := 0.0, 0.0
	for i := 1; i < len(q.tokens); i++ {
		a, b := q.tokens[i-1], q.tokens[i]
		if b.Break {
			continue
		}
		w := q.weights[i-1]*m.weight(a.Fold) + q.weights[i]*m.weight(b.Fold)
		total += w
		if _, ok := set[pair(a.Fold, b.Fold)]; ok {
			found += w
		}
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// titleShare returns how much of a wording the question names.
func (m *model) titleShare(q question, w wording) float64 {
	asked := make(map[string]bool, len(q.tokens))
	for _, t := range q.tokens {
		asked[t.Fold] = true
	}
	found, total := 0.0, 0.0
	for _, t := range w.tokens {
		weight := m.weight(t.Fold)
		total += weight
		if asked[t.Fold] {
			found += weight
		}
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// The least score for a direct answer and for offering choices, and the least
// lead over the next article for answering alone. Chosen on the questions of
// knowledge/questions.jsonl for few wrong answers; bot/testdata/stats.txt holds
// what came of it.
const (
	answerScore  = 0.55
	choicesScore = 0.30
	clearLead    = 0.04
)

const (
	maxChoices = 3
	manyAlike  = 5 // articles that hold every word of the question
	fewWords   = 3
)

// decide turns ranked hits into a decision and keeps the hits worth showing.
func (r *Result) decide(today knowledge.Date) {
	kept := r.Hits[:0]
	for _, hit := range r.Hits {
		if hit.Article.InForce(today) {
			kept = append(kept, hit)
		} else if len(kept) == 0 && r.Expired == nil && hit.Score >= answerScore {
			r.Expired = hit.Article
		}
	}
	r.Hits = kept
	r.Explain.Candidates = explainHits(r.Hits)
	if len(r.Hits) == 0 {
		r.Explain.Rule = "không có bài nào chung từ với câu hỏi"
		return
	}
	best := r.Hits[0].Score
	lead := best
	if len(r.Hits) > 1 {
		lead = best - r.Hits[1].Score
	}
	r.Confidence = min(best, 1)
	plausible := 0
	for plausible < len(r.Hits) && plausible < maxChoices && r.Hits[plausible].Score >= max(choicesScore, best-0.3) {
		plausible++
	}
	// A word or two that many articles are called by ("căn cước") name a field,
	// not a matter.
	generic := len(r.Hits) >= manyAlike && r.Hits[manyAlike-1].Detail.Asked > 0.99 && len(r.Explain.Tokens) <= fewWords
	switch {
	case r.Expired != nil:
		r.Decision, r.Explain.Rule = Abstain, "bài đúng nhất không còn, hoặc chưa, có hiệu lực"
		r.Hits = nil
	case best >= answerScore && lead >= clearLead && !generic:
		r.Decision, r.Explain.Rule = Answer, "đủ chắc và hơn hẳn bài kế tiếp"
		r.Hits = r.Hits[:max(plausible, 1)]
	case best >= choicesScore && plausible >= 2:
		r.Decision, r.Explain.Rule = Choices, "chưa đủ chắc: đưa ra lựa chọn"
		r.Hits = r.Hits[:plausible]
	case best >= answerScore:
		r.Decision, r.Explain.Rule = Answer, "chỉ một bài phù hợp"
		r.Hits = r.Hits[:1]
	case best >= choicesScore && len(r.Hits) >= 2:
		r.Decision, r.Explain.Rule = Choices, "chưa đủ chắc: đưa ra lựa chọn"
		r.Hits = r.Hits[:2]
	default:
		r.Decision, r.Explain.Rule = Abstain, "không bài nào đủ gần với câu hỏi"
		r.Hits = nil
	}
}
