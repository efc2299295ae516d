// Package zalotest has stand-ins for the two ways into Zalo: the Official
// Account platform (OA: OpenAPI, OAuth and webhook deliveries) and the Bot
// Platform (Bot). Tests of the channel, crash tests and load tests talk to them
// over HTTP as they would to Zalo.
//
// The stand-ins are strict: they answer as the platforms are documented to,
// refuse what the platforms refuse, and note every breach of the rules in
// Problems, also where Zalo itself might let it pass. They repeat what Zalo
// repeats, vary what Zalo varies, and know nothing of the code they test.
package zalotest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf16"
)

// Message is what a person was sent.
type Message struct {
	ID, User, Text string
	Buttons        []Button
	At             time.Time
	Quota          string // what paid for it: "reply" (free) or "sub_quota"; "" on the Bot Platform
}

// Button is a button below a message.
type Button struct {
	Title, Type string
	Payload     string // the query, the address or the telephone number, by Type
}

// Call is a request that reached a stand-in, whatever became of it.
type Call struct {
	Method string
	Path   string            // the API path; on the Bot Platform the method's name, without the token
	Secret string            // the header access_token or secret_key, as sent
	Body   string            // as sent
	Fields map[string]string // of a form
	At     time.Time
}

// Fault is something that goes wrong with a request. Without Status, Code,
// HangUp and Body the answer is right but late; or lost, with After.
type Fault struct {
	Status int           // of the HTTP answer
	Code   int           // an error code in the body, with HTTP 200
	HangUp bool          // close the connection without an answer
	After  bool          // do the work first, then fail or lose the answer
	Delay  time.Duration // before the answer; without After also before the work
	Body   string        // of the HTTP answer, as it stands
}

// lost reports whether there is nothing to answer with.
func (f Fault) lost() bool {
	return f.HangUp || f.After && f.Status == 0 && f.Code == 0 && f.Body == ""
}

// units is the length of a text as the platforms count it here: UTF-16 code
// units, the strictest of the readings of "2000 characters".
func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// newID returns an id in the form of Zalo's message ids. It is random, so that
// one that outlived its stand-in in a database is not met again.
func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newToken returns a token that no one can guess.
func newToken() string { return rand.Text() + rand.Text() + rand.Text() }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // the caller may have left
}

// orElse fills in a default.
func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
