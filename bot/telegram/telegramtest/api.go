package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Call is a call that the bot made, also one that was refused or failed.
type Call struct {
	Method string
	Fields map[string]string // objects and lists as JSON
	At     time.Time
}

// method is a method of the API.
type method struct {
	name string
	do   func(*request) (any, error)
}

// table lists the methods by their names in small letters.
func (s *Server) table() map[string]method {
	all := map[string]method{}
	for _, m := range []method{
		{"getMe", s.getMe},
		{"getUpdates", s.getUpdates},
		{"setWebhook", s.setWebhook},
		{"deleteWebhook", s.deleteWebhook},
		{"getWebhookInfo", s.getWebhookInfo},
		{"sendMessage", s.sendMessage},
		{"sendChatAction", s.sendChatAction},
		{"answerCallbackQuery", s.answerCallbackQuery},
		{"editMessageText", s.editMessageText},
		{"editMessageReplyMarkup", s.editMessageReplyMarkup},
		{"deleteMessage", s.deleteMessage},
		{"setMyCommands", s.setMyCommands},
		{"setMyDescription", s.setMyDescription},
		{"setMyShortDescription", s.setMyShortDescription},
		{"getFile", s.getFile},
		{"leaveChat", s.leaveChat},
	} {
		all[strings.ToLower(m.name)] = m
	}
	return all
}

// envelope is the form of every answer.
type envelope struct {
	OK          bool        `json:"ok"`
	Result      any         `json:"result,omitempty"`
	Code        int         `json:"error_code,omitempty"`
	Description string      `json:"description,omitempty"`
	Parameters  *parameters `json:"parameters,omitempty"`
}

type parameters struct {
	RetryAfter int `json:"retry_after"`
}

// described is a result with a description of what was done.
type described struct {
	result any
	text   string
}

// apiError is a refusal. It is a problem unless the bot could not know better.
type apiError struct {
	code       int
	text       string
	retryAfter int
	excused    bool
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.code, e.text) }

// badRequest returns the refusal of a request that breaks a rule.
func badRequest(format string, args ...any) error {
	return &apiError{code: http.StatusBadRequest, text: "Bad Request: " + fmt.Sprintf(format, args...)}
}

// serveMethod answers /bot<token>/<method>.
func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	m, known := s.methods[strings.ToLower(name)]
	fields, err := readFields(w, r)
	switch {
	case r.PathValue("bot") != "bot"+s.token:
		err = &apiError{code: http.StatusUnauthorized, text: http.StatusText(http.StatusUnauthorized)}
	case !known:
		err = &apiError{code: http.StatusNotFound, text: "Not Found"}
	default:
		name = m.name
	}
	if err != nil {
		s.note(name, err)
		status, answer := answerTo(nil, err)
		write(w, status, answer)
		return
	}
	s.serve(w, r, m, fields)
}

// serve carries out a call, or fails it as the test wished.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, m method, fields map[string]string) {
	now := s.options.Now()
	s.mu.Lock()
	key := strings.ToLower(m.name)
	s.calls[key] = append(s.calls[key], Call{Method: m.name, Fields: fields, At: now})
	f := s.nextFault(key)
	s.mu.Unlock()
	if f != nil && !s.delay(r.Context(), f.Delay) {
		return // nobody is left to answer
	}
	if f != nil && f.fails() && !f.After {
		f.answer(w)
		return
	}
	result, err := m.do(&request{ctx: r.Context(), fields: fields})
	if s.options.Latency > 0 && !s.delay(r.Context(), s.options.Latency) {
		return // done, and nobody is left to hear of it
	}
	if err != nil {
		s.note(m.name, err)
	}
	if f != nil && f.fails() {
		f.answer(w)
		return
	}
	if body, ok := result.(content); ok && err == nil {
		body.write(w)
		return
	}
	status, answer := answerTo(result, err)
	write(w, status, answer)
}

// note keeps a refusal as a problem.
func (s *Server) note(name string, err error) {
	if api, ok := errors.AsType[*apiError](err); ok && api.excused {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem(name + ": " + err.Error())
}

// answerTo puts a result or a refusal into the form of an answer.
func answerTo(result any, err error) (int, envelope) {
	if api, ok := errors.AsType[*apiError](err); ok {
		answer := refused(api.code, api.text)
		if api.retryAfter > 0 {
			answer.Parameters = &parameters{api.retryAfter}
		}
		return api.code, answer
	}
	if err != nil {
		return http.StatusInternalServerError, refused(http.StatusInternalServerError, "Internal Server Error")
	}
	if d, ok := result.(described); ok {
		return http.StatusOK, envelope{OK: true, Result: d.result, Description: d.text}
	}
	return http.StatusOK, envelope{OK: true, Result: result}
}

func refused(code int, text string) envelope { return envelope{Code: code, Description: text} }

func write(w http.ResponseWriter, status int, answer envelope) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the bot may have left
}

func (s *Server) getMe(*request) (any, error) {
	return struct {
		user
		CanJoinGroups bool `json:"can_join_groups"`
		ReadsGroups   bool `json:"can_read_all_group_messages"`
		Inline        bool `json:"supports_inline_queries"`
	}{user: s.bot, CanJoinGroups: true}, nil
}
