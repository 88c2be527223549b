package ndjson_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// FuzzStrings puts any bytes where the kernel's strings go.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff\xc3", "\u202e\u009b\u2028", `"\`, "\x00", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := ndjson.AppendEvent(nil, hostile(s), bootTime)
		if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("%d newlines in %q", n, line)
		}
		for _, r := range string(line[:len(line)-1]) {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e {
				t.Fatalf("raw %U in %q", r, line)
			}
		}
		var doc ndjson.Doc
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		want := toValid(s)
		// A NUL ends an argument: what follows is the next one.
		if args := strings.Join(doc.Process.Args, "\x00"); doc.Process.Comm != want || args != want || doc.Filename != want {
			t.Errorf("comm %q, args %q, filename %q; want %q", doc.Process.Comm, args, doc.Filename, want)
		}
		if bad := !utf8.ValidString(s); doc.Process.Lossy != bad || doc.Lossy != bad || doc.Process.Parent.Lossy != bad {
			t.Errorf("lossy is %v, %v, %v for %q", doc.Process.Lossy, doc.Lossy, doc.Process.Parent.Lossy, s)
		}
	})
}

// toValid replaces each bad byte, as encoding/json does.
func toValid(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

func hostile(s string) *events.Event {
	p := full()
	p.Parent.Comm, p.Comm, p.Exe, p.Cwd, p.Cgroup.Path = s, s, s, s, s
	p.Args = events.ArgsOf(s)
	p.Container = &events.Container{ID: s, Runtime: s, Name: s, Image: s, Pod: s, PodNS: s, PodUID: s}
	return &events.Event{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{Filename: s, Interpreter: s}}
}
