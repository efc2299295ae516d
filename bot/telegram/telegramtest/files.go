package telegramtest

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"strconv"
)

// maxFile is the largest file that a bot may fetch, in bytes.
const maxFile = 20 << 20

// downloads is the name of downloads among calls and faults.
const downloads = "file"

// file is a file that a person sent.
type file struct {
	id   string
	path string
	data []byte
}

// keep stores a file in a folder of the server.
func (s *Server) keep(folder, ending string, data []byte) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := strconv.Itoa(len(s.files))
	f := &file{id: "AgACAgUAAxkBAAI" + folder + n, path: folder + "/file_" + n + ending, data: bytes.Clone(data)}
	s.files[f.id] = f
	return f
}

// fields returns what a message says of the file.
func (f *file) fields() object {
	return object{"file_id": f.id, "file_unique_id": "AQAD" + strconv.Itoa(len(f.data)) + f.path, "file_size": len(f.data)}
}

// SendPhoto sends a photo, with a caption that may be empty. Of its three sizes
// only the last holds all of data: the smaller ones are cut, so that a bot that
// takes one of them is found out.
func (s *Server) SendPhoto(chat int64, data []byte, caption string) int64 {
	var sizes []object
	for i, part := range []int{16, 4, 1} {
		size := s.keep("photos", ".jpg", data[:len(data)/part]).fields()
		size["width"], size["height"] = 80<<(2*i), 60<<(2*i)
		sizes = append(sizes, size)
	}
	fields := object{"photo": sizes}
	if caption != "" {
		fields["caption"] = caption
	}
	return s.said(chat, fields)
}

// SendDocument sends a file under a name that may be empty, as may be its type.
func (s *Server) SendDocument(chat int64, name, mime string, data []byte) int64 {
	document := s.keep("documents", path.Ext(name), data).fields()
	if name != "" {
		document["file_name"] = name
	}
	if mime != "" {
		document["mime_type"] = mime
	}
	return s.said(chat, object{"document": document})
}

func (s *Server) getFile(r *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[r.text("file_id")]
	switch {
	case f == nil:
		return nil, badRequest("wrong file_id or the file is temporarily unavailable")
	case len(f.data) > maxFile:
		return nil, badRequest("file is too big")
	}
	s.paths[f.path] = f
	told := f.fields()
	told["file_path"] = f.path
	return told, nil
}

// content is the answer to a download.
type content []byte

func (c content) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(c)))
	_, _ = w.Write(c) // the bot may have left
}

// serveFile answers /file/bot<token>/<file_path>.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	where := r.PathValue("path")
	s.serve(w, r, method{downloads, func(*request) (any, error) {
		if r.PathValue("bot") != "bot"+s.token {
			return nil, &apiError{code: http.StatusUnauthorized, text: http.StatusText(http.StatusUnauthorized)}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if f := s.paths[where]; f != nil {
			return content(f.data), nil
		}
		return nil, &apiError{code: http.StatusNotFound, text: fmt.Sprintf("Not Found: getFile has not told of %q", where)}
	}}, map[string]string{"file_path": where})
}
