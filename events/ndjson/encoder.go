package ndjson

import (
	"encoding/base64"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// encoder appends one JSON object. It allocates nothing but the growth of b.
type encoder struct {
	b []byte
	// raw are the strings that were not valid UTF-8, of the object being written
	// and of those around it; close takes its object's.
	raw  [rawRoom]rawText
	raws int
	// repeated is what an Encoder has written before, else nil.
	repeated *repeated
}

// rawText is a string that JSON cannot hold. Its value is a view.
type rawText struct{ name, value string }

// rawRoom is more than the strings of one object and those around it.
const rawRoom = 24

// next writes the comma that the member or element to come needs.
func (e *encoder) next() {
	if c := e.b[len(e.b)-1]; c != '{' && c != '[' {
		e.b = append(e.b, ',')
	}
}

func (e *encoder) name(name string) {
	b := e.b
	if c := b[len(b)-1]; c != '{' && c != '[' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	e.b = append(b, '"', ':')
}

// open begins an object, a member's or an array's; what it returns goes to close.
func (e *encoder) open(name string) (mark int) {
	if name == "" {
		e.next()
	} else {
		e.name(name)
	}
	return e.begin()
}

func (e *encoder) begin() (mark int) {
	e.b = append(e.b, '{')
	return e.raws
}

// close ends an object. The bytes of its strings that were not valid UTF-8 come
// last, so that nothing is lost.
func (e *encoder) close(mark int) {
	if e.raws > mark {
		e.bool("lossy", true)
		e.name("raw")
		e.b = append(e.b, '{')
		for _, t := range e.raw[mark:e.raws] {
			e.name(t.name)
			e.b = append(e.b, '"')
			e.b = base64.StdEncoding.AppendEncode(e.b, unsafe.Slice(unsafe.StringData(t.value), len(t.value)))
			e.b = append(e.b, '"')
		}
		e.b = append(e.b, '}')
		e.raws = mark
	}
	e.b = append(e.b, '}')
}

// keep remembers a string that was not valid UTF-8 until its object is closed.
func (e *encoder) keep(name, value string) {
	if e.raws < rawRoom {
		e.raw[e.raws] = rawText{name, value}
		e.raws++
	}
}

func (e *encoder) array(name string) {
	e.name(name)
	e.b = append(e.b, '[')
}

func (e *encoder) endArray() { e.b = append(e.b, ']') }

func (e *encoder) int(name string, v int64) {
	if v >= 0 {
		e.uint(name, uint64(v))
		return
	}
	e.name(name)
	e.b = strconv.AppendInt(e.b, v, 10)
}

func (e *encoder) uint(name string, v uint64) {
	e.name(name)
	e.b = appendUint(e.b, v)
}

// powers[n] is the least number with n+1 digits; that of 0 is 0, which has one.
var powers = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// appendUint is strconv.AppendUint without its second buffer: numbers are a third
// of a line.
func appendUint(b []byte, v uint64) []byte {
	n := bits.Len64(v) * 1233 >> 12 // times log10(2): the digits, or one less
	if v >= powers[n] {
		n++
	}
	n = max(n, 1)
	const pairs = "0001020304050607080910111213141516171819" +
		"2021222324252627282930313233343536373839" +
		"4041424344454647484950515253545556575859" +
		"6061626364656667686970717273747576777879" +
		"8081828384858687888990919293949596979899"
	b = append(b, pairs[:n]...) // room for the digits
	at := len(b)
	for v >= 100 {
		two := v % 100 * 2
		v /= 100
		at -= 2
		b[at], b[at+1] = pairs[two], pairs[two+1]
	}
	if v >= 10 {
		b[at-2], b[at-1] = pairs[v*2], pairs[v*2+1]
	} else {
		b[at-1] = '0' + byte(v)
	}
	return b
}

// known writes a number whose zero means "not known".
func (e *encoder) known(name string, v uint64) {
	if v != 0 {
		e.uint(name, v)
	}
}

func (e *encoder) bool(name string, v bool) {
	e.name(name)
	e.b = strconv.AppendBool(e.b, v)
}

// flag writes a bool that is absent when it is false.
func (e *encoder) flag(name string, v bool) {
	if v {
		e.bool(name, true)
	}
}

func (e *encoder) string(name, v string) {
	e.name(name)
	if appendQuoted(e, v) {
		e.keep(name, v)
	}
}

// text writes a string whose emptiness means "not known".
func (e *encoder) text(name, v string) {
	if v != "" {
		e.string(name, v)
	}
}

func (e *encoder) texts(name string, all []string) {
	e.array(name)
	lossy := false
	for _, s := range all {
		e.next()
		lossy = appendQuoted(e, s) || lossy
	}
	e.endArray()
	if lossy {
		e.keep(name, strings.Join(all, "\x00")+"\x00")
	}
}

const hex = "0123456789abcdef"

// appendQuoted writes a JSON string that is safe on a terminal too: controls, C1
// included, line separators and bidirectional overrides are escaped. It reports
// whether s was not valid UTF-8: then U+FFFD stands for the bad bytes.
func appendQuoted[S string | []byte](e *encoder, s S) (lossy bool) {
	b := append(e.b, '"')
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && plain(s[i]) {
			i++
		}
		b = append(b, s[start:i]...)
		if i == len(s) {
			break
		}
		if s[i] < utf8.RuneSelf {
			b = appendEscaped(b, s[i])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		switch {
		case r == utf8.RuneError && n == 1:
			b = utf8.AppendRune(b, utf8.RuneError)
			lossy = true
		case hidden(r):
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	e.b = append(b, '"')
	return lossy
}

func plain(c byte) bool { return isPlain[c] }

// isPlain has the bytes that a JSON string holds as they are.
var isPlain = func() (is [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// hidden reports whether a rune acts on a terminal or on the order of the text
// instead of being seen. All of them are in the basic plane.
func hidden(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f,
		r == 0x061c, r == 0x200e, r == 0x200f,
		r >= 0x2028 && r <= 0x202e,
		r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}
