package bot

import (
	"fmt"
	"strings"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/knowledge"
)

// Limits for one conversation and hour. They bound beginning a report and
// trying codes; sending a report is never bounded: the law forbids refusing one
// (Bộ luật Tố tụng hình sự 2015, Điều 145).
const (
	maxStarts  = 5
	maxGuesses = 5
)

// receipt is what a person is told who has just sent a report.
func (s *scene) receipt(d *Draft) string {
	given := phraseSent
	if d.Supplement > 0 {
		given = phraseAdded
	}
	fate := phraseKept
	if s.cfg.Connected {
		fate = phraseOnItsWay
	}
	lines := []string{given + string(d.Code), phraseKeepCode, fate}
	for _, f := range d.Files {
		lines = append(lines, fmt.Sprintf("Tệp %s: SHA-256 %s…", f.Name, head(f.SHA256, 16)))
	}
	if d.Ongoing {
		lines = append(lines, phraseStillOngoing)
	}
	return strings.Join(lines, "\n")
}

// byCode answers a message that holds a receipt code.
func (s *scene) byCode() (Reply, bool) {
	text := s.turn.Text
	pressed, adds := strings.CutPrefix(string(s.pressed()), buttonMore)
	if adds {
		text = pressed
	}
	code, found, valid := handoff.FindCode(text)
	if !found {
		return Reply{}, false
	}
	guesses := s.change.Conversation.Guesses
	if !within(&guesses, maxGuesses, s.now) {
		return s.abstain(phraseManyGuesses), true
	}
	var receipt handoff.Receipt
	known := false
	if valid {
		if receipt, known = s.lookUp(code); s.failed != nil {
			return Reply{}, true
		}
	}
	if !known {
		// A wrong character and a code nobody has are told apart by nothing.
		s.change.Conversation.Guesses = guesses
		return Reply{Outcome: OutcomeReport, Text: phraseNoSuchCode}, true
	}
	if adds {
		return s.more(code, receipt), true
	}
	return Reply{Outcome: OutcomeReport, Text: s.status(receipt), Buttons: []Button{{buttonMore + ButtonID(code), titleMore}}}, true
}

// status tells how far a report has come, and no more than that.
func (s *scene) status(r handoff.Receipt) string {
	at := r.SubmittedAt.In(knowledge.Vietnam()).Format("15:04 ngày 02/01/2006")
	text := "Đơn gửi lúc " + at + ": "
	switch {
	case r.State == handoff.Delivered:
		text += "ĐÃ CHUYỂN tới cơ quan tiếp nhận lúc " + r.DeliveredAt.In(knowledge.Vietnam()).Format("15:04 ngày 02/01/2006") +
			". Số tiếp nhận của cơ quan: " + r.Reference + "."
	case !s.cfg.Connected:
		text += "đã nhận, đang giữ. " + phraseKept
	case r.State == handoff.Stuck:
		text += "đã nhận, CHƯA chuyển được; đơn vẫn được giữ nguyên và người quản trị đã được báo. Việc cần gấp, anh/chị gọi 113 hoặc đến Công an xã, phường."
	case r.State == handoff.Pending:
		text += "đã nhận, đang chuyển; chưa có xác nhận của cơ quan tiếp nhận. Việc cần gấp, anh/chị gọi 113 hoặc đến Công an xã, phường."
	}
	if r.Supplements > 0 {
		text += fmt.Sprintf(" Đã bổ sung %d lần.", r.Supplements)
	}
	return text
}

// more opens a draft that adds to a report sent before. Who adds agrees for
// himself: the code may have been passed on.
func (s *scene) more(code handoff.Code, r handoff.Receipt) Reply {
	d := &Draft{Step: stepNotice, Begun: s.now, Touched: s.now, Code: code, To: r.ID, Supplement: r.Supplements + 1}
	s.write(d)
	return s.ask(d, "")
}
