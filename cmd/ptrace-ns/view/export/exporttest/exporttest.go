// Package exporttest is what the tests of the exporters share: a stream in which every
// string is hostile, and readers for the rules that the formats have in common. Nothing
// but tests may use it.
package exporttest

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Header is that of every stream here.
func Header() *events.Header {
	return &events.Header{
		Version: "v1", Host: "</title><script>", Kernel: "6.1", BootID: "b-1", BootTimeNS: 1_700_000_000_000_000_001, StartNS: 1000, PidnsInum: 10,
	}
}

// Hostile are strings that act somewhere: on a terminal, in a browser, in a shell, in a
// spreadsheet, in one of the formats.
var Hostile = []string{
	"\x1b[2J", "\x1b]52;c;YQ==\a", "a\rb", "x\ny", "\u202egpj.exe", "\u009b31m", "\u2066", "\u2028", "\ufeff", "\U000e0041", "\x7f",
	"</script><img src=x onerror=alert(1)>", "]]></text><script>", "<!--", `"&'`, "&lt;", "&#60;", "=cmd()", "+1", "-1", "@x", "\t=1", "＝cmd()", "a,b", `a"b`,
	"a|b", "`id`", "$(id)", "${x}", "a'b", `a\b`, `\x41`, `\n`, `"];`, `"]`, "#60;", "\xff", "\xed\xa0\x80", "a\xc3", "", " ", "日本", "😀",
}

// Text is any string that a kernel could give: bytes without NUL.
var Text = rapid.OneOf(rapid.SampledFrom(Hostile), rapid.Map(
	rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 15), func(b []byte) string { return string(b) }))

// Life is a short stream: a process that is there, its child in a new PID namespace and
// a container, which executes, is signalled, gets another parent and is killed.
func Life(t *rapid.T) []*events.Event {
	text := func() string { return Text.Draw(t, "text") }
	args := rapid.SliceOfN(Text, 0, 4).Draw(t, "args")
	host, child := events.NSID{Inum: 10}, events.NSID{Inum: 11, ID: 5}
	parent := events.Process{
		Key: events.ProcKey{PID: 7, Start: 500}, TID: 7, Comm: text(), Chain: events.PIDChain{{NS: host, PID: 7}}, Full: true, Exe: text(),
		Args: events.ArgsOf(args...), Cgroup: events.Cgroup{ID: 3, Path: text()},
	}
	born := events.Process{
		Key: events.ProcKey{PID: 8, Start: 2000}, TID: 8, Comm: text(), Chain: events.PIDChain{{NS: host, PID: 8}, {NS: child, PID: 1}},
		Parent: parent.Ref(), Full: true, Exe: text(), Cwd: text(), HasIDs: true, Cgroup: events.Cgroup{ID: 4, Path: text()}, NSInit: true,
		Container: &events.Container{
			ID: "id" + text(), Name: text(), Image: text(), Runtime: text(), Pod: text(), PodNS: text(), PodUID: text(),
		},
	}
	born.NS.PID = child.Inum
	ran := born
	ran.Comm, ran.Exe, ran.Args = text(), text(), events.ArgsOf(rapid.SliceOfN(Text, 1, 4).Draw(t, "args")...)
	short := ran
	short.Full = false
	killed := &events.ExitDetail{
		Status: events.ExitStatus{Signal: 9}, LifetimeNS: 50, Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: parent.Ref()},
	}
	pidns := &events.PidnsDetail{NS: events.NSInfo{ID: child, Level: 1, Parent: host}, Via: "clone", Creator: parent.Ref(), Init: born.Ref()}
	all := []*events.Event{
		{Kind: events.Snapshot, Process: parent},
		{Kind: events.Fork, Process: born, Fork: &events.ForkDetail{Creator: parent.Ref(), Flags: 0x20000000}},
		{Kind: events.PidnsCreate, Process: born, Pidns: pidns, Cause: 2},
		{Kind: events.Exec, Process: ran, Exec: &events.ExecDetail{Filename: text(), Interpreter: text()}},
		{Kind: events.ContainerStart, Process: ran, Exec: &events.ExecDetail{Filename: text()}, Cause: 4},
		{Kind: events.Rename, Process: short, Rename: &events.RenameDetail{OldComm: text()}},
		{Kind: events.CgroupMove, Process: ran, Cgroup: &events.CgroupDetail{From: born.Cgroup, To: events.Cgroup{ID: 9, Path: text()}}},
		{Kind: events.CgroupMkdir, Cgroup: &events.CgroupDetail{To: events.Cgroup{ID: 9, Path: "/" + text()}}},
		{Kind: events.Signal, Process: short, Signal: &events.SignalDetail{Signal: 15, Sender: parent.Ref(), Origin: events.OriginUser, Result: events.SignalIgnored}},
		{Kind: events.Reparent, Process: short, Reparent: &events.ReparentDetail{
			From: parent.Ref(), To: events.Ref{Key: events.ProcKey{PID: 1, Start: 1}, Comm: text()}, Reason: events.ReparentInit,
		}},
		{Kind: events.Lost, Lost: &events.LostDetail{Count: 2, SinceNS: 2900}},
		{Kind: events.Exit, Process: short, Exit: killed},
		{Kind: events.ContainerExit, Process: short, Exit: killed, Cause: 12},
		{Kind: events.PidnsDestroy, Process: short, Pidns: pidns, Cause: 12},
		{Kind: events.PidnsWait, Process: short, Pidns: &events.PidnsDetail{
			NS: pidns.NS, Init: born.Ref(), InitState: events.InitWaits, Awaited: []events.Awaited{{Process: short.Ref(), Parent: parent.Ref()}},
		}},
		{Kind: events.ContainerKnown, Process: events.Process{Container: &events.Container{ID: "c" + text(), Name: text(), Image: text(), Runtime: text()}}},
	}
	for i, ev := range all {
		ev.Seq, ev.BootNS = uint64(i+1), uint64(2000+100*i)
	}
	return all
}

// Put hands the events to a sink.
func Put(t interface{ Fatal(...any) }, to events.Sink, all []*events.Event) {
	for _, ev := range all {
		if err := to.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Flush(); err != nil {
		t.Fatal(err)
	}
}

// Written has an exporter write all events, and returns what it wrote: text in which
// nothing acts, on a terminal or in a page.
func Written[E interface {
	events.Sink
	Finish() error
}](t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, open func(io.Writer, *events.Header) E, all []*events.Event) string {
	var out strings.Builder
	to := open(&out, Header())
	Put(t, to, all)
	if err := to.Finish(); err != nil {
		t.Fatal(err)
	}
	Inert(t, out.String())
	if strings.ContainsAny(out.String(), "<>&") {
		t.Errorf("markup: %s", out.String())
	}
	return out.String()
}

// Inert holds that nothing in the text acts but its line breaks.
func Inert(t interface{ Errorf(string, ...any) }, text string) {
	if !utf8.ValidString(text) {
		t.Errorf("it is not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsGraphic(r) {
			t.Errorf("it holds %U: %q", r, text)
			return
		}
	}
}

// Unquote reads shell words as a shell does.
func Unquote(t interface{ Fatalf(string, ...any) }, s string) []string {
	var all []string
	var word []byte
	within := false
	for i := 0; i < len(s); {
		switch {
		case s[i] == ' ':
			if within {
				all, word, within = append(all, string(word)), nil, false
			}
			i++
			continue
		case strings.HasPrefix(s[i:], `$'`):
			var n int
			word, n = dollar(t, word, s[i+2:])
			i += 2 + n
		case s[i] == '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				t.Fatalf("a quote has no end: %q", s)
			}
			word = append(word, s[i+1:i+1+end]...)
			i += end + 2
		case s[i] == '\\' && i+1 < len(s):
			word = append(word, s[i+1])
			i += 2
		case strings.ContainsRune("\"`$&|;<>()*?[]#~!{}\n\t", rune(s[i])):
			t.Fatalf("a shell would do something with %q in %q", s[i], s)
		default:
			word = append(word, s[i])
			i++
		}
		within = true
	}
	if within {
		all = append(all, string(word))
	}
	return all
}

// dollar reads what follows $'. It returns how many bytes that were.
func dollar(t interface{ Fatalf(string, ...any) }, word []byte, s string) ([]byte, int) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return word, i + 1
		case s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x':
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				t.Fatalf("%v in %q", err, s)
			}
			word = append(word, byte(n))
			i += 3
		case s[i] == '\\' && i+1 < len(s):
			i++
			word = append(word, s[i])
		default:
			word = append(word, s[i])
		}
	}
	t.Fatalf("$' has no end: %q", s)
	return word, 0
}

// Word reads exactly one shell word.
func Word(t interface{ Fatalf(string, ...any) }, s string) string {
	all := Unquote(t, s)
	if len(all) != 1 {
		t.Fatalf("%q is %d words", s, len(all))
	}
	return all[0]
}

// Name reads what is quoted only where it must be.
func Name(t interface{ Fatalf(string, ...any) }, s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	return Word(t, s)
}

// Valid is what JSON can hold of a string: U+FFFD for each byte that is not UTF-8.
func Valid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(r)
		i += n
	}
	return b.String()
}
