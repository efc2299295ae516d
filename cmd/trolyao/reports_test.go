package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

// TestSaveReport wants the files of a report to lie beside it, whatever their
// names say.
func TestSaveReport(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mo")
	var out strings.Builder
	err := saveReport(&out, folder, handoff.Report{Story: "máy bơm", Evidence: []handoff.File{
		{Name: "../../anh.jpg", Data: []byte("ảnh")}, {Name: "/etc/x", Data: []byte("tệp")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"1.jpg": "ảnh", "2": "tệp", "report.json": "máy bơm"} {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.Contains(string(got), want) || !strings.Contains(out.String(), filepath.Join(folder, name)) {
			t.Errorf("%s: %v %s", name, err, got)
		}
	}
}

// TestRetryAllBesideServer wants a report that the server delivers after the list
// was made to keep none of the others back.
func TestRetryAllBesideServer(t *testing.T) {
	db := storetest.Open(t, t.TempDir(), time.Now)
	var ids []handoff.ID
	for _, turn := range []bot.TurnID{"1", "2"} {
		code := handoff.NewCode()
		if err := db.Commit(t.Context(), bot.Turn{ID: turn, Conversation: bot.ConversationID("web:" + turn)}, bot.Change{Report: &handoff.Report{Code: code, Channel: "web"}}); err != nil {
			t.Fatal(err)
		}
		e, err := db.FindReport(t.Context(), string(code))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	if err := db.Settle(t.Context(), ids[0], handoff.Result{State: handoff.Delivered, At: time.Now(), Reference: "1"}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n, err := retryReports(t.Context(), &out, db, []string{string(ids[0])}, true)
	if err != nil || n != 1 || !strings.Contains(out.String(), string(ids[1])) || strings.Contains(out.String(), string(ids[0])) {
		t.Errorf("%d %v\n%s", n, err, out.String())
	}
	if _, err := retryReports(t.Context(), &out, db, []string{string(ids[0])}, false); err == nil || !strings.Contains(err.Error(), "đã chuyển xong") {
		t.Errorf("a delivered report that was named: %v", err)
	}
}
