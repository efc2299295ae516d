// Package bot holds the conversation: a turn comes in, a reply goes out, and
// everything the conversation must remember is committed in between. It decides
// what is said: fixed lanes first, then the knowledge.
//
// It knows no channel: nothing here depends on how a message arrived or how a
// reply is drawn.
package bot

import (
	"context"
	"log/slog"
	"time"

	"github.com/trolyao/trolyao/knowledge"
)

// ConversationID names one person's conversation on one channel. Only the
// channel that made it knows what it is made of.
type ConversationID string

// TurnID names one incoming message for good: a redelivered message has the
// same TurnID and gets the same reply.
type TurnID string

// ButtonID names what a button does. Only this package makes and reads them.
type ButtonID string

// Turn is one message of a person: text, or a pressed button.
type Turn struct {
	ID           TurnID
	Conversation ConversationID
	Text         string
	Button       ButtonID
	At           time.Time
}

// LogValue shows ids only: what people write is never logged.
func (t Turn) LogValue() slog.Value {
	return slog.GroupValue(slog.String("turn", string(t.ID)), slog.Bool("button", t.Button != ""))
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
	Text       string   `json:"text,omitempty"` // for every outcome but answer
	Buttons    []Button `json:"buttons,omitempty"`
}

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
// person.
type Conversation struct {
	ID      ConversationID
	Article knowledge.ID // the last one told about
	Offered []ButtonID   // choices of the last reply, for people who type "1"
	Turns   int
}

// Change is all that one turn changes, committed as one.
type Change struct {
	Conversation Conversation
	Reply        Reply
}

// Store keeps conversations and replies.
type Store interface {
	// Load returns the conversation, or a new one under that id.
	Load(ctx context.Context, id ConversationID) (Conversation, error)
	// Replied returns the committed reply to a turn, and whether there is one.
	Replied(ctx context.Context, id TurnID) (Reply, bool, error)
	// Commit stores the change under the turn's id, all or nothing.
	Commit(ctx context.Context, t Turn, c Change) error
}
