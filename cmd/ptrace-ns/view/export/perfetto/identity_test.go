package perfetto_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// entry is a row of trace_processor's table of processes.
type entry struct {
	pid     int64
	start   int64
	parent  *entry
	cmdline []string
	uid     int64
	inner   []int64
	kthread bool
	threads []string
}

func (m message) int(name string) int64 {
	return m.Get(m.field(name)).Int()
}

func (m message) list(name string) (all []protoreflect.Value) {
	l := m.Get(m.field(name)).List()
	for i := range l.Len() {
		all = append(all, l.Get(i))
	}
	return all
}

// learn fills the table as trace_processor does: a PID stands for the process that was
// described for it last, and a second descriptor of a PID is of another process.
func learn(t fatal, packets []message) (all []*entry) {
	bearer, uuids := map[int64]*entry{}, map[uint64]bool{}
	named := func(pid int64) *entry {
		if bearer[pid] == nil {
			bearer[pid] = &entry{pid: pid}
			all = append(all, bearer[pid])
		}
		return bearer[pid]
	}
	described := map[*entry]bool{}
	for _, p := range packets {
		if p.has("track_descriptor") {
			d := p.sub("track_descriptor")
			if uuids[d.num("uuid")] {
				t.Errorf("track %d is described twice", d.num("uuid"))
			}
			uuids[d.num("uuid")] = true
			if d.has("process") {
				pid := d.sub("process").int("pid")
				if described[named(pid)] {
					delete(bearer, pid)
				}
				described[named(pid)] = true
				named(pid).start = d.sub("process").int("start_timestamp_ns")
			}
			if d.has("thread") {
				e := named(d.sub("thread").int("pid"))
				e.threads = append(e.threads, fmt.Sprintf("%d %s", d.sub("thread").int("tid"), d.sub("thread").str("thread_name")))
			}
		}
		if !p.has("process_tree") {
			continue
		}
		for _, of := range p.sub("process_tree").subs("processes") {
			e := named(of.int("pid"))
			if parent := named(of.int("ppid")); e.parent == nil {
				e.parent = parent
			}
			e.uid, e.kthread = of.int("uid"), of.Get(of.field("is_kthread")).Bool()
			for _, v := range of.list("cmdline") {
				e.cmdline = append(e.cmdline, v.String())
			}
			for _, v := range of.list("nspid") {
				e.inner = append(e.inner, v.Int())
			}
		}
	}
	return all
}

// String is all of an entry in a line.
func (e *entry) String() string {
	parent := "-"
	if e.parent != nil {
		parent = fmt.Sprintf("%d@%d", e.parent.pid, e.parent.start)
	}
	return fmt.Sprintf("%d@%d of %s %q uid %d inner %v %s", e.pid, e.start, parent, e.cmdline, e.uid, e.inner, strings.Join(e.threads, ","))
}

// TestRecycledPID: two that had one PID are two processes, each with its own parent,
// children and threads.
func TestRecycledPID(t *testing.T) {
	host, child := events.NSID{Inum: 10}, events.NSID{Inum: 11}
	process := func(pid int32, start uint64, parent events.ProcKey, args ...string) events.Process {
		return events.Process{
			Key: events.ProcKey{PID: pid, Start: start}, TID: pid, Comm: "sh", Args: events.ArgsOf(args...), HasIDs: true, UID: 1<<32 - 2,
			Parent: events.Ref{Key: parent}, Chain: events.PIDChain{{NS: host, PID: pid}, {NS: child, PID: 2}},
		}
	}
	one := process(1, 1, events.ProcKey{}, "init")
	one.Chain = one.Chain[:1]
	first, second := process(8, 5, one.Key, "a", "", "b c"), process(8, 50, one.Key, "second")
	of1, of2 := process(9, 6, first.Key, "of first"), process(10, 60, second.Key, "of second")
	thread := first
	thread.TID, thread.Comm = 20, "worker"
	stray := process(30, 70, events.ProcKey{PID: 29, Start: 3}, "x") // nobody has told of its parent
	fork := func(p events.Process) *events.Event {
		return &events.Event{Kind: events.Fork, BootNS: 1000 + p.Key.Start, Process: p, Fork: &events.ForkDetail{}}
	}
	packets := export(t, []*events.Event{
		{Kind: events.Snapshot, BootNS: 1000, Process: one}, {Kind: events.Snapshot, BootNS: 1000, Process: of1}, fork(first),
		{Kind: events.ThreadStart, BootNS: 1006, Process: thread, Fork: &events.ForkDetail{}},
		{Kind: events.Exit, BootNS: 1040, Process: first, Exit: &events.ExitDetail{}},
		fork(second), fork(of2), {Kind: events.Snapshot, BootNS: 1080, Process: stray},
	})
	var got []string
	for _, e := range learn(t, packets) {
		if e.pid != 0 {
			got = append(got, e.String())
		}
	}
	want := []string{
		`1@1 of 0@0 ["init"] uid -2 inner [] `,
		`8@5 of 1@1 ["a" "''" "'b c'"] uid -2 inner [2] 20 worker`,
		`9@6 of 8@5 ["'of first'"] uid -2 inner [2] `,
		`8@50 of 1@1 ["second"] uid -2 inner [2] `,
		`10@60 of 8@50 ["'of second'"] uid -2 inner [2] `,
		`30@70 of - [] uid 0 inner [] `,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestIdentitiesAreNotDrawn: nothing happens on a track of Perfetto's own, which would
// stand at the top beside the groups, and each process that has a track has one.
func TestIdentitiesAreNotDrawn(t *testing.T) {
	p := events.Process{Key: events.ProcKey{PID: 8, Start: 8}, TID: 8, Comm: "sh", Chain: events.PIDChain{{NS: events.NSID{Inum: 10}, PID: 8}}}
	packets := export(t, []*events.Event{{Kind: events.Snapshot, BootNS: 1000, Process: p}, {Kind: events.Exec, BootNS: 1001, Process: p, Exec: &events.ExecDetail{}}})
	own := map[uint64]bool{}
	for _, p := range packets {
		if p.has("track_descriptor") && p.sub("track_descriptor").has("process") {
			own[p.sub("track_descriptor").num("uuid")] = true
		}
	}
	for _, p := range packets {
		if p.has("track_event") && own[p.sub("track_event").num("track_uuid")] {
			t.Errorf("an event is on a process's own track: %v", p)
		}
	}
	if len(own) != 1 {
		t.Errorf("%d processes are described, want 1", len(own))
	}
}
