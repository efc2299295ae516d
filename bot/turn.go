// Package bot holds the conversation: a turn comes in, a reply goes out, and
// everything the conversation must remember is committed in between. It decides
// what is said: fixed lanes first, then the knowledge.
//
// It knows no channel: nothing here depends on how a message arrived or how a
// reply is drawn.
package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/knowledge"
)

// ConversationID names one person's conversation on one channel. Only the
// channel that made it knows what it is made of.
type ConversationID string

// TurnID names one incoming message for good: a redelivered message has the
// same TurnID and gets the same reply.
type TurnID string

// ButtonID names what a button does. Only this package makes and reads them. It
// has at most 64 bytes, which is what Telegram carries (Bot API, callback_data).
type ButtonID string

// Turn is one message of a person: text, a pressed button, files, a place on the
// map, or a telephone number.
type Turn struct {
	ID           TurnID
	Conversation ConversationID
	Channel      string // "web", "zalo"…
	Text         string
	Button       ButtonID
	Files        []File
	Place        *Place
	Contact      *Contact
	// At is when the channel took the turn. It may be answered much later, after
	// an outage; zero is the moment it is answered.
	At time.Time
}

// Place is where a person says something is. Name may be empty.
type Place struct {
	Lat, Long float64 // degrees
	Name      string
}

// Contact is how a person may be reached, from the person's own messenger
// account. Name may be empty.
type Contact struct{ Name, Phone string }

// File is what a person sends along. Its type is found in its content: what a
// channel says of it is not believed. It has no name, which may tell who sent it.
type File struct {
	Data []byte
	// TooLarge says that the file has more than MaxFile bytes and was not
	// fetched.
	TooLarge bool
}

// LogValue shows ids only: what people write is never logged.
func (t Turn) LogValue() slog.Value {
	return slog.GroupValue(slog.String("turn", string(t.ID)), slog.Bool("button", t.Button != ""), slog.Int("files", len(t.Files)))
}

// Outcome says what kind of reply this is.
type Outcome string

// The outcomes. Their names are part of the command-line and HTTP contracts.
const (
	OutcomeAnswer    Outcome = "answer"
	OutcomeChoices   Outcome = "choices"
	OutcomeAbstain   Outcome = "abstain"
	OutcomeEmergency Outcome = "emergency"
	OutcomeReport    Outcome = "report"
	OutcomeSmalltalk Outcome = "smalltalk"
	OutcomeRefuse    Outcome = "refuse"
)

// Reply is what the assistant says in return. Its JSON form is the contract of
// "trolyao ask --json" and of /api/chat.
type Reply struct {
	Outcome    Outcome  `json:"outcome"`
	Confidence float64  `json:"confidence,omitempty"` // 0 to 1, when the knowledge was searched
	Answer     *Answer  `json:"answer,omitempty"`
	Choices    []Choice `json:"choices,omitempty"`
	// Text is the reply for every outcome but answer. Beside an answer it is what
	// must be read before it: whom to call, when danger shows in the question.
	Text    string   `json:"text,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	// Files says that the assistant waits for text or for files, so that a
	// channel can offer to send some.
	Files bool `json:"files,omitempty"`
	// Wants says what else the assistant waits for, so that a channel can offer
	// a key for it.
	Wants Want `json:"wants,omitempty"`
}

// Want is something that a telephone knows and a person would have to type.
type Want string

// What can be wanted.
const (
	WantPlace   Want = "place"
	WantContact Want = "contact"
)

// Answer is approved text with what it rests on.
type Answer struct {
	Article knowledge.ID        `json:"article"`
	Section knowledge.SectionID `json:"section"`
	Title   string              `json:"title"`
	Text    string              `json:"text"` // plain, as shown
	Sources []Source            `json:"sources"`
	// EffectiveFrom and Reviewed are the dates of the rule and of our check.
	EffectiveFrom knowledge.Date `json:"effective_from,omitempty"`
	Reviewed      knowledge.Date `json:"reviewed"`
}

// Source is a document an answer rests on.
type Source struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// Choice is an article that may be meant.
type Choice struct {
	Article knowledge.ID        `json:"article"`
	Section knowledge.SectionID `json:"section"`
	Title   string              `json:"title"`
}

// Button is something to press instead of typing.
type Button struct {
	ID    ButtonID `json:"id"`
	Title string   `json:"title"`
}

// Handler answers turns. It has committed when it returns: a channel may
// acknowledge the message only then. The same TurnID gets the same reply.
type Handler interface {
	Handle(ctx context.Context, t Turn) (Reply, error)
}

// Conversation is what is remembered between turns. It holds no words of the
// person but those of a report being written, and the last question, masked.
type Conversation struct {
	ID      ConversationID
	Article knowledge.ID // the last one told about
	Offered []ButtonID   // choices of the last reply, for people who type "1"
	Misses  int          // replies in a row that did not help
	Asked   string       // the last question, masked: for staff, when the reply was wrong
	Starts  []time.Time  // reports begun within the last hour
	Guesses []time.Time  // receipt codes tried in vain within the last hour
	Draft   *Draft       // the report being written
	Unsent  bool         // one was begun, and neither sent nor given up: what is said may belong to it
	// Revision tells apart what one conversation was before and after a
	// commit. Load sets it, Commit compares it; 0 is a new conversation.
	Revision int64 `json:"-"`
}

// Change is all that one turn changes, committed as one.
type Change struct {
	Conversation Conversation
	Reply        Reply
	// Private marks a reply with words of a report in it: it is forgotten as
	// soon as the report is sent or given up.
	Private bool
	// Over says that the draft there was is sent, given up, or too old; one that
	// the conversation holds all the same is another.
	Over bool
	// Files are kept, sealed, with the draft that lists them.
	Files []handoff.File
	// Report is handed off, with the files of the draft. To is the report that
	// it adds to, "" when it is a new one.
	Report *handoff.Report
	To     handoff.ID

	Feedback   *Feedback
	Unanswered *Unanswered
	// Forget deletes everything held about the person, but reports that were
	// sent: those are the agency's. The conversation begins anew as it
	// stands in Conversation.
	Forget bool
}

// Feedback is what a person thinks of an answer.
type Feedback struct {
	Article knowledge.ID
	Good    bool
	Reason  string // one of the offered ones, "" when none was given
	Asked   string // the question, masked
}

// Unanswered is a question that could not be answered, masked.
type Unanswered struct {
	Asked   string
	Outcome Outcome
}

// ErrSeen is returned by Commit for a turn that has been committed before.
var ErrSeen = errors.New("turn has been committed before")

// ErrChanged is returned by Commit when the conversation is not the one that
// was loaded any more: another replica has answered meanwhile.
var ErrChanged = errors.New("conversation has changed since it was loaded")

// Store keeps conversations, replies and reports.
type Store interface {
	// Load returns the conversation, or a new one under that id.
	Load(ctx context.Context, id ConversationID) (Conversation, error)
	// Replied returns the committed reply to a turn, and whether there is one.
	// A private reply whose report is over comes back empty.
	Replied(ctx context.Context, id TurnID) (Reply, bool, error)
	// Commit stores the change under the turn's id, all or nothing. It returns
	// ErrSeen, and changes nothing, when the turn has been committed before,
	// and ErrChanged when the conversation has been since it was loaded.
	Commit(ctx context.Context, t Turn, c Change) error
	// Receipt returns what may be told about a report, and whether there is
	// one under the code.
	Receipt(ctx context.Context, code handoff.Code) (handoff.Receipt, bool, error)
}
