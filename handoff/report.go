// Package handoff carries a citizen's report to the agency that handles it,
// without loss: it seals the report, keeps it in an outbox, delivers it until
// the agency acknowledges, and keeps a chained record of what happened to it.
//
// It must not know conversations, channels or how the outbox is stored.
package handoff

import (
	"log/slog"
	"time"
)

// Schema names the form of a report on the wire.
const Schema = "trolyao.report/1"

// ID names a report for good. It is random, says nothing, and is the
// idempotency key ("webhook-id") of every attempt to deliver it.
type ID string

// Report is what a citizen reports, as it travels. Its JSON form is a contract.
type Report struct {
	Schema      string    `json:"schema"`
	Code        Code      `json:"code"`
	SubmittedAt time.Time `json:"submitted_at"`
	Channel     string    `json:"channel"`
	Kind        string    `json:"kind"`
	Ongoing     bool      `json:"ongoing"`
	When        string    `json:"when"` // a date, else the citizen's words, "" when not known
	Where       Where     `json:"where"`
	Story       string    `json:"story"`
	People      string    `json:"people"`
	Evidence    []File    `json:"evidence"`
	Reporter    Reporter  `json:"reporter"`
	Consent     Consent   `json:"consent"`
	// Supplement numbers what is added to a report later, from 1. It travels
	// under the code of the report that it adds to.
	Supplement int `json:"supplement,omitempty"`
}

// LogValue shows nothing of a report.
func (Report) LogValue() slog.Value { return slog.StringValue("<đơn tố giác>") }

// Where is the place of what happened.
type Where struct {
	Commune string `json:"commune,omitempty"`
	Text    string `json:"text,omitempty"`
	Unknown bool   `json:"unknown"`
}

// File is a piece of evidence, as it was received.
type File struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Bytes     int    `json:"bytes"`
	SHA256    string `json:"sha256"` // in hexadecimal, taken at receipt
	Data      []byte `json:"data"`
}

// Disclosure is how much of the reporter's identity the agency may use.
type Disclosure string

// The choices of the form.
const (
	Confidential Disclosure = "confidential" // known to the agency, kept secret
	Contact      Disclosure = "contact"      // the agency may call back
	None         Disclosure = "none"         // nothing given
)

// Reporter is who reports, as far as he says.
type Reporter struct {
	Disclosure Disclosure `json:"disclosure"`
	Name       string     `json:"name,omitempty"`
	Phone      string     `json:"phone,omitempty"`
}

// Consent is which notice the reporter agreed to, and when.
type Consent struct {
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// State is how far a report has come.
type State string

// The states. A report never leaves the outbox but by being acknowledged.
const (
	Pending   State = "pending"   // to be delivered, again and again
	Stuck     State = "stuck"     // the agency's endpoint refuses it; a person must look
	Delivered State = "delivered" // acknowledged, with the agency's reference
)

// Receipt is what a citizen may learn about a report by its code.
type Receipt struct {
	ID          ID
	State       State
	SubmittedAt time.Time
	DeliveredAt time.Time
	Reference   string // the agency's, when delivered
	Supplements int    // how often something was added
}
