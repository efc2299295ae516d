package handoff

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is one line of the custody record: what happened to a report, when. Each
// holds the hash of the one before it, so that none can be changed or taken out
// unseen.
type Event struct {
	Seq    int64
	At     time.Time
	Report ID
	What   What
	Detail string // never of the report's content
	Prev   string
	Hash   string
}

// What is what happens to reports.
type What string

// Everything that is recorded.
const (
	Received     What = "received"     // submitted and sealed
	Acknowledged What = "acknowledged" // by the agency, with its reference
	Refused      What = "refused"      // by the agency's endpoint
	Requeued     What = "requeued"     // by an admin, to be tried again
	Viewed       What = "viewed"       // opened with a key, by whom
	Purged       What = "purged"       // the content is gone, after its time
)

// Link puts an event behind the one whose hash is prev.
func (e Event) Link(prev string) Event {
	e.Prev = prev
	e.Hash = e.hash()
	return e
}

func (e Event) hash() string {
	h := sha256.New()
	// Every field has its length before it: no two events read the same.
	for _, field := range []string{e.Prev, strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.At.UnixMilli(), 10), string(e.Report), string(e.What), e.Detail} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Chain checks events one after another, from the first.
type Chain struct {
	last   Event
	Events int64
}

// Head is the hash of the last event. An admin who notes it elsewhere can tell
// later that nothing before it was cut off.
func (c *Chain) Head() string { return c.last.Hash }

// Check takes the next event. The error says where the record was tampered with.
func (c *Chain) Check(e Event) error {
	var wrong []string
	if e.Seq != c.last.Seq+1 {
		wrong = append(wrong, fmt.Sprintf("sau dòng %d là dòng %d", c.last.Seq, e.Seq))
	}
	if e.Prev != c.last.Hash {
		wrong = append(wrong, "không nối với dòng trước")
	}
	if e.Hash != e.hash() {
		wrong = append(wrong, "nội dung không khớp mã băm")
	}
	c.last = e
	c.Events++
	if wrong != nil {
		return fmt.Errorf("sổ theo dõi đơn bị sửa ở dòng %d: %s", e.Seq, strings.Join(wrong, ", "))
	}
	return nil
}
