package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Each tree of a run that shows several begins with its time.
func TestTreeShowTimes(t *testing.T) {
	m := tree.New(tree.Options{})
	dead := exit(9, 0)
	dead.Exit.Status = events.ExitStatus{Signal: 9}
	kill := &events.Event{Kind: events.Signal, Process: process(9, 1), Signal: &events.SignalDetail{
		Signal: 9, Origin: events.OriginUser, Sender: events.Ref{Key: events.ProcKey{PID: 7, Start: 7}, Comm: "bash"},
	}}
	for _, ev := range []*events.Event{there(1, 0, 0, "systemd"), there(7, 1, 0, "bash"), there(9, 1, 0, "sh"), kill, dead} {
		if err := m.Apply(ev, func(*events.Event) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	s := &treeShow{w: &out, followed: followed{keys: map[events.ProcKey]struct{}{dead.Process.Key: {}}}, nowNS: func() uint64 { return 0 }}
	s.view.Ended = true
	for _, clock := range []func() time.Time{nil, func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }} {
		s.clock = clock
		if err := s.show(m); err != nil {
			t.Fatal(err)
		}
	}
	line := "9 sh killed by SIGKILL, by 7 bash, child of 1 systemd\n"
	if got, want := out.String(), line+"-- 03:04:05 --\n"+line; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A watch's tree comes with the namespaces of those in it: one that is over, one that
// is dying, and not those of others.
func TestTreeShowNamespaces(t *testing.T) {
	m := tree.New(tree.Options{})
	s := &treeShow{followed: followed{keys: map[events.ProcKey]struct{}{}}, nowNS: func() uint64 { return 9_000_000_000 }}
	apply := func(followed bool, ev *events.Event) {
		if err := m.Apply(ev, func(*events.Event) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if followed {
			s.followed.keys[ev.Process.Key] = struct{}{}
		}
	}
	born := func(pid, nr int32, inum uint32, bootNS uint64) *events.Event {
		ev := fork(pid, 7)
		ev.Process.Parent.Comm = "unshare"
		ev.BootNS, ev.Fork.Creator, ev.Fork.Flags = bootNS, ev.Process.Parent, 0x20000000
		ev.Process.Key.Start, ev.Process.Comm = bootNS, "sh"
		ev.Process.Chain = events.PIDChain{{NS: hostNS, PID: pid}, {NS: events.NSID{Inum: inum}, PID: nr}}
		return ev
	}
	ended := func(birth *events.Event, bootNS uint64) *events.Event {
		return &events.Event{Kind: events.Exit, BootNS: bootNS, Process: birth.Process, Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 3}}}
	}
	over, dying, stuck, other := born(20, 1, 52, 1_000_000_000), born(30, 1, 53, 2_000_000_000), born(31, 2, 53, 3_000_000_000), born(40, 1, 54, 4_000_000_000)
	apply(false, there(1, 0, 0, "systemd"))
	apply(false, there(7, 1, 0, "unshare"))
	for _, ev := range []*events.Event{over, dying, stuck, ended(over, 5_000_000_000), ended(dying, 6_500_000_000)} {
		apply(true, ev)
	}
	apply(false, other)
	var out bytes.Buffer
	s.w = &out
	if err := s.show(m); err != nil {
		t.Fatal(err)
	}
	want := "PIDNS LEVEL MEMBERS INIT AGE CONTAINER CREATOR             COMMAND\n" +
		"1     0     2+2     1    9 s -         -                   systemd\n" +
		"|-52  1     0       20>1 4 s -         7 unshare via clone sh\n" +
		"|   over for 4 s: its PID 1 exited 3\n" +
		"`-53  1     1       30>1 7 s -         7 unshare via clone sh\n" +
		"    dying for 2.5 s: its PID 1 exited 3\n" +
		"    waiting for 31 sh, whose parent 7 unshare lives outside\n"
	if _, got, _ := strings.Cut(out.String(), "PIDNS"); "PIDNS"+got != want {
		t.Errorf("got\n%swant\n%s", "PIDNS"+got, want)
	}
}

func TestWatchTree(t *testing.T) {
	f := &fake{events: []*events.Event{
		there(1, 0, 0, "systemd"), there(9, 1, 0, "sh"), fork(10, 9), fork(11, 10), exit(10, 3),
	}}
	f.events[4].Exit.Reaper = events.Ref{Key: events.ProcKey{PID: 1, Start: 1}}
	f.events[4].Exit.ReaperReason = events.ReparentInit
	f.events[4].BootNS = 2_000_000_010
	f.events[4].Process.Parent = process(10, 9).Parent
	r := f.execute(t, func(a *app) { a.user = func(uint32) string { return "u" } }, "watch", "-q", "-e", "lost", "-p", "9", "--follow", "--tree")
	want := "9 sh (u)\n`-10 sh exited 3 after 2 s\n1 systemd (not followed itself)\n`-11 sh reparented 10 sh > 1 systemd (init, predicted)\n"
	if r.code != 0 || r.out != want { // no event, no headings
		t.Errorf("%v, got\n%swant\n%s", r.err, r.out, want)
	}
	if f.asked.Keep != keptForTree {
		t.Errorf("keeps %d", f.asked.Keep)
	}
	r = f.execute(t, func(a *app) { a.user = func(uint32) string { return "u" } }, "watch", "-q", "-o", "json", "-p", "9", "--follow", "--tree")
	if !strings.HasSuffix(r.errOut, want) || strings.Contains(r.out, "`-") {
		t.Errorf("standard error has\n%s", r.errOut)
	}
}

// The tree at the end of a watch is the tree of the recording that it made: also how sure
// a parent is, though a recording tells the first of several gaps and no other.
func TestWatchTreeIsItsRecordings(t *testing.T) {
	ended := exit(10, 3)
	ended.Exit.Reaper, ended.Exit.ReaperReason = events.Ref{Key: events.ProcKey{PID: 1, Start: 1}}, events.ReparentInit
	ended.BootNS, ended.Process.Parent = 2_000_000_010, process(10, 9).Parent
	lost := &events.Event{Kind: events.Lost, BootNS: 30, Lost: &events.LostDetail{Count: 2}}
	gap := &events.Event{Kind: events.Gap, BootNS: 2_000_000_020}
	for name, after := range map[string][]*events.Event{
		"nothing lost": {ended}, "lost": {ended, lost}, "two gaps": {lost, ended, gap}, "one": {lost, ended},
	} {
		f := &fake{events: append([]*events.Event{there(1, 0, 0, "systemd"), there(9, 1, 0, "sh"), fork(10, 9), fork(11, 10)}, after...)}
		plain := func(a *app) { a.user = func(uint32) string { return "0" } }
		path := filepath.Join(t.TempDir(), "watch.zst")
		live := f.execute(t, plain, "watch", "-q", "-p", "9", "--follow", "--tree", "-w", path)
		past := (&fake{}).execute(t, plain, "tree", "-r", path, "--exited")
		if live.code != 0 || past.code != 0 {
			t.Fatalf("%s: %v, %v", name, live.err, past.err)
		}
		edge := func(text string) string {
			line, _, _ := strings.Cut(text[max(0, strings.LastIndex(text, "11 sh")):], "\n")
			return strings.Replace(line, "1 systemd", "1 p", 1) // whom nobody has told by name
		}
		if got, want := edge(past.out), edge(live.out); got != want || !strings.Contains(want, "reparented") {
			t.Errorf("%s: the recording's is\n%s\nand the watch's\n%s", name, past.out, live.out)
		}
	}
}

// At the end comes a tree only where the one before shows something else.
func TestTreeShowLast(t *testing.T) {
	m := tree.New(tree.Options{})
	var out bytes.Buffer
	s := &treeShow{w: &out, followed: followed{keys: map[events.ProcKey]struct{}{}}, nowNS: func() uint64 { return 0 }}
	put := func(ev *events.Event) {
		if err := first(m.Apply(ev, func(*events.Event) error { return nil }), s.followed.Put(ev)); err != nil {
			t.Fatal(err)
		}
	}
	put(there(9, 0, 0, "sh"))
	const line = "9 sh\n"
	for i, step := range []struct {
		show func(*tree.Model) error
		news bool
		want string
	}{
		{s.last, false, line}, // nothing was shown before
		{s.last, false, ""}, {s.show, false, line}, {s.last, false, ""}, {s.last, true, line},
	} {
		out.Reset()
		if step.news {
			put(&events.Event{Kind: events.OOM, Process: there(9, 0, 0, "sh").Process})
		}
		if err := step.show(m); err != nil || out.String() != step.want {
			t.Errorf("step %d: %v, got %q, want %q", i, err, out.String(), step.want)
		}
	}
}
