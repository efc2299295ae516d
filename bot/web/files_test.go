package web_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/bottest"
)

// upload is a form with a file of so many bytes and such fields.
func upload(t *testing.T, size int, fields map[string]string) (contentType string, body []byte) {
	t.Helper()
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", "1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(make([]byte, size))
	if err != nil || form.Close() != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), out.Bytes()
}

// TestForms wants a form to bring as much as a message may, and a file besides.
func TestForms(t *testing.T) {
	h := &bottest.Scripted{Reply: bottest.Answer()}
	s := server(t, h)
	long := strings.Repeat("kể lể ", 50_000)
	for name, tc := range map[string]struct {
		size   int
		fields map[string]string
		status int
		words  string // what a refusal says
	}{
		"a photo with words":        {bot.MaxFile, map[string]string{"text": "nhìn nè"}, http.StatusOK, ""},
		"a photo too large":         {bot.MaxFile + 2<<20, nil, http.StatusRequestEntityTooLarge, "5 MB"},
		"more words than a page":    {1, map[string]string{"text": long}, http.StatusRequestEntityTooLarge, "dài quá"},
		"a field nobody knows":      {1, map[string]string{"x": long}, http.StatusRequestEntityTooLarge, "dài quá"},
		"an endless name of a talk": {1, map[string]string{"conversation": long}, http.StatusRequestEntityTooLarge, "dài quá"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(h.Turns())
			contentType, body := upload(t, tc.size, tc.fields)
			status, data := post(t, s.URL+"/api/files", contentType, body)
			var got struct {
				Error string `json:"error"`
			}
			if err := json.Unmarshal(data, &got); err != nil || status != tc.status || !strings.Contains(got.Error, tc.words) {
				t.Errorf("%d %v %s", status, err, data)
			}
			if heard := len(h.Turns()) > before; heard != (tc.status == http.StatusOK) {
				t.Errorf("the assistant heard of it: %v", heard)
			}
		})
	}
	t.Run("without JavaScript", func(t *testing.T) {
		before := len(h.Turns())
		status, data := post(t, s.URL+"/", "application/x-www-form-urlencoded", []byte(url.Values{"text": {long}}.Encode()))
		if status != http.StatusRequestEntityTooLarge || !strings.Contains(string(data), "dài quá") || len(h.Turns()) != before {
			t.Errorf("%d %.200s", status, data)
		}
	})
}
