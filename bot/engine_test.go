package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

const contact = "Trung tâm Phục vụ hành chính công"

func now() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, knowledge.Vietnam()) }

// prepared is an index of the embedded knowledge and an engine that has learnt
// its lanes.
type prepared struct {
	index *index.Index
	lanes *bot.LaneCache
}

// embedded is made once for all tests: learning takes seconds.
var embedded = sync.OnceValues(func() (prepared, error) {
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-30")
	if err != nil || base == nil {
		return prepared{}, fmt.Errorf("load: %w %v", err, problems)
	}
	x := index.New(slog.New(slog.DiscardHandler))
	if _, err := x.Publish(context.Background(), base); err != nil {
		return prepared{}, err
	}
	lanes := new(bot.LaneCache)
	return prepared{x, lanes}, lanes.Prepare(base)
})

func library(tb testing.TB) (*index.Index, *bot.LaneCache) {
	tb.Helper()
	p, err := embedded()
	if err != nil {
		tb.Fatal(err)
	}
	return p.index, p.lanes
}

// engineOver returns an engine over the embedded knowledge.
func engineOver(tb testing.TB, cfg bot.Config, s bot.Store) *bot.Engine {
	tb.Helper()
	x, lanes := library(tb)
	return bot.NewEngine(cfg, lanes, x, s, now)
}

// talker says things to an engine in one conversation.
type talker struct {
	t      *testing.T
	engine *bot.Engine
	n      int
	last   bot.Reply
}

func newTalker(t *testing.T, perMinute int) *talker {
	t.Helper()
	return &talker{t: t, engine: engineOver(t, bot.Config{Contact: contact, PerMinute: perMinute}, store.NewMemory(100))}
}

func (k *talker) turn(turn bot.Turn) bot.Reply {
	k.t.Helper()
	k.n++
	turn.ID, turn.Conversation = bot.TurnID(fmt.Sprint(k.n)), "test:1"
	r, err := k.engine.Handle(k.t.Context(), turn)
	if err != nil {
		k.t.Fatal(err)
	}
	k.last = r
	return r
}

func (k *talker) say(text string) bot.Reply { k.t.Helper(); return k.turn(bot.Turn{Text: text}) }

// press presses the button of the last reply whose title starts so.
func (k *talker) press(title string) bot.Reply {
	k.t.Helper()
	for _, b := range k.last.Buttons {
		if strings.HasPrefix(b.Title, title) {
			return k.turn(bot.Turn{Button: b.ID})
		}
	}
	k.t.Fatalf("no button %q in %+v", title, k.last.Buttons)
	return bot.Reply{}
}

func TestConversation(t *testing.T) {
	k := newTalker(t, 0)
	if r := k.say("chào ad"); r.Outcome != bot.OutcomeSmalltalk {
		t.Errorf("greeting: %+v", r)
	}
	r := k.say("mat can cuoc lam lai o dau")
	if r.Outcome != bot.OutcomeAnswer || r.Answer.Article != "cap-lai-the-can-cuoc" || r.Answer.Section != knowledge.Place || len(r.Answer.Sources) == 0 || r.Answer.Reviewed == "" || r.Answer.EffectiveFrom == "" {
		t.Fatalf("lost card: %+v", r)
	}
	if r := k.press("Lệ phí"); r.Answer == nil || r.Answer.Section != knowledge.Fee || r.Answer.Article != "cap-lai-the-can-cuoc" {
		t.Errorf("pressed the fee: %+v", r)
	}
	if r := k.say("thế bao lâu thì xong"); r.Answer == nil || r.Answer.Section != knowledge.Duration || r.Answer.Article != "cap-lai-the-can-cuoc" {
		t.Errorf("asked on about the time: %+v", r)
	}
	if r := k.say("đăng ký tạm trú ở đâu"); r.Answer == nil || r.Answer.Article != "dang-ky-tam-tru" {
		t.Errorf("new topic: %+v", r)
	}
	if r := k.say("cháy nhà rồi cứu với"); r.Outcome != bot.OutcomeEmergency || !strings.Contains(strings.SplitN(r.Text, "\n", 2)[0], "114") {
		t.Errorf("fire: %+v", r)
	}
	if r := k.say("cách nấu phở bò"); r.Outcome != bot.OutcomeAbstain || !strings.Contains(r.Text, contact) {
		t.Errorf("far question: %+v", r)
	}
}

func TestChoicesByNumber(t *testing.T) {
	k := newTalker(t, 0)
	r := k.say("căn cước")
	if r.Outcome != bot.OutcomeChoices || len(r.Choices) < 2 || len(r.Choices) > 3 || len(r.Buttons) != len(r.Choices)+1 {
		t.Fatalf("vague question: %+v", r)
	}
	second := r.Choices[1]
	if r := k.say("2"); r.Answer == nil || r.Answer.Article != second.Article {
		t.Errorf("typed 2, got %+v, want %s", r, second.Article)
	}
	k.say("căn cước")
	if r := k.press("Không phải ý tôi"); r.Outcome != bot.OutcomeAbstain || !strings.Contains(r.Text, contact) {
		t.Errorf("none of them: %+v", r)
	}
}

// Danger told in passing: whom to call comes first, and the question is answered.
func TestCaution(t *testing.T) {
	k := newTalker(t, 0)
	r := k.say("bị chồng đánh hoài, giờ tách hộ khẩu ra riêng được không")
	if r.Outcome != bot.OutcomeAnswer || r.Answer.Article != "tach-ho" || !strings.Contains(r.Text, "113") {
		t.Errorf("answered: %+v", r)
	}
	r = newTalker(t, 0).say("chồng đánh em hoài giờ làm đơn ly hôn ở đâu")
	if first, _, _ := strings.Cut(r.Text, "\n"); (r.Outcome != bot.OutcomeChoices && r.Outcome != bot.OutcomeAbstain) || !strings.Contains(first, "113") {
		t.Errorf("not answered: %+v", r)
	}
	if r := k.say("tách hộ khẩu ra riêng được không"); r.Text != "" {
		t.Errorf("no danger: %+v", r)
	}
}

// Greetings and how it came to be stand first in a long message, and what matters
// last.
func TestLongMessages(t *testing.T) {
	k := newTalker(t, 0)
	begin := "Dạ em chào anh chị, em quê ở Sóc Trăng mới lên Vĩnh Long làm công nhân, em mướn phòng gần khu công nghiệp ở với hai đứa bạn, phòng thì nhỏ mà được cái mát, chủ nhà dễ thương lắm, hôm nay đi làm về mệt quá nấu cơm xong ngồi ăn với tụi nó, đang ngồi ăn cơm nói chuyện."
	for ending, want := range map[string]string{
		" Giờ nhà kế bên đang cháy lớn, có người kẹt bên trong, cứu với": "114",
		" Tự nhiên thằng bạn trai cũ của nó cầm dao đòi giết nó, cứu em": "113",
	} {
		for _, text := range []string{begin + ending, strings.Repeat(begin, 20) + ending} {
			if r := k.say(text); r.Outcome != bot.OutcomeEmergency || !strings.Contains(r.Text, want) {
				t.Errorf("%q after %d characters: %+v", ending, len(text), r)
			}
		}
	}
	if r := k.say(begin + " Công an khu vực tới kiểm tra. Vậy em đăng ký tạm trú cần giấy tờ gì"); r.Outcome != bot.OutcomeAnswer || r.Answer.Article != "dang-ky-tam-tru" {
		t.Errorf("a question: %+v", r)
	}
	if r := k.say(strings.Repeat("làm hộ chiếu ở đâu ", 7)); r.Answer == nil || r.Answer.Article != "cap-ho-chieu" || r.Text != "" {
		t.Errorf("the same seven times over: %+v", r)
	}
}

// A word or two that stand in the wordings of many articles are no question.
func TestFragments(t *testing.T) {
	for _, text := range []string{"con", "3 tháng", "7 ngày", "xã", "CCCD"} {
		if r := newTalker(t, 0).say(text); r.Outcome == bot.OutcomeAnswer {
			t.Errorf("%q is answered by %s", text, r.Answer.Article)
		}
	}
	if r := newTalker(t, 0).say("tạm trú"); r.Answer == nil || r.Answer.Article != "dang-ky-tam-tru" {
		t.Errorf("what an article is called: %+v", r)
	}
}

// Nothing is looked up for a number alone: it may be a code, or the number to
// call.
func TestNumbersAlone(t *testing.T) {
	k := newTalker(t, 0)
	for _, text := range []string{"123456", "086 200 001234", "7."} {
		if r := k.say(text); r.Outcome != bot.OutcomeAbstain || !strings.Contains(r.Text, "OTP") {
			t.Errorf("%q: %+v", text, r)
		}
	}
	if r := k.say("113"); r.Outcome != bot.OutcomeEmergency {
		t.Errorf("113: %+v", r)
	}
}

// A message that goes into the matter spoken of is about that matter, whatever it
// would be alone.
func TestGoingInto(t *testing.T) {
	k := newTalker(t, 0)
	k.say("làm căn cước cho con nhỏ dưới 14 tuổi ở đâu")
	if r := k.say("con tôi mới 7 tuổi, có phải chở nó theo không"); r.Answer == nil || r.Answer.Article != "can-cuoc-tre-duoi-14-tuoi" {
		t.Errorf("went into it: %+v", r)
	}
	if r := k.say("xe máy mua lại chưa sang tên thì làm sao"); r.Answer == nil || r.Answer.Article != "sang-ten-xe" {
		t.Errorf("another matter: %+v", r)
	}
	if r := k.say("hôm nay giá vàng bao nhiêu"); r.Outcome != bot.OutcomeAbstain {
		t.Errorf("no matter of ours: %+v", r)
	}
}

// Who asks on instead of choosing is offered the same again, where they answer
// what is asked now; and who has spoken of nothing yet is not answered at random.
func TestAskingOn(t *testing.T) {
	k := newTalker(t, 0)
	if r := k.say("lệ phí bao nhiêu"); r.Outcome != bot.OutcomeChoices {
		t.Errorf("the fee of nothing: %+v", r)
	}
	first := k.say("căn cước")
	var offered []knowledge.ID
	for _, c := range first.Choices {
		offered = append(offered, c.Article)
	}
	r := k.say("thế mấy ngày thì có")
	if r.Outcome != bot.OutcomeChoices || len(r.Choices) != len(offered) {
		t.Fatalf("asked on without choosing: %+v", r)
	}
	timed := 0
	for i, c := range r.Choices {
		if c.Article != offered[i] {
			t.Errorf("choice %d is %s, was %s", i, c.Article, offered[i])
		}
		if c.Section == knowledge.Duration {
			timed++
		}
	}
	if timed == 0 {
		t.Errorf("none of them tells the time: %+v", r.Choices)
	}
	k.say("1")
	if r := k.say("còn tạm trú thì đăng ký ở đâu"); r.Answer == nil || r.Answer.Article != "dang-ky-tam-tru" {
		t.Errorf("a new matter after a choice: %+v", r)
	}
}

func TestAskingAboutReportingOffersTheReport(t *testing.T) {
	k := newTalker(t, 0)
	for _, q := range []string{"tố giác tội phạm ở đâu", "thủ tục tố giác qua VNeID"} {
		if r := k.say(q); r.Outcome != bot.OutcomeAnswer && r.Outcome != bot.OutcomeChoices {
			t.Errorf("%q: %+v", q, r)
		}
	}
	k.turn(bot.Turn{Button: "a/to-giac-qua-vneid/tom-tat"})
	if r := k.press("Tôi muốn tố giác"); r.Outcome != bot.OutcomeReport || !strings.Contains(r.Text, "113") {
		t.Errorf("report button: %+v", r)
	}
}

// Who asks how reporting or a refused matter goes is answered.
func TestAskingHowIsNoReport(t *testing.T) {
	for q, want := range map[string]bot.Outcome{
		"tôi tố giác rồi bị nó nhắn tin hăm dọa, muốn xin công an bảo vệ thì làm đơn sao": bot.OutcomeAnswer,
		"muốn tố giác trên vneid thì bấm vào mục nào":                                     bot.OutcomeAnswer,
		"kiểm tra hồ sơ tới đâu":                                                          bot.OutcomeAnswer,
		"tôi muốn tố giác thằng hàng xóm bán ma túy":                                      bot.OutcomeReport,
		"tra giúp mã hồ sơ G01.843.201.000-250912-5678 của tôi":                           bot.OutcomeRefuse,
	} {
		if r := newTalker(t, 0).say(q); r.Outcome != want {
			t.Errorf("%q: %s, want %s", q, r.Outcome, want)
		}
	}
}

// What tells of a death or a theft because it is about the papers is answered;
// what may be danger is not argued with.
func TestAskingAboutPapersAfterAMisfortune(t *testing.T) {
	for q, danger := range map[string]bool{
		"lũ cuốn trôi hết giấy tờ nhà cửa rồi, giờ làm lại căn cước với giấy khai sinh ở đâu ạ": false,
		"điện thoại rớt xuống sông rồi, cài vneid qua máy mới thì làm sao đăng nhập":            false,
		"chong toi moi mat, toi muon ngoi nha nop giay chung tu qua mang roi xin tien mai tang": false,
		"lũ cuốn trôi nhà tôi rồi, còn hai đứa nhỏ đang bám cây":                                true,
		"xuồng lật rồi, con tôi rớt xuống sông":                                                 true,
		"gọi cấp cứu gấp": true,
	} {
		switch r := newTalker(t, 0).say(q); {
		case danger && r.Outcome != bot.OutcomeEmergency:
			t.Errorf("%q: %s, and it is danger", q, r.Outcome)
		case !danger && r.Outcome != bot.OutcomeAnswer && r.Outcome != bot.OutcomeChoices:
			t.Errorf("%q: %s, and it asks about papers", q, r.Outcome)
		}
	}
}

func TestBadInput(t *testing.T) {
	k := newTalker(t, 0)
	for name, text := range map[string]string{
		"empty": "", "spaces": " \n\t ", "100 kB": strings.Repeat("mất thẻ căn cước ", 5200), "100 kB of one word": strings.Repeat("a", 100_000),
		"invalid UTF-8": "m\xff\xfet th\xe1", "emoji": "😭😭👍🏽", "control": "\x00\x01\x1b[2J", "html": `<script>alert("x")</script>`,
		"quotes": strings.Repeat(`"`, 500), "query language": `+title:* -x ~2 (a OR b) [1 TO 2] \`, "right to left": "\u202eabc", "digits": "1",
	} {
		r := k.say(text)
		if r.Outcome == "" || (r.Answer == nil && r.Text == "") {
			t.Errorf("%s: no reply: %+v", name, r)
		}
		if strings.Contains(r.Text, "script") {
			t.Errorf("%s: the reply repeats the input: %q", name, r.Text)
		}
	}
	if r := k.say(strings.Repeat("lan man ", 2000) + " nhà tôi đang cháy"); r.Outcome == "" {
		t.Errorf("long story: %+v", r)
	}
	if r := k.say("nhà tôi đang cháy " + strings.Repeat("lan man ", 20000)); r.Outcome != bot.OutcomeEmergency {
		t.Errorf("emergency in a long message: %+v", r)
	}
	for _, button := range []bot.ButtonID{"x", "a/", "a/khong-co/tom-tat", "a/cap-lai-the-can-cuoc/khong-co", "report", "none"} {
		if r := k.turn(bot.Turn{Button: button}); r.Outcome == "" {
			t.Errorf("button %q: %+v", button, r)
		}
	}
}

func TestRateLimitNeverStopsAnEmergency(t *testing.T) {
	k := newTalker(t, 3)
	for range 3 {
		if r := k.say("chào"); r.Outcome != bot.OutcomeSmalltalk {
			t.Fatalf("%+v", r)
		}
	}
	if r := k.say("chào"); r.Outcome != bot.OutcomeRefuse || !strings.Contains(r.Text, "113") {
		t.Errorf("fourth message within a minute: %+v", r)
	}
	if r := k.say("nhà tôi đang cháy"); r.Outcome != bot.OutcomeEmergency {
		t.Errorf("emergency was limited: %+v", r)
	}
}

func TestSameTurnSameReply(t *testing.T) {
	k := newTalker(t, 0)
	first := k.say("đăng ký tạm trú cần gì")
	k.say("chào")
	again, err := k.engine.Handle(t.Context(), bot.Turn{ID: "1", Conversation: "test:1", Text: "something else"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
}

// failing is a store that cannot commit.
type failing struct{ *store.Memory }

func (failing) Commit(context.Context, bot.Turn, bot.Change) error { return errors.New("disk full") }

func TestHandleFailsWhenItCannotCommit(t *testing.T) {
	e := engineOver(t, bot.Config{Contact: contact}, failing{store.NewMemory(10)})
	if r, err := e.Handle(t.Context(), bot.Turn{ID: "1", Conversation: "a", Text: "chào"}); err == nil {
		t.Errorf("acknowledged without a commit: %+v", r)
	}
}

func TestManyPeopleAtOnce(t *testing.T) {
	e := engineOver(t, bot.Config{Contact: contact}, store.NewMemory(100))
	var wg sync.WaitGroup
	for person := range 8 {
		wg.Go(func() {
			for i := range 20 {
				r, err := e.Handle(t.Context(), bot.Turn{ID: bot.TurnID(fmt.Sprint(person, "-", i)), Conversation: bot.ConversationID(fmt.Sprint("p:", person%4)), Text: "mất căn cước làm lại ở đâu"})
				if err != nil || r.Outcome != bot.OutcomeAnswer {
					t.Errorf("%v %+v", err, r)
				}
			}
		})
	}
	wg.Wait()
}

// TestStoryOfBrokenLetters tells, as the beginning of a report, what a broken
// client sent: the report repeats it.
func TestStoryOfBrokenLetters(t *testing.T) {
	k := newTalker(t, 0)
	k.say("tôi bị lừa \xff mất tiền")
	k.turn(bot.Turn{Button: "r/safe"})
	if r := k.turn(bot.Turn{Button: "r/agree"}); !strings.Contains(r.Text, `"tôi bị lừa � mất tiền"`) {
		t.Errorf("it repeats: %q", r.Text)
	}
}

// TestAnyTalk says and presses anything in any order, with redeliveries: there
// is always a reply that can be shown, and the same turn has the same reply.
func TestAnyTalk(t *testing.T) {
	e := engineOver(t, bot.Config{Contact: contact}, store.NewMemory(1000))
	talks := 0
	words := rapid.SampledFrom([]string{"căn", "cước", "mất", "lam", "lai", "o dau", "vneid", "tố giác", "cháy", "1", "2", "chào", "lệ phí", "bao lâu", "tôi", "muốn", "?", "\xff", "😭", "tạm trú", "bị", "lừa"})
	rapid.Check(t, func(rt *rapid.T) {
		talks++
		conversation := bot.ConversationID(fmt.Sprint("talk:", talks))
		var sent []bot.Turn
		var replies []bot.Reply
		for n := range rapid.IntRange(1, 12).Draw(rt, "turns") {
			turn := bot.Turn{ID: bot.TurnID(fmt.Sprint(talks, "-", n)), Conversation: conversation}
			switch kind := rapid.IntRange(0, 4).Draw(rt, "kind"); {
			case kind == 0 && len(sent) > 0:
				i := rapid.IntRange(0, len(sent)-1).Draw(rt, "redeliver")
				r, err := e.Handle(t.Context(), sent[i])
				if err != nil {
					rt.Fatal(err)
				}
				if diff := cmp.Diff(replies[i], r); diff != "" {
					rt.Fatalf("redelivered turn: %s", diff)
				}
				continue
			case kind == 1 && len(replies) > 0 && len(replies[len(replies)-1].Buttons) > 0:
				turn.Button = rapid.SampledFrom(replies[len(replies)-1].Buttons).Draw(rt, "button").ID
			default:
				turn.Text = strings.Join(rapid.SliceOfN(words, 0, 8).Draw(rt, "words"), " ")
			}
			r, err := e.Handle(t.Context(), turn)
			if err != nil {
				rt.Fatal(err)
			}
			checkReply(rt, r)
			sent, replies = append(sent, turn), append(replies, r)
		}
	})
}

func checkReply(t rapid.TB, r bot.Reply) {
	t.Helper()
	shown := r.Text
	switch r.Outcome { //nolint:exhaustive // the others show their text
	case bot.OutcomeAnswer:
		if r.Answer == nil || len(r.Answer.Sources) == 0 || r.Answer.Reviewed == "" {
			t.Fatalf("answer without source or date: %+v", r)
		}
		shown = r.Answer.Text
	case bot.OutcomeChoices:
		if len(r.Choices) < 2 || len(r.Choices) > 3 || r.Answer != nil {
			t.Fatalf("choices: %+v", r)
		}
	}
	if strings.TrimSpace(shown) == "" || !utf8.ValidString(shown) {
		t.Fatalf("nothing to show: %+v", r)
	}
	for _, b := range r.Buttons {
		if b.ID == "" || b.Title == "" {
			t.Fatalf("empty button: %+v", r.Buttons)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	e := engineOver(b, bot.Config{Contact: contact}, store.NewMemory(100))
	questions := []string{"mat can cuoc lam lai o dau", "đăng ký tạm trú cần giấy tờ gì", "quên mật khẩu vneid", "thủ tục khai sinh cho con mất bao lâu"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := e.Handle(b.Context(), bot.Turn{ID: bot.TurnID(fmt.Sprint(i)), Conversation: bot.ConversationID(fmt.Sprint(i % 50)), Text: questions[i%len(questions)]}); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzHandle(f *testing.F) {
	e := engineOver(f, bot.Config{Contact: contact}, store.NewMemory(100))
	f.Add("mất thẻ", "")
	f.Add("", "a/x/y")
	f.Add("\xff<b>\"", "report")
	n := 0
	f.Fuzz(func(t *testing.T, text, button string) {
		n++
		r, err := e.Handle(t.Context(), bot.Turn{ID: bot.TurnID(fmt.Sprint(n)), Conversation: bot.ConversationID(fmt.Sprint(n % 7)), Text: text, Button: bot.ButtonID(button)})
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome == "" || (r.Answer == nil && r.Text == "") || !utf8.ValidString(r.Text) {
			t.Fatalf("%q %q: %+v", text, button, r)
		}
	})
}

// Who asks for a section by name gets it alone; who asks for what a section
// says gets the lead first and that section with it, however much else there is.
func TestAnswerShowsWhatFits(t *testing.T) {
	long := strings.Repeat("Điều khác cần biết khi nuôi chim bồ câu trong nhà. ", 12)
	fsys := fstest.MapFS{"articles/thu/nuoi-chim.md": &fstest.MapFile{Data: fmt.Appendf(nil, `---
title: Nuôi chim bồ câu
category: thu
questions: [nuôi chim bồ câu thì làm sao, muốn nuôi chim bồ câu, nuôi bồ câu trong nhà, xin nuôi chim, nuôi chim câu]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Ai nuôi chim bồ câu thì báo xã.

## Chuồng
%s

## Thức ăn
%s

## Lệ phí
Không mất tiền.

## Khi chim bị cúm gia cầm
Chim ốm chết hàng loạt vì cúm thì báo thú y, không vứt xác ra sông.
`, long, long)}}
	base, problems, err := knowledge.Load(fsys, "2026-11-30")
	if err != nil || base == nil {
		t.Fatalf("load: %v %v", err, problems)
	}
	x := index.New(slog.New(slog.DiscardHandler))
	t.Cleanup(x.Close)
	if _, err := x.Publish(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	k := &talker{t: t, engine: bot.NewEngine(bot.Config{Contact: contact}, new(bot.LaneCache), x, store.NewMemory(10), now)}
	if r := k.say("nuôi chim bồ câu lệ phí bao nhiêu"); r.Answer == nil || r.Answer.Section != knowledge.Fee || r.Answer.Text != "Lệ phí:\nKhông mất tiền." {
		t.Errorf("the fee: %+v", r.Answer)
	}
	r := k.say("nuôi chim bồ câu mà cúm gia cầm chết hàng loạt thì vứt xác được không")
	if r.Answer == nil || r.Answer.Section != "khi-chim-bi-cum-gia-cam" {
		t.Fatalf("what a section says: %+v", r)
	}
	if !strings.HasPrefix(r.Answer.Text, "Ai nuôi chim") || !strings.Contains(r.Answer.Text, "báo thú y") || strings.Contains(r.Answer.Text, "Thức ăn:") {
		t.Errorf("the lead and the section should be shown, and no more than fits:\n%s", r.Answer.Text)
	}
}

// What "t" and "ntn" stand for must neither hide a cry for help nor open a form.
func TestShorthandInLanes(t *testing.T) {
	for text, want := range map[string]bot.Outcome{
		"cháy nhà t rồi": bot.OutcomeEmergency, "chồng đang đánh t": bot.OutcomeEmergency,
		"muốn tố giác ntn": bot.OutcomeAnswer, "t mất bằng lái r": bot.OutcomeAnswer,
	} {
		if r := newTalker(t, 0).say(text); r.Outcome != want {
			t.Errorf("%q: %s, want %s", text, r.Outcome, want)
		}
	}
}
