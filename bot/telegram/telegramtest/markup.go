package telegramtest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
)

// markup is what stands under a message, or in place of the letters.
type markup struct {
	inline [][]Button
	keys   [][]Key
	remove bool
	force  bool
}

// The most that the API takes.
const (
	maxButtons = 100
	maxData    = 64 // bytes
	maxHint    = 64
)

// markup reads the reply_markup of a call.
func (r *request) markup() (markup, error) {
	var raw struct {
		Inline *[][]inlineButton    `json:"inline_keyboard"`
		Keys   *[][]json.RawMessage `json:"keyboard"`
		Remove *bool                `json:"remove_keyboard"`
		Force  *bool                `json:"force_reply"`
		Hint   string               `json:"input_field_placeholder"`
	}
	given, err := r.object("reply_markup", &raw)
	if err != nil || !given {
		return markup{}, err
	}
	kinds := 0
	for _, there := range []bool{raw.Inline != nil, raw.Keys != nil, raw.Remove != nil, raw.Force != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		return markup{}, badRequest("can't parse reply keyboard markup JSON object: it is of %d kinds", kinds)
	}
	if units(raw.Hint) > maxHint {
		return markup{}, badRequest("input_field_placeholder is longer than %d", maxHint)
	}
	switch {
	case raw.Inline != nil:
		rows, err := grid(*raw.Inline, inlineButton.check)
		return markup{inline: rows}, err
	case raw.Keys != nil:
		rows, err := grid(*raw.Keys, readKey)
		return markup{keys: rows}, err
	case raw.Remove != nil && !*raw.Remove, raw.Force != nil && !*raw.Force:
		return markup{}, badRequest("can't parse reply keyboard markup JSON object: only true means something")
	}
	return markup{remove: raw.Remove != nil, force: raw.Force != nil}, nil
}

// grid checks the rows of a keyboard.
func grid[In, Out any](rows [][]In, check func(In) (Out, error)) ([][]Out, error) {
	var all [][]Out
	n := 0
	for _, row := range rows {
		var out []Out
		for _, in := range row {
			b, err := check(in)
			if err != nil {
				return nil, err
			}
			out = append(out, b)
		}
		n += len(out)
		if len(out) == 0 {
			return nil, badRequest("can't parse reply keyboard markup JSON object: a row is empty")
		}
		all = append(all, out)
	}
	switch {
	case n == 0:
		return nil, badRequest("can't parse reply keyboard markup JSON object: it is empty")
	case n > maxButtons:
		return nil, badRequest("reply markup is too long")
	}
	return all, nil
}

// inlineButton is an InlineKeyboardButton, as far as bots here use it.
type inlineButton struct {
	Text   string    `json:"text"`
	Data   *string   `json:"callback_data"`
	URL    *string   `json:"url"`
	Copy   *copyText `json:"copy_text"`
	WebApp any       `json:"web_app"`
	Login  any       `json:"login_url"`
	Query  *string   `json:"switch_inline_query"`
	Here   *string   `json:"switch_inline_query_current_chat"`
	Chosen any       `json:"switch_inline_query_chosen_chat"`
	Game   any       `json:"callback_game"`
	Pay    bool      `json:"pay"`
}

type copyText struct {
	Text string `json:"text"`
}

// check returns the button if the API would take it. An empty copy_text beside
// something else is what a client library sends that omits no structs; it is let
// pass, as it is by the live server.
func (b inlineButton) check() (Button, error) {
	if b.WebApp != nil || b.Login != nil || b.Query != nil || b.Here != nil || b.Chosen != nil || b.Game != nil || b.Pay {
		return Button{}, badRequest("this stand-in knows no inline buttons but with callback_data or url: %q", b.Text)
	}
	switch {
	case units(b.Text) == 0:
		return Button{}, badRequest("inline keyboard button text must be non-empty")
	case b.Data != nil && (*b.Data == "" || len(*b.Data) > maxData):
		return Button{}, badRequest("BUTTON_DATA_INVALID")
	case b.Data != nil && b.URL != nil:
		return Button{}, badRequest("BUTTON_TYPE_INVALID: both callback_data and url")
	case b.Copy != nil && (b.Copy.Text != "" || b.Data == nil && b.URL == nil):
		return Button{}, badRequest("BUTTON_COPY_TEXT_INVALID")
	case b.Data != nil:
		return Button{Text: b.Text, Data: *b.Data}, nil
	case b.URL == nil:
		return Button{}, badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	}
	u, err := url.Parse(*b.URL)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "tg"}, u.Scheme) {
		return Button{}, badRequest("inline keyboard button URL %q is invalid", *b.URL)
	}
	return Button{Text: b.Text, URL: *b.URL}, nil
}

// readKey reads a KeyboardButton, which may be only its text.
func readKey(raw json.RawMessage) (Key, error) {
	var k struct {
		Text     string `json:"text"`
		Contact  bool   `json:"request_contact"`
		Location bool   `json:"request_location"`
	}
	into := any(&k)
	if bytes.HasPrefix(raw, []byte(`"`)) {
		into = &k.Text
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return Key{}, badRequest("can't parse keyboard button JSON object")
	}
	switch {
	case units(k.Text) == 0:
		return Key{}, badRequest("keyboard button text must be non-empty")
	case k.Contact && k.Location:
		return Key{}, badRequest("keyboard button %q asks for two things", k.Text)
	}
	return Key(k), nil
}

// fits reports whether the markup may stand in a chat.
func (m markup) fits(c *chat) error {
	if c.kind == private {
		return nil
	}
	for _, row := range m.keys {
		for _, k := range row {
			switch {
			case k.Contact:
				return badRequest("phone number can be requested in private chats only")
			case k.Location:
				return badRequest("location can be requested in private chats only")
			}
		}
	}
	return nil
}

// onlyInline refuses what a message that is there already cannot get.
func (m markup) onlyInline() error {
	if len(m.keys) > 0 || m.remove || m.force {
		return badRequest("inline keyboard expected")
	}
	return nil
}
