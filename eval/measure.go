package eval

import (
	"math"
	"slices"
	"time"

	"github.com/trolyao/trolyao/knowledge"
)

// Row is what one system reached on one set in one style. Shares are from 0 to
// 1; times are microseconds.
type Row struct {
	Set    string `json:"set"`
	Style  string `json:"style"`
	System string `json:"system"`
	N      int    `json:"n"`
	// Over the questions that have an answer.
	Top1     float64 `json:"top1"`
	Top3     float64 `json:"top3"`
	MRR10    float64 `json:"mrr10"`
	Recall10 float64 `json:"recall10"`
	NDCG10   float64 `json:"ndcg10"`
	// Over all questions: answered directly, and answered directly and wrong.
	Answered float64 `json:"answered"`
	Wrong    float64 `json:"wrong"`
	// FalseAnswer is the share of questions without an answer that got one;
	// Abstention is the share of refusals that were right.
	FalseAnswer float64 `json:"false_answer"`
	Abstention  float64 `json:"abstention_precision"`
	// Helped counts right answers and choices that hold the right one; Section
	// the right section where one is expected of the article that came first;
	// Outcome the expected kind of reply.
	Helped  float64 `json:"helped"`
	Section float64 `json:"section"`
	Outcome float64 `json:"outcome"`
	P50     int64   `json:"p50_us"`
	P99     int64   `json:"p99_us"`

	Answerable int `json:"answerable"`
	Sections   int `json:"sections"`

	abstained int // refusals
}

// Systems that are measured.
const (
	Ours  = "trolyao"
	Plain = "bleve"
)

// Judged is what one system made of one question.
type Judged struct {
	Set    string `json:"set"`
	Style  string `json:"style"`
	System string `json:"system"`
	ID     string `json:"id"`
	Text   string `json:"text"`

	Ranked   []string `json:"ranked"` // best first, at most ten
	Relevant []string `json:"relevant"`
	Outcome  string   `json:"outcome"`
	// Offered are the articles shown: one of an answer, up to three of choices.
	Offered []string `json:"offered"`
	// Section is the one shown of the first article, and whether it was expected.
	Section      string `json:"section,omitempty"`
	SectionAsked bool   `json:"section_asked,omitempty"`
	SectionRight bool   `json:"section_right,omitempty"`
	// SectionNamed says that what is asked for has a name that people use: the
	// fee, the time, the papers, the place, or doing it online.
	SectionNamed bool `json:"section_named,omitempty"`
	// Expected is the outcome that was expected.
	Expected string        `json:"expected"`
	Took     time.Duration `json:"took_ns"`

	grades map[string]int
}

const (
	outcomeAnswer  = "answer"
	outcomeChoices = "choices"
	outcomeAbstain = "abstain"
)

// Right says whether the first article answers the question.
func (j Judged) Right() bool {
	return len(j.Ranked) > 0 && slices.Contains(j.Relevant, j.Ranked[0])
}

// answeredRight says whether the direct answer is right.
func (j Judged) answeredRight() bool {
	return j.Outcome == outcomeAnswer && len(j.Offered) > 0 && slices.Contains(j.Relevant, j.Offered[0])
}

func (j Judged) helped() bool {
	return j.answeredRight() ||
		j.Outcome == outcomeChoices && slices.ContainsFunc(j.Offered, func(id string) bool { return slices.Contains(j.Relevant, id) })
}

// Summarise puts the judgements of one system, set and style together.
func Summarise(all []Judged) Row {
	if len(all) == 0 {
		return Row{}
	}
	r := Row{Set: all[0].Set, Style: all[0].Style, System: all[0].System, N: len(all)}
	var unanswerable, falseAnswers, rightlyAbstained int
	took := make([]time.Duration, 0, len(all))
	for _, j := range all {
		took = append(took, j.Took)
		r.Outcome += share(j.Outcome == j.Expected)
		answered := j.Outcome == outcomeAnswer
		r.Answered += share(answered)
		r.Wrong += share(answered && !j.answeredRight())
		if j.Outcome == outcomeAbstain {
			r.abstained++
			rightlyAbstained += int(share(len(j.Relevant) == 0))
		}
		if len(j.Relevant) == 0 {
			unanswerable++
			falseAnswers += int(share(answered))
			continue
		}
		r.Answerable++
		r.Helped += share(j.helped())
		if j.SectionAsked {
			r.Sections++
			r.Section += share(j.SectionRight)
		}
		r.addRanking(j)
	}
	n, answerable := float64(r.N), float64(max(r.Answerable, 1))
	for _, x := range []*float64{&r.Outcome, &r.Answered, &r.Wrong} {
		*x /= n
	}
	for _, x := range []*float64{&r.Top1, &r.Top3, &r.MRR10, &r.Recall10, &r.NDCG10, &r.Helped} {
		*x /= answerable
	}
	r.Section /= float64(max(r.Sections, 1))
	r.FalseAnswer = float64(falseAnswers) / float64(max(unanswerable, 1))
	r.Abstention = float64(rightlyAbstained) / float64(max(r.abstained, 1))
	slices.Sort(took)
	r.P50, r.P99 = took[len(took)/2].Microseconds(), took[len(took)*99/100].Microseconds()
	return r
}

// depth is how far down a ranking is looked.
const depth = 10

// addRanking adds the measures of one ranking (Manning, Raghavan and Schütze
// 2008, chapter 8; nDCG with gain 2^grade - 1).
func (r *Row) addRanking(j Judged) {
	found, gain := 0, 0.0
	first := true
	for i, id := range j.Ranked[:min(len(j.Ranked), depth)] {
		if !slices.Contains(j.Relevant, id) {
			continue
		}
		found++
		gain += j.gain(id) / math.Log2(float64(i)+2)
		if !first {
			continue
		}
		first = false
		r.MRR10 += 1 / float64(i+1)
		r.Top1 += share(i == 0)
		r.Top3 += share(i < 3)
	}
	r.Recall10 += float64(found) / float64(min(len(j.Relevant), depth))
	gains := make([]float64, 0, len(j.Relevant))
	for _, id := range j.Relevant {
		gains = append(gains, j.gain(id))
	}
	slices.SortFunc(gains, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	ideal := 0.0
	for i, g := range gains[:min(len(gains), depth)] {
		ideal += g / math.Log2(float64(i)+2)
	}
	r.NDCG10 += gain / ideal
}

func (j Judged) gain(id string) float64 {
	return math.Exp2(float64(max(j.grades[id], 1))) - 1
}

func share(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func names(ids []knowledge.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}
