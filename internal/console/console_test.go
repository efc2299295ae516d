package console_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/console"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

const password = "mật khẩu dùng để thử"

// slow is a publisher for whose publications nobody waits.
type slow struct {
	console.Publisher

	begun chan struct{}
	goOn  chan struct{}
	ended chan error // whether it was broken off
}

func (s slow) Do(ctx context.Context, _ publish.Order) (publish.Publication, error) {
	close(s.begun)
	<-s.goOn
	s.ended <- ctx.Err()
	return publish.Publication{}, ctx.Err()
}

// TestLongOrders lets a publication take longer than a page may: who has ordered
// it is answered, and it is not broken off when he has gone away.
func TestLongOrders(t *testing.T) {
	const pageTime = 50 * time.Millisecond
	for _, path := range []string{"/reindex", "/api/reindex"} {
		for name, patient := range map[string]bool{"waits": true, "leaves": false} {
			t.Run(path[1:]+" "+name, func(t *testing.T) {
				s := slow{begun: make(chan struct{}), goOn: make(chan struct{}), ended: make(chan error, 1)}
				log := slog.New(slog.DiscardHandler)
				c, err := console.New(console.Config{Password: password}, index.New(log), nil, s, nil, prometheus.NewRegistry(), log)
				if err != nil {
					t.Fatal(err)
				}
				server := httptest.NewUnstartedServer(c.Handler())
				server.Config.WriteTimeout = pageTime
				server.Start()
				defer server.Close()
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				req.SetBasicAuth("", password)
				answered := make(chan error, 1)
				go func() {
					res, err := server.Client().Transport.RoundTrip(req)
					if err == nil {
						err = res.Body.Close()
					}
					answered <- err
				}()
				<-s.begun
				if !patient {
					leave()
				}
				<-time.After(2 * pageTime)
				close(s.goOn)
				if err := <-s.ended; err != nil {
					t.Errorf("the publication was broken off: %v", err)
				}
				if err := <-answered; patient && err != nil {
					t.Errorf("not answered: %v", err)
				}
			})
		}
	}
}

// live is an index over one article.
func live(t *testing.T) *index.Index {
	t.Helper()
	base, problems, err := knowledge.Load(fstest.MapFS{"articles/thu/bo-cau.md": {Data: []byte(`---
title: Xin phép nuôi chim bồ câu
category: thu
questions: [nuôi chim bồ câu phải xin ai, muốn nuôi chim bồ câu, nuôi chim bồ câu ở đâu, có được nuôi chim bồ câu, xin nuôi chim bồ câu]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Ai muốn nuôi chim bồ câu thì hỏi xã.
`)}}, knowledge.DateOf(time.Now()))
	if err != nil || base == nil {
		t.Fatal(problems, err)
	}
	x := index.New(slog.New(slog.DiscardHandler))
	t.Cleanup(x.Close)
	if _, err := x.Publish(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	return x
}

// page returns a page as an admin sees it.
func page(t *testing.T, c *console.Console, path string) string {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	req.SetBasicAuth("", password)
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, req)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code >= http.StatusInternalServerError {
		t.Fatalf("%s: %d, %v", path, w.Code, err)
	}
	return string(text)
}

// ahead is an assistant on a version newer than the one the console has taken.
type ahead struct{}

func (ahead) Explain(context.Context, bot.ConversationID, string) (bot.Trace, error) {
	return bot.Trace{Search: index.Explain{Candidates: []index.HitExplain{{Article: "bo-cau"}, {Article: "bai-moi"}}}}, nil
}

// TestTryWhilePublishing tries a question while a new article goes live.
func TestTryWhilePublishing(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	c, err := console.New(console.Config{Password: password}, live(t), ahead{}, nil, nil, prometheus.NewRegistry(), log)
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, c, "/search?q="+url.QueryEscape("nuôi chim"))
	for _, want := range []string{"Xin phép nuôi chim bồ câu", "bai-moi"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from:\n%s", want, text)
		}
	}
}

// records is what has been published: nothing, or a database that does not tell.
type records struct {
	console.Publisher

	last     publish.Publication
	history  []publish.Publication
	versions []index.VersionInfo
	unread   error
}

func (r records) Last() publish.Publication { return r.last }

func (r records) History(context.Context, int) ([]publish.Publication, error) {
	return r.history, r.unread
}

func (r records) Versions() ([]index.VersionInfo, error) { return r.versions, nil }

// reports are what waits, or a database that does not tell.
type reports struct{ outbox, questions, feedback error }

func (r reports) Feedback(context.Context, int) ([]store.Opinion, []store.Complaint, error) {
	return nil, nil, r.feedback
}

func (r reports) Outbox(context.Context) (store.Outbox, error) { return store.Outbox{}, r.outbox }

func (r reports) Unanswered(context.Context, int) ([]store.Unanswered, error) {
	return nil, r.questions
}

// TestDatabaseAway wants the page to say what it cannot show, and to show what
// needs no database.
func TestDatabaseAway(t *testing.T) {
	const trouble = "Không đọc được cơ sở dữ liệu"
	away := errors.New("đĩa hỏng")
	for name, tc := range map[string]struct {
		publisher records
		reports   reports
		trouble   bool
	}{
		"well":                {records{}, reports{}, false},
		"no reports":          {records{}, reports{outbox: away}, true},
		"no questions":        {records{}, reports{questions: away}, true},
		"no feedback":         {records{}, reports{feedback: away}, true},
		"no publications":     {records{unread: away}, reports{}, true},
		"nothing can be read": {records{unread: away}, reports{away, away, away}, true},
	} {
		t.Run(name, func(t *testing.T) {
			log := slog.New(slog.DiscardHandler)
			channels := func() []console.Channel {
				return []console.Channel{{Name: "Zalo OA", Trouble: "mã truy cập hết hạn"}}
			}
			c, err := console.New(console.Config{Password: password, Channels: channels}, live(t), nil, tc.publisher, tc.reports, prometheus.NewRegistry(), log)
			if err != nil {
				t.Fatal(err)
			}
			text := page(t, c, "/")
			if strings.Contains(text, trouble) != tc.trouble {
				t.Errorf("trouble is not told right:\n%s", text)
			}
			for _, want := range []string{"Chưa nối với cơ quan tiếp nhận", "Zalo OA:</b> mã truy cập hết hạn"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing from:\n%s", want, text)
				}
			}
		})
	}
}

// disliked is a database in which answers did not help.
type disliked struct{ reports }

func (disliked) Feedback(context.Context, int) ([]store.Opinion, []store.Complaint, error) {
	return []store.Opinion{{Article: "bo-cau", Good: 3, Bad: 2}},
		[]store.Complaint{{Article: "bo-cau", Reason: "thieu", Asked: "nuôi <bồ câu> phải xin ai"}, {Article: "bo-cau", Reason: "của bản cũ"}}, nil
}

// TestComplaints wants the page to show what did not help, and why.
func TestComplaints(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	c, err := console.New(console.Config{Password: password}, live(t), nil, records{}, disliked{}, prometheus.NewRegistry(), log)
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, c, "/")
	for _, want := range []string{"2 lượt chê, 3 lượt khen", "Thiếu. Câu hỏi: nuôi &lt;bồ câu&gt; phải xin ai", "Không nói vì sao"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from:\n%s", want, text)
		}
	}
}

// TestUnsealed wants the page to say when reports travel unsealed.
func TestUnsealed(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  console.Config
		want bool
	}{
		"not connected":      {console.Config{}, false},
		"connected":          {console.Config{Connected: true}, true},
		"connected, the key": {console.Config{Connected: true, Sealed: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tc.cfg.Password = password
			log := slog.New(slog.DiscardHandler)
			c, err := console.New(tc.cfg, index.New(log), nil, records{}, reports{}, prometheus.NewRegistry(), log)
			if err != nil {
				t.Fatal(err)
			}
			if text := page(t, c, "/"); strings.Contains(text, "không được niêm phong") != tc.want {
				t.Errorf("the page:\n%s", text)
			}
		})
	}
}

// TestGuesses guesses at the password from one address: it is soon told to wait,
// however many guesses it makes at once, and the others are not.
func TestGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		c, err := console.New(console.Config{Password: password}, index.New(log), nil, records{}, reports{}, prometheus.NewRegistry(), log)
		if err != nil {
			t.Fatal(err)
		}
		pages := c.Handler()
		login := func(address, password string) *httptest.ResponseRecorder {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", strings.NewReader(url.Values{"password": {password}}.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.RemoteAddr = address
			w := httptest.NewRecorder()
			pages.ServeHTTP(w, req)
			return w
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		told := map[int]int{}
		for range 30 {
			all.Go(func() {
				w := login("192.168.1.66:5000", "sai")
				mu.Lock()
				defer mu.Unlock()
				told[w.Code]++
			})
		}
		all.Wait()
		if told[http.StatusUnauthorized] != 10 || told[http.StatusTooManyRequests] != 20 {
			t.Errorf("30 guesses at once: %v", told)
		}
		w := login("192.168.1.66:5001", password)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "đợi vài giây") || strings.Contains(w.Body.String(), "chưa đúng") {
			t.Errorf("the right password, too soon: %d %s", w.Code, w.Body)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/reindex", http.NoBody)
		req.RemoteAddr = "192.168.1.66:5002"
		req.SetBasicAuth("", password)
		w = httptest.NewRecorder()
		if pages.ServeHTTP(w, req); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("a program, too soon: %d %s", w.Code, w.Body)
		}
		if w := login("192.168.1.10:5000", password); w.Code != http.StatusSeeOther {
			t.Errorf("the right password from elsewhere: %d %s", w.Code, w.Body)
		}
		<-time.After(2 * time.Second)
		if w := login("192.168.1.66:5003", password); w.Code != http.StatusSeeOther {
			t.Errorf("the right password, after waiting: %d %s", w.Code, w.Body)
		}
	})
}

// TestLastOrder wants the page to say what came of the last order, and to offer
// the force that its refusal speaks of.
func TestLastOrder(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	problems := make([]knowledge.Problem, 0, 60)
	for range 50 {
		problems = append(problems, knowledge.Problem{File: "articles/thu/sai.md", Line: 3, Severity: knowledge.Error, Text: "thiếu title"})
	}
	for range 10 {
		problems = append(problems, knowledge.Problem{File: "articles/thu/dai.md", Line: 9, Severity: knowledge.Warning, Text: "câu dài"})
	}
	const force = `name="force"`
	for name, tc := range map[string]struct {
		last     publish.Publication
		want     []string
		unwanted []string
	}{
		"none yet":  {publish.Publication{}, nil, []string{force, "Lúc"}},
		"published": {publish.Publication{At: at, Action: publish.ActionPublish, From: "v1", To: "v2"}, []string{"Lúc 09:30 23/11/2026: đã đưa lên"}, []string{force}},
		"unchanged": {publish.Publication{At: at, Action: publish.ActionPublish, From: "v2", To: "v2"}, []string{"Lúc 09:30 23/11/2026: kho tri thức không có gì thay đổi"}, []string{force}},
		"back":      {publish.Publication{At: at, Action: publish.ActionRollback, From: "v2", To: "v1"}, []string{"Lúc 09:30 23/11/2026: đã lùi về"}, []string{force}},
		"held":      {publish.Publication{At: at, Action: publish.ActionPublish, From: "v1", Refused: publish.ErrHeld.Error()}, []string{force, "không thành"}, []string{"Lúc"}},
		"worse":     {publish.Publication{At: at, Action: publish.ActionPublish, From: "v1", Refused: "kém hơn", Gate: &publish.Gate{}}, []string{force, "không thành"}, nil},
		"broken": {
			publish.Publication{At: at, Action: publish.ActionPublish, From: "v1", Refused: publish.ErrBroken.Error(), Problems: problems},
			[]string{"thiếu title", "và 30 lỗi nữa", "10 cảnh báo"},
			[]string{force, "câu dài"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := slog.New(slog.DiscardHandler)
			c, err := console.New(console.Config{Password: password}, index.New(log), nil, records{last: tc.last}, reports{}, prometheus.NewRegistry(), log)
			if err != nil {
				t.Fatal(err)
			}
			text := page(t, c, "/")
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing from:\n%s", want, text)
				}
			}
			for _, unwanted := range tc.unwanted {
				if strings.Contains(text, unwanted) {
					t.Errorf("%q stands in:\n%s", unwanted, text)
				}
			}
		})
	}
}

// TestWhoPublished wants the page to say in Vietnamese who published, a program
// or a person.
func TestWhoPublished(t *testing.T) {
	history := make([]publish.Publication, 0, 6)
	for _, by := range []string{"start", "SIGHUP", "watch", "console", "telegram", "lan@xa"} {
		history = append(history, publish.Publication{By: by, Action: publish.ActionPublish, To: "v1"})
	}
	log := slog.New(slog.DiscardHandler)
	c, err := console.New(console.Config{Password: password}, index.New(log), nil, records{history: history}, reports{}, prometheus.NewRegistry(), log)
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, c, "/")
	for _, want := range []string{"khi khởi động", "lệnh nạp lại (SIGHUP)", "tự thấy kho thay đổi", "bảng điều khiển", "quản trị viên qua Telegram", "lan@xa"} {
		if !strings.Contains(text, ", "+want+": đưa lên") {
			t.Errorf("%q is missing from:\n%s", want, text)
		}
	}
}

// TestAskedBeforeGoingBack wants the way back to an earlier version to be asked
// about on a page of its own.
func TestAskedBeforeGoingBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	versions := []index.VersionInfo{{ID: "v1", Created: at, Articles: 7}, {ID: "v2", Created: at.Add(time.Hour), Articles: 9, Live: true}}
	log := slog.New(slog.DiscardHandler)
	c, err := console.New(console.Config{Password: password}, index.New(log), nil, records{versions: versions}, reports{}, prometheus.NewRegistry(), log)
	if err != nil {
		t.Fatal(err)
	}
	if text := page(t, c, "/"); !strings.Contains(text, `action="/rollback"`) {
		t.Errorf("the list goes back at once:\n%s", text)
	}
	text := page(t, c, "/rollback?to=v1")
	for _, want := range []string{"09:30 23/11/2026", "7 bài", `action="/reindex"`, `name="to" value="v1"`, `href="/"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from:\n%s", want, text)
		}
	}
	if text := page(t, c, "/rollback?to=v0"); strings.Contains(text, `name="to"`) || !strings.Contains(text, "không còn bản này") {
		t.Errorf("a version that is not kept:\n%s", text)
	}
}
