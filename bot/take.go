package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/handoff"
)

// takeFiles keeps files with the report.
func (s *scene) takeFiles(d *Draft) Reply {
	if d.Agreed.Version == "" {
		return s.ask(d, phraseAgreeFirst)
	}
	taken, refused := d.take(s.turn.Files)
	s.change.Files = taken
	said := slices.Clone(refused)
	if len(taken) > 0 {
		said = append([]string{phraseFilesKept}, refused...)
	}
	if text := strings.TrimSpace(s.turn.Text); text != "" { // what was written under a photo
		var r Reply
		switch {
		case d.Step.collects():
			r = s.collect(d, text)
		case d.Step == stepReporter:
			r = s.typed(d) // who writes, maybe
		default:
			d.Story = joined(d.Story, text)
			r = s.ask(d, "")
		}
		r.Text = strings.Join(append(said, r.Text), "\n\n")
		return r
	}
	return s.ask(d, strings.Join(said, " "))
}

// takePlace puts a place on the map into the report, whatever is being asked:
// nobody sends one by accident.
func (s *scene) takePlace(d *Draft) Reply {
	if d.Agreed.Version == "" {
		return s.ask(d, phrasePlaceLater)
	}
	p := s.turn.Place
	text := fmt.Sprintf("vị trí %.5f, %.5f", p.Lat, p.Long)
	if p.Name != "" {
		text = head(strings.TrimSpace(p.Name), maxShown) + " (" + text + ")"
	}
	if !d.Editing {
		text = beside(d.Where.Text, text)
	}
	d.Where.Text = text
	if d.Step != stepPlace || d.asksTime() {
		return s.ask(d, phrasePlaceKept)
	}
	d.Dated = true
	return s.advance(d)
}

// takeContact lets the agency call back, where that was asked.
func (s *scene) takeContact(d *Draft) Reply {
	if d.Step != stepReporter {
		return s.ask(d, phraseContactLater)
	}
	number := phoneIn(s.turn.Contact.Phone)
	if number == "" {
		number = head(strings.TrimSpace(s.turn.Contact.Phone), maxPhone)
	}
	d.Reporter = handoff.Reporter{Disclosure: handoff.Contact, Name: head(strings.TrimSpace(s.turn.Contact.Name), maxName), Phone: number}
	return s.advance(d)
}

// maxName and maxPhone bound what a messenger account may be called, in
// characters.
const (
	maxName  = 100
	maxPhone = 20
)
