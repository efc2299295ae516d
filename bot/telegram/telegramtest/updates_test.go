package telegramtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

// update is what tests read of an update.
type update struct {
	ID       int64    `json:"update_id"`
	Message  *message `json:"message"`
	Callback *struct {
		ID      string  `json:"id"`
		Data    string  `json:"data"`
		Message message `json:"message"`
		From    struct {
			ID int64 `json:"id"`
		} `json:"from"`
	} `json:"callback_query"`
	Member *struct {
		New struct {
			Status string `json:"status"`
		} `json:"new_chat_member"`
	} `json:"my_chat_member"`
}

type message struct {
	Text    string `json:"text"`
	Caption string `json:"caption"`
	Photo   []struct {
		ID   string `json:"file_id"`
		Size int    `json:"file_size"`
	} `json:"photo"`
	Document *struct {
		ID   string `json:"file_id"`
		Name string `json:"file_name"`
		Type string `json:"mime_type"`
	} `json:"document"`
	Contact *struct {
		UserID int64 `json:"user_id"`
	} `json:"contact"`
	Location *struct{} `json:"location"`
}

func poll(t *testing.T, s *telegramtest.Server, offset int64) []update {
	t.Helper()
	var all []update
	if err := json.Unmarshal(must(t, s, "getUpdates", fmt.Sprintf(`{"offset":%d}`, offset)), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// texts lists what was said in some updates.
func texts(updates []update) string {
	var all []string
	for _, u := range updates {
		all = append(all, u.Message.Text)
	}
	return strings.Join(all, " ")
}

func TestOffsets(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	var ids []int64
	for _, text := range []string{"a", "b", "c"} {
		ids = append(ids, s.Say(lan, text))
	}
	if ids[2] != ids[0]+2 {
		t.Errorf("ids %d", ids)
	}
	for _, tt := range []struct {
		offset int64
		want   string
	}{{0, "a b c"}, {0, "a b c"}, {ids[1], "b c"}, {0, "b c"}, {-1, "c"}, {0, "c"}, {ids[2] + 1, ""}, {0, ""}} {
		if got := texts(poll(t, s, tt.offset)); got != tt.want {
			t.Errorf("offset %d: %q, want %q", tt.offset, got, tt.want)
		}
	}
	if n := s.Pending(); n != 0 {
		t.Errorf("%d pending", n)
	}
	s.Redeliver(ids[1])
	s.Say(lan, "d")
	if n := s.Pending(); n != 2 {
		t.Errorf("%d pending", n)
	}
	if got := poll(t, s, ids[2]+1); texts(got) != "b d" || got[0].ID != ids[1] {
		t.Errorf("%+v", got)
	}
	if got := poll(t, s, ids[2]+2); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	noProblems(t, s)
}

func TestLimit(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	for range 120 {
		s.Say(lan, "a")
	}
	if n := len(poll(t, s, 0)); n != 100 {
		t.Errorf("%d updates", n)
	}
	var two []update
	if err := json.Unmarshal(must(t, s, "getUpdates", `{"limit":2}`), &two); err != nil || len(two) != 2 {
		t.Errorf("%d updates", len(two))
	}
}

func TestAllowedUpdatesAreRemembered(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Post(map[string]any{"message_reaction": map[string]any{}})
	must(t, s, "getUpdates", `{"allowed_updates":["message"]}`)
	s.Say(lan, "a")
	s.Edit(lan, "b")
	if got := poll(t, s, 0); texts(got) != "a" {
		t.Errorf("%+v", got)
	}
	must(t, s, "getUpdates", `{"allowed_updates":[]}`)
	s.Block(lan)
	if n := s.Pending(); n != 2 {
		t.Errorf("%d pending", n)
	}
}

func TestLongPoll(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	start := time.Now()
	if got := must(t, s, "getUpdates", `{"timeout":1}`); string(got) != "[]" || time.Since(start) < time.Second {
		t.Errorf("%s after %v", got, time.Since(start))
	}
	done := make(chan answer)
	go func() { done <- call(t, s, "getUpdates", `{"timeout":50}`) }()
	waitFor(t, func() bool { return len(s.Calls("getUpdates")) == 2 })
	s.Say(lan, "a")
	if a := <-done; !strings.Contains(string(a.Result), `"text":"a"`) {
		t.Errorf("%+v", a)
	}
	noProblems(t, s)
}

func TestConflicts(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	older := make(chan answer)
	go func() { older <- call(t, s, "getUpdates", `{"timeout":50}`) }()
	waitFor(t, func() bool { return len(s.Calls("getUpdates")) == 1 })
	newer := make(chan answer)
	go func() { newer <- call(t, s, "getUpdates", `{"timeout":50}`) }()
	if a := <-older; a.Code != 409 || !strings.Contains(a.Description, "terminated by other getUpdates") {
		t.Errorf("%+v", a)
	}
	if a := call(t, s, "setWebhook", `{"url":"https://bot.gov.vn/"}`); !a.OK {
		t.Errorf("%+v", a)
	}
	if a := <-newer; a.Code != 409 || !strings.Contains(a.Description, "terminated by setWebhook") {
		t.Errorf("%+v", a)
	}
	if a := call(t, s, "getUpdates", `{}`); a.Code != 409 || !strings.Contains(a.Description, "webhook is active") {
		t.Errorf("%+v", a)
	}
	if p := s.Problems(); len(p) != 3 {
		t.Errorf("%q", p)
	}
}

func TestPollThatWasKilled(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	ctx, kill := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/bot"+token+"/getUpdates?timeout=50", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := (&http.Client{}).Do(req); err == nil {
			res.Body.Close()
		}
	}()
	waitFor(t, func() bool { return len(s.Calls("getUpdates")) == 1 })
	kill()
	<-done
	s.Say(lan, "a")
	if got := texts(poll(t, s, 0)); got != "a" {
		t.Errorf("%q", got)
	}
	noProblems(t, s)
}

// waitFor waits until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("waited in vain")
		}
	}
}
