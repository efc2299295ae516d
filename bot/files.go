package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/trolyao/trolyao/handoff"
)

// What a report may bring along. The agency's endpoint must take all of it in
// one piece.
const (
	MaxFile  = 5 << 20 // bytes a file
	maxFiles = 5
)

// fileTypes are the kinds of file taken, by content, with the extension they
// are passed on with.
func fileTypes() map[string]string {
	return map[string]string{
		"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif",
		"application/pdf": "pdf", "audio/mpeg": "mp3", "audio/wave": "wav", "application/ogg": "ogg",
		"video/mp4": "mp4", "video/webm": "webm", "audio/aiff": "aiff", "audio/amr": "amr", "audio/aac": "aac", "image/heic": "heic",
		"text/plain; charset=utf-8": "txt",
	}
}

// mediaType finds the type of a file in its content.
func mediaType(data []byte) string {
	switch {
	case len(data) > 12 && string(data[4:8]) == "ftyp" && slices.Contains([]string{"heic", "heix", "mif1", "msf1"}, string(data[8:12])):
		return "image/heic"
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		return "video/mp4" // and m4a, 3gp: what telephones record
	case strings.HasPrefix(string(data[:min(len(data), 6)]), "#!AMR"):
		return "audio/amr"
	case len(data) > 2 && data[0] == 0xff && data[1]&0xf6 == 0xf0:
		return "audio/aac"
	case len(data) > 2 && data[0] == 0xff && data[1]&0xe0 == 0xe0:
		return "audio/mpeg"
	}
	return http.DetectContentType(data)
}

// take adds files to the draft. It returns those taken, and what to tell the
// person about the others.
func (d *Draft) take(files []File) (taken []handoff.File, refused []string) {
	for _, f := range files {
		kind := mediaType(f.Data)
		extension, known := fileTypes()[kind]
		sum := sha256.Sum256(f.Data)
		digest := hex.EncodeToString(sum[:])
		switch {
		case slices.ContainsFunc(d.Files, func(o handoff.File) bool { return o.SHA256 == digest }):
			continue // sent twice
		case len(d.Files) >= maxFiles:
			refused = append(refused, fmt.Sprintf("Mỗi đơn kèm nhiều nhất %d tệp.", maxFiles))
		case len(f.Data) == 0 && !f.TooLarge:
			refused = append(refused, "Có tệp rỗng, tôi không giữ.")
		case len(f.Data) > MaxFile || f.TooLarge:
			refused = append(refused, fmt.Sprintf("Có tệp lớn quá %d MB, tôi không giữ được; anh/chị giữ lại để giao tận tay công an.", MaxFile>>20))
		case !known:
			refused = append(refused, "Tôi chỉ nhận ảnh, ghi âm, video, PDF và văn bản thường.")
		default:
			kept := handoff.File{
				Name: fmt.Sprintf("%d.%s", len(d.Files)+1, extension), MediaType: strings.TrimSuffix(kind, "; charset=utf-8"),
				Bytes: len(f.Data), SHA256: digest,
			}
			d.Files = append(d.Files, kept)
			kept.Data = f.Data
			taken = append(taken, kept)
		}
	}
	slices.Sort(refused)
	return taken, slices.Compact(refused)
}
