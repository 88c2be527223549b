// Package jsontext writes JSON in which no string acts: what a terminal or a browser
// would obey, or what reorders a line, is escaped. It knows no event.
package jsontext

import (
	"encoding/json"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Append appends the JSON of v. Beyond what encoding/json escapes (controls, <, > and
// &), all that is not a graphic character is, too; a reader gets the same strings.
// Bytes that are not UTF-8 become U+FFFD.
func Append(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return b, err
	}
	return Escape(b, text), nil
}

// Escape appends JSON text with what acts in it escaped: outside of strings JSON has
// none of it.
func Escape(b, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && c != 0x7f {
			b = append(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case unicode.IsGraphic(r):
			b = append(b, text[i:i+n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = appendUnit(appendUnit(b, high), low)
		default:
			b = appendUnit(b, r)
		}
		i += n
	}
	return b
}

func appendUnit(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
