//go:build linux

package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// move is a new parent, by its role.
type move struct {
	from, to string
	reason   events.ReparentReason
}

// checkMoves compares the changes of parent that were foretold with these and with
// what the process itself read from /proc, and looks at the moment: the exit of the
// parent before.
func (s *told) checkMoves(role string, want ...move) {
	s.t.Helper()
	foretold, confirmed := s.reparents(role)
	var seen []kerneltest.Fact
	for _, f := range s.report.All("moved") {
		if f.Role == role {
			seen = append(seen, f)
		}
	}
	if len(foretold) != len(want) || len(seen) != len(want) {
		s.t.Fatalf("%s: %d moves foretold, %d seen by itself, want %d", role, len(foretold), len(seen), len(want))
	}
	causes := map[uint64]*events.Event{}
	for _, ev := range s.events {
		causes[ev.Seq] = ev
	}
	at := 0
	for _, ev := range s.of(events.Reparent, role) {
		if ev.Reparent.Confirmed {
			continue
		}
		d, w := ev.Reparent, want[at]
		if d.From.Key != s.key(w.from) || d.To.Key != s.key(w.to) || d.Reason != w.reason {
			s.t.Errorf("%s: moved from %+v to %+v as %v, want %+v", role, d.From, d.To, d.Reason, w)
		}
		if int(d.To.Key.PID) != seen[at].PPID {
			s.t.Errorf("%s: moved to %d, but its PPid is %d", role, d.To.Key.PID, seen[at].PPID)
		}
		if c := causes[ev.Cause]; c == nil || c.Kind != events.Exit || c.Process.Key != d.From.Key {
			s.t.Errorf("%s: moved because of %+v, want the exit of %s", role, c, w.from)
		}
		at++
	}
	for _, d := range confirmed {
		if last := foretold[len(foretold)-1]; d.To != last.To {
			s.t.Errorf("%s: confirmed %+v, but %+v was foretold", role, d.To, last.To)
		}
	}
}

// checkT11: what counts is who is a subreaper at that moment, and that a
// thread of it lives.
func checkT11(s *told) {
	s.checkMoves("X1", move{"P1", "S", events.ReparentSubreaper}, move{"S", "main", events.ReparentSubreaper})
	s.checkMoves("X2", move{"P2", "main", events.ReparentSubreaper})
	s.checkMoves("X3", move{"P3", "S", events.ReparentSubreaper}, move{"S", "main", events.ReparentSubreaper})
	if x := s.one(events.Exit, "S").Exit; x.Status.Code != 4 {
		s.t.Errorf("S: ended with %+v, want 4", x.Status)
	}
}

// checkT12: the subreaper is found 100 ancestors away, whatever order the 65
// threads of the parent end in.
func checkT12(s *told) {
	s.checkMoves("orphan", move{"wide", "main", events.ReparentSubreaper})
	if x := s.one(events.Exit, "wide").Exit; x.Threads != 65 {
		s.t.Errorf("wide: %d threads, want 65", x.Threads)
	}
	if n := len(s.kind(events.Fork)); n != 103 {
		s.t.Errorf("processes: %d, want main, 100 ancestors and two", n)
	}
}

// checkT15: a debugger is no parent.
func checkT15(s *told) {
	s.checkMoves("child", move{"father", "main", events.ReparentSubreaper})
	if x := s.one(events.Exit, "child").Process.Parent.Key; x != s.key("main") {
		s.t.Errorf("child: ended as a child of %v, want main", x)
	}
}

// checkN06: the child of a dead injector goes to the outer subreaper, though
// it is inside; the child of one that came in goes to the PID 1. Both are reaped by
// the kernel with the namespace, whose init must wait for what main does.
func checkN06(s *told) {
	s.checkMoves("injected", move{"injector", "main", events.ReparentSubreaper})
	s.checkMoves("orphan", move{"passer", "init", events.ReparentPidnsInit})
	if s.note("waitable_before") != 0 {
		s.t.Error("init: was waitable before the injected was reaped")
	}
	for _, role := range []string{"injected", "orphan"} {
		k := s.one(events.Exit, role).Exit.Killer
		if k == nil || k.Origin != events.OriginPidnsReap || k.Sender.Key != s.key("init") {
			s.t.Errorf("%s: killed by %+v, want by the kernel for init", role, k)
		}
	}
	if n := len(s.kind(events.PidnsEnter)); n != 2 {
		s.t.Errorf("entered: %d processes, want two", n)
	}
	d := s.count(events.PidnsDestroy, 1)[0].Pidns
	if d.Reaped != 2 || d.Init.Key != s.key("init") || d.Exit == nil || d.Exit.Signal != int32(unix.SIGKILL) {
		s.t.Errorf("namespace: ended with %+v, want init killed and two reaped", d)
	}
}

// checkN11: orphans of a namespace go to its PID 1 though that one ignores
// them, and the namespace is gone when that one has ended, waited for or not.
func checkN11(s *told) {
	s.checkMoves("orphan", move{"middle", "init", events.ReparentPidnsInit})
	end, gone := s.one(events.Exit, "init"), s.count(events.PidnsDestroy, 1)[0]
	if gone.Cause != end.Seq || gone.Pidns.Reaped != 0 || gone.Pidns.Exit.Code != 12 {
		s.t.Errorf("namespace: ended because of %d with %+v, want of %d with nobody reaped", gone.Cause, gone.Pidns, end.Seq)
	}
}

// checkN13: cgroup.kill is told as what it is, with who wrote to it.
func checkN13(s *told) {
	k := s.one(events.Exit, "init").Exit.Killer
	if k == nil || k.Origin != events.OriginCgroupKill || k.Sender.Key != s.key("main") {
		s.t.Errorf("init: killed by %+v, want by main's cgroup.kill", k)
	}
	// The PID 1 may die before the kernel comes to the member; then both kill it.
	k = s.one(events.Exit, "member").Exit.Killer
	if k == nil || k.Origin != events.OriginCgroupKill && k.Origin != events.OriginPidnsReap {
		s.t.Errorf("member: killed by %+v, want cgroup.kill or the namespace's end", k)
	}
}

// checkN14: the OOM killer takes a child, and its PID 1 lives; then it takes
// the PID 1, and the rest dies with the namespace.
func checkN14(s *told) {
	for _, role := range []string{"glutton", "init"} {
		if k := s.one(events.Exit, role).Exit.Killer; k == nil || k.Origin != events.OriginOOM {
			s.t.Errorf("%s: killed by %+v, want the OOM killer", role, k)
		}
		s.one(events.OOM, role)
	}
	k := s.one(events.Exit, "member").Exit.Killer
	if k == nil || k.Origin != events.OriginPidnsReap || k.Sender.Key != s.key("init") {
		s.t.Errorf("member: killed by %+v, want by the kernel for init", k)
	}
	if d := s.count(events.PidnsDestroy, 1)[0].Pidns; d.Reaped != 1 {
		s.t.Errorf("namespace: %d reaped, want the member", d.Reaped)
	}
}
