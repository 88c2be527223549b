// Package safe makes the kernel's strings fit for a terminal. A process chooses
// its own name, arguments and paths, so that each of them may hold escape
// sequences, newlines or characters that reorder the line.
//
// It knows bytes and runes only, and no event.
package safe

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// String returns s with every byte that is not text as \xNN, and every rune that
// acts instead of being seen (controls, format characters, line separators) as
// \u{NNNN}.
func String(s string) string {
	if Clean(s) {
		return s
	}
	return string(Append(nil, s))
}

// Append appends what String returns.
func Append(b []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !genuine(s[i:]), r < utf8.RuneSelf && !shown(r):
			b = AppendByte(b, s[i])
		case !shown(r):
			b = strconv.AppendInt(append(b, `\u{`...), int64(r), 16)
			b = append(b, '}')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// Clean reports whether String would change nothing.
func Clean(s string) bool {
	for i, r := range s {
		if !shown(r) || r == utf8.RuneError && !genuine(s[i:]) {
			return false
		}
	}
	return true
}

// AppendByte appends \xNN.
func AppendByte(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'x', hex[c>>4], hex[c&15])
}

// genuine tells U+FFFD in the text from what stands for a bad byte.
func genuine(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n > 1
}

func shown(r rune) bool { return unicode.IsGraphic(r) }

// Width returns how many terminal cells a string takes that String returned.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Cut returns as much of a string that String returned as fits into so many
// terminal cells.
func Cut(s string, cells int) string {
	for i, r := range s {
		if cells -= runeWidth(r); cells < 0 {
			return s[:i]
		}
	}
	return s
}
