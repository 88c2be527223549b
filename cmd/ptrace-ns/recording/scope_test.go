package recording_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

const tracer = 99

func TestScopeCommand(t *testing.T) {
	s := newStage(t, false)
	s.machine()
	s.put(born(100, tracer), born(40, 30), ran(100, tracer, "/bin/make"), born(101, 100), died(40, 30),
		born(50, 10), died(100, tracer), died(101, 1), died(50, 10))
	// The ancestors of the command come as context, without what is their own.
	s.expect("snapshot:1 snapshot:20 snapshot:99 fork:100 exec:100 fork:101 exit:100 exit:101")
	for _, ev := range s.got.all {
		if before := ev.Kind == events.Snapshot; before == ev.Process.Args.Known() {
			t.Errorf("%s of %d has the arguments %q", ev.Kind, ev.Process.Key.PID, ev.Process.Args.Strings())
		}
	}
}

func TestScopeContainers(t *testing.T) {
	s := newStage(t, true)
	s.machine()
	// A client that only talks to a daemon, which forks the shim; the shim's starter is
	// gone before the namespace is born.
	s.put(born(100, tracer), ran(100, tracer, "/usr/bin/docker"), born(200, 10), ran(200, 10, "/usr/bin/containerd-shim-runc-v2"),
		born(201, 200), died(200, 10), born(300, 30), born(202, 201), inside(born(203, 202), true), pidns(events.PidnsCreate, 203, 202),
		inside(born(204, 203), false), died(300, 30))
	if n := s.scope.Starting(); n != 1 {
		t.Errorf("%d namespaces are starting", n)
	}
	s.put(inside(ran(203, 202, "/bin/app"), true))
	if n := s.scope.Starting(); n != 0 {
		t.Errorf("%d namespaces are starting once PID 1 runs", n)
	}
	s.put(inside(died(203, 202), true), inside(died(204, 203), false), pidns(events.PidnsDestroy, 203, 202))
	s.expect("snapshot:1 snapshot:10 snapshot:20 snapshot:99 fork:100 exec:100 fork:200 exec:200 fork:201 exit:200 fork:202 fork:203 " +
		"pidns_create:203 fork:204 exec:203 exit:203 exit:204 pidns_destroy:203")
}

// A maker that nobody knew: his own events are in from birth, those of his other
// children are not.
func TestScopeMaker(t *testing.T) {
	s := stageOf(t, 0, true)
	s.machine()
	s.put(born(60, 30), ran(60, 30, "/usr/bin/unshare"), born(61, 60), died(61, 60), inside(born(62, 60), true), pidns(events.PidnsCreate, 62, 60),
		inside(died(62, 60), true), died(60, 30))
	s.expect("snapshot:1 snapshot:30 fork:60 exec:60 fork:62 pidns_create:62 exit:62 exit:60")
}

// Who turns out to matter after his events have left is told of late, before the
// first event that names him, with his own place in the stream.
func TestScopeLate(t *testing.T) {
	s := stageOf(t, 0, true)
	s.machine()
	s.put(born(60, 30), ran(60, 30, "/bin/one"), ran(60, 30, "/bin/two"), born(70, 30))
	s.later()
	if got := s.told(); got != "" {
		t.Errorf("told before anything mattered: %s", got)
	}
	s.put(inside(born(62, 60), true), pidns(events.PidnsCreate, 62, 60))
	s.expect("snapshot:1 snapshot:30 fork:60 exec:60 fork:62 pidns_create:62")
	if exe := s.got.all[3].Process.Exe; exe != "/bin/two" {
		t.Errorf("of two images %s is told", exe)
	}
	if seq := s.got.all[1].Seq; seq != 5 {
		t.Errorf("the late snapshot has seq %d", seq)
	}
}

// Who looks on is told at once, and late of who turned out to matter.
func TestScopeLive(t *testing.T) {
	s := newStage(t, true)
	s.scope = recording.NewScope(&s.got, recording.ScopeOptions{Containers: true, Live: true})
	s.machine()
	s.put(born(60, 30), ran(60, 30, "/bin/one"), ran(60, 30, "/usr/bin/unshare"), born(70, 30))
	if got := s.told(); got != "" {
		t.Errorf("told at once %s", got)
	}
	s.put(inside(born(62, 60), true), pidns(events.PidnsCreate, 62, 60), died(60, 30), died(70, 30), inside(died(62, 1), true))
	s.expect("snapshot:1 snapshot:30 fork:60 exec:60 fork:62 pidns_create:62 exit:60 exit:62")
	var last uint64
	for _, ev := range s.got.all {
		if ev.Seq <= last {
			t.Errorf("%s has seq %d after %d", ev.Kind, ev.Seq, last)
		}
		last = ev.Seq
	}
}

// What a neighbour does with namespaces is out where there is a command: a namespace of
// his own, an entry, and all lives in one that only happens to end.
func TestScopeNeighbour(t *testing.T) {
	s := newStage(t, true)
	s.machine()
	s.put(inside(was(12, 30, "/bin/app"), true), inside(was(13, 12, "/bin/app"), false), inside(was(14, 12, "/bin/app"), false))
	other := func(ev *events.Event) *events.Event { // a namespace that is born
		if len(ev.Process.Chain) > 1 {
			ev.Process.Chain[1].NS.Inum = 88
		}
		ev.Pidns.NS.ID.Inum = 88
		return ev
	}
	s.put(born(61, 30), ran(61, 30, "/usr/bin/docker"), died(61, 30))
	s.put(born(60, 30), ran(60, 30, "/usr/bin/unshare"), born(62, 60), other(pidns(events.PidnsCreate, 62, 60)), died(62, 60), died(60, 30),
		other(pidns(events.PidnsDestroy, 62, 60)))
	for pid := int32(500); pid < 600; pid++ {
		s.put(inside(born(pid, 13), false), inside(ran(pid, 13, "/bin/x"), false), inside(died(pid, 13), false))
	}
	kill := inside(&events.Event{Kind: events.Signal, Process: proc(12, 30, 0), Signal: &events.SignalDetail{Signal: 9, Sender: ref(30), TargetIsInit: true}}, true)
	enter := pidns(events.PidnsEnter, 71, 30)
	s.put(born(71, 30), enter, kill, inside(died(12, 30), true))
	for _, pid := range []int32{13, 14, 71} {
		reap := pidns(events.PidnsReap, pid, 30)
		reap.Process.NSInit, reap.Pidns.Init = false, ref(12)
		s.put(reap, inside(died(pid, 12), false))
	}
	s.put(born(100, tracer), pidns(events.PidnsDestroy, 12, 30))
	s.expect("snapshot:1 snapshot:20 snapshot:99 snapshot:30 snapshot:12 signal:12 exit:12 snapshot:13 pidns_reap:13 exit:13 " +
		"snapshot:14 pidns_reap:14 exit:14 fork:71 pidns_reap:71 exit:71 fork:100 pidns_destroy:12")
}

// docker stop, docker exec: namespaces that were there.
func TestScopeOldNamespace(t *testing.T) {
	old := func(s *stage) {
		s.machine()
		s.put(was(11, 1, "/usr/bin/containerd-shim-runc-v2"), inside(was(12, 11, "/bin/app"), true), inside(was(13, 12, "/bin/app"), false))
	}
	kill := inside(&events.Event{Kind: events.Signal, Process: proc(12, 11, 0), Signal: &events.SignalDetail{Signal: 15, Sender: ref(70), TargetIsInit: true}}, true)
	s := newStage(t, true)
	old(s)
	s.put(inside(born(14, 12), false), inside(died(14, 12), false))
	s.later()
	s.put(born(70, 11), kill, inside(died(12, 11), true), inside(died(13, 12), false))
	s.expect("snapshot:1 snapshot:11 fork:70 snapshot:12 signal:12 exit:12 snapshot:13 exit:13")

	s = newStage(t, true)
	old(s)
	s.put(born(70, 11), inside(born(71, 70), false))
	enter := pidns(events.PidnsEnter, 71, 70)
	enter.Pidns.Init = ref(12)
	s.put(enter, inside(born(15, 12), false), inside(born(72, 71), false))
	s.expect("snapshot:1 snapshot:11 snapshot:12 fork:70 fork:71 pidns_enter:71 fork:72")
}

// docker exec: the init of the container is told, once, in a PID namespace of its own or not,
// and without its arguments, which nobody asked for; so is none of the container's others.
func TestScopeExec(t *testing.T) {
	web := &events.Container{ID: "web", Runtime: "containerd"}
	of := func(ev *events.Event, role string) *events.Event {
		ev.Process.Container, ev.Process.Role = web, role
		return ev
	}
	for _, own := range []bool{true, false} {
		within := func(ev *events.Event, init bool) *events.Event {
			if own {
				return inside(ev, init)
			}
			return ev
		}
		s := newStage(t, true)
		s.machine()
		s.put(was(11, 1, "/usr/bin/containerd-shim-runc-v2"), of(within(was(12, 11, "/bin/app"), true), container.Init), of(within(was(13, 12, "/bin/app"), false), ""))
		s.later()
		s.put(born(70, 11), ran(70, 11, "/usr/bin/runc"))
		want := "snapshot:1 snapshot:11 fork:70 exec:70 "
		if own {
			enter := pidns(events.PidnsEnter, 71, 70)
			enter.Pidns.Init = ref(12)
			s.put(inside(born(71, 70), false), enter)
			want += "fork:71 snapshot:12 pidns_enter:71 exec:71 "
		} else {
			s.put(born(71, 70))
			want += "fork:71 snapshot:12 exec:71 "
		}
		s.put(of(within(ran(71, 70, "/bin/sh"), false), container.Exec), of(within(died(71, 11), false), container.Exec))
		s.expect(want + "exit:71")
		for _, ev := range s.got.all {
			if before := ev.Kind == events.Snapshot; before == ev.Process.Args.Known() {
				t.Errorf("own %v: %s of %d has the arguments %q", own, ev.Kind, ev.Process.Key.PID, ev.Process.Args.Strings())
			}
		}
	}
}

// What does not matter is forgotten, and a gap is always told.
func TestScopeLost(t *testing.T) {
	s := newStage(t, false)
	s.machine()
	s.put(&events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}}, born(40, 30))
	s.expect("lost:0")
}

// Memory follows those who live: it does not grow with those who have lived, nor with
// those whose end was lost.
func TestScopeForgets(t *testing.T) {
	s := newStage(t, true)
	s.machine()
	before := s.scope.Known()
	for pid := int32(1000); pid < 3000; pid++ {
		s.put(born(pid, 30), ran(pid, 30, "/bin/x"), died(pid, 30))
	}
	s.later()
	if n := s.scope.Known(); n != before {
		t.Errorf("%d processes are known, %d live", n, before)
	}
	for pid := int32(3000); pid < 4000; pid++ {
		s.put(born(pid, 30))
	}
	s.later()
	s.put(&events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1000}})
	s.machine()
	s.put(died(30, 1))
	s.later()
	if n := s.scope.Known(); n != before-1 {
		t.Errorf("%d processes are known after a gap, %d live", n, before-1)
	}
}

// However fast events come, only so many wait: the oldest are decided first.
func TestScopeBound(t *testing.T) {
	const bound = 1 << 16
	s := newStage(t, false)
	for pid := int32(1000); pid < 1000+bound; pid++ {
		s.put(born(pid, tracer))
	}
	if n := len(s.got.all); n != 0 {
		t.Fatalf("%d events are told though more could wait", n)
	}
	s.put(born(10, tracer), born(11, tracer), born(12, tracer))
	if got := s.told(); got != "fork:1000 fork:1001 fork:1002" {
		t.Errorf("told are %s", got)
	}
}
