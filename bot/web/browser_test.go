//go:build browser

package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
)

// browser opens a headless Chromium, without any request of its own.
func browser(t *testing.T, width, height int64, dark bool) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(width), int(height)),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium (apt-get install chromium): %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	do(ctx, t, chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func do(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval runs an expression in the page.
func eval[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression is true in the page.
func wait(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		t.Fatalf("waited for %s: %v", expression, err)
	}
}

// say types a question and sends it.
func say(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	do(ctx, t, chromedp.SendKeys("#text", text+kb.Enter))
}

// browserPerson is a citizen with a browser.
type browserPerson struct {
	t     *testing.T
	ctx   context.Context
	count int
	drop  *dropper
}

// dropper loses the answer to each request after it was handled, as a broken
// connection does, while lose is set. (The browser itself tries once more.)
type dropper struct {
	next http.Handler
	lose atomic.Bool
}

func (d *dropper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.lose.Load() && r.URL.Path == "/api/chat" {
		d.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http breaks a connection
	}
	d.next.ServeHTTP(w, r)
}

func newBrowserPerson(t *testing.T, h bot.Handler) bottest.Person {
	t.Helper()
	inner := server(t, h)
	d := &dropper{next: inner.Config.Handler}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	ctx := browser(t, 390, 800, false)
	do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
	return &browserPerson{t: t, ctx: ctx, count: 1, drop: d}
}

// next waits for one more reply and reads it.
func (p *browserPerson) next() bottest.Seen {
	p.t.Helper()
	p.count++
	const last = `[...document.querySelectorAll("article.bot:not(.wait)")].at(-1)`
	wait(p.ctx, p.t, fmt.Sprintf(`document.querySelectorAll("article.bot:not(.wait)").length >= %d`, p.count))
	return bottest.Seen{
		Text:    eval[string](p.ctx, p.t, last+`.innerText`),
		Buttons: eval[[]string](p.ctx, p.t, `[...`+last+`.querySelectorAll("button")].map(b => b.textContent)`),
		Links:   eval[[]string](p.ctx, p.t, `[...`+last+`.querySelectorAll("footer a")].map(a => a.href)`),
	}
}

func (p *browserPerson) Say(text string) bottest.Seen {
	p.t.Helper()
	do(p.ctx, p.t, chromedp.SetValue("#text", text), chromedp.SendKeys("#text", kb.Enter))
	return p.next()
}

func (p *browserPerson) Press(title string) bottest.Seen {
	p.t.Helper()
	eval[chromedp.Void](p.ctx, p.t, fmt.Sprintf(`[...document.querySelectorAll("article:last-of-type button")].find(b => b.textContent === %q).click()`, title))
	return p.next()
}

// Redeliver cannot happen to a page at rest; losing a reply on the way can, and
// TestBrowserSendsAgainUnderTheSameNumber does that.
func (p *browserPerson) Redeliver() {
	p.t.Helper()
	p.t.Fatal("a page does not redeliver by itself")
}

func TestBrowserConformance(t *testing.T) {
	bottest.TestChannel(t, func(t *testing.T, h bot.Handler) bottest.Person {
		t.Helper()
		if strings.Contains(t.Name(), "redelivered") {
			t.Skip("TestBrowserSendsAgainUnderTheSameNumber does this with a lost connection")
		}
		return newBrowserPerson(t, h)
	})
}

func TestBrowserSendsAgainUnderTheSameNumber(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	p := newBrowserPerson(t, h).(*browserPerson)
	p.drop.lose.Store(true)
	if seen := p.Say("mất thẻ"); !strings.Contains(seen.Text, "Mất kết nối") || !strings.Contains(seen.Text, "113") {
		t.Fatalf("lost connection shows %q", seen.Text)
	}
	p.drop.lose.Store(false)
	if seen := p.Press("Gửi lại"); !strings.Contains(seen.Text, "Cấp lại thẻ căn cước") {
		t.Errorf("second try shows %q", seen.Text)
	}
	turns := h.Turns()
	if len(turns) < 2 {
		t.Errorf("turns %+v, want the message and its repetition", turns)
	}
	for _, turn := range turns {
		if turn.ID != turns[0].ID || turn.Conversation != turns[0].Conversation {
			t.Errorf("turns %+v, want always the same", turns)
		}
	}
}

// TestBrowserKeepsToItself loads the page, talks, and wants no request to
// anywhere else, no error in the console, and markup shown as text.
func TestBrowserKeepsToItself(t *testing.T) {
	h := &bottest.Scripted{Reply: bot.Reply{Outcome: bot.OutcomeAbstain, Text: `<img src="https://example.com/x.png" onerror="document.title='hacked'">`}}
	s := server(t, h)
	ctx := browser(t, 390, 800, false)
	var mu sync.Mutex
	var outside, problems []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(ev.Request.URL, s.URL) && !strings.HasPrefix(ev.Request.URL, "data:") {
				outside = append(outside, ev.Request.URL)
			}
		case *network.EventLoadingFailed:
			problems = append(problems, ev.ErrorText)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
	say(ctx, t, "<b>x</b>")
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 2`)
	title := eval[string](ctx, t, `document.title`)
	mu.Lock()
	defer mu.Unlock()
	if title != "Trợ lý ảo thử" || len(outside) > 0 || len(problems) > 0 {
		t.Errorf("title %q, outside %v, failed %v", title, outside, problems)
	}
}

// TestBrowserLinks wants numbers to call and addresses to be links, and no
// figure that only looks like one.
func TestBrowserLinks(t *testing.T) {
	h := &bottest.Scripted{Reply: bot.Reply{Outcome: bot.OutcomeAbstain, Text: "113, 114 hoặc 1900 1234 (115).\nSố 0,113 và 1.115 đồng, 2113, 119, 113/2024: xem dichvucong.gov.vn/a. Hết."}}
	s := server(t, h)
	ctx := browser(t, 390, 800, false)
	do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
	say(ctx, t, "gọi ai")
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 2`)
	got := eval[[]string](ctx, t, `[...document.querySelectorAll("article.bot:last-of-type a")].map((a) => a.textContent + " " + a.href)`)
	want := []string{"113 tel:113", "114 tel:114", "1900 1234 tel:19001234", "115 tel:115", "dichvucong.gov.vn/a https://dichvucong.gov.vn/a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	text := eval[string](ctx, t, `document.querySelector("article.bot:last-of-type").innerText`)
	if !strings.Contains(text, "(115).") || !strings.Contains(text, "gov.vn/a. Hết.") {
		t.Errorf("the text changed: %q", text)
	}
}

// TestBrowserReachable checks what an officer of 60 needs: emergency numbers in
// sight, nothing wider than the screen, targets big enough for a thumb (44 px),
// letters of 16 px at least, every control reachable by keyboard and named for a screen reader.
func TestBrowserReachable(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	h.Reply.Buttons = []bot.Button{{ID: "a/x/le-phi", Title: "Lệ phí"}, {ID: "a/x/thoi-han", Title: "Thời hạn"}, {ID: "f/1", Title: "Có ích"}}
	s := server(t, h)
	for name, size := range map[string][2]int64{"small phone": {320, 568}, "phone": {360, 740}, "desktop": {1280, 800}} {
		t.Run(name, func(t *testing.T) {
			ctx := browser(t, size[0], size[1], false)
			do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
			say(ctx, t, "mất thẻ")
			wait(ctx, t, `document.querySelectorAll("article.bot").length === 2`)
			got := eval[struct {
				SOS                       bool
				Wide, Small, Fine, Silent []string
			}](ctx, t, `(() => {
				const box = (e) => e.getBoundingClientRect();
				const shown = (e) => box(e).width > 2 && getComputedStyle(e).visibility !== "hidden";
				const name = (e) => e.tagName + " " + (e.textContent || e.id).trim().slice(0, 30);
				const controls = [...document.querySelectorAll("a, button, textarea")].filter(shown);
				return {
					SOS: [...document.querySelectorAll(".sos a")].every((a) => box(a).top >= 0 && box(a).bottom <= innerHeight && box(a).right <= innerWidth),
					Wide: [...document.querySelectorAll("body *")].filter((e) => shown(e) && box(e).right > innerWidth + 1).map(name),
					Small: controls.filter((e) => !e.closest("footer, p, li") && box(e).height < 44).map(name),
					Fine: [...document.querySelectorAll("body *")].filter((e) => shown(e) && e.innerText && parseFloat(getComputedStyle(e).fontSize) < 16).map(name),
					Silent: controls.filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && e.labels.length))).map(name),
				};
			})()`)
			if !got.SOS || len(got.Wide) > 0 || len(got.Small) > 0 || len(got.Fine) > 0 || len(got.Silent) > 0 {
				t.Errorf("%+v", got)
			}
			// From the question box the keyboard reaches the button.
			eval[chromedp.Void](ctx, t, `document.getElementById("text").focus()`)
			do(ctx, t, chromedp.KeyEvent(kb.Tab))
			if active := eval[string](ctx, t, `document.activeElement.id`); active != "send" {
				t.Errorf("Tab from the box goes to %q", active)
			}
		})
	}
}

// TestBrowserSuggests types half a question and takes the second suggestion by
// keyboard, then one by touch.
func TestBrowserSuggests(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	ctx := browser(t, 390, 844, false)
	do(ctx, t, chromedp.Navigate(server(t, h).URL), chromedp.WaitVisible("#text"))
	shown := `!document.getElementById("suggestions").hidden`
	do(ctx, t, chromedp.SendKeys("#text", "mất"))
	wait(ctx, t, shown)
	do(ctx, t, chromedp.KeyEvent(kb.Escape))
	wait(ctx, t, "!("+shown+")")
	do(ctx, t, chromedp.SendKeys("#text", " c"))
	wait(ctx, t, shown)
	do(ctx, t, chromedp.KeyEvent(kb.ArrowDown+kb.ArrowDown))
	if at := eval[string](ctx, t, `document.getElementById(document.getElementById("text").getAttribute("aria-activedescendant")).textContent`); at != "mất căn cước có bị phạt không" {
		t.Errorf("the keyboard stands on %q", at)
	}
	do(ctx, t, chromedp.KeyEvent(kb.Enter))
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 2`)
	wait(ctx, t, "!("+shown+")")
	do(ctx, t, chromedp.SendKeys("#text", "mất"))
	wait(ctx, t, shown)
	do(ctx, t, chromedp.Click("#suggestion0"))
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 3`)
	var asked []string
	for _, turn := range h.Turns() {
		asked = append(asked, turn.Text)
	}
	if diff := cmp.Diff([]string{"mất căn cước có bị phạt không", "Mất căn cước làm lại ở đâu?"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestBrowserSendsFiles sends two photos for a report, one after another, and
// tells of one that is too large without sending it.
func TestBrowserSendsFiles(t *testing.T) {
	h := &bottest.Scripted{Reply: bot.Reply{Outcome: bot.OutcomeReport, Text: "Gửi ảnh cho tôi.", Files: true, Buttons: []bot.Button{{ID: "r/cancel", Title: "Hủy"}}}}
	ctx := browser(t, 390, 844, false)
	do(ctx, t, chromedp.Navigate(server(t, h).URL), chromedp.WaitVisible("#text"))
	say(ctx, t, "tôi muốn tố giác")
	wait(ctx, t, `document.querySelectorAll(".files input").length === 1`)
	var names []string
	for name, size := range map[string]int{"a.jpg": 1000, "b.jpg": 2000, "c.jpg": bot.MaxFile + 1} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, append([]byte("\xff\xd8\xff"), make([]byte, size)...), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, file)
	}
	do(ctx, t, chromedp.SetUploadFiles(".files input", names))
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 5`)
	if !eval[bool](ctx, t, `document.getElementById("log").innerText.includes("c.jpg lớn quá 5 MB")`) {
		t.Error("nothing is said of the file that is too large")
	}
	sizes := map[int]bool{}
	for _, turn := range h.Turns() {
		for _, f := range turn.Files {
			sizes[len(f.Data)] = true
		}
	}
	if len(h.Turns()) != 3 || !sizes[1003] || !sizes[2003] || len(sizes) != 2 {
		t.Errorf("%d turns with files of %v bytes", len(h.Turns()), sizes)
	}
}

// held answers only once it is free.
type held struct {
	next bot.Handler
	free chan struct{}
}

func (h *held) Handle(ctx context.Context, t bot.Turn) (bot.Reply, error) {
	select {
	case <-h.free:
	case <-ctx.Done():
	}
	return h.next.Handle(ctx, t)
}

// TestBrowserQueues chooses a photo, presses a button twice and types, all while
// a reply is under way, and wants each to be heard once, in that order.
func TestBrowserQueues(t *testing.T) {
	h := &bottest.Scripted{Reply: bot.Reply{Outcome: bot.OutcomeReport, Text: "Gửi ảnh cho tôi.", Files: true, Buttons: []bot.Button{{ID: "r/skip", Title: "Bỏ qua"}}}}
	slow := &held{h, make(chan struct{}, 9)}
	s := server(t, slow) // outlives the browser, whose requests end with it
	ctx := browser(t, 390, 844, false)
	do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
	slow.free <- struct{}{}
	say(ctx, t, "tôi muốn tố giác")
	wait(ctx, t, `document.querySelectorAll(".files input").length === 1`)
	photo := filepath.Join(t.TempDir(), "a.jpg")
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	say(ctx, t, "chờ chút")
	do(ctx, t, chromedp.SetUploadFiles(".files input", []string{photo}))
	wait(ctx, t, `document.querySelectorAll("article.me").length === 3 && document.querySelector(".files input").value === ""`)
	eval[chromedp.Void](ctx, t, `(() => { const b = document.querySelector("article .buttons:not(form) button"); for (let i = 0; i < 2; i++) b.click(); })()`)
	say(ctx, t, "xong rồi")
	wait(ctx, t, `document.querySelectorAll("article.me").length === 5`)
	close(slow.free)
	wait(ctx, t, `document.querySelectorAll("article.bot:not(.wait)").length === 6`)
	var heard []string
	for _, turn := range h.Turns() {
		heard = append(heard, fmt.Sprintf("%s%s%d", turn.Text, turn.Button, len(turn.Files)))
	}
	if diff := cmp.Diff([]string{"tôi muốn tố giác0", "chờ chút0", "1", "r/skip0", "xong rồi0"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// TestBrowserResumes reloads the page: who has said nothing finds nothing, who
// talked goes on with the same conversation, which nothing but the person
// speaks in, or begins anew.
func TestBrowserResumes(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	ctx := browser(t, 360, 740, false)
	const resumed = `document.querySelectorAll(".resumed").length === 1`
	open := func() { do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text")) }
	ask := func(text string) {
		before := eval[int](ctx, t, `document.querySelectorAll("article.bot").length`)
		say(ctx, t, text)
		wait(ctx, t, fmt.Sprintf(`document.querySelectorAll("article.bot").length === %d`, before+1))
	}
	open()
	open()
	if eval[bool](ctx, t, resumed) {
		t.Error("a conversation of no words goes on")
	}
	ask("một")
	open()
	wait(ctx, t, resumed)
	if !eval[bool](ctx, t, `(() => {
		const box = document.querySelector(".resumed").getBoundingClientRect(), log = document.getElementById("log").getBoundingClientRect();
		return box.top >= log.top && box.bottom <= log.bottom;
	})()`) {
		t.Error("what is said of the conversation is out of sight")
	}
	if n := len(h.Turns()); n != 1 {
		t.Errorf("%d turns, want none from the page itself", n)
	}
	ask("hai")
	eval[chromedp.Void](ctx, t, `document.querySelector(".resumed button").click()`)
	do(ctx, t, chromedp.Sleep(500*time.Millisecond)) // the page is loaded anew
	wait(ctx, t, `!document.querySelector(".resumed, .me") && !!document.getElementById("conversation").value`)
	ask("ba")
	turns := h.Turns()
	if len(turns) != 3 || turns[0].Conversation != turns[1].Conversation || turns[1].Conversation == turns[2].Conversation {
		t.Errorf("turns %+v, want the first two in one conversation", turns)
	}
	if kept := eval[[]string](ctx, t, `[...Object.keys(sessionStorage), ...Object.keys(localStorage)]`); len(kept) != 1 {
		t.Errorf("the browser keeps %v", kept)
	}
}

// TestBrowserLongStory pastes as much as a report takes, and then more.
func TestBrowserLongStory(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	ctx := browser(t, 390, 844, false)
	do(ctx, t, chromedp.Navigate(s.URL), chromedp.WaitVisible("#text"))
	paste := func(letters int) string {
		eval[chromedp.Void](ctx, t, fmt.Sprintf(`(() => {
			const box = document.getElementById("text");
			box.focus();
			box.value = "";
			document.execCommand("insertText", false, "ố".repeat(%d));
		})()`, letters))
		return eval[string](ctx, t, `document.getElementById("full").innerText`)
	}
	if said := paste(19_999); said != "" {
		t.Errorf("a story that fits: %q", said)
	}
	if said := paste(20_500); !strings.Contains(said, "đã đầy") {
		t.Errorf("a story that is cut: %q", said)
	}
	do(ctx, t, chromedp.SendKeys("#text", kb.Enter))
	wait(ctx, t, `document.querySelectorAll("article.bot").length === 2 && !document.getElementById("full").innerText`)
	if sent := h.Turns()[0].Text; len(sent) != 20_000*len("ố") {
		t.Errorf("%d bytes arrive", len(sent))
	}
}

// TestBrowserEmbed puts the one script line on a foreign page, before its body
// and in it, and opens and closes the chat by keyboard.
func TestBrowserEmbed(t *testing.T) {
	s := server(t, &bottest.Scripted{Reply: bottest.Answer()})
	for name, page := range map[string]string{
		"head": `<!doctype html><head><title>Trang xã</title><script src="%s/embed.js"></script></head><body><p>UBND xã</p></body>`,
		"body": `<!doctype html><title>Trang xã</title><p>UBND xã</p><script src="%s/embed.js" async></script>`,
	} {
		t.Run(name, func(t *testing.T) {
			host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = fmt.Fprintf(w, page, s.URL)
			}))
			defer host.Close()
			ctx := browser(t, 1000, 800, false)
			do(ctx, t, chromedp.Navigate(host.URL))
			wait(ctx, t, `!!document.getElementById("trolyao")`)
			const root = `document.getElementById("trolyao").shadowRoot`
			eval[chromedp.Void](ctx, t, root+`.querySelector("button").focus()`)
			do(ctx, t, chromedp.KeyEvent(kb.Enter))
			src := eval[string](ctx, t, root+`.querySelector("iframe").src`)
			label := eval[string](ctx, t, root+`.querySelector("button").textContent`)
			if src != s.URL+"/embed" || label != "Đóng trợ lý" {
				t.Errorf("frame %q, button %q", src, label)
			}
			if focus := eval[string](ctx, t, root+`.activeElement.tagName`); focus != "IFRAME" {
				t.Errorf("the open chat leaves the keyboard at %s", focus)
			}
			// The frame's page closes it from inside, and nobody else's message does.
			eval[chromedp.Void](ctx, t, `postMessage("trolyao:escape", "*")`)
			do(ctx, t, chromedp.Sleep(500*time.Millisecond)) // the frame has loaded by then
			if open := eval[string](ctx, t, root+`.querySelector("button").getAttribute("aria-expanded")`); open != "true" {
				t.Error("a message of the page itself closes the chat")
			}
			do(ctx, t, chromedp.KeyEvent(kb.Escape))
			wait(ctx, t, root+`.querySelector("iframe").style.display === "none"`)
			if focus := eval[string](ctx, t, root+`.activeElement.tagName`); focus != "BUTTON" {
				t.Errorf("the closed chat leaves the keyboard at %s", focus)
			}
		})
	}
}

// TestBrowserScreenshots writes pictures of the page to the folder named by
// SCREENSHOTS, for people to look at.
func TestBrowserScreenshots(t *testing.T) {
	dir, ok := os.LookupEnv("SCREENSHOTS") //nolint:forbidigo // a switch of this test alone
	if !ok {
		t.Skip("SCREENSHOTS names no folder")
	}
	base, ok := os.LookupEnv("SCREENSHOT_URL") //nolint:forbidigo // a switch of this test alone
	if !ok {
		t.Fatal(errors.New("SCREENSHOT_URL must name a running chat page"))
	}
	for name, tc := range map[string]struct {
		width, height int64
		dark          bool
		say           []string
		typed         string // and not yet sent
	}{
		"phone-start":         {390, 844, false, nil, ""},
		"phone-answer":        {390, 844, false, []string{"mat can cuoc lam lai o dau"}, ""},
		"phone-answer-dark":   {390, 844, true, []string{"đăng ký tạm trú"}, ""},
		"phone-emergency":     {390, 844, false, []string{"nhà tôi đang cháy"}, ""},
		"phone-choices":       {390, 844, false, []string{"căn cước"}, ""},
		"phone-report":        {390, 844, true, []string{"tôi bị lừa chuyển khoản"}, ""},
		"phone-report-story":  {390, 844, false, []string{"tôi muốn tố giác", "không", "đồng ý"}, ""},
		"phone-report-review": {390, 844, false, []string{"tôi muốn tố giác", "không", "đồng ý", "tối qua ở chợ Trà Cú có người giật điện thoại của con tôi rồi chạy xe về hướng Đại An", "không có", "giữ kín"}, ""},
		"small-phone":         {320, 568, false, []string{"quên mật khẩu vneid"}, ""},
		"desktop-answer":      {1280, 800, false, []string{"Trà Vinh có bao nhiêu dịch vụ công trực tuyến toàn trình?"}, ""},
		"desktop-answer-dark": {1280, 800, true, []string{"đăng ký khai sinh cần giấy tờ gì", "cách nấu phở bò"}, ""},
		"phone-suggestions":   {390, 844, false, nil, "đăng ký "},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := browser(t, tc.width, tc.height, tc.dark)
			do(ctx, t, chromedp.Navigate(base), chromedp.WaitVisible("#text"))
			for i, text := range tc.say {
				say(ctx, t, text)
				wait(ctx, t, fmt.Sprintf(`document.querySelectorAll("article.bot").length === %d`, i+2))
			}
			if tc.typed != "" {
				do(ctx, t, chromedp.SendKeys("#text", tc.typed), chromedp.WaitVisible("#suggestions"))
			}
			do(ctx, t, chromedp.Sleep(200*time.Millisecond))
			png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}
