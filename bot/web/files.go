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
	// maxUpload is the largest form read, in bytes. Of a file no more than may be
	// kept is held in memory; the rest is read so that the person hears why it is
	// not kept, for browsers show no reply to what they could not send.
	maxUpload = 64 << 20
	// maxUploads is how many uploads are held in memory at once. The others are
	// asked to wait.
	maxUploads = 8
	// uploadWithin is how long an upload may take.
	uploadWithin = 2 * time.Minute
)

// serveFiles takes files for a report: the same as a message, with files.
func (c *Channel) serveFiles(w http.ResponseWriter, r *http.Request) {
	req, leave, err := c.readForm(w, r)
	defer leave() // what was sent is held until it is answered
	if err != nil {
		status, words := formProblem(err)
		c.writeJSON(w, r, status, map[string]string{"error": words})
		return
	}
	c.answer(w, r, req)
}

// errUploads is returned while as many uploads as may be are under way.
var errUploads = errors.New("too many uploads at once")

// errFiles is returned for a form with more files than are held at once.
var errFiles = errors.New("more than one file")

// formProblem says what is wrong with a form that cannot be taken.
func formProblem(err error) (status int, words string) {
	large, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, errUploads):
		return http.StatusServiceUnavailable, "Nhiều người đang gửi tệp. Anh/chị đợi một phút rồi gửi lại giúp tôi."
	case errors.Is(err, errFiles):
		return http.StatusRequestEntityTooLarge, "Mỗi lần tôi nhận được một tệp. Anh/chị gửi từng tệp giúp tôi."
	case tooLarge && large.Limit == maxBody:
		return http.StatusRequestEntityTooLarge, problem(http.StatusRequestEntityTooLarge)
	case tooLarge:
		return http.StatusRequestEntityTooLarge, "Tệp lớn quá 5 MB nên tôi không giữ được. Anh/chị giữ lại để giao tận tay công an."
	}
	return http.StatusBadRequest, "Tin nhắn hoặc tệp gửi chưa trọn. Anh/chị gửi lại giúp tôi."
}

// isUpload reports whether a posted form may bring a file.
func isUpload(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// readForm reads a posted form, with a file or without. With an error it
// returns what was read until then. A file takes a place among the uploads until
// leave is called.
func (c *Channel) readForm(w http.ResponseWriter, r *http.Request) (req chatRequest, leave func(), err error) {
	leave = func() {}
	if !isUpload(r) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := r.ParseForm()
		return chatRequest{
			Conversation: r.PostForm.Get("conversation"), Text: r.PostForm.Get("text"), Button: r.PostForm.Get("button"), Turn: r.PostForm.Get("turn"),
		}, leave, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	// A photo from the country takes longer than a question. A server that
	// cannot wait longer says so, and then waits as long as it does.
	control, until := http.NewResponseController(w), c.now().Add(uploadWithin)
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until.Add(uploadWithin)))
	parts, err := r.MultipartReader()
	if err == nil {
		leave, err = c.readParts(parts, &req)
	}
	return req, leave, err
}

// readParts reads the fields of a form, and takes a place for its file.
func (c *Channel) readParts(parts *multipart.Reader, req *chatRequest) (leave func(), err error) {
	leave = func() {}
	held := false
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return leave, nil
		case err != nil:
			return leave, err
		case isFile(part) && !held: // the words stand before it
			if held = c.hold(); !held {
				return leave, errUploads
			}
			leave = func() { <-c.uploads }
		}
		if err := req.part(part); err != nil {
			return leave, err
		}
	}
}

// isFile reports whether a part is a file; browsers send an empty one where none
// was chosen.
func isFile(p *multipart.Part) bool { return p.FormName() == "file" && p.FileName() != "" }

// hold takes a place among the uploads, if there is one.
func (c *Channel) hold() bool {
	select {
	case c.uploads <- struct{}{}:
		return true
	default:
		return false
	}
}

// part takes one field of a form: a file, or no more words than a message may
// have. Nothing is written to the disk.
func (req *chatRequest) part(p *multipart.Part) error {
	if p.FormName() == "file" {
		return req.file(p)
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, p, maxBody))
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
	}
	return nil
}

// file takes a file, unless the field was left empty.
func (req *chatRequest) file(p *multipart.Part) error {
	switch {
	case p.FileName() == "":
		return nil
	case len(req.files) > 0:
		return errFiles
	}
	data, err := io.ReadAll(io.LimitReader(p, bot.MaxFile+1))
	if err != nil {
		return err
	}
	file := bot.File{Data: data}
	if len(data) > bot.MaxFile {
		file = bot.File{TooLarge: true}
	}
	req.files = append(req.files, file)
	return nil
}
