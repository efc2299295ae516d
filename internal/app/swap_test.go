package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
)

// swapFolder writes a folder whose articles all say which edition they are of.
func swapFolder(t *testing.T, dir string, edition int) {
	t.Helper()
	folder := filepath.Join(dir, "articles", "thu")
	if slow > 1 { // learning the lanes anew each time is not what is watched
		writeFile(t, filepath.Join(dir, "lanes", "examples.tsv"), bottest.FewExamples)
	}
	for i, matter := range []string{"nuôi chim bồ câu", "trồng cây bàng", "đào giếng khoan", "mở sạp chợ đêm", "thuê sân bóng"} {
		text := fmt.Sprintf(`---
title: Xin phép %[1]s
category: thu
questions: ["%[1]s phải xin ai", "%[1]s cần giấy gì", "muốn %[1]s", "%[1]s mất bao nhiêu tiền", "%[1]s ở đâu"]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Ấn bản %[2]d: muốn %[1]s thì hỏi xã.
`, matter, edition)
		writeFile(t, filepath.Join(folder, fmt.Sprintf("bai-%d.md", i)), text)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// answered is one request of a client.
type answered struct {
	from, to time.Time
	text     string // of the answer
	problem  string
}

// TestSwapWhilePeopleAsk lets sixteen people ask over HTTP while the knowledge
// is published twenty times and rolled back five times. Nobody gets an error,
// nobody gets an answer of a version that was not live while he asked, and
// hardly anybody waits.
func TestSwapWhilePeopleAsk(t *testing.T) {
	// The machine may be busy with something else; three times in a row it is us.
	for range 3 {
		waited, idle := swapWhilePeopleAsk(t)
		// Where everybody waits anyway, in a slow hour, nobody notices less than three times that.
		if limit := max(50*time.Millisecond*slow, 3*idle); waited > limit {
			t.Logf("one of a thousand people waited %v longer than without publications, want at most %v", waited, limit)
			continue
		}
		return
	}
	t.Error("publications make people wait")
}

// swapWhilePeopleAsk returns how much longer one of a thousand people waits while
// the knowledge is swapped than one of a hundred does without, and how long that
// one does.
func swapWhilePeopleAsk(t *testing.T) (longer, idle time.Duration) {
	t.Helper()
	const people, publications, rollbacks = 16, 20, 5
	dir := t.TempDir()
	kho := filepath.Join(dir, "kho")
	swapFolder(t, kho, 0)
	cfg, err := configs.Load("", map[string]any{
		"listen": "127.0.0.1:0", "admin.listen": "127.0.0.1:0", "data": filepath.Join(dir, "data"), "knowledge.dir": kho, "bot.rate.per_minute": 0,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a, err := app.New(ctx, cfg, os.DirFS(kho), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	public, admin := a.Addresses()

	// Editions are live from the order's start at the earliest; the one before
	// is until the order's end at the latest.
	type span struct {
		edition  int
		from, to time.Time
	}
	live := []span{{edition: 0}}
	quit := make(chan struct{})
	results := make(chan []answered, people)
	for person := range people {
		go func() { results <- askOn("http://"+public, person, quit) }()
	}
	order := func(body string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+admin+"/api/reindex", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("admin", a.NewPassword())
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if answer, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s %v", body, res.StatusCode, answer, err)
		}
	}
	swap := func(edition int, body string) {
		from := time.Now()
		order(body)
		live[len(live)-1].to = time.Now()
		live = append(live, span{edition: edition, from: from})
	}
	for n := 1; n <= publications; n++ {
		swapFolder(t, kho, n)
		swap(n, `{}`)
		if n%(publications/rollbacks) == 0 {
			swap(n-1, `{"rollback":true}`)
		}
	}
	close(quit)

	var took []time.Duration
	count, idle := 0, measureIdle(t, "http://"+public)
	for range people {
		for _, r := range <-results {
			count++
			took = append(took, r.to.Sub(r.from))
			if r.problem != "" {
				t.Fatal(r.problem)
			}
			var edition int
			if _, err := fmt.Sscanf(r.text, "Ấn bản %d:", &edition); err != nil {
				t.Fatalf("answer %q", r.text)
			}
			if !slices.ContainsFunc(live, func(s span) bool {
				return s.edition == edition && s.from.Before(r.to) && (s.to.IsZero() || s.to.After(r.from))
			}) {
				t.Errorf("edition %d was answered from %v to %v, when it was not live", edition, r.from, r.to)
			}
		}
	}
	slices.Sort(took)
	at := func(share float64) time.Duration { return took[int(share*float64(len(took)-1))] }
	t.Logf("%d answers while %d publications and %d rollbacks: p50 %v, p99 %v, p99.9 %v, longest %v; p99 without any: %v",
		count, publications, rollbacks, at(.5), at(.99), at(.999), took[len(took)-1], idle)
	return at(.999) - idle, idle
}

// askOn asks without a pause until quit.
func askOn(url string, person int, quit <-chan struct{}) (all []answered) {
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	questions := []string{"nuoi chim bo cau phai xin ai", "trồng cây bàng cần giấy gì", "mo sap cho dem mat bao nhieu tien"}
	for n := 0; ; n++ {
		select {
		case <-quit:
			return all
		default:
		}
		all = append(all, askOnce(c, url, fmt.Sprint("c", person), questions[(n+person)%len(questions)]))
	}
}

func askOnce(c *http.Client, url, conversation, text string) (r answered) {
	body, err := json.Marshal(map[string]string{"conversation": conversation, "text": text})
	if err != nil {
		return answered{problem: err.Error()}
	}
	r.from = time.Now()
	res, err := c.Post(url+"/api/chat", "application/json", bytes.NewReader(body))
	if err != nil {
		return answered{problem: err.Error()}
	}
	defer res.Body.Close()
	var got struct {
		Replies []struct {
			Answer *struct {
				Text string `json:"text"`
			} `json:"answer"`
		} `json:"replies"`
	}
	err = json.NewDecoder(res.Body).Decode(&got)
	r.to = time.Now()
	if err != nil || res.StatusCode != http.StatusOK || len(got.Replies) != 1 || got.Replies[0].Answer == nil {
		r.problem = fmt.Sprintf("%q: %d %v %+v", text, res.StatusCode, err, got)
		return r
	}
	r.text = got.Replies[0].Answer.Text
	return r
}

// measureIdle is the 99th percentile of the same asking while nothing else goes on.
func measureIdle(t *testing.T, url string) time.Duration {
	t.Helper()
	quit := make(chan struct{})
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	for person := range 16 {
		wg.Go(func() {
			for _, r := range askOn(url, 100+person, quit) {
				mu.Lock()
				took = append(took, r.to.Sub(r.from))
				mu.Unlock()
			}
		})
	}
	<-time.After(time.Second)
	close(quit)
	wg.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}
