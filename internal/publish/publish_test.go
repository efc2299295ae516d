package publish_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store/storetest"
	"github.com/trolyao/trolyao/knowledge"
)

var matters = []string{
	"nuôi chim bồ câu", "trồng cây bàng", "đào giếng khoan", "mở sạp chợ đêm", "thuê sân bóng",
	"gửi xe máy cũ", "treo biển quảng cáo", "mượn loa phường", "thả cá hồ sen", "bán nước mía",
	"sửa mái nhà dột", "vẽ tường trường học",
}

func now() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, knowledge.Vietnam()) }

// folder is a knowledge folder on disk with an article for each matter.
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T) folder {
	t.Helper()
	f := folder{t, t.TempDir()}
	// What people say besides would take most of the time.
	f.write("lanes/examples.tsv", bottest.FewExamples)
	f.write("lexicon/outside.tsv", "message\ngiá vàng\n")
	f.write("lexicon/followups.tsv", "message\tsection\nbao lâu\tthoi-han\n")
	for i := range matters {
		f.article(i, matters[i])
	}
	var questions strings.Builder
	for i, m := range matters {
		fmt.Fprintf(&questions, `{"question":"tôi muốn %s thì hỏi ai","expect":["bai-%d"],"outcome":"answer","style":"trang-trong"}`+"\n", m, i)
	}
	f.write("questions.jsonl", questions.String())
	return f
}

func (f folder) write(name, content string) {
	f.t.Helper()
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// article writes article i so that it is about the matter.
func (f folder) article(i int, matter string) {
	f.t.Helper()
	f.write(fmt.Sprintf("articles/thu/bai-%d.md", i), fmt.Sprintf(`---
title: Xin phép %[1]s
category: thu
questions: ["%[1]s phải xin ai", "%[1]s cần giấy gì", "muốn %[1]s", "%[1]s mất bao nhiêu tiền", "%[1]s ở đâu"]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Ai muốn %[1]s thì hỏi xã.
`, matter))
}

func (f folder) remove(i int) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, fmt.Sprintf("articles/thu/bai-%d.md", i))); err != nil {
		f.t.Fatal(err)
	}
}

// desk is a publisher over a folder, with an index on disk.
type desk struct {
	*publish.Publisher
	x *index.Index
}

func newDesk(t *testing.T, f folder, data string) desk {
	t.Helper()
	return newDeskWith(t, f, data, storetest.Open(t, data, now))
}

// newDeskWith records in a ledger of its own.
func newDeskWith(t *testing.T, f folder, data string, ledger publish.Ledger) desk {
	t.Helper()
	x, err := index.Open(data, 5, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return desk{publish.New(publish.Config{
		Folder: os.DirFS(f.dir), Index: x, Ledger: ledger, Beside: data, Prepare: func(*knowledge.Base) error { return nil },
		Log: slog.New(slog.DiscardHandler), Now: now,
	}), x}
}

func (d desk) publish(t *testing.T, req publish.Request) publish.Publication {
	t.Helper()
	p, err := d.Publish(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// live is the version that is served, with how many articles.
func (d desk) live(t *testing.T) (id string, articles int) {
	t.Helper()
	v, err := d.x.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	return v.ID(), len(v.Base().Articles)
}

// TestRefused tries to publish what must not go live: each time the old version
// stays, and the message names what to mend.
func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(f folder)
		want  []string
	}{
		"broken":  {func(f folder) { f.write("articles/thu/bai-3.md", "---\ntitle: x\n") }, []string{"kho tri thức có lỗi"}},
		"emptied": {func(f folder) { _ = os.RemoveAll(filepath.Join(f.dir, "articles")) }, []string{"không có bài nào"}},
		"half gone": {func(f folder) {
			for i := range 6 {
				f.remove(i)
			}
		}, []string{"bỏ mất 6 trong 12 bài", "--force"}},
		"regressing": {func(f folder) {
			f.article(0, "trồng cây sao đen")
			f.article(1, "tát đìa bắt cá")
		}, []string{"questions.jsonl", `"tôi muốn nuôi chim bồ câu thì hỏi ai": phải ra bai-0, nay ra `, "trước là 100,0 %, trong 12 câu"}},
		"questions file broken": {func(f folder) { f.write("questions.jsonl", "{") }, []string{"kho tri thức có lỗi"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			d := newDesk(t, f, t.TempDir())
			first := d.publish(t, publish.Request{By: "lan"})
			tc.spoil(f)
			p, err := d.Publish(t.Context(), publish.Request{By: "minh"})
			if err == nil {
				t.Fatalf("published: %+v", p)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message lacks %q:\n%v", want, err)
				}
			}
			if id, n := d.live(t); id != first.To || n != len(matters) {
				t.Errorf("live is %s with %d articles", id, n)
			}
			records, err := d.History(t.Context(), 100)
			if err != nil || len(records) != 2 || records[1].By != "minh" || records[1].Refused == "" || records[1].To != "" {
				t.Errorf("recorded %+v, %v", records, err)
			}
			if kept, err := d.Versions(); err != nil || len(kept) != 1 || kept[0].ID != first.To || !kept[0].Live {
				t.Errorf("what was refused is kept: %+v, %v", kept, err)
			}
		})
	}
}

// TestLastWhilePublishing asks for the last outcome while the next one takes its
// time: the console shows it on its first page.
func TestLastWhilePublishing(t *testing.T) {
	f := newFolder(t)
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	preparing, finish := make(chan struct{}, 1), make(chan struct{})
	p := publish.New(publish.Config{
		Folder: os.DirFS(f.dir), Index: x, Log: slog.New(slog.DiscardHandler), Now: now,
		Prepare: func(*knowledge.Base) error {
			preparing <- struct{}{}
			<-finish
			return nil
		},
	})
	done := make(chan error, 1)
	go func() {
		_, err := p.Publish(t.Context(), publish.Request{By: "lan"})
		done <- err
	}()
	<-preparing
	last := make(chan publish.Publication, 1)
	go func() { last <- p.Last() }()
	select {
	case got := <-last:
		if got.By != "" {
			t.Errorf("nothing has been published yet: %+v", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("nobody is told while something is published")
	}
	close(finish)
	if err := <-done; err != nil || p.Last().By != "lan" {
		t.Errorf("last %+v, %v", p.Last(), err)
	}
}

// TestForce takes a worse version live all the same, and that is recorded.
func TestForce(t *testing.T) {
	f := newFolder(t)
	d := newDesk(t, f, t.TempDir())
	d.publish(t, publish.Request{By: "lan"})
	for i := range 6 {
		f.remove(i)
	}
	p := d.publish(t, publish.Request{By: "minh", Force: true})
	if !p.Forced || p.Gate == nil || p.Gate.Removed != 6 || len(p.Changes.Removed) != 6 {
		t.Errorf("%+v", p)
	}
	if _, n := d.live(t); n != 6 {
		t.Errorf("%d articles are live", n)
	}
}

// examples writes so many examples of danger, and one question.
func (f folder) examples(emergency, report, caution int) {
	f.t.Helper()
	var b strings.Builder
	b.WriteString("lane\tmessage\nquestion\thỏi cho biết\n")
	for lane, n := range map[string]int{"emergency": emergency, "report": report, "caution": caution} {
		for i := range n {
			fmt.Fprintf(&b, "%s\tchuyện %s thứ %d\n", lane, lane, i)
		}
	}
	f.write("lanes/examples.tsv", b.String())
}

// TestFewerExamples refuses a version that was taught less of danger: a file cut
// off at the end of a line looks whole.
func TestFewerExamples(t *testing.T) {
	f := newFolder(t)
	f.examples(20, 20, 20)
	d := newDesk(t, f, t.TempDir())
	d.publish(t, publish.Request{})
	f.examples(20, 18, 17)
	_, err := d.Publish(t.Context(), publish.Request{})
	if _, ok := errors.AsType[*publish.RegressionError](err); !ok || !strings.Contains(err.Error(), "lanes/examples.tsv: ví dụ của làn caution chỉ còn 17, trước là 20") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "làn emergency") || strings.Contains(err.Error(), "làn report") {
		t.Errorf("a lane that lost no more than a tenth is named: %v", err)
	}
	if p := d.publish(t, publish.Request{Force: true}); !p.Forced {
		t.Errorf("%+v", p)
	}
	f.examples(18, 17, 17)
	d.publish(t, publish.Request{})
}

// TestMust refuses a version that gets a question wrong which has to be right.
func TestMust(t *testing.T) {
	f := newFolder(t)
	f.write("questions.jsonl", `{"question":"cháy nhà rồi","outcome":"emergency","style":"khan-cap","must":true}
{"question":"nuôi","expect":["bai-0"],"outcome":"choices","must":true}`)
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	outcome, offered := "emergency", []knowledge.ID{"bai-1", "bai-0"}
	p := publish.New(publish.Config{
		Folder: os.DirFS(f.dir), Index: x, Prepare: func(*knowledge.Base) error { return nil }, Log: slog.New(slog.DiscardHandler), Now: now,
		Ask: func(_ context.Context, v *index.Version, messages []string) (string, []knowledge.ID, error) {
			if len(v.Base().Articles) != len(matters) || len(messages) != 1 {
				return "", nil, errors.New("not the new version, or not the question")
			}
			if messages[0] == "nuôi" {
				return "choices", offered, nil
			}
			return outcome, nil, nil
		},
	})
	if _, err := p.Publish(t.Context(), publish.Request{}); err != nil {
		t.Fatal(err)
	}
	f.article(0, "nuôi chim bồ câu non")
	outcome = "answer"
	_, err := p.Publish(t.Context(), publish.Request{})
	if _, ok := errors.AsType[*publish.RegressionError](err); !ok || !strings.Contains(err.Error(), `"cháy nhà rồi": phải ra emergency, nay ra answer`) {
		t.Errorf("got %v", err)
	}
	outcome, offered = "emergency", offered[:1]
	if _, err := p.Publish(t.Context(), publish.Request{}); err == nil || !strings.Contains(err.Error(), `"nuôi": phải ra bai-0, nay ra choices bai-1`) {
		t.Errorf("got %v", err)
	}
	offered = []knowledge.ID{"bai-0"}
	if _, err := p.Publish(t.Context(), publish.Request{}); err != nil {
		t.Error(err)
	}
}

// TestDanger refuses a version that no longer recognises danger, whatever its
// folder asks itself. Where the live version does not recognise it either, nothing
// is lost by publishing; what the folder asks itself it has the say of.
func TestDanger(t *testing.T) {
	const own = "cháy nhà rồi, cứu với"
	f := newFolder(t)
	f.write("questions.jsonl", fmt.Sprintf(`{"question":%q,"outcome":"emergency","style":"khan-cap","must":true}`, own))
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	deaf := func(*index.Version) bool { return false }
	asked := map[string]int{}
	p := publish.New(publish.Config{
		Folder: os.DirFS(f.dir), Index: x, Prepare: func(*knowledge.Base) error { return nil }, Log: slog.New(slog.DiscardHandler), Now: now,
		Ask: func(_ context.Context, v *index.Version, messages []string) (string, []knowledge.ID, error) {
			question := messages[len(messages)-1]
			asked[v.ID()+question]++
			if deaf(v) && question != own {
				return "abstain", nil, nil
			}
			return "emergency", nil, nil
		},
	})
	first, err := p.Publish(t.Context(), publish.Request{})
	if err != nil {
		t.Fatal(err)
	}
	f.article(0, "nuôi chim bồ câu non")
	deaf = func(v *index.Version) bool { return v.ID() != first.To }
	_, err = p.Publish(t.Context(), publish.Request{})
	refusal, ok := errors.AsType[*publish.RegressionError](err)
	if !ok || !strings.Contains(err.Error(), "câu kêu cứu mà bản đang chạy nhận ra, bản mới không nhận ra") || !strings.Contains(err.Error(), "phải ra emergency, nay ra abstain") {
		t.Fatalf("got %v", err)
	}
	if n := len(refusal.Gate.Unheard); n < 50 || refusal.Gate.Must != n+1 {
		t.Errorf("%d questions are lost of %d", n, refusal.Gate.Must)
	}
	for question, times := range asked {
		if times > 1 {
			t.Errorf("%s was asked %d times", question, times)
		}
	}
	if _, err := p.Publish(t.Context(), publish.Request{Force: true}); err != nil {
		t.Error(err)
	}
	f.article(0, "nuôi chim bồ câu già")
	if _, err := p.Publish(t.Context(), publish.Request{}); err != nil {
		t.Errorf("nothing is lost: %v", err)
	}
}

// TestRollback goes back twice, and keeps what was rolled back from going live
// again by itself, over a restart too, until it changes.
func TestRollback(t *testing.T) {
	f := newFolder(t)
	data := t.TempDir()
	d := newDesk(t, f, data)
	ids := []string{d.publish(t, publish.Request{}).To}
	for i := range 2 {
		f.write("articles/thu/them.md", strings.ReplaceAll(readFile(t, f, "articles/thu/bai-0.md"), "bồ câu", []string{"chích chòe", "cu gáy"}[i]))
		ids = append(ids, d.publish(t, publish.Request{}).To)
	}
	for _, want := range []string{ids[1], ids[0]} {
		p, err := d.Rollback(t.Context(), "lan", "")
		if err != nil || p.To != want {
			t.Fatalf("rolled back to %q (%v), want %q", p.To, err, want)
		}
		if id, _ := d.live(t); id != want {
			t.Errorf("live is %s, want %s", id, want)
		}
	}
	if _, err := d.Rollback(t.Context(), "lan", ""); !errors.Is(err, publish.ErrNoEarlier) {
		t.Errorf("there is nothing before the first: %v", err)
	}
	if _, err := d.Rollback(t.Context(), "lan", "../../etc"); !errors.Is(err, publish.ErrNotKept) {
		t.Errorf("no such version: %v", err)
	}
	if _, err := d.Rollback(t.Context(), "lan", ids[2]); err != nil {
		t.Errorf("forward to the newest: %v", err)
	}
	if _, err := d.Rollback(t.Context(), "lan", ids[1]); err != nil {
		t.Error(err)
	}
	d.x.Close()

	again := newDesk(t, f, data)
	if id, _ := again.live(t); id != ids[1] {
		t.Errorf("after a restart %s is live, want %s", id, ids[1])
	}
	if _, err := again.Publish(t.Context(), publish.Request{By: publish.ByStart}); !errors.Is(err, publish.ErrHeld) {
		t.Errorf("what was rolled back goes live by itself: %v", err)
	}
	if _, err := again.Rollback(t.Context(), "lan", "2026nope"); !errors.Is(err, publish.ErrNotKept) {
		t.Errorf("a slip in the version: %v", err)
	}
	if _, err := again.Publish(t.Context(), publish.Request{By: "watch"}); !errors.Is(err, publish.ErrHeld) {
		t.Errorf("after the slip what was rolled back goes live by itself: %v", err)
	}
	f.article(3, "mở sạp chợ phiên")
	if p := again.publish(t, publish.Request{}); p.From != ids[1] || len(p.Changes.Changed) == 0 {
		t.Errorf("mended knowledge: %+v", p)
	}
}

// TestRolledBackTwice goes back twice in a row: a restart publishes neither of
// what was rolled back again, until something else has been published. What one
// goes forward to is not held any more.
func TestRolledBackTwice(t *testing.T) {
	f := newFolder(t)
	data := t.TempDir()
	d := newDesk(t, f, data)
	ids := []string{d.publish(t, publish.Request{}).To}
	texts := []string{readFile(t, f, "articles/thu/bai-3.md")}
	for _, matter := range []string{"mở sạp chợ phiên", "mở sạp chợ hoa"} {
		f.article(3, matter)
		texts = append(texts, readFile(t, f, "articles/thu/bai-3.md"))
		ids = append(ids, d.publish(t, publish.Request{}).To)
	}
	restart := func() {
		t.Helper()
		d.x.Close()
		d = newDesk(t, f, data)
	}
	refused := func(edition int) {
		t.Helper()
		f.write("articles/thu/bai-3.md", texts[edition])
		if p, err := d.Publish(t.Context(), publish.Request{By: publish.ByStart}); !errors.Is(err, publish.ErrHeld) {
			t.Errorf("edition %d goes live by itself: %s, %v", edition, p.To, err)
		}
	}
	for range 2 {
		if _, err := d.Rollback(t.Context(), "lan", ""); err != nil {
			t.Fatal(err)
		}
	}
	restart()
	refused(2)
	refused(1)
	if _, err := d.Rollback(t.Context(), "lan", ids[2]); err != nil {
		t.Fatal(err)
	}
	restart()
	refused(1)
	refused(0)
	f.write("articles/thu/bai-3.md", texts[2])
	if p := d.publish(t, publish.Request{By: publish.ByStart}); !p.Unchanged() || p.To != ids[2] {
		t.Errorf("what was gone forward to: %s, live was %s", p.To, p.From)
	}
	f.write("articles/thu/bai-3.md", texts[1]) // released by the publication
	d.publish(t, publish.Request{By: "lan"})
}

// TestHeldByEarlierProgram reads what an earlier version of the program holds
// back: one digest, with and without the end of its line.
func TestHeldByEarlierProgram(t *testing.T) {
	for _, end := range []string{"\n", ""} {
		f := newFolder(t)
		data := t.TempDir()
		d := newDesk(t, f, data)
		d.publish(t, publish.Request{})
		f.article(3, "mở sạp chợ phiên")
		base, _, err := knowledge.Load(os.DirFS(f.dir), knowledge.DateOf(now()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "held"), []byte(base.Digest+end), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Publish(t.Context(), publish.Request{}); !errors.Is(err, publish.ErrHeld) {
			t.Errorf("got %v", err)
		}
		d.publish(t, publish.Request{Force: true})
		if _, err := os.Stat(filepath.Join(data, "held")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("still held after it was forced: %v", err)
		}
	}
}

func readFile(t *testing.T, f folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// moody is a ledger that at times does not take or tell anything.
type moody struct {
	publish.Ledger

	away, deaf bool // deaf: it has taken them, and the answer is lost
}

func (m *moody) RecordPublications(ctx context.Context, all ...publish.Publication) error {
	if m.away {
		return errors.New("cơ sở dữ liệu đang nghỉ")
	}
	err := m.Ledger.RecordPublications(ctx, all...)
	if m.deaf {
		err = errors.Join(err, errors.New("đứt mạng"))
	}
	return err
}

func (m *moody) Publications(ctx context.Context, last int) ([]publish.Publication, error) {
	if m.away {
		return nil, errors.New("cơ sở dữ liệu đang nghỉ")
	}
	return m.Ledger.Publications(ctx, last)
}

func (d desk) recorded(t *testing.T) (by []string) {
	t.Helper()
	records, err := d.History(t.Context(), 100)
	if err != nil {
		t.Error(err)
	}
	for _, r := range records {
		by = append(by, r.By)
	}
	return by
}

// TestLedgerAway publishes while the ledger does not take anything: the version
// goes live, people are told, and what waits is taken over once, in order, with
// a line that a crash cut short passed over.
func TestLedgerAway(t *testing.T) {
	f := newFolder(t)
	data := t.TempDir()
	ledger := &moody{Ledger: storetest.Open(t, t.TempDir(), now)}
	d := newDeskWith(t, f, data, ledger)
	first := d.publish(t, publish.Request{By: "lan"})
	file := filepath.Join(data, "publications.jsonl")
	ledger.away = true
	f.article(3, "mở sạp chợ phiên")
	p := d.publish(t, publish.Request{By: "minh"})
	if id, _ := d.live(t); id != p.To || !strings.Contains(p.Unrecorded, "publications.jsonl") || d.Last().Unrecorded != p.Unrecorded {
		t.Errorf("live %s, %+v", id, p)
	}
	if records, err := d.History(t.Context(), 100); err == nil || len(records) != 1 || records[0].By != "minh" {
		t.Errorf("what can be read: %+v, %v", records, err)
	}
	if p, err := d.Rollback(t.Context(), "hoa", ""); err != nil || p.To != first.To {
		t.Errorf("rolled back to %+v, %v", p, err)
	}
	if records, err := d.History(t.Context(), 1); err == nil || len(records) != 1 || records[0].By != "hoa" {
		t.Errorf("the last that can be read: %+v, %v", records, err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(whole, `{"at":"2026-11-2`...), 0o600); err != nil {
		t.Fatal(err)
	}
	f.article(3, "mở sạp chợ hoa")
	if p := d.publish(t, publish.Request{By: "tam"}); p.Unrecorded == "" {
		t.Error("nobody is told")
	}
	ledger.away, ledger.deaf = false, true // taken over, but nobody knows
	f.article(3, "mở sạp chợ tết")
	d.publish(t, publish.Request{By: "duc"})
	ledger.deaf = false
	if p := d.publish(t, publish.Request{By: publish.ByStart}); !p.Unchanged() || p.Unrecorded != "" {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]string{"lan", "minh", "hoa", "tam", "duc"}, d.recorded(t)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	// Where nothing can be written, that is said too.
	ledger.away = true
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	f.article(3, "mở sạp chợ nổi")
	if p := d.publish(t, publish.Request{By: "lan"}); p.Unrecorded == "" || strings.Contains(p.Unrecorded, "tự chuyển vào") {
		t.Errorf("%+v", p)
	}
}

// TestEarlierRecord starts over a data folder of a version that knew no ledger:
// all its lines are taken over, once, and a rollback still knows where to go.
func TestEarlierRecord(t *testing.T) {
	f := newFolder(t)
	data := t.TempDir()
	away := &moody{Ledger: storetest.Open(t, data, now), away: true} // writes the file, as earlier versions did
	d := newDeskWith(t, f, data, away)
	first := d.publish(t, publish.Request{By: "lan"})
	for i := range 3 {
		f.article(3, "mở sạp chợ phiên "+[]string{"một", "hai", "ba"}[i])
		d.publish(t, publish.Request{By: "minh", Force: i == 2})
	}
	if _, err := d.Rollback(t.Context(), "hoa", first.To); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(data, "publications.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	d.x.Close()
	again := newDesk(t, f, data)
	if _, err := again.Publish(t.Context(), publish.Request{By: publish.ByStart}); !errors.Is(err, publish.ErrHeld) {
		t.Errorf("started with %v", err)
	}
	records, err := again.History(t.Context(), 100)
	if err != nil || len(records) != 6 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(want)), "\n") {
		var p publish.Publication
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, records[i]); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "publications.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestUnchanged publishes the same folder twice; nothing happens and nothing is
// recorded.
func TestUnchanged(t *testing.T) {
	d := newDesk(t, newFolder(t), t.TempDir())
	first := d.publish(t, publish.Request{})
	if second := d.publish(t, publish.Request{}); !second.Unchanged() || second.To != first.To {
		t.Errorf("%+v", second)
	}
	if records, err := d.History(t.Context(), 100); err != nil || len(records) != 1 {
		t.Errorf("recorded %+v, %v", records, err)
	}
}

// TestWatch changes files under a watch: a change goes live once it has rested,
// half a file does not, and a broken one is refused.
func TestWatch(t *testing.T) {
	f := newFolder(t)
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	d := desk{publish.New(publish.Config{
		Folder: os.DirFS(f.dir), Index: x, Prepare: func(*knowledge.Base) error { return nil }, Log: slog.New(slog.DiscardHandler), Now: now,
	}), x}
	d.publish(t, publish.Request{})
	first, _ := d.live(t)
	w := d.NewWatch(t.Context())
	live := func() string { id, _ := d.live(t); return id }
	for i := range 5 { // changed at every look
		f.article(0, "nuôi chim bồ câu"+strings.Repeat(" non", i+1))
		w.Look(t.Context())
	}
	whole := strings.Replace(readFile(t, f, "articles/thu/bai-2.md"), "hỏi xã.", "hỏi xã hoặc phường.", 1)
	f.write("articles/thu/bai-2.md", whole[:len(whole)-20])
	w.Look(t.Context())
	f.write("articles/thu/bai-2.md", whole)
	w.Look(t.Context())
	if live() != first {
		t.Error("it went live before it had rested")
	}
	w.Look(t.Context())
	second := live()
	if second == first {
		t.Fatalf("the change is not live: %+v", d.Last())
	}
	w.Look(t.Context())
	if live() != second {
		t.Error("published again without a change")
	}
	f.write("articles/thu/bai-2.md", "---\nhỏng")
	w.Look(t.Context())
	w.Look(t.Context())
	if live() != second || d.Last().Refused == "" || d.Last().By != "watch" {
		t.Errorf("the broken file: live %s, last %+v", live(), d.Last())
	}
}
