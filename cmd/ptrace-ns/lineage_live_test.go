package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestLineageLive(t *testing.T) {
	dead := exit(77, 3)
	dead.BootNS = 5_000_000
	live := func() *fake {
		f := &fake{lasts: true, events: []*events.Event{
			there(1, 0, 0, "systemd"), there(70, 1, 0, "shim"), there(77, 70, 0, "sh"), fork(90, 77), exit(91, 0), dead, exit(90, 0),
		}}
		f.events[4].BootNS = 4_000_000
		return f
	}
	r := live().execute(t, nil, "lineage", "--live", "77")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if n := len(lines); r.code != 0 || n < 4 || !strings.HasSuffix(lines[n-2], " sh: forked by 77 p") || !strings.Contains(lines[n-1], "77 sh: exited 3") {
		t.Errorf("%v, got\n%s", r.err, r.out)
	}
	r = live().execute(t, nil, "lineage", "--live", "-o", "json", "77")
	validate(t, "lineage", r.out)
	var doc struct {
		State  string
		Exit   struct{ Code int }
		Events []struct{ Event string }
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	if doc.State != "exited" || doc.Exit.Code != 3 || len(doc.Events) != 2 || doc.Events[1].Event != "exit" {
		t.Errorf("got %s", r.out)
	}
}

// N06: when the last member has ended and nobody looks, it is not known whether a parent
// outside has reaped it, and the story claims nothing.
func TestLineageLiveDoubts(t *testing.T) {
	init, member := there(76, 70, 1, "sh"), there(77, 70, 2, "sleep")
	ended := func(of *events.Event) *events.Event {
		ev := exit(of.Process.Key.PID, 0)
		ev.Process, ev.BootNS = of.Process, 5_000_000
		return ev
	}
	destroy := &events.Event{Kind: events.PidnsDestroy, Process: init.Process, Pidns: &events.PidnsDetail{
		NS: events.NSInfo{ID: innerNS, Level: 1}, Init: init.Process.Ref(),
	}}
	f := &fake{lasts: true, events: []*events.Event{
		there(1, 0, 0, "systemd"), there(70, 1, 0, "shim"), init, member, fork(90, 70), ended(init), ended(member), destroy,
	}}
	r := f.execute(t, nil, "lineage", "--live", "76")
	want := "  Its PID 1 may still wait in the kernel: whether 1 member with parents outside was reaped is not known.\n"
	if r.code != 0 || !strings.HasSuffix(r.out, want) {
		t.Errorf("%v, got\n%s\nwant at the end %q", r.err, r.out, want)
	}
}

// A story that its timeout ends says so, on standard error; one that is whole does not.
func TestLineageLiveTimeout(t *testing.T) {
	const said = "--timeout 1s is over and the story is not: what becomes of process 77 sh is not told"
	for ends, want := range map[bool]bool{false: true, true: false} {
		f := &fake{lasts: true, events: []*events.Event{there(1, 0, 0, "systemd"), there(77, 1, 0, "sh"), fork(90, 77)}}
		if ends {
			f.events = append(f.events, exit(77, 3))
		}
		r := f.execute(t, nil, "lineage", "--live", "--timeout", "1s", "77")
		if got := strings.Contains(r.errOut, said); r.code != 0 || got != want || strings.Contains(r.out, said) {
			t.Errorf("ends %v: %d, %v, standard error has\n%s", ends, r.code, r.err, r.errOut)
		}
	}
}

// A story of which the counts say that something was neither told nor counted as lost is
// told, and then said not to be trusted.
func TestLineageLiveIdentity(t *testing.T) {
	for _, output := range []string{"text", "json"} {
		f := &fake{lasts: true, summary: summary{BirthsNewtask: 2, BirthsFork: 1},
			events: []*events.Event{there(1, 0, 0, "systemd"), there(77, 1, 0, "sh"), exit(77, 3)}}
		r := f.execute(t, nil, "lineage", "--live", "-o", output, "77")
		if r.code != exitIdentity || !strings.Contains(fmt.Sprint(r.err), "count identity does not hold: 2 births") || !strings.Contains(r.out, "77") {
			t.Errorf("%s: %d, %v: %s", output, r.code, r.err, r.out)
		}
	}
}
