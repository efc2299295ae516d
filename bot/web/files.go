package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/trolyao/trolyao/bot"
)

const (
	// maxUpload is the largest form read, in bytes: a file that is too large by
	// little is still taken in, so that the person hears why it is not kept.
	maxUpload = bot.MaxFile + 1<<20
	// maxUploads is how many uploads are held in memory at once. The others are
	// asked to wait.
	maxUploads = 8
	// uploadWithin is how long an upload may take.
	uploadWithin = 2 * time.Minute
)

// serveFiles takes files for a report: the same as a message, with files.
func (c *Channel) serveFiles(w http.ResponseWriter, r *http.Request) {
	secure(w, "'none'")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	req, status := c.readForm(w, r)
	if status != http.StatusOK {
		c.writeJSON(w, r, status, map[string]string{"error": uploadProblem(status)})
		return
	}
	c.answer(w, r, req)
}

// uploadProblem says what is wrong with an upload.
func uploadProblem(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "Nhiều người đang gửi tệp. Anh/chị đợi một phút rồi gửi lại giúp tôi."
	case http.StatusRequestEntityTooLarge:
		return "Tệp lớn quá 5 MB nên tôi không giữ được. Anh/chị giữ lại để giao tận tay công an."
	}
	return "Tệp gửi chưa trọn. Anh/chị gửi lại giúp tôi."
}

// readForm reads a posted form, with files or without. It returns an HTTP
// status other than 200 for a form that cannot be taken.
func (c *Channel) readForm(w http.ResponseWriter, r *http.Request) (chatRequest, int) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		return chatRequest{
			Conversation: r.PostFormValue("conversation"), Text: r.PostFormValue("text"), Button: r.PostFormValue("button"), Turn: r.PostFormValue("turn"),
		}, http.StatusOK
	}
	select {
	case c.uploads <- struct{}{}:
		defer func() { <-c.uploads }()
	default:
		return chatRequest{}, http.StatusServiceUnavailable
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	// A photo from the country takes longer than a question. A server that
	// cannot wait longer says so, and then waits as long as it does.
	control, until := http.NewResponseController(w), c.now().Add(uploadWithin)
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until.Add(uploadWithin)))
	parts, err := r.MultipartReader()
	if err != nil {
		return chatRequest{}, http.StatusBadRequest
	}
	var req chatRequest
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return req, http.StatusOK
		}
		if err == nil {
			err = req.part(part)
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return chatRequest{}, http.StatusRequestEntityTooLarge
		}
		if err != nil {
			return chatRequest{}, http.StatusBadRequest
		}
	}
}

// part takes one field of a form. Nothing is written to the disk.
func (req *chatRequest) part(p *multipart.Part) error {
	data, err := io.ReadAll(p)
	if err != nil {
		return err
	}
	switch p.FormName() {
	case "conversation":
		req.Conversation = string(data)
	case "text":
		req.Text = string(data)
	case "button":
		req.Button = string(data)
	case "turn":
		req.Turn = string(data)
	case "file":
		if p.FileName() != "" { // an empty field of a form without a file
			req.files = append(req.files, bot.File{Data: data})
		}
	}
	return nil
}
