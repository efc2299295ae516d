package telegramtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

// one says something and returns the update that tells of it, without what
// changes from run to run.
func one(t *testing.T, say func(s *telegramtest.Server)) map[string]any {
	t.Helper()
	s := newServer(t, telegramtest.Options{Now: newClock().Now})
	say(s)
	var all []map[string]any
	if err := json.Unmarshal(must(t, s, "getUpdates", ""), &all); err != nil || len(all) == 0 {
		t.Fatalf("%v %v", all, err)
	}
	noProblems(t, s)
	last := all[len(all)-1]
	delete(last, "update_id")
	return last
}

func TestPeople(t *testing.T) {
	person := `{"id":42,"is_bot":false,"first_name":"Người dân","language_code":"vi"}`
	in := `"chat":{"id":42,"type":"private","first_name":"Người dân"},"date":1795420800,"from":` + person
	me := `"user":{"id":123456,"is_bot":true,"first_name":"Trợ lý ảo","username":"thu_bot"}`
	for _, tt := range []struct {
		name string
		say  func(s *telegramtest.Server)
		want string
	}{
		{"text", func(s *telegramtest.Server) { s.Say(lan, "Chào") }, `{"message":{"message_id":1,` + in + `,"text":"Chào"}}`},
		{"command", func(s *telegramtest.Server) { s.Say(lan, "/start thu-tuc-12") }, `{"message":{"message_id":1,` + in + `,"text":"/start thu-tuc-12","entities":[{"type":"bot_command","offset":0,"length":6}]}}`},
		{
			"command after an emoji", func(s *telegramtest.Server) { s.Say(lan, "😀 Giúp /help@thu_bot, 1/2 //x /ế a/b") },
			`{"message":{"message_id":1,` + in + `,"text":"😀 Giúp /help@thu_bot, 1/2 //x /ế a/b","entities":[{"type":"bot_command","offset":8,"length":13}]}}`,
		},
		{"location", func(s *telegramtest.Server) { s.SendLocation(lan, 21.5, 105.25) }, `{"message":{"message_id":1,` + in + `,"location":{"latitude":21.5,"longitude":105.25}}}`},
		{"contact", func(s *telegramtest.Server) { s.SendContact(lan, lan, "Lan", "+84900000000") }, `{"message":{"message_id":1,` + in + `,"contact":{"phone_number":"+84900000000","first_name":"Lan","user_id":42}}}`},
		{"contact of nobody here", func(s *telegramtest.Server) { s.SendContact(lan, 0, "An", "113") }, `{"message":{"message_id":1,` + in + `,"contact":{"phone_number":"113","first_name":"An"}}}`},
		{"edit", func(s *telegramtest.Server) { s.Say(lan, "a"); s.Edit(lan, "b") }, `{"edited_message":{"message_id":1,` + in + `,"edit_date":1795420800,"text":"b"}}`},
		{
			"block", func(s *telegramtest.Server) { s.Say(lan, "a"); s.Block(lan) },
			`{"my_chat_member":{` + in + `,"old_chat_member":{` + me + `,"status":"member"},"new_chat_member":{` + me + `,"status":"kicked","until_date":0}}}`,
		},
		{"other", func(s *telegramtest.Server) { s.Post(map[string]any{"poll": map[string]any{"id": "7"}}) }, `{"poll":{"id":"7"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, one(t, tt.say)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatNoPersonCanDo(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "")
	s.Say(lan, strings.Repeat("😀", 2049))
	s.Edit(binh, "x")
	s.Post(nil)
	s.Post(map[string]any{"x": func() {}})
	s.Redeliver(7)
	s.FailNext("sendmessages", 1, telegramtest.Fault{Status: 500})
	for _, p := range s.Problems() {
		if !strings.HasPrefix(p, "the test's own ") {
			t.Error(p)
		}
	}
	if n := len(s.Problems()); n != 7 {
		t.Errorf("%d problems", n)
	}
}

func TestBlock(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "Chào")
	s.Block(lan)
	a := call(t, s, "sendMessage", `{"chat_id":42,"text":"a"}`)
	if a.Code != 403 || a.Description != "Forbidden: bot was blocked by the user" {
		t.Errorf("%+v", a)
	}
	s.Say(lan, "Chào lại")
	must(t, s, "sendMessage", `{"chat_id":42,"text":"a"}`)
	got := poll(t, s, 0)
	if len(got) != 4 || got[2].Member == nil || got[2].Member.New.Status != "member" {
		t.Errorf("%+v", got)
	}
	noProblems(t, s)
}

func TestPress(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "Chào")
	must(t, s, "sendMessage", `{"chat_id":42,"text":"1","reply_markup":{"inline_keyboard":[[{"text":"Có","callback_data":"cũ"},{"text":"Xem","url":"https://a.vn"}]]}}`)
	must(t, s, "sendMessage", `{"chat_id":42,"text":"2","reply_markup":{"inline_keyboard":[[{"text":"Có","callback_data":"mới"}]]}}`)
	must(t, s, "sendMessage", `{"chat_id":42,"text":"3","reply_markup":{"keyboard":[["Bỏ qua"],[{"text":"Số","request_contact":true},{"text":"Chỗ","request_location":true}]]}}`)
	for _, title := range []string{"Có", "Bỏ qua", "Số", "Chỗ"} {
		if _, err := s.Press(lan, title); err != nil {
			t.Fatal(err)
		}
	}
	got := poll(t, s, 0)[1:]
	if c := got[0].Callback; c == nil || c.Data != "mới" || c.Message.Text != "2" || c.From.ID != lan {
		t.Errorf("%+v", got[0])
	}
	if m := got[1].Message; m.Text != "Bỏ qua" {
		t.Errorf("%+v", m)
	}
	if m := got[2].Message; m.Contact == nil || m.Contact.UserID != lan {
		t.Errorf("%+v", m)
	}
	if m := got[3].Message; m.Location == nil {
		t.Errorf("%+v", m)
	}
	must(t, s, "sendMessage", `{"chat_id":42,"text":"4","reply_markup":{"remove_keyboard":true}}`)
	for _, title := range []string{"Xem", "Không", "Bỏ qua"} {
		if _, err := s.Press(lan, title); err == nil {
			t.Errorf("%q could be pressed", title)
		}
	}
	m := s.Messages(lan)
	if len(m) != 4 || !m[3].RemoveKeyboard || len(m[2].Keyboard) != 2 || !m[2].Keyboard[1][0].Contact || m[0].Inline[0][1].URL != "https://a.vn" {
		t.Errorf("%+v", m)
	}
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestFiles(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	data := strings.Repeat("0123456789", 100)
	s.SendPhoto(lan, []byte(data), "Biên bản")
	s.SendDocument(lan, "đơn.pdf", "application/pdf", []byte("%PDF-1.7"))
	s.SendDocument(lan, "phim.mp4", "video/mp4", make([]byte, 20<<20+1))
	got := poll(t, s, 0)
	photo, document := got[0].Message.Photo, got[1].Message.Document
	if got[0].Message.Caption != "Biên bản" || len(photo) != 3 || photo[2].Size != 1000 || photo[0].ID == photo[2].ID {
		t.Fatalf("%+v", got[0].Message)
	}
	if document.Name != "đơn.pdf" || document.Type != "application/pdf" {
		t.Errorf("%+v", document)
	}
	for id, want := range map[string]string{photo[2].ID: data, photo[1].ID: data[:250], document.ID: "%PDF-1.7"} {
		var told struct {
			Path string `json:"file_path"`
		}
		if err := json.Unmarshal(must(t, s, "getFile", `{"file_id":"`+id+`"}`), &told); err != nil {
			t.Fatal(err)
		}
		if status, body := get(t, s.URL()+"/file/bot"+token+"/"+told.Path); status != 200 || body != want {
			t.Errorf("%d %q", status, body)
		}
	}
	s.FailNext("file", 1, telegramtest.Fault{Status: 502})
	if status, _ := get(t, s.URL()+"/file/bot"+token+"/photos/file_2.jpg"); status != 502 {
		t.Errorf("status %d", status)
	}
	noProblems(t, s)
	if a := call(t, s, "getFile", `{"file_id":"`+got[2].Message.Document.ID+`"}`); a.Description != "Bad Request: file is too big" {
		t.Errorf("%+v", a)
	}
	// The smallest size was never asked for, so its path is a guess.
	if status, _ := get(t, s.URL()+"/file/bot"+token+"/photos/file_0.jpg"); status != 404 {
		t.Errorf("status %d", status)
	}
	if status, _ := get(t, s.URL()+"/file/botx/photos/file_2.jpg"); status != 401 {
		t.Errorf("status %d", status)
	}
	if p := s.Problems(); len(p) != 3 || len(s.Calls("file")) != 6 {
		t.Errorf("%q", p)
	}
}

func TestWaitMessages(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "Chào")
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got, err := s.WaitMessages(soon, lan, 1); err == nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.WaitMessages(t.Context(), lan, 2)
		done <- err
	}()
	must(t, s, "sendMessage", `{"chat_id":42,"text":"a"}`)
	must(t, s, "sendMessage", `{"chat_id":42,"text":"b"}`)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
