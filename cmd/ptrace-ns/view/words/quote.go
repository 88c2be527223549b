package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// AppendArgs appends a command line that a shell would read as the same vector.
func AppendArgs(b []byte, args events.Args, more string) []byte {
	first := true
	for arg := range args.All {
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = AppendQuoted(b, string(arg))
	}
	if args.Status == events.Truncated {
		b = append(append(b, ' '), more...)
	}
	return b
}

// AppendQuoted appends a word, quoted where a shell needs it: not at all, in '…', or in $'…' with
// every byte that is not shown as \xNN.
func AppendQuoted(b []byte, s string) []byte {
	switch {
	case s != "" && strings.IndexFunc(s, special) < 0 && safe.Clean(s):
		return append(b, s...)
	case safe.Clean(s):
		b = append(b, '\'')
		b = append(b, strings.ReplaceAll(s, "'", `'\''`)...)
		return append(b, '\'')
	}
	b = append(b, "$'"...)
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		switch {
		case s[0] == '\\' || s[0] == '\'':
			b = append(b, '\\', s[0])
		case safe.Clean(s[:n]):
			b = append(b, s[:n]...)
		default:
			for i := range n {
				b = safe.AppendByte(b, s[i])
			}
		}
		s = s[n:]
	}
	return append(b, '\'')
}

// Name returns the kernel's name for a process, quoted as an argument is where it
// could be taken for more than one word of what is said around it.
func Name(comm string) string {
	if comm != "" && safe.Clean(comm) && !strings.ContainsFunc(comm, ambiguous) {
		return comm
	}
	return string(AppendQuoted(nil, comm))
}

func ambiguous(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("'\"`\\;", r) }

// special reports whether a shell would do something with the rune.
func special(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r >= 0xa1:
		return false
	}
	return !strings.ContainsRune("-_./:=@%+,", r)
}
