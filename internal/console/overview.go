package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/knowledge"
)

func (c *Console) home(w http.ResponseWriter, r *http.Request) {
	if !c.loggedIn(r) {
		c.render(w, http.StatusOK, "login.html", map[string]any{"Name": c.cfg.Name})
		return
	}
	data := map[string]any{
		"Name": c.cfg.Name, "Last": lastOrder(c.publisher.Last()), "Turns": c.turns(), "Started": vietnamTime(c.started),
		"Connected": c.cfg.Connected, "Sealed": c.cfg.Sealed,
	}
	if c.cfg.Channels != nil {
		data["Channels"] = c.cfg.Channels()
	}
	if err := errors.Join(c.publications(r.Context(), data), c.overview(r.Context(), data)); err != nil {
		c.log.ErrorContext(r.Context(), "page lacks what the database holds", "err", err)
		data["Trouble"] = true
	}
	if v, err := c.index.Acquire(); err == nil {
		today := knowledge.DateOf(time.Now())
		var due, expired []*knowledge.Article
		for _, a := range v.Base().Articles {
			if !a.InForce(today) {
				expired = append(expired, a)
			} else if a.ReviewDue(today) {
				due = append(due, a)
			}
		}
		data["Version"], data["Created"], data["Articles"] = v.ID(), vietnamTime(v.Created()), len(v.Base().Articles)
		data["Due"], data["Expired"] = due, expired
		v.Release()
	}
	c.render(w, http.StatusOK, "home.html", data)
}

// shown is how many of the last unanswered questions, of the articles that did
// not help and of the last complaints the page lists.
const shown = 20

// overview shows how reports stand, and where the knowledge did not help, masked.
// With an error it shows what could be read.
func (c *Console) overview(ctx context.Context, data map[string]any) error {
	outbox, unread := c.store.Outbox(ctx)
	if unread == nil {
		data["Reports"] = outbox
	}
	questions, err := c.store.Unanswered(ctx, shown)
	data["Unanswered"] = questions
	opinions, complaints, unheard := c.store.Feedback(ctx, shown)
	data["Opinions"], data["Complaints"] = opinions, complaints
	return errors.Join(unread, err, unheard)
}

// reason is why an answer did not help, for staff.
func reason(id string) string {
	for _, r := range bot.Reasons() {
		if string(r.ID) == id {
			return r.Title
		}
	}
	return "Không nói vì sao"
}
