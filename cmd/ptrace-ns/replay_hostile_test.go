package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// hostileFamily is what a file may say: every string is somebody else's, and none is fit for a
// terminal.
func hostileFamily() []*events.Event {
	const bad = "\x1b]0;x\x07\x1b[2J\r\n\x00\x9b31m\u202e\xff"
	ref := events.Ref{Key: events.ProcKey{PID: 9, Start: 9}, Comm: bad}
	var all []*events.Event
	for _, ev := range family() {
		if ev.Kind == events.SnapshotEnd || ev.Kind == events.Lost { // of no process
			all = append(all, ev)
			continue
		}
		p := &ev.Process
		p.Comm, p.Exe, p.Cwd, p.Full = bad, "/"+bad, "/"+bad, true
		p.Args, p.Env = events.ArgsOf("x", bad), events.ArgsOf("A="+bad)
		p.Cgroup.Path = "/" + bad
		p.Parent.Comm = bad
		p.Container = &events.Container{ID: bad, Name: bad, Image: bad, Runtime: bad, Source: "cgroup"}
		switch ev.Kind {
		case events.Fork:
			ev.Fork.Creator.Comm = bad
		case events.Exec:
			ev.Exec = &events.ExecDetail{Filename: bad, Interpreter: bad}
		case events.Rename:
			ev.Rename = &events.RenameDetail{OldComm: bad}
		case events.Signal:
			ev.Signal = &events.SignalDetail{Signal: 15, Sender: ref, Origin: events.OriginUser}
		}
		all = append(all, ev)
	}
	return all
}

// F05: the file is somebody else's. What is shown of it is escaped as what a kernel told,
// by every command that reads it.
func TestF05HostileStrings(t *testing.T) {
	path := recorded(t, hostileFamily())
	live := (&fake{events: hostileFamily()}).execute(t, utf8, "watch", "-q", "--threads", "--syscalls")
	again := (&fake{}).execute(t, utf8, "replay", "-q", path)
	if live.code != 0 || again.code != 0 || strings.Count(again.out, "\n") < 10 || again.out != live.out {
		t.Errorf("replay (%v) does not show what watch (%v) did:\n%s\n%s", again.err, live.err, again.out, live.out)
	}
	for _, args := range []string{"replay -q", "replay", "replay -o json", "replay --fields process.comm,process.exe,process.args", "tree -a --exited -r", "tree -o json -r",
		"namespaces --at 9 -r", "lineage 12 -r", "timeline", "explain", "timeline -o json"} {
		r := (&fake{}).execute(t, utf8, append(strings.Fields(args), path)...)
		said := r.out + r.errOut
		if r.err != nil {
			said += r.err.Error()
		}
		if said == "" {
			t.Errorf("%s says nothing", args)
		}
		if at := strings.IndexFunc(said, func(c rune) bool { return c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 || c == '\u202e' }); at >= 0 && !strings.Contains(args, "json") {
			t.Errorf("%s: %q", args, said[max(0, at-40):min(len(said), at+40)])
		}
		if strings.ContainsAny(said, "\x1b\x07\x00\r") {
			t.Errorf("%s lets a control character through", args)
		}
	}
}

// F10: JSON is the same each time it is read, in whatever zone and locale.
func TestF10ReplayTwice(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	for name, all := range map[string][]*events.Event{"family": family(), "hostile": hostileFamily()} {
		path := recorded(t, all)
		var first string
		for i, at := range []*time.Location{time.UTC, time.FixedZone("NPT", 20700), time.UTC} {
			for _, locale := range []string{"C", "en_US.UTF-8", "tr_TR.ISO-8859-9"} {
				time.Local = at
				r := (&fake{}).execute(t, func(a *app) { a.getenv = func(string) string { return locale } }, "replay", "-q", "-o", "json", path)
				if first == "" {
					first = r.out
				}
				if r.code != 0 || r.out == "" || r.out != first {
					t.Errorf("%s, reading %d in %s: %v, another output", name, i, locale, r.err)
				}
			}
		}
	}
}
