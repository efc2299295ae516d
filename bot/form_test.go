package bot_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

// office is an assistant over a real database, with a clock of its own, that can
// be started again.
type office struct {
	tb     testing.TB
	folder string
	index  *index.Index
	clock  time.Time
	cfg    bot.Config
	db     *store.DB
	engine *bot.Engine
	lanes  *bot.LaneCache
}

func newOffice(tb testing.TB, folder string, idx *index.Index, lanes *bot.LaneCache) *office {
	tb.Helper()
	o := &office{tb: tb, folder: folder, index: idx, clock: now(), cfg: bot.Config{Contact: contact, Connected: true, ReportsKept: 45 * 24 * time.Hour}, lanes: lanes}
	o.start()
	return o
}

func (o *office) start() {
	o.tb.Helper()
	sealer, err := handoff.NewSealer("", filepath.Join(o.folder, "reports.key"))
	if err != nil {
		o.tb.Fatal(err)
	}
	o.db, err = store.Open(o.tb.Context(), o.folder, store.Options{Sealer: sealer, Now: func() time.Time { return o.clock }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.tb.Fatal(err)
	}
	o.engine = bot.NewEngine(o.cfg, o.lanes, o.index, o.db, func() time.Time { return o.clock })
}

func (o *office) stop() {
	o.tb.Helper()
	if err := o.db.Close(); err != nil {
		o.tb.Error(err)
	}
}

// count asks the database.
func (o *office) count(query string) (n int) {
	o.tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.folder, store.File))
	if err != nil {
		o.tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(o.tb.Context(), query).Scan(&n); err != nil {
		o.tb.Fatal(err)
	}
	return n
}

// citizen talks to an office.
type citizen struct {
	o    *office
	id   bot.ConversationID
	n    int
	last bot.Reply
}

func (c *citizen) turn(t bot.Turn) bot.Reply {
	c.o.tb.Helper()
	c.n++
	t.ID, t.Conversation, t.Channel = bot.TurnID(fmt.Sprint(c.id, c.n)), c.id, "web"
	r, err := c.o.engine.Handle(c.o.tb.Context(), t)
	if err != nil {
		c.o.tb.Fatal(err)
	}
	c.last = r
	return r
}

// repeat sends a turn again.
func (c *citizen) repeat(n int) bot.Reply {
	c.o.tb.Helper()
	r, err := c.o.engine.Handle(c.o.tb.Context(), bot.Turn{ID: bot.TurnID(fmt.Sprint(c.id, n)), Conversation: c.id, Channel: "web"})
	if err != nil {
		c.o.tb.Fatal(err)
	}
	return r
}

func (c *citizen) say(text string) bot.Reply { c.o.tb.Helper(); return c.turn(bot.Turn{Text: text}) }

func (c *citizen) press(title string) bot.Reply {
	c.o.tb.Helper()
	for _, b := range c.last.Buttons {
		if strings.HasPrefix(b.Title, title) {
			return c.turn(bot.Turn{Button: b.ID})
		}
	}
	c.o.tb.Fatalf("no button %q in %+v", title, c.last)
	return bot.Reply{}
}

func visit(t *testing.T) *citizen {
	t.Helper()
	idx, lanes := library(t)
	o := newOffice(t, t.TempDir(), idx, lanes)
	t.Cleanup(o.stop)
	return &citizen{o: o, id: "web:1"}
}

var shownCode = regexp.MustCompile(`TG-[0-9A-Z-]{17}`)

// sent opens the only report there is.
func (c *citizen) sent() handoff.Report {
	c.o.tb.Helper()
	all, err := c.o.db.Reports(c.o.tb.Context(), "", 10)
	if err != nil || len(all) != 1 {
		c.o.tb.Fatalf("%d reports, %v", len(all), err)
	}
	return c.open(all[0].ID)
}

func (c *citizen) open(id handoff.ID) handoff.Report {
	c.o.tb.Helper()
	box, err := c.o.db.Box(c.o.tb.Context(), id, "test")
	if err != nil {
		c.o.tb.Fatal(err)
	}
	r, err := handoff.Open(box, filepath.Join(c.o.folder, "reports.key"))
	if err != nil {
		c.o.tb.Fatal(err)
	}
	return r
}

// A first message that tells everything leaves little to ask, and the whole form
// takes eight messages at most.
func TestReportFromStartToReceipt(t *testing.T) {
	c := visit(t)
	c.say("tôi muốn tố giác vụ tối qua có người giả công an gọi điện lừa mẹ tôi chuyển khoản hai chục triệu, mẹ tôi ở xã Trà Cú, chuyển xong thì nó khóa máy luôn")
	if c.last.Outcome != bot.OutcomeReport || !strings.Contains(c.last.Text, "113") {
		t.Fatalf("gate: %+v", c.last)
	}
	c.press("Không")
	if !strings.Contains(c.last.Text, "không ẩn danh") || !strings.Contains(c.last.Text, "niêm phong") || !strings.Contains(c.last.Text, "sau 45 ngày") {
		t.Fatalf("notice: %s", c.last.Text)
	}
	c.press("Đồng ý")
	if !strings.Contains(c.last.Text, "liên quan") {
		t.Fatalf("asked again what was told: %s", c.last.Text)
	}
	c.say("số điện thoại nó là 0987654321")
	c.say("Nguyễn Thị Bé 0912 345 678")
	if c.last.Buttons[0].Title != "Gửi đơn" {
		t.Fatalf("review: %+v", c.last)
	}
	c.press("Gửi đơn")
	code := shownCode.FindString(c.last.Text)
	if code == "" || c.n > 8 {
		t.Fatalf("after %d messages: %s", c.n, c.last.Text)
	}
	r := c.sent()
	want := handoff.Report{
		Schema: handoff.Schema, Code: handoff.Code(code), SubmittedAt: r.SubmittedAt, Channel: "web", Kind: "lua-dao-truc-tuyen", When: "2026-11-22",
		Where: handoff.Where{Commune: "Xã Trà Cú"}, Story: r.Story, People: "số điện thoại nó là 0987654321", Evidence: []handoff.File{},
		Reporter: handoff.Reporter{Disclosure: handoff.Contact, Name: "Nguyễn Thị Bé", Phone: "0912345678"},
		Consent:  handoff.Consent{Version: "2026-11-23", At: r.Consent.At},
	}
	if diff := cmp.Diff(want, r); diff != "" || !strings.Contains(r.Story, "hai chục triệu") {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if r.SubmittedAt.Format(time.RFC3339) != "2026-11-23T09:00:00+07:00" {
		t.Errorf("submitted at %v", r.SubmittedAt)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"schema":"trolyao.report/1"`, `"disclosure":"contact"`, `"unknown":false`, `"evidence":[]`, `"ongoing":false`} {
		if !bytes.Contains(data, []byte(field)) {
			t.Errorf("no %s in %s", field, data)
		}
	}

	// Its status, and something added to it, by the code alone and from elsewhere.
	other := &citizen{o: c.o, id: "web:2"}
	if r := other.say("đơn " + strings.ToLower(code) + " tới đâu rồi"); !strings.Contains(r.Text, "đang chuyển") {
		t.Errorf("status: %s", r.Text)
	}
	if r := other.press("Bổ sung"); !strings.Contains(r.Text, "niêm phong") {
		t.Errorf("another person adds without the notice: %s", r.Text)
	}
	c.o.clock = c.o.clock.Add(time.Minute)
	other.press("Đồng ý")
	other.say("tôi nhớ thêm nó nói giọng miền ngoài, xưng tên là Hùng ở Bộ Công an")
	other.press("Gửi đơn")
	if !strings.Contains(other.last.Text, code) {
		t.Errorf("added: %s", other.last.Text)
	}
	if r := other.say(code); !strings.Contains(r.Text, "bổ sung 1 lần") {
		t.Errorf("status: %s", r.Text)
	}
	all, err := c.o.db.Reports(t.Context(), "", 10)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, e := range all {
		if e.To == "" {
			continue
		}
		if r := c.open(e.ID); string(r.Code) != code || r.Supplement != 1 || r.Kind != "bo-sung" || !strings.Contains(r.Story, "Hùng") || !r.Consent.At.Equal(c.o.clock) {
			t.Errorf("supplement %+v", r)
		}
	}
}

// toReview leaves out whatever is asked, and keeps the identity secret.
func (c *citizen) toReview() bot.Reply {
	c.o.tb.Helper()
	for range 8 {
		switch {
		case strings.Contains(c.last.Text, "xem lại đơn"):
			return c.last
		case strings.Contains(c.last.Text, "liên hệ lại"):
			c.press("Giữ kín")
		default:
			c.say("bỏ qua")
		}
	}
	c.o.tb.Fatalf("no review: %+v", c.last)
	return bot.Reply{}
}

// openForm begins a report and goes on to what is asked first.
func (c *citizen) openForm(first string) bot.Reply {
	c.o.tb.Helper()
	c.say(first)
	c.press("Không, hoặc")
	return c.press("Đồng ý")
}

// The agency must not ring the accused as if he had written.
func TestReporterIsWhoWrites(t *testing.T) {
	for first, want := range map[string]handoff.Reporter{
		"tôi muốn tố giác số 0912345678 tên Nguyễn Văn Ba gọi lừa tôi chuyển 5 triệu tối qua": {Disclosure: handoff.Confidential},
		"tôi muốn tố giác. Tôi tên Trần Thị Lan, số 0912345678. Tối qua tôi bị trộm xe": {
			Disclosure: handoff.Confidential, Name: "Trần Thị Lan", Phone: "0912345678",
		},
	} {
		c := visit(t)
		c.openForm(first)
		c.toReview()
		c.press("Gửi đơn")
		if got := c.sent().Reporter; got != want {
			t.Errorf("%q: reporter %+v, want %+v", first, got, want)
		}
	}
}

// A button skips the step that showed it, and no other: people press twice.
func TestSkipTwice(t *testing.T) {
	c := visit(t)
	c.openForm("tôi muốn tố giác. Tôi tên Trần Thị Lan, số 0912345678. Tối qua tôi bị trộm xe")
	c.say("bị trộm xe trước nhà")
	skip := bot.ButtonID("")
	for _, want := range []string{"Ở ĐÂU", "liên quan", "liên hệ lại"} {
		if !strings.Contains(c.last.Text, want) {
			t.Fatalf("no %q in %s", want, c.last.Text)
		}
		if skip != "" {
			if r := c.turn(bot.Turn{Button: skip}); !strings.Contains(r.Text, want) {
				t.Errorf("pressed again, %q was skipped: %s", want, r.Text)
			}
		}
		if want != "liên hệ lại" {
			skip = c.last.Buttons[0].ID
			c.turn(bot.Turn{Button: skip})
		}
	}
	c.turn(bot.Turn{Button: "r/skip"})
	c.press("Không cung cấp")
	c.press("Gửi đơn")
	if got := c.sent().Reporter; got != (handoff.Reporter{Disclosure: handoff.None}) {
		t.Errorf("reporter %+v", got)
	}
}

// Asked for the time alone, an answer does not take the place of the place.
func TestTimeKeepsThePlace(t *testing.T) {
	pin := bot.Turn{Place: &bot.Place{Lat: 9.65, Long: 106.25}}
	for said, want := range map[string]struct{ commune, place, when string }{
		"khoảng 8 giờ tối hôm qua":           {"", "vị trí 9.65000, 106.25000", "2026-11-22"},
		"hồi đầu mùa mưa, không nhớ rõ ngày": {"", "vị trí 9.65000, 106.25000", "hồi đầu mùa mưa, không nhớ rõ ngày"},
		"tối hôm qua, gần chợ Trà Cú":        {"Xã Trà Cú", "vị trí 9.65000, 106.25000; tối hôm qua, gần chợ Trà Cú", "2026-11-22"},
	} {
		c := visit(t)
		c.openForm("/tocao")
		c.say("có người đánh bạc ăn tiền trong chòi lá")
		if r := c.turn(pin); !strings.Contains(r.Text, "LÚC NÀO") || strings.Contains(r.Text, "Ở ĐÂU") {
			t.Fatalf("asked %s", r.Text)
		}
		c.say(said)
		c.toReview()
		c.press("Gửi đơn")
		if r := c.sent(); r.Where.Commune != want.commune || r.Where.Text != want.place || r.When != want.when {
			t.Errorf("%q: %+v, %q", said, r.Where, r.When)
		}
	}
	c := visit(t)
	c.openForm("tôi muốn tố giác: có người đánh bạc ăn tiền ở xã Trà Cú tối qua, đánh lớn lắm, ngày nào cũng tụ tập mấy chục người, xe để đầy đường, la lối om sòm")
	c.say("quay lại")
	if r := c.say("hôm kia"); strings.Contains(r.Text, "Ở ĐÂU") {
		t.Fatalf("went back, and was asked again: %s", r.Text)
	}
	c.toReview()
	c.press("Gửi đơn")
	if r := c.sent(); r.Where.Commune != "Xã Trà Cú" || r.When != "2026-11-21" {
		t.Errorf("went back: %+v, %q", r.Where, r.When)
	}
}

// Some channels draw no buttons: a number presses as well.
func TestNumbersPress(t *testing.T) {
	c := visit(t)
	c.openForm("tôi muốn tố giác: tối qua tôi bị lừa chuyển khoản năm triệu ở xã Trà Cú")
	c.toReview()
	code := shownCode.FindString(c.say("1").Text)
	if r := c.say(code); !strings.Contains(r.Text, "đang chuyển") {
		t.Fatalf("status: %s", r.Text)
	}
	if r := c.say("1"); !strings.Contains(r.Text, "niêm phong") {
		t.Fatalf("1 for %q: %s", "Bổ sung thông tin", r.Text)
	}
	// In between, under an answer, it presses what is no button of the form.
	c.press("Đồng ý")
	c.say("mất căn cước làm lại ở đâu?")
	for i, b := range c.last.Buttons {
		if strings.HasPrefix(b.Title, "👍") {
			if r := c.say(fmt.Sprint(i + 1)); !strings.Contains(r.Text, "Cảm ơn") {
				t.Errorf("%d for %q: %s", i+1, b.Title, r.Text)
			}
			return
		}
	}
	t.Errorf("answer in between: %+v", c.last)
}

// A command is no part of the story. Some come without a word of the person.
func TestCommandsInForm(t *testing.T) {
	c := visit(t)
	c.openForm("/tocao")
	asked := c.last.Text
	for _, command := range []string{"/start", "/start thu-tuc", "/trogiup"} {
		if r := c.say(command); !strings.Contains(r.Text, "/xoadulieu") {
			t.Errorf("%s: %s", command, r.Text)
		}
		if r := c.press("Tiếp tục"); r.Text != asked {
			t.Errorf("after %s: %s", command, r.Text)
		}
	}
	if r := c.say("/tocao"); r.Text != asked {
		t.Errorf("/tocao: %s", r.Text)
	}
	c.say("tối qua có người trộm xe đạp của tôi ở xã Trà Cú")
	c.say("/trogiup")
	if r := c.press("Tôi muốn tố giác"); !strings.Contains(r.Text, "liên quan") {
		t.Errorf("the way to a report leads away from the one begun: %s", r.Text)
	}
	c.toReview()
	c.press("Gửi đơn")
	if r := c.sent(); r.Story != "tối qua có người trộm xe đạp của tôi ở xã Trà Cú" {
		t.Errorf("story %q", r.Story)
	}
}

// What is told in a report reaches nobody but the agency: the lists for staff
// are not sealed.
func TestStaffSeeNothingOfReports(t *testing.T) {
	const told = "ông Sáu cạnh nhà tôi buôn ma túy trong nhà, giờ phải làm sao"
	for name, way := range map[string]struct {
		tell func(*citizen)
		seen int // asked before the report, and not answered
	}{
		"the story": {func(c *citizen) { c.say(told) }, 0},
		"where a button is wanted": {func(c *citizen) {
			c.say("tối qua có người trộm xe đạp của tôi ở xã Trà Cú")
			c.toReview()
			c.say(told)
		}, 0},
		"a question before": {func(c *citizen) {
			c.press("Hủy")
			c.say("hôm nay giá vàng bao nhiêu")
			c.openForm("/tocao")
			c.say("nó bán ở nhà")
		}, 1},
	} {
		c := visit(t)
		c.openForm("/tocao")
		way.tell(c)
		press := func() {
			c.turn(bot.Turn{Button: "none"})
			c.turn(bot.Turn{Button: "f/+/cap-lai-the-can-cuoc"})
		}
		press() // in between
		c.turn(bot.Turn{Button: "r/continue"})
		c.toReview()
		c.press("Gửi đơn")
		press()
		if seen, err := c.o.db.Unanswered(t.Context(), 10); err != nil || len(seen) != way.seen {
			t.Errorf("%s: staff see %+v, %v", name, seen, err)
		}
		if conv, err := c.o.db.Load(t.Context(), c.id); err != nil || conv.Asked != "" {
			t.Errorf("%s: kept for staff: %q, %v", name, conv.Asked, err)
		}
	}
}

// What goes on after the draft is gone is no question for staff: its writer is
// told, until something else is talked about.
func TestLapsedDraft(t *testing.T) {
	for name, purge := range map[string]bool{"too old": false, "purged": true} {
		t.Run(name, func(t *testing.T) {
			c := visit(t)
			c.openForm("/tocao")
			c.say("hôm qua thằng Ba bán ma túy ở nhà nó")
			c.o.clock = c.o.clock.Add(bot.DraftLife + time.Minute)
			if purge {
				if err := c.o.db.Purge(t.Context(), store.Retention{Conversations: time.Hour, ReportsAfterAck: time.Hour, Unanswered: time.Hour}); err != nil {
					t.Fatal(err)
				}
			}
			for _, told := range []string{"nó tên Phúc, sinh năm 1990, cao cỡ mét bảy, xăm rồng ở tay trái", "ổng nói tôi mà hé ra thì ổng đốt ghe"} {
				if r := c.say(told); !strings.Contains(r.Text, "30 phút") && r.Outcome != bot.OutcomeEmergency {
					t.Errorf("%q: %+v", told, r)
				}
			}
			if r := c.say("căn cước"); r.Outcome == bot.OutcomeChoices {
				c.press("Không phải ý tôi")
			}
			if seen, err := c.o.db.Unanswered(t.Context(), 10); err != nil || len(seen) > 0 {
				t.Errorf("staff see %+v, %v", seen, err)
			}
			if r := c.say("làm lại thẻ căn cước bị mất ở đâu"); r.Answer == nil || !strings.Contains(r.Text, "30 phút") || r.Buttons[0].Title != "Tôi muốn tố giác" {
				t.Errorf("a question after it: %+v", r)
			}
			if r := c.say("đăng ký tạm trú ở đâu"); r.Answer == nil || r.Text != "" {
				t.Errorf("told for ever: %+v", r)
			}
			c.say("hôm nay giá vàng bao nhiêu")
			if seen, err := c.o.db.Unanswered(t.Context(), 10); err != nil || len(seen) != 1 {
				t.Errorf("staff see %+v, %v", seen, err)
			}
		})
	}
}

// A cry for help under a photo or with a place is heard at every step.
func TestDangerUnderPhoto(t *testing.T) {
	photo := []bot.File{{Data: append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, 100)...)}}
	place := &bot.Place{Lat: 9.9, Long: 106.3, Name: "cháy nhà rồi cứu với"}
	for step, open := range map[string]func(*citizen){
		"gate":   func(c *citizen) { c.say("tôi muốn tố giác") },
		"notice": func(c *citizen) { c.say("tôi muốn tố giác"); c.press("Không") },
		"story":  func(c *citizen) { c.openForm("/tocao") },
		"review": func(c *citizen) {
			c.openForm("/tocao")
			c.say("tối qua có người trộm xe đạp của tôi ở xã Trà Cú")
			c.toReview()
		},
	} {
		for name, sent := range map[string]bot.Turn{"photo": {Files: photo, Text: "cháy nhà rồi cứu với"}, "place": {Place: place, Text: place.Name}} {
			c := visit(t)
			open(c)
			if r := c.turn(sent); r.Outcome != bot.OutcomeEmergency || !strings.Contains(r.Text, "114") || len(r.Buttons) == 0 {
				t.Errorf("%s, %s: %+v", step, name, r)
			}
		}
	}
}

// Photos and recordings alone make a story, and a way on is shown.
func TestPhotoAlone(t *testing.T) {
	photo := []bot.File{{Data: append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, 100)...)}}
	c := visit(t)
	c.openForm("/tocao")
	c.turn(bot.Turn{Files: photo})
	c.press("Đủ rồi")
	c.toReview()
	c.press("Gửi đơn")
	sent := c.sent()
	if len(sent.Evidence) != 1 {
		t.Errorf("sent %+v", sent)
	}
	c.say(string(sent.Code))
	c.press("Bổ sung")
	c.press("Đồng ý")
	c.turn(bot.Turn{Files: photo})
	c.press("Đủ rồi")
	if c.press("Gửi đơn"); !strings.Contains(c.last.Text, "bổ sung") {
		t.Errorf("added: %+v", c.last)
	}
}

// What stands under a photo belongs where it is asked, or into the story.
func TestWordsUnderPhoto(t *testing.T) {
	photo := []bot.File{{Data: append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, 100)...)}}
	c := visit(t)
	c.openForm("/tocao")
	c.say("tối qua có người trộm xe đạp của tôi ở xã Trà Cú")
	if r := c.say("không"); !strings.Contains(r.Text, "liên hệ lại") {
		t.Fatalf("nobody is involved: %+v", r)
	}
	c.turn(bot.Turn{Files: photo, Text: "tôi tên Lan Anh 0912345678"})
	c.turn(bot.Turn{Files: photo, Text: "xe màu đỏ"})
	c.press("Gửi đơn")
	want := handoff.Reporter{Disclosure: handoff.Contact, Name: "Lan Anh", Phone: "0912345678"}
	if sent := c.sent(); sent.People != "" || sent.Reporter != want || !strings.HasSuffix(sent.Story, "xe màu đỏ") || len(sent.Evidence) != 1 { // the same photo twice
		t.Errorf("sent %+v", sent)
	}
}

func TestFormGivesWay(t *testing.T) {
	c := visit(t)
	c.say("tôi muốn tố giác tội phạm")
	c.press("Đang xảy ra")
	if c.last.Outcome != bot.OutcomeEmergency || !strings.HasPrefix(c.last.Text, "GỌI NGAY 113") {
		t.Fatalf("danger: %+v", c.last)
	}
	c.press("Đã gọi")
	c.say("cháy nhà rồi cứu với")
	if c.last.Outcome != bot.OutcomeEmergency || !strings.Contains(c.last.Text, "114") {
		t.Fatalf("fire in between: %+v", c.last)
	}
	c.press("Tiếp tục")
	c.say("Đồng ý")
	// A question in between is answered; the form goes on where it was.
	c.say("mất căn cước làm lại ở đâu?")
	if c.last.Answer == nil || c.last.Answer.Article != "cap-lai-the-can-cuoc" {
		t.Fatalf("question in between: %+v", c.last)
	}
	c.press("Tiếp tục")
	if !strings.Contains(c.last.Text, "kể") {
		t.Fatalf("not where it was: %s", c.last.Text)
	}
	// A story of violence is kept, and the number given.
	c.say("nó cầm dao chém chồng tôi chảy máu quá trời, cứu với")
	if c.last.Outcome != bot.OutcomeEmergency || !strings.Contains(c.last.Text, "Ở ĐÂU") {
		t.Fatalf("violent story: %+v", c.last)
	}
	c.say("quay lại")
	c.say("bỏ qua")
	c.say("ấp Chợ, xã Cầu Kè, hôm kia")
	c.say("không có")
	c.say("giữ kín")
	for _, want := range []string{"chém chồng", "21/11/2026", "Xã Cầu Kè", "ấp Chợ", "giữ kín", "còn đang xảy ra"} {
		if !strings.Contains(c.last.Text, want) {
			t.Errorf("no %q in the review:\n%s", want, c.last.Text)
		}
	}
	c.press("Sửa")
	c.press("Loại việc")
	c.press("Cướp")
	c.press("Sửa")
	c.press("Lời kể")
	c.say("nó cướp xe rồi chém người")
	if strings.Contains(c.last.Text, "chém chồng") || !strings.Contains(c.last.Text, "cướp xe") {
		t.Errorf("edited: %s", c.last.Text)
	}
	c.say("hủy")
	if !strings.Contains(c.last.Text, "xóa") {
		t.Errorf("cancelled: %s", c.last.Text)
	}
	if all, err := c.o.db.Reports(t.Context(), "", 10); err != nil || len(all) != 0 {
		t.Errorf("reports %v, %v", all, err)
	}
}

func TestDraftSurvivesAndDies(t *testing.T) {
	c := visit(t)
	c.say("tôi muốn tố giác")
	c.press("Không")
	c.press("Đồng ý")
	c.say("hôm qua ở xã Trà Cú có người trộm xe đạp của tôi")
	c.o.stop()
	c.o.start()
	c.o.clock = c.o.clock.Add(29 * time.Minute)
	if r := c.say("không có"); !strings.Contains(r.Text, "liên hệ") {
		t.Fatalf("after a restart: %s", r.Text)
	}
	seen := c.n
	c.o.clock = c.o.clock.Add(31 * time.Minute)
	if r := c.turn(bot.Turn{Button: "r/secret"}); r.Outcome != bot.OutcomeReport || !strings.Contains(r.Text, "30 phút") {
		t.Errorf("after half an hour: %+v", r)
	}
	// What the form said of the story is gone with it.
	if r := c.repeat(seen); !strings.Contains(r.Text, "đã tự xóa") {
		t.Errorf("repeated turn of a dead draft: %+v", r)
	}
}

// A report begun when the last one had died leaves nothing of it.
func TestDeadDraftLeavesNothing(t *testing.T) {
	c := visit(t)
	c.openForm("/tocao")
	c.turn(bot.Turn{Files: []bot.File{{Data: []byte("tin nhắn 1")}}})
	told := c.n
	c.o.clock = c.o.clock.Add(31 * time.Minute)
	gate := c.say("/tocao")
	if r := c.repeat(told); !strings.Contains(r.Text, "đã tự xóa") {
		t.Errorf("a reply of the dead draft: %s", r.Text)
	}
	if r := c.repeat(c.n); r.Text != gate.Text {
		t.Errorf("the reply of the new one: %s", r.Text)
	}
	if n := c.o.count("SELECT count(*) FROM files"); n != 0 {
		t.Errorf("%d files of the dead draft", n)
	}
	c.press("Không, hoặc")
	c.press("Đồng ý")
	c.say("tối qua có người trộm xe đạp của tôi ở xã Trà Cú")
	c.toReview()
	c.press("Gửi đơn")
	if r := c.sent(); r.Story != "tối qua có người trộm xe đạp của tôi ở xã Trà Cú" || len(r.Evidence) != 0 {
		t.Errorf("report %+v", r)
	}
}

// What was taken in time counts as said then, however long the answer waited:
// an outage neither ends a report nor moves it to another day.
func TestOutageEndsNoReport(t *testing.T) {
	c := visit(t)
	c.o.clock = time.Date(2026, 11, 23, 23, 30, 0, 0, knowledge.Vietnam())
	c.openForm("/tocao")
	at := c.o.clock
	c.o.clock = c.o.clock.Add(45 * time.Minute)
	for i, turn := range []bot.Turn{
		{Text: "tối nay tôi bị lừa chuyển khoản năm triệu ở xã Trà Cú"}, {Text: "không có"}, {Button: "r/secret"}, {Button: "r/send"},
	} {
		turn.At = at.Add(time.Duration(i) * time.Minute)
		if c.turn(turn); strings.Contains(c.last.Text, "đã tự xóa") {
			t.Fatalf("refused: %s", c.last.Text)
		}
	}
	if r := c.sent(); r.When != "2026-11-23" || !r.SubmittedAt.Equal(at.Add(3*time.Minute)) {
		t.Errorf("report of %s, submitted at %v", r.When, r.SubmittedAt)
	}

	// Who reads the answer after the outage has the whole time to go on.
	c.openForm("/tocao")
	at = c.o.clock
	c.o.clock = c.o.clock.Add(time.Hour)
	c.turn(bot.Turn{Text: "có người đánh bạc ăn tiền trong chòi lá", At: at.Add(time.Minute)})
	c.o.clock = c.o.clock.Add(29 * time.Minute)
	if r := c.turn(bot.Turn{Text: "quay lại", At: c.o.clock}); !strings.Contains(r.Text, "chòi lá") {
		t.Errorf("after the outage: %s", r.Text)
	}
	// What came too late is not saved by it.
	at = c.o.clock.Add(31 * time.Minute)
	c.o.clock = c.o.clock.Add(time.Hour)
	if r := c.turn(bot.Turn{Button: "r/skip", At: at}); !strings.Contains(r.Text, "đã tự xóa") {
		t.Errorf("too late: %s", r.Text)
	}
}

func TestEvidence(t *testing.T) {
	c := visit(t)
	photo := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), bytes.Repeat([]byte("x"), 1000)...)
	if r := c.turn(bot.Turn{Files: []bot.File{{Data: photo}}}); !strings.Contains(r.Text, "căn cước") {
		t.Errorf("file without a form: %s", r.Text)
	}
	c.say("tôi muốn tố giác")
	if r := c.turn(bot.Turn{Files: []bot.File{{Data: photo}}}); !strings.Contains(r.Text, "chưa giữ") {
		t.Errorf("file before consent: %s", r.Text)
	}
	c.press("Không")
	c.press("Đồng ý")
	for name, f := range map[string]bot.File{
		"5 MB": {Data: append(bytes.Clone(photo), make([]byte, bot.MaxFile)...)}, "chỉ nhận": {Data: []byte("MZ\x90\x00 a program")}, "rỗng": {},
	} {
		if r := c.turn(bot.Turn{Files: []bot.File{f}}); !strings.Contains(r.Text, name) || !r.Files {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
	c.turn(bot.Turn{Files: []bot.File{{Data: photo}}, Text: "nó lấy xe của tôi hôm qua ở xã Trà Cú"})
	c.turn(bot.Turn{Files: []bot.File{{Data: photo}}}) // the same again
	for i := range 6 {
		c.turn(bot.Turn{Files: []bot.File{{Data: fmt.Appendf(nil, "tin nhắn %d", i)}}})
	}
	if !strings.Contains(c.last.Text, "nhiều nhất 5 tệp") {
		t.Errorf("sixth file: %s", c.last.Text)
	}
	c.say("không có")
	c.say("không cung cấp")
	c.press("Gửi")
	r := c.sent()
	if len(r.Evidence) != 5 || r.Evidence[0].Name != "1.jpg" || r.Evidence[0].MediaType != "image/jpeg" || !bytes.Equal(r.Evidence[0].Data, photo) ||
		!strings.Contains(c.last.Text, r.Evidence[0].SHA256[:16]) {
		t.Errorf("evidence %+v", r.Evidence)
	}
}

func TestLimitsBoundBeginningsOnly(t *testing.T) {
	c := visit(t)
	for range 5 {
		c.say("tôi muốn tố giác")
		c.say("hủy")
	}
	if r := c.say("tôi muốn tố giác"); r.Outcome != bot.OutcomeAbstain || !strings.Contains(r.Text, "113") {
		t.Errorf("sixth report in an hour: %+v", r)
	}
	c.say("/xoadulieu")
	if r := c.say("tôi muốn tố giác"); r.Outcome != bot.OutcomeAbstain {
		t.Errorf("after /xoadulieu: %+v", r)
	}
	c.o.clock = c.o.clock.Add(61 * time.Minute)
	if r := c.say("tôi muốn tố giác"); r.Outcome != bot.OutcomeReport {
		t.Errorf("an hour later: %+v", r)
	}
	g := &citizen{o: c.o, id: "web:guess"}
	for range 5 {
		if r := g.say("TG-0000-0000-0000-00"); !strings.Contains(r.Text, "Không có đơn") {
			t.Errorf("wrong code: %s", r.Text)
		}
		g.say("chào")
	}
	if r := g.say(string(handoff.NewCode())); !strings.Contains(r.Text, "Đợi một giờ") {
		t.Errorf("sixth guess: %s", r.Text)
	}
	g.say("/xoadulieu")
	if r := g.say(string(handoff.NewCode())); !strings.Contains(r.Text, "Đợi một giờ") {
		t.Errorf("guess after /xoadulieu: %s", r.Text)
	}
}

func TestForgetAndFeedback(t *testing.T) {
	c := visit(t)
	c.say("mất căn cước làm lại ở đâu")
	c.press("👎")
	c.press("Thiếu")
	opinions, complaints, err := c.o.db.Feedback(t.Context(), 10)
	if err != nil || len(opinions) != 1 || opinions[0] != (store.Opinion{Article: "cap-lai-the-can-cuoc", Bad: 1}) {
		t.Errorf("opinions %+v, %v", opinions, err)
	}
	if len(complaints) != 1 || complaints[0].Reason != "thieu" || complaints[0].Asked != "mất căn cước làm lại ở đâu" {
		t.Errorf("complaints %+v", complaints)
	}
	c.say("cách nấu phở bò 0912345678")
	c.say("cách nấu bún riêu")
	if !strings.Contains(c.last.Text, "người thật") {
		t.Errorf("after misses in a row: %s", c.last.Text)
	}
	asked, err := c.o.db.Unanswered(t.Context(), 10)
	if err != nil || len(asked) != 2 || !strings.Contains(asked[0].Asked+asked[1].Asked, "phở bò [điện thoại]") {
		t.Errorf("unanswered %+v, %v", asked, err)
	}
	c.say("/xoadulieu")
	if asked, err := c.o.db.Unanswered(t.Context(), 10); err != nil || len(asked) != 0 {
		t.Errorf("after /xoadulieu: %+v, %v", asked, err)
	}
	if opinions, _, err := c.o.db.Feedback(t.Context(), 10); err != nil || len(opinions) != 0 {
		t.Errorf("opinions after /xoadulieu: %+v, %v", opinions, err)
	}
	if conv, err := c.o.db.Load(t.Context(), c.id); err != nil || conv.Article != "" || conv.Misses != 0 {
		t.Errorf("after /xoadulieu: %+v, %v", conv, err)
	}
}

// TestFormMachine takes random walks through the form: turns, buttons old and
// new, files, waiting, restarts, repeated messages.
func TestFormMachine(t *testing.T) {
	idx, lanes := library(t)
	texts := []string{
		"tôi muốn tố giác", "không", "đồng ý", "bỏ qua", "quay lại", "hủy", "gửi", "sửa", "1", "2", "3", "chào", "cháy nhà rồi cứu với",
		"hôm qua ở xã Trà Cú có người trộm xe đạp của tôi lúc nửa đêm, camera nhà bên có quay lại", "mất căn cước làm lại ở đâu?", "giữ kín",
		"Nguyễn Văn A 0912345678", "", "TG-0000-0000-0000-00", "/xoadulieu", "tiếp tục", "ma túy", "/start", "/tocao",
	}
	rapid.Check(t, func(rt *rapid.T) {
		folder, err := os.MkdirTemp(t.TempDir(), "walk") //nolint:usetesting // one for each walk
		if err != nil {
			rt.Fatal(err)
		}
		o := newOffice(t, folder, idx, lanes)
		defer func() { o.stop() }()
		c := &citizen{o: o, id: "web:walk"}
		codes := map[string]bool{}
		var turns []bot.Turn
		replies := map[bot.TurnID]bot.Reply{}
		handle := func(turn bot.Turn) {
			c.n++
			turn.ID, turn.Conversation, turn.Channel = bot.TurnID(fmt.Sprint(c.n)), c.id, "web"
			r, err := o.engine.Handle(t.Context(), turn)
			if err != nil {
				rt.Fatal(err)
			}
			turns, replies[turn.ID], c.last = append(turns, turn), r, r
			if r.Outcome == "" || r.Answer == nil && r.Text == "" {
				rt.Fatalf("empty reply to %+v: %+v", turn, r)
			}
			if code := shownCode.FindString(r.Text); code != "" && strings.Contains(r.Text, "MÃ TIẾP NHẬN") {
				if codes[code] {
					rt.Fatalf("code %s given twice", code)
				}
				codes[code] = true
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"say": func(rt *rapid.T) { handle(bot.Turn{Text: rapid.SampledFrom(texts).Draw(rt, "text")}) },
			"press": func(rt *rapid.T) {
				if len(c.last.Buttons) == 0 {
					rt.Skip()
				}
				handle(bot.Turn{Button: rapid.SampledFrom(c.last.Buttons).Draw(rt, "button").ID})
			},
			"press an old button": func(rt *rapid.T) {
				handle(bot.Turn{Button: rapid.SampledFrom([]bot.ButtonID{"r/send", "r/agree", "r/safe", "r/edit/story", "r/kind/khac", "r/more/TG-1", "report", "f/-/x/sai", "a/x/y", "?", "none"}).Draw(rt, "button")})
			},
			"file": func(rt *rapid.T) {
				handle(bot.Turn{Files: []bot.File{{Data: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "data")}}})
			},
			"place":   func(*rapid.T) { handle(bot.Turn{Place: &bot.Place{Lat: 9.68, Long: 106.26}}) },
			"contact": func(*rapid.T) { handle(bot.Turn{Contact: &bot.Contact{Name: "Kim", Phone: "0912345678"}}) },
			"wait": func(rt *rapid.T) {
				o.clock = o.clock.Add(time.Duration(rapid.IntRange(-40, 40).Draw(rt, "minutes")) * time.Minute)
			},
			"restart": func(*rapid.T) { o.stop(); o.start() },
			"purge": func(rt *rapid.T) {
				keep := store.Retention{Conversations: time.Hour, ReportsAfterAck: time.Hour, Unanswered: time.Hour}
				if err := o.db.Purge(t.Context(), keep); err != nil {
					rt.Fatal(err)
				}
				conv, err := o.db.Load(t.Context(), c.id)
				if err != nil {
					rt.Fatal(err)
				}
				if conv.Draft != nil && o.clock.Sub(conv.Draft.Touched).Abs() > bot.DraftLife {
					rt.Fatalf("a draft of %v is alive at %v", conv.Draft.Touched, o.clock)
				}
			},
			"repeat": func(rt *rapid.T) {
				if len(turns) == 0 {
					rt.Skip()
				}
				turn := rapid.SampledFrom(turns).Draw(rt, "turn")
				r, err := o.engine.Handle(t.Context(), turn)
				if err != nil {
					rt.Fatal(err)
				}
				// What was said of a report that is over is gone; all else is the same.
				if diff := cmp.Diff(replies[turn.ID], r); diff != "" && !strings.Contains(r.Text, "đã tự xóa vì để quá 30 phút") {
					rt.Fatalf("turn %+v got another reply:\n%s", turn, diff)
				}
			},
			"": func(rt *rapid.T) {
				all, err := o.db.Reports(t.Context(), "", 1000)
				if err != nil || len(all) != len(codes) {
					rt.Fatalf("%d reports, %d codes, %v", len(all), len(codes), err)
				}
				conv, err := o.db.Load(t.Context(), c.id)
				if err != nil {
					rt.Fatal(err)
				}
				if conv.Draft == nil || c.last.Outcome != bot.OutcomeReport {
					return
				}
				for _, b := range c.last.Buttons {
					if b.ID == "r/cancel" || b.ID == "r/back" || b.ID == "r/continue" {
						return
					}
				}
				if !strings.Contains(c.last.Text, "Không có đơn") {
					rt.Fatalf("no way out of %+v", c.last)
				}
			},
		})
	})
}
