package bot

import (
	"fmt"
	"slices"
	"sync"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// lanes are the fixed replies of one knowledge version, ready to match.
type lanes struct {
	rules      map[knowledge.LaneName][]laneRule
	fillers    map[string]bool
	classifier *classifier
	form       *formRules
	// crime holds the categories of the articles about danger and crime: those
	// that the replies to danger and reports offer to read.
	crime map[string]bool
}

type laneRule struct {
	*knowledge.Rule
	when, unless []vietnamese.Pattern
}

// laneHit is a rule that fits a message, and what made it fit: a wording of
// the rule, or an example that the message is like.
type laneHit struct {
	lane    knowledge.LaneName
	rule    *knowledge.Rule
	pattern string
	like    string
	belief  float64 // how likely the classifier thinks the lane
	words   int     // of the message
}

func compileLanes(base *knowledge.Base) (*lanes, error) {
	l := &lanes{rules: map[knowledge.LaneName][]laneRule{}, fillers: map[string]bool{}, classifier: newClassifier(base)}
	for _, name := range knowledge.LaneNames() {
		rules := base.Lanes.Rules(name)
		for i := range rules {
			rule := &rules[i]
			when, err := compilePatterns(rule.When)
			if err != nil {
				return nil, fmt.Errorf("lane %s, rule %s: %w", name, rule.ID, err)
			}
			unless, err := compilePatterns(rule.Unless)
			if err != nil {
				return nil, fmt.Errorf("lane %s, rule %s: %w", name, rule.ID, err)
			}
			l.rules[name] = append(l.rules[name], laneRule{rule, when, unless})
		}
	}
	form, err := newFormRules(&base.Form)
	if err != nil {
		return nil, err
	}
	l.form = form
	for _, word := range base.Lexicon.Fillers {
		l.fillers[vietnamese.Fold(word)] = true
	}
	l.crime = crimeCategories(base)
	return l, nil
}

// crimeCategories returns the categories of the articles that the replies to danger
// and reports offer to read.
func crimeCategories(base *knowledge.Base) map[string]bool {
	rules := append(slices.Clone(base.Lanes.Emergency), base.Lanes.Report...)
	categories := map[string]bool{}
	for _, a := range base.Articles {
		for i := range rules {
			if slices.Contains(rules[i].Articles, a.ID) {
				categories[a.Category] = true
			}
		}
	}
	return categories
}

func compilePatterns(sources []string) ([]vietnamese.Pattern, error) {
	patterns := make([]vietnamese.Pattern, 0, len(sources))
	for _, s := range sources {
		p, err := vietnamese.CompilePattern(s)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", s, err)
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

// message is a turn's text as it was understood. Fixed wordings are compared
// with each of its readings: what was typed, and, where that differs, what is
// left when keyboard residue, shorthand and slips have been read. A wrong
// reading must not hide a cry for help.
type message struct {
	question *index.Question
	parts    []*index.Question // of a long message
	readings []reading
	told     bool // something was told or offered before
}

type reading struct {
	tokens   []vietnamese.Token
	strict   bool
	features []string
	raw      bool // as typed, where another was understood
}

func newMessage(q *index.Question, parts ...*index.Question) message {
	m := message{question: q, parts: parts}
	if len(parts) == 0 {
		parts = []*index.Question{q}
	}
	for _, p := range parts {
		understood := !slices.Equal(p.Plain, p.Typed)
		if understood {
			m.readings = append(m.readings, newReading(p.Plain, p.Marked, false))
		}
		m.readings = append(m.readings, newReading(p.Typed, vietnamese.MostlyMarked(p.Typed), understood))
	}
	return m
}

func newReading(tokens []vietnamese.Token, strict, raw bool) reading {
	return reading{tokens, strict, features(tokens), raw}
}

// match returns the rule of the lane that the message calls for, or nil: the
// first whose wordings fit, else the one that the lane's examples point to.
func (l *lanes) match(name knowledge.LaneName, m message) *laneHit {
	for _, rule := range l.rules[name] {
		for _, r := range m.readings {
			if pattern := l.fits(rule, r); pattern != "" && (name == knowledge.Emergency || !excepted(rule, m)) {
				return &laneHit{lane: name, rule: rule.Rule, pattern: pattern, belief: l.classifier.belief(name, m), words: len(r.tokens)}
			}
		}
	}
	return l.alike(name, m)
}

// alike returns the rule of the lane whose examples the message is like, or nil.
func (l *lanes) alike(name knowledge.LaneName, m message) *laneHit {
	for _, r := range m.readings {
		if r.raw && !urgent(name) || !l.classifier.belongs(name, r, m.told) {
			continue
		}
		id, like := l.classifier.rule(name, r.features)
		if rule := l.rule(name, id); rule != nil && (urgent(name) || !excepted(*rule, m)) {
			return &laneHit{lane: name, rule: rule.Rule, like: like, belief: l.classifier.belief(name, m), words: len(r.tokens)}
		}
	}
	return nil
}

// urgent lanes take a message whichever of its readings is like their examples, and
// whatever it says besides. The others look at what was understood, since keyboard
// residue is like other keyboard residue, and keep to the exceptions of their rules.
func urgent(name knowledge.LaneName) bool {
	return name == knowledge.Emergency || name == knowledge.Report || name == knowledge.Caution
}

// tells reports whether a message asks nothing: people say what happens to them,
// or that they are about to ask.
func (l *lanes) tells(m message) bool {
	return slices.ContainsFunc(m.readings, func(r reading) bool {
		return !r.raw && l.classifier.belongs(knowledge.Statement, r, m.told)
	})
}

// doubt says when a message in a lane may be an ordinary question after all: when
// the classifier believes less, of a message that has a wording of a rule and at
// least so many words, or that is only like the examples; and an article is at
// least so sure to answer it. Where something was told before, goesOn stands in
// for like: what goes on about that tells of people's lives.
type doubt struct {
	worded float64
	words  int
	like   float64
	goesOn float64
	asked  float64
}

// doubts were fitted on messages that the classifier had not learnt from.
var doubts = map[knowledge.LaneName]doubt{ //nolint:gochecknoglobals // a constant
	knowledge.Emergency: {worded: 0.02, like: 0.9, goesOn: 0.97, asked: 0.8},
	knowledge.Report:    {worded: 0.2, words: 6, like: 0.9, goesOn: 1, asked: 0.8},
	knowledge.Refuse:    {worded: 0.9, like: 0.9, goesOn: 1, asked: 0.95},
}

// doubtful reports whether a message may be an ordinary question after all, one
// that tells of a death, a fire or a theft because it is about the papers, or
// asks how reporting goes.
func (h *laneHit) doubtful(goesOn bool) bool {
	d := doubts[h.lane]
	switch {
	case h.pattern == "" && goesOn:
		return h.belief < d.goesOn
	case h.pattern == "":
		return h.belief < d.like
	}
	return h.words >= d.words && h.belief < d.worded
}

// generalRule is the rule of a lane that serves when no other is named.
const generalRule = "khac"

// rule returns the named rule of the lane, its general one, or its first.
func (l *lanes) rule(name knowledge.LaneName, id string) *laneRule {
	rules := l.rules[name]
	for _, want := range []string{id, generalRule} {
		for i := range rules {
			if rules[i].ID == want {
				return &rules[i]
			}
		}
	}
	if len(rules) > 0 {
		return &rules[0]
	}
	return nil
}

func (l *lanes) fits(rule laneRule, m reading) string {
	pattern := ""
	for _, p := range rule.when {
		from, to, ok := p.Find(m.tokens, m.strict)
		if ok && (!rule.Whole || (l.onlyFillers(m.tokens[:from]) && l.onlyFillers(m.tokens[to:]))) {
			pattern = p.String()
			break
		}
	}
	if pattern == "" {
		return ""
	}
	for _, p := range rule.unless {
		if _, _, ok := p.Find(m.tokens, m.strict); ok {
			return ""
		}
	}
	return pattern
}

// excepted reports whether an exception of the rule shows in any reading. A cry
// for help is not hidden by what a reading makes of it.
func excepted(rule laneRule, m message) bool {
	return slices.ContainsFunc(m.readings, func(r reading) bool {
		return slices.ContainsFunc(rule.unless, func(p vietnamese.Pattern) bool {
			_, _, ok := p.Find(r.tokens, r.strict)
			return ok
		})
	})
}

func (l *lanes) onlyFillers(tokens []vietnamese.Token) bool {
	for _, t := range tokens {
		if !l.fillers[t.Fold] {
			return false
		}
	}
	return true
}

// LaneCache keeps the compiled lanes of the versions in use: the live one, the
// one before it, and one that is about to go live. Engines may share one.
type LaneCache struct {
	mu     sync.Mutex
	recent []cachedLanes // in the order of their last use
}

type cachedLanes struct {
	digest  string
	compile func() (*lanes, error) // once
}

const versionsInUse = 3

// Prepare makes the lanes of a knowledge base ready, so that the first person
// who asks after its publication need not wait for that.
func (c *LaneCache) Prepare(base *knowledge.Base) error {
	_, err := c.get(base)
	return err
}

// get returns the lanes of a base, compiling them when they are not at hand.
// Nobody waits for lanes that are not his: compiling is done without the lock.
func (c *LaneCache) get(base *knowledge.Base) (*lanes, error) {
	return c.entry(base).compile()
}

func (c *LaneCache) entry(base *knowledge.Base) cachedLanes {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := slices.IndexFunc(c.recent, func(r cachedLanes) bool { return r.digest == base.Digest }); at >= 0 {
		used := c.recent[at]
		c.recent = append(slices.Delete(c.recent, at, at+1), used)
		return used
	}
	e := cachedLanes{base.Digest, sync.OnceValues(func() (*lanes, error) { return compileLanes(base) })}
	c.recent = append(c.recent, e)
	if len(c.recent) > versionsInUse {
		c.recent = c.recent[1:]
	}
	return e
}
