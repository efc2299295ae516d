package bot

import (
	"fmt"

	"github.com/trolyao/trolyao/index/vietnamese"
	"github.com/trolyao/trolyao/knowledge"
)

// lanes are the fixed replies of one knowledge version, ready to match.
type lanes struct {
	base    *knowledge.Base
	rules   map[knowledge.LaneName][]laneRule
	fillers map[string]bool
}

type laneRule struct {
	*knowledge.Rule
	when, unless []vietnamese.Pattern
}

// laneHit is a rule that fits a message, and the wording that made it fit.
type laneHit struct {
	lane    knowledge.LaneName
	rule    *knowledge.Rule
	pattern string
}

func compileLanes(base *knowledge.Base) (*lanes, error) {
	l := &lanes{base: base, rules: map[knowledge.LaneName][]laneRule{}, fillers: map[string]bool{}}
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
	for _, word := range base.Lexicon.Fillers {
		l.fillers[vietnamese.Fold(word)] = true
	}
	return l, nil
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

// message is the analysed text of a turn.
type message struct {
	tokens []vietnamese.Token
	strict bool
}

func read(text string) message {
	tokens := vietnamese.Tokens(text)
	return message{tokens, vietnamese.MostlyMarked(tokens)}
}

// match returns the first rule of the lane that fits the message, or nil.
func (l *lanes) match(name knowledge.LaneName, m message) *laneHit {
	for _, rule := range l.rules[name] {
		if pattern := l.fits(rule, m); pattern != "" {
			return &laneHit{name, rule.Rule, pattern}
		}
	}
	return nil
}

func (l *lanes) fits(rule laneRule, m message) string {
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

func (l *lanes) onlyFillers(tokens []vietnamese.Token) bool {
	for _, t := range tokens {
		if !l.fillers[t.Fold] {
			return false
		}
	}
	return true
}
