package index

import (
	"math"
	"slices"

	"github.com/trolyao/trolyao/knowledge"
)

// sectionOdds tells how people ask for each section rather than for the others,
// whether they name the matter or not. It holds counts and reckons the odds when
// they are asked for: most terms stand in the messages of few sections.
type sectionOdds struct {
	numbers map[knowledge.SectionID]int32
	n       []int // messages of each section
	total   int   // and of all
	terms   map[term]termCount
	counts  []sectionCount // of all terms, one after the other
}

// termCount is how many messages hold a term, and where their counts by section
// stand.
type termCount struct {
	all  int32
	span span
}

type sectionCount struct{ section, n int32 }

// learnSections learns how people ask for each section.
func (m *model) learnSections(rows []knowledge.FollowUp) {
	l := sectionLearner{odds: sectionOdds{numbers: map[knowledge.SectionID]int32{}}, terms: map[term]int{}}
	for _, row := range rows {
		if row.Section != "" {
			l.add(row.Section, m.vocabulary.learn(m.cut.Tokens(row.Message)))
		}
	}
	for i := range m.articles {
		for _, w := range slices.Concat(m.articles[i].article.Wordings, m.articles[i].article.Continuations) {
			if w.Section != "" {
				l.add(w.Section, m.vocabulary.learn(m.cut.Tokens(w.Text)))
			}
		}
	}
	m.asksFor = l.finish()
}

// sectionLearner gathers what sectionOdds holds.
type sectionLearner struct {
	odds   sectionOdds
	terms  map[term]int // in counts
	counts [][]sectionCount
}

func (l *sectionLearner) add(section knowledge.SectionID, terms []term) {
	s, ok := l.odds.numbers[section]
	if !ok {
		s = int32(len(l.odds.n)) //nolint:gosec // a number of headings
		l.odds.numbers[section] = s
		l.odds.n = append(l.odds.n, 0)
	}
	l.odds.n[s]++
	l.odds.total++
	for _, t := range terms {
		i, ok := l.terms[t]
		if !ok {
			i = len(l.counts)
			l.terms[t] = i
			l.counts = append(l.counts, nil)
		}
		at := slices.IndexFunc(l.counts[i], func(c sectionCount) bool { return c.section == s })
		if at < 0 {
			l.counts[i] = append(l.counts[i], sectionCount{s, 1})
			continue
		}
		l.counts[i][at].n++
	}
}

func (l *sectionLearner) finish() sectionOdds {
	o := l.odds
	o.terms = make(map[term]termCount, len(l.terms))
	for t, i := range l.terms {
		c := termCount{span: span{uint32(len(o.counts)), uint32(len(o.counts) + len(l.counts[i]))}} //nolint:gosec // far below 2³²
		for _, in := range l.counts[i] {
			c.all += in.n
		}
		o.counts = append(o.counts, l.counts[i]...)
		o.terms[t] = c
	}
	return o
}

// of returns the evidence that a message asks for the section, 0 for a section
// that too few messages ask for.
func (o *sectionOdds) of(section knowledge.SectionID, terms []term) float64 {
	s, ok := o.numbers[section]
	if !ok || o.n[s] < leastOfSection || o.n[s] == o.total {
		return 0
	}
	sum, n := 0.0, 0
	for _, t := range terms {
		c, ok := o.terms[t]
		if !ok {
			continue
		}
		these := 0.0
		for _, in := range o.counts[c.span.from:c.span.to] {
			if in.section == s {
				these = float64(in.n)
				break
			}
		}
		sum += oddsOf(these, float64(c.all)-these, o.n[s], o.total-o.n[s], sectionSmoothing)
		n++
	}
	return sum / math.Sqrt(float64(max(n, 1)))
}

// leastOfSection is how many messages teach how people ask for a section. Most
// headings stand in one article, and have fewer.
const leastOfSection = 8

// sectionSmoothing is high: a section has few examples.
const sectionSmoothing = 0.5
