package handoff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// Box is a sealed report.
type Box struct {
	Data []byte
	// Foreign says that only the agency can open it.
	Foreign bool
}

// Sealer seals reports to the agency's public key. Without one it seals them to
// a key that is kept on this machine until there is one.
type Sealer struct {
	recipient age.Recipient // nil: the local key
	local     *age.X25519Identity
}

// ErrSealed is returned for a box that cannot be opened here.
var ErrSealed = errors.New("đơn được niêm phong bằng khoá của cơ quan tiếp nhận, máy này không mở được")

// KeyFile is the name, in the data folder, of the key that opens reports for
// which no agency gave a key.
const KeyFile = "reports.key"

// NewSealer returns a sealer to the recipient, an age public key ("age1…"), or
// to the key in the file when recipient is "". The file is made when it is
// missing and no recipient is given; only its owner can read it.
func NewSealer(recipient, file string) (*Sealer, error) {
	s := &Sealer{}
	if recipient != "" {
		r, err := ParseRecipient(recipient)
		if err != nil {
			return nil, err
		}
		s.recipient = r
	}
	identity, err := readIdentity(file)
	switch {
	case err == nil:
		s.local = identity // also to open what was sealed before there was a recipient
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case recipient == "":
		if s.local, err = makeIdentity(file); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// LocalRecipient is the public half of this machine's key, "" when it has none.
func (s *Sealer) LocalRecipient() string {
	if s.local == nil {
		return ""
	}
	return s.local.Recipient().String()
}

// ParseRecipient reads an agency's public key.
func ParseRecipient(key string) (age.Recipient, error) {
	r, err := age.ParseX25519Recipient(strings.TrimSpace(key))
	if err != nil {
		return nil, errors.New("phải là khoá công khai age, bắt đầu bằng age1")
	}
	return r, nil
}

func readIdentity(file string) (*age.X25519Identity, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read report key: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "AGE-SECRET-KEY-") {
			identity, err := age.ParseX25519Identity(line)
			if err != nil {
				break // its message may quote the key
			}
			return identity, nil
		}
	}
	return nil, fmt.Errorf("tệp khoá %s không có khoá age (AGE-SECRET-KEY-…)", file)
}

// makeIdentity writes a new key. A crash leaves the whole file or none.
func makeIdentity(file string) (*age.X25519Identity, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("make report key: %w", err)
	}
	text := "# Khoá mở các đơn tố giác chưa có khoá của cơ quan tiếp nhận. Giữ kín, sao lưu nơi khác.\n" +
		"# public key: " + identity.Recipient().String() + "\n" + identity.String() + "\n"
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("make report key: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return nil, fmt.Errorf("make report key: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return identity, nil
}

// Seal closes a report.
func (s *Sealer) Seal(r Report) (Box, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return Box{}, fmt.Errorf("encode report: %w", err)
	}
	return s.seal(data)
}

func (s *Sealer) seal(data []byte) (Box, error) {
	to := s.recipient
	if to == nil {
		to = s.local.Recipient()
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return Box{}, fmt.Errorf("seal report: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return Box{}, fmt.Errorf("seal report: %w", err)
	}
	if err := w.Close(); err != nil {
		return Box{}, fmt.Errorf("seal report: %w", err)
	}
	return Box{Data: out.Bytes(), Foreign: s.recipient != nil}, nil
}

// Open opens a box with the key in a file, the agency's or this machine's.
func Open(box []byte, identityFile string) (Report, error) {
	identity, err := readIdentity(identityFile)
	if err != nil {
		return Report{}, err
	}
	data, err := open(box, identity)
	if err != nil {
		return Report{}, err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("decode report: %w", err)
	}
	return r, nil
}

func open(box []byte, identity age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(box), identity)
	if err != nil {
		return nil, ErrSealed
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("open report: %w", err)
	}
	return data, nil
}

// sealedBody is how a report travels to an agency that gave a public key.
type sealedBody struct {
	Sealed []byte `json:"sealed"`
}

// Body returns what is posted for a box: the sealed report, or, to an agency
// without a public key, the report itself. A box sealed before the agency gave
// its key is sealed anew.
func (s *Sealer) Body(box Box) ([]byte, error) {
	if !box.Foreign {
		if s.local == nil {
			return nil, errors.New("thiếu tệp khoá của máy này để chuyển đơn cũ; khôi phục tệp khoá từ bản sao lưu")
		}
		data, err := open(box.Data, s.local)
		if err != nil || s.recipient == nil {
			return data, err
		}
		if box, err = s.seal(data); err != nil {
			return nil, err
		}
	}
	return json.Marshal(sealedBody{box.Data})
}
