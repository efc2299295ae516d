package publish

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// What the gate allows, of a new version beside the live one.
const (
	// allowedDrop is by how many points the share of questions whose right
	// article comes first may fall.
	allowedDrop = 1.0
	// allowedRemoval is the share of the articles that may be gone.
	allowedRemoval = 0.1
	// allowedForgotten is the share of the examples of a lane of danger that may
	// be gone.
	allowedForgotten = 0.1
	// shownLosses is how many lost questions a report names.
	shownLosses = 20
)

// Asker asks an assistant over a version: the messages of one conversation, in
// order. It returns what came of the last: the article of an answer, or those
// that were offered.
type Asker func(ctx context.Context, v *index.Version, messages []string) (outcome string, articles []knowledge.ID, err error)

// Gate is the comparison of a new version with the live one.
type Gate struct {
	// Own are the questions that the articles bring, File those of the
	// questions file, each asked of both versions.
	Own  Share `json:"own"`
	File Share `json:"file"`
	// Must are the questions that have to be right, and Failed those that are not.
	Must   int    `json:"must"`
	Failed []Loss `json:"failed,omitempty"`
	// Unheard are calls for help that the program carries as questions: the live
	// version recognises them, the new one does not.
	Unheard []Loss `json:"unheard,omitempty"`
	// Articles were live, Removed are gone of them.
	Articles int `json:"articles"`
	Removed  int `json:"removed"`
	// Forgotten are the lanes of danger that have fewer examples than were live.
	Forgotten []Forgotten `json:"forgotten,omitempty"`
	// Lost are questions that the live version answers rightly and the new one
	// does not; the first few.
	Lost []Loss `json:"lost,omitempty"`
}

// Forgotten counts the examples of a lane, fewer than before.
type Forgotten struct {
	Lane knowledge.LaneName `json:"lane"`
	Live int                `json:"live"`
	New  int                `json:"new"`
}

// Share counts questions whose right article comes first.
type Share struct {
	Asked int `json:"asked"`
	Live  int `json:"live"`
	New   int `json:"new"`
}

// Drop is by how many points the new version is worse, below zero when better.
func (s Share) Drop() float64 { return 100 * float64(s.Live-s.New) / float64(max(s.Asked, 1)) }

func (s Share) String() string {
	percent := func(n int) string {
		return strings.Replace(fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(s.Asked, 1))), ".", ",", 1)
	}
	return fmt.Sprintf("%s, trước là %s, trong %d câu", percent(s.New), percent(s.Live), s.Asked)
}

// Loss is a question that is not answered rightly any more.
type Loss struct {
	Question string `json:"question"`
	Want     string `json:"want"`
	Got      string `json:"got"`
}

// refusal tells why a version must not go live, nil when it may.
func (g Gate) refusal() error {
	var reasons []string
	if float64(g.Removed) > allowedRemoval*float64(g.Articles) {
		reasons = append(reasons, fmt.Sprintf("bỏ mất %d trong %d bài; nếu cố ý thì dùng --force", g.Removed, g.Articles))
	}
	for _, f := range g.Forgotten {
		if float64(f.Live-f.New) > allowedForgotten*float64(f.Live) {
			reasons = append(reasons, fmt.Sprintf("lanes/examples.tsv: ví dụ của làn %s chỉ còn %d, trước là %d: máy sẽ khó nhận ra người đang cần giúp; nếu cố ý thì dùng --force", f.Lane, f.New, f.Live))
		}
	}
	if g.Own.Drop() > allowedDrop {
		reasons = append(reasons, "câu hỏi mẫu trong các bài: tìm đúng "+g.Own.String())
	}
	if g.File.Drop() > allowedDrop {
		reasons = append(reasons, knowledge.QuestionsFile+": tìm đúng "+g.File.String())
	}
	if len(g.Unheard) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d câu kêu cứu mà bản đang chạy nhận ra, bản mới không nhận ra; xem lại thư mục lanes", len(g.Unheard)))
	}
	if len(g.Failed) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d câu bắt buộc không còn đúng", len(g.Failed)))
	}
	if len(reasons) == 0 {
		return nil
	}
	return &RegressionError{Reasons: reasons, Gate: g}
}

// RegressionError is the refusal of a version that answers worse than the live one.
type RegressionError struct {
	Reasons []string
	Gate    Gate
}

// Error tells staff what got worse and which questions to look at.
func (r *RegressionError) Error() string {
	var b strings.Builder
	b.WriteString("bản mới kém hơn bản đang chạy nên không được đưa lên:")
	for _, reason := range r.Reasons {
		b.WriteString("\n- " + reason)
	}
	losses := slices.Concat(r.Gate.Unheard, r.Gate.Failed, r.Gate.Lost)
	for _, l := range losses[:min(len(losses), shownLosses)] {
		fmt.Fprintf(&b, "\n  %q: phải ra %s, nay ra %s", l.Question, l.Want, l.Got)
	}
	return b.String()
}

// gate compares versions. It remembers what the live one answered.
type gate struct {
	ask   Asker
	of    string          // the version remembered
	first map[string]bool // by key of the question: the right article comes first
}

// item is one question with the articles that answer it.
type item struct {
	text   string
	expect []knowledge.ID
}

// key tells items apart: the same words may be asked of the articles and of the
// file with different right answers.
func (i item) key() string { return fmt.Sprint(i.expect, i.text) }

// compare asks both versions. Without a live one there is nothing to compare.
func (g *gate) compare(ctx context.Context, live, next *index.Version) (report Gate, err error) {
	if live == nil {
		return report, nil
	}
	report.Articles = len(live.Base().Articles)
	for _, a := range live.Base().Articles {
		if next.Base().Article(a.ID) == nil {
			report.Removed++
		}
	}
	report.Forgotten = forgotten(live.Base(), next.Base())
	known := g.first
	if g.of != live.ID() {
		known = nil
	}
	answers := map[string]bool{}
	for share, items := range map[*Share][]item{
		&report.Own: inBoth(live, next, own(live.Base(), next.Base())), &report.File: inBoth(live, next, asked(live.Base(), next.Base())),
	} {
		lost, err := both(ctx, live, next, items, known, answers, share)
		if err != nil {
			return report, err
		}
		report.Lost = append(report.Lost, lost...)
	}
	slices.SortFunc(report.Lost, func(a, b Loss) int { return strings.Compare(a.Question, b.Question) })
	report.Lost = report.Lost[:min(len(report.Lost), shownLosses)]
	g.of, g.first = next.ID(), answers
	if g.ask == nil {
		return report, nil
	}
	if err := g.must(ctx, next, &report); err != nil {
		return report, err
	}
	err = g.danger(ctx, live, next, &report)
	return report, err
}

// forgotten compares how many examples teach the lanes of danger. Questions
// cannot tell: few folders ask what must be an emergency.
func forgotten(live, next *knowledge.Base) (out []Forgotten) {
	for _, lane := range []knowledge.LaneName{knowledge.Emergency, knowledge.Report, knowledge.Caution} {
		if before, after := examples(live, lane), examples(next, lane); after < before {
			out = append(out, Forgotten{lane, before, after})
		}
	}
	return out
}

func examples(b *knowledge.Base, lane knowledge.LaneName) (n int) {
	for _, e := range b.Lanes.Examples {
		n += count(e.Lane == lane)
	}
	return n
}

// own lists the questions that the articles of either base bring.
func own(live, next *knowledge.Base) []item {
	owner := map[string]knowledge.ID{}
	for _, base := range []*knowledge.Base{live, next} { // the new base has the say
		for _, a := range base.Articles {
			for _, q := range a.Questions {
				owner[q] = a.ID
			}
		}
	}
	out := make([]item, 0, len(owner))
	for q, id := range owner {
		out = append(out, item{q, []knowledge.ID{id}})
	}
	slices.SortFunc(out, func(a, b item) int { return strings.Compare(a.text, b.text) })
	return out
}

// asked lists the single questions of the questions file, the new one if there
// is one.
func asked(live, next *knowledge.Base) []item {
	questions := next.Questions
	if len(questions) == 0 {
		questions = live.Questions
	}
	var out []item
	for _, q := range questions {
		if len(q.Before) == 0 && len(q.Expect) > 0 {
			out = append(out, item{q.Text, q.Articles()})
		}
	}
	return out
}

// inBoth keeps the questions that either version could answer. Those about
// articles that came or went tell nothing of the rest.
func inBoth(live, next *index.Version, items []item) []item {
	return slices.DeleteFunc(items, func(i item) bool {
		return !slices.ContainsFunc(i.expect, func(id knowledge.ID) bool {
			return live.Base().Article(id) != nil && next.Base().Article(id) != nil
		})
	})
}

// both asks the items of both versions. known holds what the live version is
// known to answer; answers takes what the new one does.
func both(ctx context.Context, live, next *index.Version, items []item, known, answers map[string]bool, share *Share) ([]Loss, error) {
	before, err := remembered(ctx, live, items, known)
	if err != nil {
		return nil, err
	}
	after, got, err := first(ctx, next, items)
	if err != nil {
		return nil, err
	}
	var lost []Loss
	for k, i := range items {
		answers[i.key()] = after[k]
		share.Asked++
		share.Live += count(before[i.key()])
		share.New += count(after[k])
		if before[i.key()] && !after[k] {
			lost = append(lost, Loss{i.text, string(i.expect[0]), got[k]})
		}
	}
	return lost, nil
}

// remembered tells by key what the live version answers, asking only what is
// not known.
func remembered(ctx context.Context, live *index.Version, items []item, known map[string]bool) (map[string]bool, error) {
	all := make(map[string]bool, len(items))
	var unknown []item
	for _, i := range items {
		right, ok := known[i.key()]
		if all[i.key()] = right; !ok {
			unknown = append(unknown, i)
		}
	}
	right, _, err := first(ctx, live, unknown)
	for k, i := range unknown {
		all[i.key()] = right[k]
	}
	return all, err
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// first tells for each item whether the right article comes first, and which
// does. It gives way to those who are being answered meanwhile.
func first(ctx context.Context, v *index.Version, items []item) (right []bool, got []string, err error) {
	right, got = make([]bool, len(items)), make([]string, len(items))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for k := w; k < len(items) && ctx.Err() == nil; k += workers {
				got[k] = "không bài nào"
				if hits := v.Rank(v.Read(items[k].text), 1); len(hits) > 0 {
					got[k], right[k] = string(hits[0].Article.ID), slices.Contains(items[k].expect, hits[0].Article.ID)
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	return right, got, ctx.Err()
}

// must asks the questions that have to be right of an assistant over the version.
func (g *gate) must(ctx context.Context, next *index.Version, report *Gate) error {
	for _, q := range next.Base().Questions {
		if !q.Must {
			continue
		}
		outcome, articles, err := g.ask(ctx, next, conversation(q))
		if err != nil {
			return err
		}
		report.Must++
		right := slices.ContainsFunc(articles, func(id knowledge.ID) bool { return slices.Contains(q.Articles(), id) })
		if outcome != q.Outcome || len(q.Expect) > 0 && !right {
			got := []string{outcome}
			for _, id := range articles {
				got = append(got, string(id))
			}
			report.Failed = append(report.Failed, Loss{q.Text, wanted(q), strings.Join(got, " ")})
		}
	}
	return nil
}

// danger asks the calls for help that the program carries, whatever the folder
// asks itself: it may bring lanes that recognise danger no more. What the live
// version does not recognise either is not lost by publishing; to refuse for it
// would teach people to force every time.
func (g *gate) danger(ctx context.Context, live, next *index.Version, report *Gate) error {
	calls, err := callsForHelp()
	if err != nil {
		return err
	}
	own := map[string]bool{} // on which the folder has the say
	for _, q := range next.Base().Questions {
		own[fmt.Sprintf("%q", conversation(q))] = true
	}
	for _, q := range calls {
		if own[fmt.Sprintf("%q", conversation(q))] {
			continue
		}
		report.Must++
		got, _, err := g.ask(ctx, next, conversation(q))
		if err != nil {
			return err
		}
		if got == q.Outcome {
			continue
		}
		before, _, err := g.ask(ctx, live, conversation(q))
		if err != nil {
			return err
		}
		if before == q.Outcome {
			report.Unheard = append(report.Unheard, Loss{q.Text, q.Outcome, got})
		}
	}
	return nil
}

// callsForHelp returns the questions of the embedded knowledge that have to be
// taken for an emergency.
func callsForHelp() (calls []knowledge.Question, err error) {
	data, err := fs.ReadFile(knowledge.Embedded(), knowledge.QuestionsFile)
	if err != nil {
		return nil, fmt.Errorf("read embedded %s: %w", knowledge.QuestionsFile, err)
	}
	knowledge.ParseQuestions(data, func(_ int, q knowledge.Question, lineErr error) bool {
		if err = lineErr; err == nil && q.Must && q.Outcome == string(knowledge.Emergency) {
			calls = append(calls, q)
		}
		return err == nil
	})
	return calls, err
}

// conversation is what a person says, up to the question.
func conversation(q knowledge.Question) []string { return append(slices.Clone(q.Before), q.Text) }

func wanted(q knowledge.Question) string {
	if len(q.Expect) > 0 {
		return strings.Join(q.Expect, " hoặc ")
	}
	return q.Outcome
}
