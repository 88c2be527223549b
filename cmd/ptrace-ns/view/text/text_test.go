package text_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func print(t *testing.T, o text.Options, all []*events.Event) string {
	t.Helper()
	o.Zone = time.UTC
	var out bytes.Buffer
	sink := text.New(&out, &events.Header{BootTimeNS: 1_700_000_000_000_000_000}, o)
	for _, ev := range all {
		if err := sink.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	for name, o := range map[string]text.Options{
		"unicode": {Unicode: true}, "ascii": {}, "color": {Unicode: true, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".golden", print(t, o, samples()))
		})
	}
}

// Which thread forked is said where it was not the leader.
func TestForkByThread(t *testing.T) {
	for tid, want := range map[int32]string{
		0: "sh: forked by 70 dockerd\n", 70: "sh: forked by 70 dockerd\n", 75: "sh: forked by thread 75 of 70 dockerd\n",
	} {
		ev := &events.Event{Kind: events.Fork, Process: process(7609, "sh"), Fork: &events.ForkDetail{Creator: ref(70, "dockerd"), CreatorTID: tid}}
		ev.Process.Parent = ev.Fork.Creator
		if got := print(t, text.Options{}, []*events.Event{ev}); !strings.HasSuffix(got, want) {
			t.Errorf("thread %d: %q, want %q", tid, got, want)
		}
	}
}

func TestASCIIIsASCII(t *testing.T) {
	out := print(t, text.Options{}, samples())
	if i := strings.IndexFunc(out, func(r rune) bool { return r > 0x7e }); i >= 0 {
		t.Errorf("%q", out[i:])
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	sink := text.NewTable(&out, &events.Header{}, text.Options{}, []string{"event", "process.pid", "exit.code", "process.args"})
	exec := &events.Event{Kind: events.Exec, Process: process(7609, "sh"), Exec: &events.ExecDetail{}}
	exec.Process.Full, exec.Process.Args = true, events.ArgsOf("a\x1b", "b")
	exit := &events.Event{Kind: events.Exit, Process: process(7, "sh"), Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 3}}}
	for _, ev := range []*events.Event{exec, exit} {
		if err := sink.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "EVENT PROCESS.PID EXIT.CODE PROCESS.ARGS\n" +
		"exec  7609        -         [\"a\\u001b\",\"b\"]\n" +
		"exit  7           3         -\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTableBytes: a byte that is no text is shown as it is, beside text that is.
func TestTableBytes(t *testing.T) {
	var out bytes.Buffer
	sink := text.NewTable(&out, &events.Header{}, text.Options{}, []string{"process.comm", "filename", "process.args"})
	exec := &events.Event{Kind: events.Exec, Process: process(7, "a\xffé\ufffd"), Exec: &events.ExecDetail{Filename: "/\xc3"}}
	exec.Process.Full, exec.Process.Args = true, events.ArgsOf("é", "\xfe", "")
	before := exec.Clone()
	if err := sink.Put(exec); err != nil {
		t.Fatal(err)
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(out.String(), "\n")
	if want := `a\xffé` + "\ufffd" + `      /\xc3    ["é","\\xfe",""]` + "\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !reflect.DeepEqual(exec, before) {
		t.Error("the event is changed for others")
	}
}

// TestWidePIDs: the longest PIDs and names leave the columns where they are.
func TestWidePIDs(t *testing.T) {
	wide := process(4194303, "x")
	wide.Parent = ref(4194302, "fifteen-letters")
	forked := func(p events.Process) *events.Event {
		return &events.Event{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: p.Parent}}
	}
	lines := strings.Split(print(t, text.Options{}, []*events.Event{forked(process(2, "x")), forked(wide)}), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 4 with the end", len(lines))
	}
	at := strings.Index(lines[0], "WHAT")
	for _, line := range lines[1:3] {
		if strings.Index(line, "x: forked") != at || line[at-1] != ' ' {
			t.Errorf("WHAT is not in column %d: %s", at, line)
		}
	}
}

// TestToldOnce: a container's end does not say again what its init's exit has just
// said of the killer, but by itself it says all.
func TestToldOnce(t *testing.T) {
	end := func(kind events.Kind, seq, cause uint64) *events.Event {
		return &events.Event{Kind: kind, Seq: seq, Cause: cause, Process: inside(7609, 1, "sh"), Exit: &events.ExitDetail{
			Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{
				Origin: events.OriginUser, Signal: 9, Sender: runc, SenderChain: []events.Ref{shim},
				Preceded: []events.PriorSignal{{Signal: 15, Sender: runc}},
			},
		}}
	}
	const full, brief = "killed by SIGKILL, by 7600 runc, child of 7580 containerd-shim; SIGTERM from 7600 runc did not end it\n", "killed by SIGKILL, by 7600 runc\n"
	for _, c := range []struct {
		name   string
		events []*events.Event
		want   string
	}{
		{"after the exit", []*events.Event{end(events.Exit, 5, 0), end(events.ContainerExit, 6, 5)}, brief},
		{"alone", []*events.Event{end(events.ContainerExit, 6, 5)}, full},
		{"after another's exit", []*events.Event{end(events.Exit, 4, 0), end(events.ContainerExit, 6, 5)}, full},
	} {
		if got := print(t, text.Options{}, c.events); !strings.HasSuffix(got, "container's init "+c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestLate: headings that wait come with the first event, and never without.
func TestLate(t *testing.T) {
	ev := &events.Event{Kind: events.OOM, Process: process(5, "sh")}
	for name, sink := range map[string]func(io.Writer) events.Sink{
		"lines": func(w io.Writer) events.Sink {
			return text.New(w, &events.Header{}, text.Options{Late: true, Zone: time.UTC})
		},
		"table": func(w io.Writer) events.Sink {
			return text.NewTable(w, &events.Header{}, text.Options{Late: true}, []string{"event"})
		},
	} {
		var out bytes.Buffer
		s := sink(&out)
		if err := s.Flush(); err != nil || out.Len() > 0 {
			t.Errorf("%s: %q without an event (%v)", name, out.String(), err)
		}
		for range 2 {
			if err := errors.Join(s.Put(ev), s.Flush()); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(out.String(), "EVENT"); n != 1 || !strings.Contains(strings.SplitN(out.String(), "\n", 2)[0], "EVENT") {
			t.Errorf("%s: %d headings: %s", name, n, out.String())
		}
	}
}

// FuzzStrings puts any bytes where the kernel's strings go, in every kind.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", "'", "\x00", "\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, ev := range hostile(s) {
			out := print(t, text.Options{Unicode: true}, []*events.Event{ev})
			if n := strings.Count(out, "\n"); n != 2 {
				t.Fatalf("%s: %d lines: %q", ev.Kind, n, out)
			}
			line := strings.TrimSuffix(strings.SplitAfter(out, "\n")[1], "\n")
			if !utf8.ValidString(line) || strings.IndexFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) >= 0 {
				t.Fatalf("%s: %q", ev.Kind, line)
			}
		}
	})
}
