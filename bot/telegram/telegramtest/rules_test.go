package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func TestRules(t *testing.T) {
	say := func(text string) string { return `{"chat_id":42,"text":` + quoted(text) + `}` }
	with := func(markup string) string { return `{"chat_id":42,"text":"a","reply_markup":` + markup + `}` }
	inline := func(button string) string { return with(`{"inline_keyboard":[[` + button + `]]}`) }
	for _, tt := range []struct {
		name, method, body, refused string
	}{
		{"text", "sendMessage", say("Chào"), ""},
		{"longest text", "sendMessage", say(strings.Repeat("ễ", 4096)), ""},
		{"text too long", "sendMessage", say(strings.Repeat("ễ", 4097)), "message is too long"},
		{"too long in UTF-16", "sendMessage", say(strings.Repeat("😀", 2049)), "message is too long"},
		{"no text", "sendMessage", say(""), "message text is empty"},
		{"only space", "sendMessage", say(" \n"), "message text is empty"},
		{"length counts without tags", "sendMessage", `{"chat_id":"42","parse_mode":"HTML","text":` + quoted("<b>"+strings.Repeat("&lt;", 4096)+"</b>") + `}`, ""},
		{"a stranger", "sendMessage", `{"chat_id":1,"text":"a"}`, "chat not found"},
		{"a name", "sendMessage", `{"chat_id":"@lan","text":"a"}`, "chat not found"},
		{"nobody", "sendMessage", `{"text":"a"}`, "chat_id is empty"},
		{"markdown", "sendMessage", `{"chat_id":42,"text":"a","parse_mode":"MarkdownV2"}`, "does not read"},
		{"unknown mode", "sendMessage", `{"chat_id":42,"text":"a","parse_mode":"bb"}`, "unsupported parse_mode"},
		{"bad preview options", "sendMessage", `{"chat_id":42,"text":"a","link_preview_options":7}`, "can't parse link preview options"},
		{"reply to nothing", "sendMessage", `{"chat_id":42,"text":"a","reply_parameters":{"message_id":999}}`, "message to be replied not found"},
		{"reply to nothing, allowed", "sendMessage", `{"chat_id":42,"text":"a","reply_parameters":{"message_id":999,"allow_sending_without_reply":true}}`, ""},
		{"reply as of old", "sendMessage", `{"chat_id":42,"text":"a","reply_to_message_id":999}`, "message to be replied not found"},

		{"button", "sendMessage", inline(`{"text":"Có","callback_data":"1"}`), ""},
		{"button as the library sends it", "sendMessage", inline(`{"text":"Có","callback_data":"1","copy_text":{"text":""}}`), ""},
		{"link", "sendMessage", inline(`{"text":"Xem","url":"https://dichvucong.gov.vn","copy_text":{"text":""}}`), ""},
		{"longest data", "sendMessage", inline(`{"text":"Có","callback_data":"` + strings.Repeat("x", 64) + `"}`), ""},
		{"data too long in bytes", "sendMessage", inline(`{"text":"Có","callback_data":"` + strings.Repeat("ễ", 22) + `"}`), "BUTTON_DATA_INVALID"},
		{"empty data", "sendMessage", inline(`{"text":"Có","callback_data":""}`), "BUTTON_DATA_INVALID"},
		{"only an empty copy", "sendMessage", inline(`{"text":"Có","copy_text":{"text":""}}`), "BUTTON_COPY_TEXT_INVALID"},
		{"copy beside data", "sendMessage", inline(`{"text":"Có","callback_data":"1","copy_text":{"text":"a"}}`), "BUTTON_COPY_TEXT_INVALID"},
		{"data and link", "sendMessage", inline(`{"text":"Có","callback_data":"1","url":"https://a.vn"}`), "BUTTON_TYPE_INVALID"},
		{"nothing behind", "sendMessage", inline(`{"text":"Có"}`), "Text buttons are unallowed"},
		{"no title", "sendMessage", inline(`{"text":"","callback_data":"1"}`), "text must be non-empty"},
		{"not a link", "sendMessage", inline(`{"text":"Gọi","url":"tel:113"}`), "is invalid"},
		{"web app", "sendMessage", inline(`{"text":"Mở","web_app":{"url":"https://a.vn"}}`), "knows no inline buttons"},
		{"empty row", "sendMessage", with(`{"inline_keyboard":[[]]}`), "a row is empty"},
		{"no rows", "sendMessage", with(`{"inline_keyboard":[]}`), "it is empty"},
		{"not JSON", "sendMessage", with(`"x{"`), "can't parse reply markup JSON object"},
		{"two kinds", "sendMessage", with(`{"inline_keyboard":[],"remove_keyboard":true}`), "of 2 kinds"},
		{"no kind", "sendMessage", with(`{}`), "of 0 kinds"},
		{"too many buttons", "sendMessage", with(`{"inline_keyboard":[[` + strings.Repeat(`{"text":"a","callback_data":"1"},`, 100) + `{"text":"a","callback_data":"1"}]]}`), "too long"},
		{"keyboard", "sendMessage", with(`{"keyboard":[["Bỏ qua"],[{"text":"Gửi số","request_contact":true},{"text":"Gửi vị trí","request_location":true}]]}`), ""},
		{"key without text", "sendMessage", with(`{"keyboard":[[{"text":""}]]}`), "text must be non-empty"},
		{"key asks twice", "sendMessage", with(`{"keyboard":[[{"text":"a","request_contact":true,"request_location":true}]]}`), "asks for two things"},
		{"key of nonsense", "sendMessage", with(`{"keyboard":[[7]]}`), "can't parse keyboard button"},
		{"hint too long", "sendMessage", with(`{"keyboard":[["a"]],"input_field_placeholder":"` + strings.Repeat("a", 65) + `"}`), "input_field_placeholder"},
		{"remove", "sendMessage", with(`{"remove_keyboard":true}`), ""},
		{"remove not", "sendMessage", with(`{"remove_keyboard":false}`), "only true"},
		{"force reply", "sendMessage", with(`{"force_reply":true}`), ""},
		{"contact in a group", "sendMessage", `{"chat_id":` + groupS + `,"text":"a","reply_markup":{"keyboard":[[{"text":"a","request_contact":true}]]}}`, "private chats only"},
		{"location in a group", "sendMessage", `{"chat_id":` + groupS + `,"text":"a","reply_markup":{"keyboard":[[{"text":"a","request_location":true}]]}}`, "private chats only"},
		{"text in a group", "sendMessage", `{"chat_id":` + groupS + `,"text":"a","reply_markup":{"keyboard":[["a"]]}}`, ""},

		{"typing", "sendChatAction", `{"chat_id":42,"action":"typing"}`, ""},
		{"yawning", "sendChatAction", `{"chat_id":42,"action":"yawning"}`, "wrong parameter action"},
		{"unknown press", "answerCallbackQuery", `{"callback_query_id":"1"}`, "query is too old"},
		{"long notice", "answerCallbackQuery", `{"callback_query_id":"1","text":"` + strings.Repeat("ễ", 201) + `"}`, "MESSAGE_TOO_LONG"},
		{"unknown file", "getFile", `{"file_id":"1"}`, "wrong file_id"},
		{"delete nothing", "deleteMessage", `{"chat_id":42,"message_id":99}`, "message to delete not found"},
		{"edit nothing", "editMessageText", `{"chat_id":42,"message_id":99,"text":"a"}`, "message to edit not found"},
		{"edit a person's", "editMessageText", `{"chat_id":42,"message_id":1,"text":"a"}`, "message can't be edited"},
		{"edit unnamed", "editMessageReplyMarkup", `{"chat_id":42}`, "message identifier is not specified"},
		{"leave a person", "leaveChat", `{"chat_id":42}`, "private chats"},
		{"leave a group", "leaveChat", `{"chat_id":` + groupS + `}`, ""},

		{"commands", "setMyCommands", `{"commands":[{"command":"tro_giup","description":"Trợ giúp"}],"language_code":"vi","scope":{"type":"default"}}`, ""},
		{"no commands", "setMyCommands", `{}`, "not specified"},
		{"command with capitals", "setMyCommands", `{"commands":[{"command":"TroGiup","description":"a"}]}`, "BOT_COMMAND_INVALID"},
		{"Vietnamese command", "setMyCommands", `{"commands":[{"command":"trợgiúp","description":"a"}]}`, "BOT_COMMAND_INVALID"},
		{"long command", "setMyCommands", `{"commands":[{"command":"` + strings.Repeat("a", 33) + `","description":"a"}]}`, "BOT_COMMAND_INVALID"},
		{"command unexplained", "setMyCommands", `{"commands":[{"command":"a","description":""}]}`, "BOT_COMMAND_DESCRIPTION_INVALID"},
		{"long explanation", "setMyCommands", `{"commands":[{"command":"a","description":"` + strings.Repeat("ễ", 257) + `"}]}`, "BOT_COMMAND_DESCRIPTION_INVALID"},
		{"too many commands", "setMyCommands", `{"commands":[` + strings.Repeat(`{"command":"a","description":"a"},`, 100) + `{"command":"a","description":"a"}]}`, "BOT_COMMANDS_TOO_MUCH"},
		{"language", "setMyCommands", `{"commands":[],"language_code":"vie"}`, "language code"},
		{"scope", "setMyCommands", `{"commands":[],"scope":{"type":"x"}}`, "BotCommandScope"},
		{"description", "setMyDescription", `{"description":"` + strings.Repeat("ễ", 512) + `"}`, ""},
		{"long description", "setMyDescription", `{"description":"` + strings.Repeat("ễ", 513) + `"}`, "more than 512"},
		{"short description", "setMyShortDescription", `{"short_description":"` + strings.Repeat("ễ", 121) + `"}`, "more than 120"},

		{"limit", "getUpdates", `{"limit":101}`, "limit 101"},
		{"timeout", "getUpdates", `{"timeout":-1}`, "timeout -1"},
		{"offset", "getUpdates", `{"offset":"a"}`, "must be a number"},
		{"allowed", "getUpdates", `{"allowed_updates":"message"}`, "can't parse allowed updates"},
		{"http webhook", "setWebhook", `{"url":"http://bot.gov.vn/a"}`, "HTTPS URL"},
		{"no host", "setWebhook", `{"url":"https:///a"}`, "invalid URL"},
		{"port", "setWebhook", `{"url":"https://bot.gov.vn:9000/"}`, "ports 80, 88, 443 or 8443"},
		{"secret", "setWebhook", `{"url":"https://bot.gov.vn/","secret_token":"a b"}`, "unallowed characters"},
		{"long secret", "setWebhook", `{"url":"https://bot.gov.vn/","secret_token":"` + strings.Repeat("a", 257) + `"}`, "unallowed characters"},
		{"connections", "setWebhook", `{"url":"https://bot.gov.vn/","max_connections":101}`, "max_connections 101"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			s.Say(lan, "Chào")
			s.Post(map[string]any{"message": map[string]any{"message_id": 5, "chat": map[string]any{"id": group, "type": "supergroup"}, "text": "/hoi@thu_bot"}})
			a := call(t, s, tt.method, tt.body)
			if tt.refused == "" {
				if !a.OK {
					t.Errorf("refused: %s", a.Description)
				}
				noProblems(t, s)
				return
			}
			if a.Code != 400 || !strings.Contains(a.Description, tt.refused) {
				t.Errorf("got %d %q, want 400 %q", a.Code, a.Description, tt.refused)
			}
			if p := s.Problems(); len(p) != 1 || !strings.HasPrefix(p[0], tt.method+": 400") {
				t.Errorf("problems %q", p)
			}
			if len(s.Messages(lan))+len(s.Messages(group)) > 0 {
				t.Error("sent all the same")
			}
		})
	}
}

func TestHTML(t *testing.T) {
	for _, tt := range []struct {
		html, text, refused string
		links               []string
	}{
		{html: "a > b", text: "a > b"},
		{html: "<b>Căn <i>cứ</i></b>", text: "Căn cứ"},
		{html: "<strong>a</strong><em>b</em><u>c</u><ins>d</ins><s>e</s><strike>f</strike><del>g</del><code>h</code><pre>i</pre>", text: "abcdefghi"},
		{html: `<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler><blockquote expandable>c</blockquote>`, text: "abc"},
		{html: `<pre><code class="language-go">a</code></pre>`, text: "a"},
		{html: `<B>a</b>`, text: "a"},
		{html: "&lt;b&gt; &amp; &quot;&#39;&#x27;&#128512;", text: `<b> & "''😀`},
		{html: `xem <a href="https://a.vn/?x=1&amp;y=2">đây</a> và <a href='https://b.vn'>kia</a>`, text: "xem đây và kia", links: []string{"https://a.vn/?x=1&y=2", "https://b.vn"}},
		{html: "  a\n", text: "a"},
		{html: "1 < 2", refused: `Unsupported start tag "" at byte offset 2`},
		{html: "1 <2", refused: "Unclosed start tag at byte offset 2"},
		{html: "<p>a</p>", refused: `Unsupported start tag "p" at byte offset 0`},
		{html: "a<br>b", refused: `Unsupported start tag "br" at byte offset 1`},
		{html: "<b>a", refused: `Can't find end tag corresponding to start tag "b"`},
		{html: "<b><i>a</b></i>", refused: `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`},
		{html: "a</b>", refused: "Unexpected end tag at byte offset 1"},
		{html: "<b>a</b", refused: "Unclosed end tag at byte offset 4"},
		{html: "<span>a</span>", refused: `Tag "span" must have class "tg-spoiler"`},
		{html: `<a href="x>a</a>`, refused: "Unclosed start tag"},
		{html: `<a ="x">a</a>`, refused: "Empty attribute name"},
		{html: `<a onclick="x">a</a>`, refused: `Unsupported attribute "onclick"`},
		{html: `<a href="?a&b">a</a>`, refused: `Unescaped "&"`},
		{html: "Công an & Tư pháp", refused: `Unescaped "&" at byte offset 9`},
		{html: "a&nbsp;b", refused: `Unescaped "&"`},
		{html: "&#0;", refused: `Unescaped "&"`},
		{html: "&#xD800;", refused: `Unescaped "&"`},
		{html: "<b> </b>", refused: "message text is empty"},
	} {
		t.Run(tt.html, func(t *testing.T) {
			s := newServer(t, telegramtest.Options{})
			s.Say(lan, "Chào")
			a := call(t, s, "sendMessage", `{"chat_id":42,"parse_mode":"HTML","text":`+quoted(tt.html)+`}`)
			if tt.refused != "" {
				if a.Code != 400 || !strings.Contains(a.Description, tt.refused) {
					t.Fatalf("got %d %q", a.Code, a.Description)
				}
				if !strings.Contains(tt.refused, "empty") == !strings.HasPrefix(a.Description, "Bad Request: can't parse entities: ") && !strings.Contains(tt.refused, "Empty") {
					t.Errorf("got %q", a.Description)
				}
				return
			}
			m := s.Messages(lan)
			if !a.OK || len(m) != 1 || m[0].Text != tt.text || m[0].Raw != tt.html {
				t.Fatalf("%s %+v", a.Description, m)
			}
			if diff := cmp.Diff(tt.links, m[0].Links); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEntitiesAreInUTF16(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "Chào")
	got := must(t, s, "sendMessage", `{"chat_id":42,"parse_mode":"HTML","text":" 😀 <b>Lệ <i>phí</i></b> "}`)
	var m struct {
		Text     string           `json:"text"`
		Entities []map[string]any `json:"entities"`
	}
	if err := json.Unmarshal(got, &m); err != nil || m.Text != "😀 Lệ phí" {
		t.Fatalf("%q %v", m.Text, err)
	}
	want := []map[string]any{{"type": "bold", "offset": 3.0, "length": 6.0}, {"type": "italic", "offset": 6.0, "length": 3.0}}
	if diff := cmp.Diff(want, m.Entities); diff != "" {
		t.Error(diff)
	}
}

func TestPerChat(t *testing.T) {
	c := newClock()
	s := newServer(t, telegramtest.Options{PerChat: 2, Now: c.Now})
	s.Say(lan, "Chào")
	s.Say(binh, "Chào")
	must(t, s, "sendMessage", `{"chat_id":42,"text":"a"}`)
	c.pass(600 * time.Millisecond)
	must(t, s, "sendMessage", `{"chat_id":42,"text":"b"}`)
	a := call(t, s, "sendMessage", `{"chat_id":42,"text":"c"}`)
	if a.Code != 429 || a.Parameters.RetryAfter != 1 || a.Description != "Too Many Requests: retry after 1" {
		t.Errorf("%+v", a)
	}
	must(t, s, "sendMessage", `{"chat_id":43,"text":"a"}`)
	c.pass(400 * time.Millisecond)
	must(t, s, "sendMessage", `{"chat_id":42,"text":"c"}`)
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0], "429") || len(s.Messages(lan)) != 3 {
		t.Errorf("%q", p)
	}
}

func TestChangesOfMessages(t *testing.T) {
	s := newServer(t, telegramtest.Options{})
	s.Say(lan, "Chào")
	var m struct {
		ID int `json:"message_id"`
	}
	_ = json.Unmarshal(must(t, s, "sendMessage", `{"chat_id":42,"text":"Chọn","reply_markup":{"inline_keyboard":[[{"text":"Có","callback_data":"1"}]]},"reply_parameters":{"message_id":1}}`), &m)
	if got := s.Messages(lan); len(got) != 1 || got[0].ReplyTo != 1 || got[0].ID != m.ID {
		t.Fatalf("%+v", got)
	}
	id := fmt.Sprintf(`{"chat_id":42,"message_id":%d`, m.ID)
	same := call(t, s, "editMessageText", id+`,"text":"Chọn","reply_markup":{"inline_keyboard":[[{"text":"Có","callback_data":"1"}]]}}`)
	if same.Code != 400 || !strings.Contains(same.Description, "message is not modified") {
		t.Errorf("%+v", same)
	}
	if a := call(t, s, "editMessageReplyMarkup", id+`,"reply_markup":{"remove_keyboard":true}}`); a.Description != "Bad Request: inline keyboard expected" {
		t.Errorf("%+v", a)
	}
	must(t, s, "editMessageReplyMarkup", id+`}`)
	must(t, s, "editMessageText", id+`,"text":"<b>Đã chọn</b>","parse_mode":"HTML"}`)
	if got := s.Messages(lan); len(got) != 1 || got[0].Text != "Đã chọn" || got[0].Inline != nil {
		t.Errorf("%+v", got)
	}
	must(t, s, "deleteMessage", id+`}`)
	must(t, s, "deleteMessage", `{"chat_id":42,"message_id":1}`)
	if got := s.Messages(lan); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestPressesAreAnsweredInTime(t *testing.T) {
	c := newClock()
	s := newServer(t, telegramtest.Options{Now: c.Now})
	s.Say(lan, "Chào")
	must(t, s, "sendMessage", `{"chat_id":42,"text":"Chọn","reply_markup":{"inline_keyboard":[[{"text":"Có","callback_data":"1"}]]}}`)
	for range 2 {
		if _, err := s.Press(lan, "Có"); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, u := range poll(t, s, 0) {
		if u.Callback != nil {
			ids = append(ids, u.Callback.ID)
		}
	}
	if len(ids) != 2 || ids[0] == ids[1] {
		t.Fatalf("%q", ids)
	}
	c.pass(15 * time.Second)
	must(t, s, "answerCallbackQuery", `{"callback_query_id":"`+ids[0]+`"}`)
	noProblems(t, s)
	c.pass(time.Second)
	a := call(t, s, "answerCallbackQuery", `{"callback_query_id":"`+ids[1]+`"}`)
	if a.Code != 400 || a.Description != "Bad Request: query is too old and response timeout expired or query ID is invalid" {
		t.Errorf("%+v", a)
	}
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0], "was not answered") {
		t.Errorf("%q", p)
	}
}
