package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keys hide who talks and what they say from whoever reads the database alone.
type keys struct {
	name []byte
	box  cipher.AEAD
}

const keyBytes = 32

// KeyFile is the name of the key's file in the data folder. Without it the
// conversations and drafts in the database are lost; sent reports are not.
const KeyFile = "secret.key"

// openKeys reads the key of a data folder, or makes it at the first start. Only
// its owner can read it.
func openKeys(folder string) (*keys, error) {
	file := filepath.Join(folder, KeyFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKeys(file)
	}
	if err != nil {
		return nil, fmt.Errorf("không đọc được khoá %s: %w", file, err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(data)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("tệp khoá %s hỏng; khôi phục tệp này từ bản sao lưu", file)
	}
	return newKeys(key)
}

// makeKeys writes a new key. A crash leaves the whole file or none.
func makeKeys(file string) (*keys, error) {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key)                                         // never fails
	f, err := os.CreateTemp(filepath.Dir(file), "."+KeyFile+"-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("không tạo được khoá: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return nil, fmt.Errorf("không tạo được khoá: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return newKeys(key)
}

// newKeys derives a key for each purpose (RFC 5869).
func newKeys(key []byte) (*keys, error) {
	name, err := hkdf.Key(sha256.New, key, nil, "trolyao names", keyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	box, err := hkdf.Key(sha256.New, key, nil, "trolyao boxes", keyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(box)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return &keys{name, aead}, nil
}

// hide turns an id into one that says nothing and stays the same.
func (k *keys) hide(kind, id string) string {
	h := hmac.New(sha256.New, k.name)
	_, _ = h.Write([]byte(kind + "\x00" + id))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:24])
}

// lock encrypts data; where binds it to its place in the database, so that it
// cannot be passed off for another's.
func (k *keys) lock(data []byte, where string) []byte {
	return k.box.Seal(nil, nil, data, []byte(where)) //nolint:gosec // the cipher makes the nonce itself
}

func (k *keys) unlock(box []byte, where string) ([]byte, error) {
	data, err := k.box.Open(nil, nil, box, []byte(where))
	if err != nil {
		return nil, errors.New("dữ liệu không mở được bằng khoá hiện tại; khôi phục tệp " + KeyFile + " từ bản sao lưu")
	}
	return data, nil
}
