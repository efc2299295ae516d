package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRequest is the largest request taken, in bytes.
const maxRequest = 50 << 20

// request is a call with its fields.
type request struct {
	ctx    context.Context
	fields map[string]string
}

// readFields reads the fields of a call, in any of the forms that the API takes.
func readFields(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, &apiError{code: http.StatusMethodNotAllowed, text: "Method Not Allowed"}
	}
	fields := map[string]string{}
	first(fields, r.URL.Query())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &apiError{code: http.StatusRequestEntityTooLarge, text: "Request Entity Too Large"}
	}
	if err != nil {
		// Most often the bot was killed, which is no breach of a rule.
		return nil, &apiError{code: http.StatusBadRequest, text: "Bad Request: request body is incomplete", excused: true}
	}
	more, err := parse(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, more)
	for name, value := range fields {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, badRequest("strings must be encoded in UTF-8")
		}
	}
	return fields, nil
}

// parse reads a body according to its type.
func parse(contentType string, body []byte) (map[string]string, error) {
	if len(body) == 0 {
		return nil, nil
	}
	kind, options, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, badRequest("request has the content type %q", contentType)
	}
	switch kind {
	case "application/json":
		return parseJSON(body)
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, badRequest("can't parse the urlencoded form")
		}
		fields := map[string]string{}
		first(fields, values)
		return fields, nil
	case "multipart/form-data":
		return parseMultipart(body, options["boundary"])
	}
	return nil, badRequest("request has the content type %q", contentType)
}

func first(fields map[string]string, values url.Values) {
	for name := range values {
		fields[name] = values.Get(name)
	}
}

// parseJSON keeps strings as they read and everything else as JSON, so that ids
// are not rounded.
func parseJSON(body []byte) (map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, badRequest("can't parse the JSON object")
	}
	fields := map[string]string{}
	for name, value := range raw {
		var text string
		switch {
		case bytes.Equal(value, []byte("null")):
			continue
		case json.Unmarshal(value, &text) == nil:
			fields[name] = text
		default:
			fields[name] = string(value)
		}
	}
	return fields, nil
}

func (r *request) text(name string) string { return r.fields[name] }

func (r *request) has(name string) bool { return r.fields[name] != "" }

// flag reads a field that is true or false.
func (r *request) flag(name string) bool {
	switch strings.ToLower(r.fields[name]) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// number reads a whole number, or returns missing when there is none.
func (r *request) number(name string, missing int64) (int64, error) {
	if !r.has(name) {
		return missing, nil
	}
	n, err := strconv.ParseInt(r.fields[name], 10, 64)
	if err != nil {
		return 0, badRequest("field %q must be a number", name)
	}
	return n, nil
}

// object decodes a field that holds JSON. ok is false when there is none.
func (r *request) object(name string, into any) (ok bool, err error) {
	text := strings.TrimSpace(r.fields[name])
	if text == "" || text == "null" {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return false, badRequest("can't parse %s JSON object", strings.ReplaceAll(name, "_", " "))
	}
	return true, nil
}

// names decodes a field that is a list of strings.
func (r *request) names(name string) (list []string, ok bool, err error) {
	ok, err = r.object(name, &list)
	return list, ok, err
}
