package ndjson

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep values may be nested; a line of ours has five levels.
const maxDepth = 16

// SyntaxError says why a line is not one of the stream's.
type SyntaxError struct {
	Offset int // byte in the line
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line is not of the event stream: %s at byte %d", e.Reason, e.Offset)
}

// scanner reads one JSON object in one pass. After an error, which it keeps,
// each read returns nothing.
type scanner struct {
	b     []byte
	i     int
	depth int
	err   error
	text  []byte // what an escaped string becomes
	names interner
}

func (s *scanner) reset(line []byte) { s.b, s.i, s.depth, s.err = line, 0, 0, nil }

func (s *scanner) fail(reason string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.i, Reason: reason}
	}
	s.i = len(s.b)
}

// peek returns the next byte that is not white space, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		if c := s.b[s.i]; c > ' ' {
			return c
		} else if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		s.i++
	}
	return 0
}

func (s *scanner) expect(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c || s.peek() == c {
		s.i++
		return true
	}
	s.fail("no " + string(c))
	return false
}

// open enters an object and returns its first key; nil when it has none.
func (s *scanner) open() []byte {
	if !s.enter('{') {
		return nil
	}
	if s.peek() == '}' {
		s.leave()
		return nil
	}
	return s.key()
}

// next returns the next key of the object that is being read; nil at its end.
func (s *scanner) next() []byte {
	switch s.peek() {
	case ',':
		s.i++
		return s.key()
	case '}':
		s.leave()
	default:
		s.fail("neither , nor } in an object")
	}
	return nil
}

func (s *scanner) key() []byte {
	key := s.bytes()
	if !s.expect(':') {
		return nil
	}
	if key == nil {
		return []byte{}
	}
	return key
}

// list enters an array and reports whether there is a first element.
func (s *scanner) list() bool {
	if !s.enter('[') {
		return false
	}
	if s.peek() == ']' {
		s.leave()
		return false
	}
	return true
}

// more reports whether the array that is being read has another element.
func (s *scanner) more() bool {
	switch s.peek() {
	case ',':
		s.i++
		return true
	case ']':
		s.leave()
	default:
		s.fail("neither , nor ] in an array")
	}
	return false
}

func (s *scanner) enter(c byte) bool {
	if s.depth++; s.depth > maxDepth {
		s.fail("values nested too deep")
		return false
	}
	return s.expect(c)
}

func (s *scanner) leave() {
	s.depth--
	s.i++
}

// end is called behind the outermost value.
func (s *scanner) end() error {
	if s.peek(); s.err == nil && s.i < len(s.b) {
		s.fail("more than one value")
	}
	return s.err
}

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

func (s *scanner) uint64() uint64 { return s.digits(math.MaxUint64) }
func (s *scanner) uint32() uint32 { return uint32(s.digits(math.MaxUint32)) }
func (s *scanner) int32() int32   { return int32(s.integer(math.MaxInt32)) }
func (s *scanner) int() int       { return int(s.integer(math.MaxInt)) }

// integer reads a number from -limit-1 to limit.
func (s *scanner) integer(limit uint64) int64 {
	if s.peek() == '-' {
		s.i++
		return -int64(s.digits(limit + 1))
	}
	return int64(s.digits(limit))
}

// digits reads an integer up to limit, and nothing that a float could be.
func (s *scanner) digits(limit uint64) uint64 {
	s.peek()
	start := s.i
	n, size, ok := leadingDigits(s.b[start:])
	s.i += size
	switch {
	case size == 0 || size > 1 && s.b[start] == '0':
		s.fail("no whole number")
		return 0
	case !ok || n > limit:
		s.fail("number out of range")
		return 0
	}
	if s.i < len(s.b) && (s.b[s.i] == '.' || s.b[s.i]|0x20 == 'e') {
		s.fail("no whole number")
		return 0
	}
	return n
}

// leadingDigits reads the number that b begins with and how many digits it has;
// not ok says that it is past 64 bits.
func leadingDigits(b []byte) (n uint64, size int, ok bool) {
	for size < len(b) {
		c := uint64(b[size] - '0')
		if c > 9 {
			break
		}
		// 19 digits always fit.
		if size >= 19 && (n > math.MaxUint64/10 || n*10 > math.MaxUint64-c) {
			return 0, size, false
		}
		n = n*10 + c
		size++
	}
	return n, size, true
}

func (s *scanner) bool() bool {
	if s.peek() == 't' {
		return s.word("true")
	}
	s.word("false")
	return false
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		s.fail("no " + w)
		return false
	}
	s.i += len(w)
	return true
}

// skip passes over a value of any type.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.bytes()
	case '{':
		for key := s.open(); key != nil; key = s.next() {
			s.skip()
		}
	case '[':
		for ok := s.list(); ok; ok = s.more() {
			s.skip()
		}
	case 't', 'f':
		s.bool()
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}

// number passes over a number of any form that JSON has.
func (s *scanner) number() {
	if s.peek() == '-' {
		s.i++
	}
	if s.i < len(s.b) && s.b[s.i] == '0' {
		s.i++
	} else {
		s.run()
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		s.run()
	}
	if s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '-' || s.b[s.i] == '+') {
			s.i++
		}
		s.run()
	}
}

// run passes over one digit or more.
func (s *scanner) run() {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	if s.i == start {
		s.fail("no value")
	}
}
