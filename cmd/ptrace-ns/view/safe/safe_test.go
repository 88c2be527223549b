package safe_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"plain text, ünï 日本": "plain text, ünï 日本",
		"\x1b[2J":            `\x1b[2J`,
		"a\r\n\tb\x7f":       `a\x0d\x0a\x09b\x7f`,
		"\u009b31m":          `\u{9b}31m`,
		"x\u202ey\u2066":     `x\u{202e}y\u{2066}`,
		"\u2028\u2029\ufeff": `\u{2028}\u{2029}\u{feff}`,
		"\xff\xc3":           `\xff\xc3`,
		"\xed\xa0\x80":       `\xed\xa0\x80`,
		"\ufffd":             "\ufffd",
		"\U000e0041":         `\u{e0041}`,
	} {
		if got := safe.String(in); got != want {
			t.Errorf("String(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "日本": 4, "e\u0301": 1, "ü→": 2, "ｆ": 2} {
		if got := safe.Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("\x1b]0;x\x07\u202e\xff\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		got := safe.String(s)
		if !utf8.ValidString(got) || strings.IndexFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }) >= 0 {
			t.Errorf("String(%q) = %q", s, got)
		}
		if safe.Clean(s) != (got == s) {
			t.Errorf("Clean(%q) = %v", s, safe.Clean(s))
		}
	})
}
