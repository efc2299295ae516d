package zalotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// field is a member of a JSON object whose members keep their order.
type field struct {
	name  string
	value any
}

type object []field

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := plain(f.name)
		if err != nil {
			return nil, err
		}
		value, err := plain(f.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// plain encodes without the escapes of < > & that Go alone writes.
func plain(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// arranged returns the object with the members, and those of objects in it, in
// another order.
func (o object) arranged(n int) object {
	if len(o) == 0 {
		return o
	}
	at := n % len(o)
	out := slices.Concat(o[at:], o[:at])
	if n%2 == 1 {
		slices.Reverse(out)
	}
	for i, f := range out {
		if inner, ok := f.value.(object); ok {
			out[i].value = inner.arranged(n)
		}
	}
	return out
}

// write encodes an object in the n-th of the many ways that mean the same:
// another order of members, escapes where none are needed.
func write(o object, n int) ([]byte, error) {
	body, err := plain(o.arranged(n))
	if err != nil {
		return nil, err
	}
	if n%3 == 1 {
		body = ascii(body)
	}
	if n%5 == 2 {
		// In JSON text a slash stands in strings only.
		body = bytes.ReplaceAll(body, []byte("/"), []byte(`\/`))
	}
	return body, nil
}

// ascii escapes all that is not ASCII, which in JSON text stands in strings only.
func ascii(body []byte) []byte {
	out := make([]byte, 0, 2*len(body))
	for _, r := range string(body) {
		switch {
		case r < utf8.RuneSelf:
			out = utf8.AppendRune(out, r)
		case utf16.RuneLen(r) == 2:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
