package ndjson

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// bytes reads a string. They are valid until the next string with an escape.
func (s *scanner) bytes() []byte {
	if !s.expect('"') {
		return nil
	}
	start := s.i
	size, wide := plainRun(s.b[start:])
	if s.i += size; s.i == len(s.b) {
		s.fail("string without an end")
		return nil
	}
	switch s.b[s.i] {
	case '"':
		s.i++
		return s.checked(s.b[start:s.i-1], wide)
	case '\\':
		return s.checked(s.escaped(start), true)
	}
	s.fail("control character in a string")
	return nil
}

// plainRun returns how many bytes are simply themselves, before a quotation mark, a
// backslash or a control character, and whether one of them is no ASCII. It looks at
// eight at a time.
func plainRun(b []byte) (size int, wide bool) {
	const (
		each = 0x0101010101010101
		high = 0x80 * each
	)
	var seen uint64
	for ; len(b)-size >= 8; size += 8 {
		w := binary.LittleEndian.Uint64(b[size:])
		quote, slash := w^'"'*each, w^'\\'*each
		// The lowest bit is that of the first such byte: a borrow comes only out of one.
		if found := ((quote-each)&^quote | (slash-each)&^slash | (w-' '*each)&^w) & high; found != 0 {
			n := bits.TrailingZeros64(found) &^ 7
			return size + n/8, (seen|w&(1<<n-1))&high != 0
		}
		seen |= w
	}
	for ; size < len(b) && b[size] >= ' ' && b[size] != '"' && b[size] != '\\'; size++ {
		seen |= uint64(b[size])
	}
	return size, seen&high != 0
}

func (s *scanner) checked(text []byte, wide bool) []byte {
	if wide && !utf8.Valid(text) {
		s.fail("string that is not UTF-8")
		return nil
	}
	return text
}

// escaped reads on where the first backslash of a string is.
func (s *scanner) escaped(start int) []byte {
	s.text = append(s.text[:0], s.b[start:s.i]...)
	for s.i < len(s.b) {
		c := s.b[s.i]
		s.i++
		switch {
		case c == '"':
			return s.text
		case c < ' ':
			s.fail("control character in a string")
			return nil
		case c == '\\':
			s.escape()
		default:
			s.text = append(s.text, c)
		}
	}
	s.fail("string without an end")
	return nil
}

// escapes are the letters that may follow a backslash, u apart.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (s *scanner) escape() {
	if s.i >= len(s.b) {
		return
	}
	c := s.b[s.i]
	s.i++
	if c != 'u' {
		if escapes[c] == 0 {
			s.fail("unknown escape")
		}
		s.text = append(s.text, escapes[c])
		return
	}
	r := s.hex4()
	if utf16.IsSurrogate(r) {
		second := utf8.RuneError
		if s.i+1 < len(s.b) && s.b[s.i] == '\\' && s.b[s.i+1] == 'u' {
			s.i += 2
			second = s.hex4()
		}
		r = utf16.DecodeRune(r, second)
	}
	s.text = utf8.AppendRune(s.text, r)
}

func (s *scanner) hex4() rune {
	if len(s.b)-s.i < 4 {
		s.fail("escape without its digits")
		return 0
	}
	n, err := strconv.ParseUint(string(s.b[s.i:s.i+4]), 16, 16)
	if err != nil {
		s.fail("escape without its digits")
		return 0
	}
	s.i += 4
	return rune(n)
}

// string reads a string that is likely to come again.
func (s *scanner) string() string { return s.names.get(s.bytes()) }

// base64 reads the raw bytes of a string.
func (s *scanner) base64() []byte {
	text := s.bytes()
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(raw, text)
	if err != nil {
		s.fail("raw bytes that are not base64")
		return nil
	}
	return raw[:n]
}
