package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

// printReports lists reports, never their content.
func printReports(out io.Writer, entries []store.Entry, connected bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ĐƠN\tGỬI LÚC\tTÌNH TRẠNG\tSỐ LẦN\tGHI CHÚ")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", e.ID, when(e.Submitted), stateName(e.State), e.Attempts, remark(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !connected {
		fmt.Fprintln(out, "\nChưa có handoff.endpoint: các đơn đang được giữ, chưa chuyển cho cơ quan nào.")
	}
	return nil
}

func stateName(s handoff.State) string {
	switch s {
	case handoff.Delivered:
		return "đã chuyển"
	case handoff.Stuck:
		return "BỊ TỪ CHỐI"
	case handoff.Pending:
	}
	return "chờ chuyển"
}

func remark(e store.Entry) string {
	switch {
	case e.State == handoff.Delivered:
		return "số tiếp nhận " + e.Reference
	case e.Problem != "":
		return e.Problem
	case e.To != "":
		return "bổ sung cho " + string(e.To)
	}
	return ""
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(knowledge.Vietnam()).Format("02/01/2006 15:04")
}

// printEntry tells how a report stands and what happened to it.
func printEntry(out io.Writer, e store.Entry, events []handoff.Event) {
	fmt.Fprintf(out, "Đơn %s: %s\nGửi lúc %s qua %s, đã thử chuyển %d lần.\n", e.ID, stateName(e.State), when(e.Submitted), e.Channel, e.Attempts)
	if r := remark(e); r != "" {
		fmt.Fprintf(out, "Ghi chú: %s\n", r)
	}
	if e.State == handoff.Pending {
		fmt.Fprintf(out, "Lần thử tới: %s\n", when(e.NextAt))
	}
	seal := "bằng khoá của máy này (" + handoff.KeyFile + ")"
	if e.Foreign {
		seal = "bằng khoá của cơ quan tiếp nhận; máy này không mở được"
	}
	if e.Purged {
		seal = "đã xoá theo thời hạn"
	}
	fmt.Fprintf(out, "Nội dung: %d byte, niêm phong %s.\n\nSổ theo dõi:\n", e.Bytes, seal)
	for _, event := range events {
		fmt.Fprintf(out, "  %d. %s  %s  %s\n", event.Seq, event.At.In(knowledge.Vietnam()).Format("02/01/2006 15:04:05"), whatName(event.What), event.Detail)
	}
}

func whatName(w handoff.What) string {
	names := map[handoff.What]string{
		handoff.Received: "nhận và niêm phong", handoff.Acknowledged: "cơ quan xác nhận", handoff.Refused: "máy nhận từ chối",
		handoff.Requeued: "cho chuyển lại", handoff.Viewed: "mở xem", handoff.Purged: "xoá nội dung",
	}
	return names[w]
}

// printVerified tells that the custody record at a place is whole, and what to
// keep so that the next check finds out when its end is cut off.
func printVerified(out io.Writer, v store.Verified, place string) {
	fmt.Fprintf(out, "Sổ theo dõi nguyên vẹn: %d dòng, %d đơn.\nMã băm dòng cuối: %s\nChép mã này ra nơi khác; lần sau so lại thì biết sổ có bị cắt đuôi không (%s).\n",
		v.Events, v.Reports, v.Head, place)
}
