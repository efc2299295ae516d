package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/knowledge"
)

// shownErrors is how many of the errors in the folder the page lists.
const shownErrors = 20

// outcome is what came of the last order, as the page tells it.
type outcome struct {
	publish.Publication

	Errors   []knowledge.Problem // the first of them
	More     int                 // errors beside those
	Warnings int
	MayForce bool // it was refused for a reason that force passes over
}

func lastOrder(p publish.Publication) outcome {
	o := outcome{Publication: p, MayForce: p.Refused != "" && (p.Gate != nil || p.Refused == publish.ErrHeld.Error())}
	for _, problem := range p.Problems {
		switch {
		case problem.Severity != knowledge.Error:
			o.Warnings++
		case len(o.Errors) < shownErrors:
			o.Errors = append(o.Errors, problem)
		default:
			o.More++
		}
	}
	return o
}

// shownPublications is how many of the last publications the page lists.
const shownPublications = 10

func (c *Console) publications(ctx context.Context, data map[string]any) error {
	records, unread := c.publisher.History(ctx, shownPublications)
	versions, err := c.publisher.Versions()
	if err != nil {
		return err
	}
	slices.Reverse(records)
	slices.Reverse(versions)
	data["History"], data["Versions"] = records, versions
	return unread
}

// orderTime is how long an order may take before its answer is given up.
const orderTime = 10 * time.Minute

func (c *Console) reindexPage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if c.loggedIn(r) {
		o := publish.Order{Request: publish.Request{By: publish.ByConsole, Force: r.PostFormValue("force") != ""}, To: r.PostFormValue("to")}
		_, _ = c.order(w, r, o) // the page shows the outcome
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// rollbackPage asks whether an earlier version shall be live again.
func (c *Console) rollbackPage(w http.ResponseWriter, r *http.Request) {
	if !c.loggedIn(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	versions, err := c.publisher.Versions()
	if err != nil {
		c.log.ErrorContext(r.Context(), "kept versions not read", "err", err)
	}
	data := map[string]any{"Name": c.cfg.Name}
	status := http.StatusNotFound
	for _, v := range versions {
		if v.ID == r.FormValue("to") && !v.Live {
			data["Version"], status = v, http.StatusOK
		}
	}
	c.render(w, status, "rollback.html", data)
}

// order carries out what was ordered, however long it takes.
func (c *Console) order(w http.ResponseWriter, r *http.Request, o publish.Order) (publish.Publication, error) {
	// Thousands of articles take longer than a page may.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(orderTime)); err != nil {
		c.log.WarnContext(r.Context(), "no time for a long order", "err", err)
	}
	// Somebody who goes away does not stop what he has ordered by half.
	return c.publisher.Do(context.WithoutCancel(r.Context()), o)
}

// reindex is the same for programs. Without a body it publishes the folder.
func (c *Console) reindex(w http.ResponseWriter, r *http.Request) {
	if err := c.ordered(r); err != nil {
		w.Header().Set("WWW-Authenticate", `Basic realm="trolyao"`)
		writeJSON(w, refuse(w, err), map[string]any{"error": err.Error()})
		return
	}
	o := publish.Order{Request: publish.Request{By: publish.ByConsole}}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": `nội dung phải là {"force":…, "rollback":…, "to":"…", "by":"…"}, hoặc để trống`})
		return
	}
	p, err := c.order(w, r, o)
	status := http.StatusOK
	if err != nil {
		status = http.StatusConflict
	}
	writeJSON(w, status, publish.NewReport(p, err))
}
