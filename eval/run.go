package eval

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

// Runner measures sets. Its base gives the rules and the lexicon, also for
// collections that are not the knowledge.
type Runner struct {
	base   *knowledge.Base
	typist *Typist
	today  knowledge.Date
}

// NewRunner prepares to measure.
func NewRunner(base *knowledge.Base, today knowledge.Date) *Runner {
	return &Runner{base: base, typist: NewTypist(base.Lexicon), today: today}
}

// Searcher answers questions by search alone: an index version, or a view of
// one that leaves out a step.
type Searcher interface {
	Read(text string) *index.Question
	Search(q index.Query) index.Result
	Rank(q *index.Question, k int) []index.Hit
}

// OpenSet indexes a set with the rules of the base. The caller must call close.
func (r *Runner) OpenSet(ctx context.Context, s *Set) (v *index.Version, closeSet func(), err error) {
	x := index.New(slog.New(slog.DiscardHandler))
	if _, err := x.Publish(ctx, r.Base(s)); err != nil {
		return nil, nil, fmt.Errorf("index set %s: %w", s.Name, err)
	}
	v, err = x.Acquire()
	if err != nil {
		return nil, nil, fmt.Errorf("open set %s: %w", s.Name, err)
	}
	return v, func() { v.Release(); x.Close() }, nil
}

// Base is a knowledge base with the passages of a set for its articles.
func (r *Runner) Base(s *Set) *knowledge.Base { return r.base.WithArticles(Articles(s)) }

// Articles turns the passages of a set into articles without wordings.
func Articles(s *Set) []*knowledge.Article {
	articles := make([]*knowledge.Article, len(s.Passages))
	for i, p := range s.Passages {
		articles[i] = &knowledge.Article{
			ID: passageID(i), Title: p.Title, Sections: []knowledge.Section{{ID: knowledge.Lead, Text: p.Text}},
			Effective: knowledge.Period{From: "1900-01-01"},
		}
	}
	return articles
}

// passageID names a passage in the index: its own id may hold anything.
func passageID(i int) knowledge.ID { return knowledge.ID(fmt.Sprintf("p%07d", i)) }

// RunSet asks the questions of a set in the given styles; system names v.
func (r *Runner) RunSet(s *Set, v Searcher, styles []Style, system string) []Judged {
	var all []Judged
	for _, style := range styles {
		for _, q := range s.Queries {
			text := r.typist.Type(q.Text, style)
			j := s.judged(q, style, system, text)
			r.search(&j, v, s.passage)
			all = append(all, j)
		}
	}
	return all
}

// RunSetPlain asks the same of plain Bleve, which answers with whatever comes
// first.
func (r *Runner) RunSetPlain(ctx context.Context, s *Set, styles []Style) (all []Judged, err error) {
	b, err := index.NewBaseline(Articles(s))
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := b.Close(); err == nil {
			err = closeErr
		}
	}()
	for _, style := range styles {
		for _, q := range s.Queries {
			text := r.typist.Type(q.Text, style)
			j := s.judged(q, style, Plain, text)
			start := time.Now()
			ids, err := b.Rank(ctx, text, depth)
			if err != nil {
				return nil, err
			}
			j.Took = time.Since(start)
			for _, id := range ids {
				j.Ranked = append(j.Ranked, s.passage(id))
			}
			j.answerFirst()
			all = append(all, j)
		}
	}
	return all, nil
}

func (j *Judged) answerFirst() {
	j.Outcome = outcomeAbstain
	if len(j.Ranked) > 0 {
		j.Outcome, j.Offered = outcomeAnswer, j.Ranked[:1]
	}
}

// search notes what search alone makes of a question; name names an article.
func (r *Runner) search(j *Judged, v Searcher, name func(knowledge.ID) string) {
	start := time.Now()
	question := v.Read(j.Text)
	res := v.Search(index.Query{Question: question, Today: r.today})
	j.Took, j.Outcome = time.Since(start), string(res.Decision)
	for _, h := range res.Hits {
		j.Offered = append(j.Offered, name(h.Article.ID))
	}
	for _, h := range v.Rank(question, depth) {
		j.Ranked = append(j.Ranked, name(h.Article.ID))
	}
}

func (s *Set) judged(q Query, style Style, system, text string) Judged {
	j := Judged{
		Set: s.Name, Style: string(style), System: system, ID: q.ID, Text: text,
		Relevant: slices.Sorted(maps.Keys(q.Relevant)), grades: q.Relevant, Expected: outcomeAnswer,
	}
	if len(j.Relevant) == 0 {
		j.Expected = outcomeAbstain
	}
	return j
}

func (s *Set) passage(id knowledge.ID) string {
	i, err := strconv.Atoi(string(id)[1:])
	if err != nil || i >= len(s.Passages) {
		return string(id)
	}
	return s.Passages[i].ID
}

// Reply is what the assistant said, as far as it is judged.
type Reply struct {
	Outcome string
	Article knowledge.ID // of a direct answer
	Section knowledge.SectionID
	Choices []knowledge.ID
}

// Assistant answers the last of the messages of one conversation.
type Assistant func(ctx context.Context, messages []string) (Reply, error)

// judged is the i-th question of a file, not asked yet.
func judged(name string, i int, q knowledge.Question, system string) Judged {
	return Judged{
		Set: name, Style: q.Style, System: system, ID: strconv.Itoa(i + 1), Text: q.Text,
		Relevant: names(q.Articles()), Expected: q.Outcome,
	}
}

// RunQuestions asks a questions file of the knowledge: each question goes
// through the whole assistant, and through the search of v for the ranking.
func (r *Runner) RunQuestions(ctx context.Context, name string, questions []knowledge.Question, ask Assistant, v Searcher) ([]Judged, error) {
	var all []Judged
	for i, q := range questions {
		j := judged(name, i, q, Ours)
		start := time.Now()
		reply, err := ask(ctx, append(slices.Clone(q.Before), q.Text))
		if err != nil {
			return nil, fmt.Errorf("ask question %d: %w", i+1, err)
		}
		j.Took = time.Since(start)
		j.take(q, reply, v)
		all = append(all, j)
	}
	return all, nil
}

// take notes what was replied, and the ranking behind it.
func (j *Judged) take(q knowledge.Question, reply Reply, v Searcher) {
	j.Outcome = reply.Outcome
	switch reply.Outcome {
	case outcomeAnswer:
		j.Offered = []string{string(reply.Article)}
	case outcomeChoices:
		j.Offered = names(reply.Choices)
	}
	first, section := reply.Article, reply.Section
	if len(q.Before) > 0 {
		// A question inside a conversation is ranked by what was answered.
		j.Ranked = j.Offered
	} else {
		for _, h := range v.Rank(v.Read(q.Text), depth) {
			if len(j.Ranked) == 0 && first == "" {
				first, section = h.Article.ID, h.Section
			}
			j.Ranked = append(j.Ranked, string(h.Article.ID))
		}
	}
	if want := q.Sections(first); len(want) > 0 {
		j.SectionAsked, j.Section, j.SectionRight = true, string(section), slices.Contains(want, section)
		j.SectionNamed = slices.ContainsFunc(want, func(s knowledge.SectionID) bool { return slices.Contains(named(), s) })
	}
}

// named are the sections that people ask for by name.
func named() []knowledge.SectionID {
	return []knowledge.SectionID{knowledge.Fee, knowledge.Duration, knowledge.Papers, knowledge.Place, knowledge.Online}
}

// RankQuestions asks the answerable questions of a file of search alone, each
// without its conversation; system names v.
func (r *Runner) RankQuestions(name string, questions []knowledge.Question, v Searcher, system string) []Judged {
	var all []Judged
	for i, q := range questions {
		if len(q.Before) > 0 || len(q.Expect) == 0 {
			continue
		}
		j := judged(name, i, q, system)
		r.search(&j, v, func(id knowledge.ID) string { return string(id) })
		all = append(all, j)
	}
	return all
}

// RunQuestionsPlain asks a questions file of plain Bleve.
func (r *Runner) RunQuestionsPlain(ctx context.Context, name string, questions []knowledge.Question) (all []Judged, err error) {
	b, err := index.NewBaseline(r.base.Articles)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := b.Close(); err == nil {
			err = closeErr
		}
	}()
	for i, q := range questions {
		j := judged(name, i, q, Plain)
		start := time.Now()
		ids, err := b.Rank(ctx, q.Text, depth)
		if err != nil {
			return nil, err
		}
		j.Took, j.Ranked = time.Since(start), names(ids)
		j.answerFirst()
		all = append(all, j)
	}
	return all, nil
}
