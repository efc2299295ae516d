package telegramtest

import (
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"
)

func (s *Server) answerCallbackQuery(r *request) (any, error) {
	if utf8.RuneCountInString(r.text("text")) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	if _, err := r.number("cache_time", 0); err != nil {
		return nil, err
	}
	if r.has("url") {
		return nil, badRequest("URL_INVALID")
	}
	const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid"
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.presses[r.text("callback_query_id")]
	if p == nil {
		return nil, &apiError{code: http.StatusBadRequest, text: tooOld}
	}
	if s.options.Now().Sub(p.at) > answerable {
		// A bot that was down cannot know before it asks.
		return nil, &apiError{code: http.StatusBadRequest, text: tooOld, excused: true}
	}
	p.answered = true
	return true, nil
}

var (
	commandForm  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	languageForm = regexp.MustCompile(`^([a-z]{2})?$`)
)

func (s *Server) setMyCommands(r *request) (any, error) {
	var commands []struct {
		Command     string `json:"command"`
		Description string `json:"description"`
	}
	given, err := r.object("commands", &commands)
	if err != nil {
		return nil, err
	}
	if !given {
		return nil, badRequest("commands are not specified")
	}
	if len(commands) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for _, c := range commands {
		if !commandForm.MatchString(c.Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(c.Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if err := r.scope(); err != nil {
		return nil, err
	}
	return true, r.language()
}

// scope checks for whom commands are meant.
func (r *request) scope() error {
	var scope struct {
		Type string `json:"type"`
	}
	given, err := r.object("scope", &scope)
	if err != nil || !given {
		return err
	}
	known := []string{"default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators", "chat_member"}
	if !slices.Contains(known, scope.Type) {
		return badRequest("can't parse BotCommandScope: Unsupported type specified")
	}
	return nil
}

func (r *request) language() error {
	if !languageForm.MatchString(r.text("language_code")) {
		return badRequest("invalid language code specified")
	}
	return nil
}

func (s *Server) setMyDescription(r *request) (any, error) {
	return true, r.about("description", 512)
}

func (s *Server) setMyShortDescription(r *request) (any, error) {
	return true, r.about("short_description", 120)
}

// about checks a text about the bot.
func (r *request) about(name string, most int) error {
	if n := utf8.RuneCountInString(r.text(name)); n > most {
		return badRequest("%s has %d characters, more than %d", name, n, most)
	}
	return r.language()
}
