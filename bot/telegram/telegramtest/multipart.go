package telegramtest

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
)

// parseMultipart reads a form of parts. A file becomes a field that names it: no
// method here takes one.
func parseMultipart(body []byte, boundary string) (map[string]string, error) {
	if boundary == "" {
		return nil, badRequest("can't parse the multipart form: no boundary")
	}
	fields := map[string]string{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, badRequest("can't parse the multipart form")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, badRequest("can't parse the multipart form")
		}
		if part.FileName() == "" {
			fields[part.FormName()] = string(value)
		} else {
			fields[part.FormName()] = "file:" + part.FileName()
		}
	}
}
