//go:build linux

package tracer

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

const execKind = events.Exec

// checkT01: as many processes as there were, though all had one PID.
func checkT01(s *told) {
	waits := s.report.All("wait")
	s.count(events.Fork, len(waits)+2) // main, and who had the PID first
	exits := s.count(events.Exit, len(waits)+2)
	keys := map[events.ProcKey]bool{}
	for i, ev := range exits[1 : len(exits)-1] {
		if ev.Process.Key.PID != exits[0].Process.Key.PID || keys[ev.Process.Key] {
			s.t.Errorf("exit %d: %s, want another process with the PID of %s", i, ev.Process.Key, exits[0].Process.Key)
		}
		keys[ev.Process.Key] = true
		if ev.Exit.Status.Code != waits[i].Code {
			s.t.Errorf("exit %d: code %d, want %d", i, ev.Exit.Status.Code, waits[i].Code)
		}
	}
}

// checkT03: the process is the same, its other threads end, and the one that
// executed never does.
func checkT03(s *told) {
	tid := int32(s.note("exec_tid"))
	if ev := s.one(events.Exec, "execer"); ev.Exec.OldTID != tid || ev.Process.TID != ev.Process.Key.PID {
		s.t.Errorf("exec: by %d as %d, want by %d as the leader", ev.Exec.OldTID, ev.Process.TID, tid)
	}
	if n := len(s.of(events.ThreadStart, "execer")); n != 3 {
		s.t.Errorf("threads started: %d, want 3", n)
	}
	ended := s.of(events.ThreadExit, "execer")
	if len(ended) != 3 {
		s.t.Fatalf("threads ended: %d, want the leader and two", len(ended))
	}
	for _, ev := range ended {
		if ev.Process.TID == tid {
			s.t.Errorf("thread %d: ended, but it is the process now", tid)
		}
	}
}

// checkT04: the process lives on without its leader.
func checkT04(s *told) {
	x := s.one(events.Exit, "headless").Exit
	if x.LifetimeNS < uint64(300*time.Millisecond) || x.Threads != 2 {
		s.t.Errorf("exit: after %v with %d threads, want at least 300ms with two", time.Duration(x.LifetimeNS), x.Threads)
	}
}

// checkT05: one exit a process, whichever of its threads was the last.
func checkT05(s *told) {
	waits := s.report.All("wait")
	if want := kerneltest.Times(10000); len(waits) != want {
		s.t.Fatalf("ends: %d, want %d", len(waits), want)
	}
	s.count(events.Exit, len(waits)+1)
	for _, ev := range s.born[1:] {
		if ev.Process.Parent.Key != s.born[0].Process.Key {
			s.t.Errorf("%s: parent %s, want main", ev.Process.Key, ev.Process.Parent.Key)
		}
	}
}

func checkT06(s *told) {
	x := s.one(events.Exit, "faulty").Exit
	if x.Status.Signal != int32(unix.SIGSEGV) || !x.Status.Core || x.Threads != 3 {
		s.t.Errorf("exit: %+v, want SIGSEGV with a core and three threads", x)
	}
}

// checkT07: signal 9 and status 137 are two things, and the first has a killer.
func checkT07(s *told) {
	killed, status := s.one(events.Exit, "killed").Exit, s.one(events.Exit, "status").Exit
	if k := killed.Killer; k == nil || k.Origin != events.OriginUser || k.Sender.Key != s.key("main") {
		s.t.Errorf("killer: %+v, want main", k)
	}
	if status.Killer != nil || status.Status != (events.ExitStatus{Code: 137}) {
		s.t.Errorf("exit: %+v, want the status 137 and no killer", status)
	}
	if sig := s.one(events.Signal, "killed").Signal; sig.Signal != int32(unix.SIGKILL) || sig.Sender.Key != s.key("main") {
		s.t.Errorf("signal: %+v, want SIGKILL from main", sig)
	}
}

// checkT08: a child made by vfork is its caller's, also when both end at once.
func checkT08(s *told) {
	for child, parent := range map[string]string{"vforked-exec": "vfork-exec", "vforked-exit": "vfork-exit"} {
		fork := s.one(events.Fork, child)
		if fork.Fork.Flags&unix.CLONE_VFORK == 0 || fork.Process.Parent.Key != s.key(parent) {
			s.t.Errorf("%s: %+v, flags %#x, want a vfork by %s", child, fork.Process.Parent, fork.Fork.Flags, parent)
		}
	}
}

// checkT09: the creator stays the middle, the parent becomes the reaper, and the
// daemon's own records say so too.
func checkT09(s *told) {
	daemon := s.fact("moved", "daemon")
	if fork := s.one(events.Fork, "daemon"); fork.Fork.Creator.Key != s.key("middle") || fork.Process.Parent.Key != s.key("middle") {
		s.t.Errorf("birth: %+v of %+v, want middle's", fork.Fork, fork.Process.Parent)
	}
	foretold, confirmed := s.reparents("daemon")
	if len(foretold) != 1 || len(confirmed) != 1 {
		s.t.Fatalf("reparents: %d foretold and %d confirmed, want one each", len(foretold), len(confirmed))
	}
	moved := foretold[0]
	if confirmed[0].To != moved.To || confirmed[0].From != moved.From || confirmed[0].Reason != moved.Reason {
		s.t.Errorf("reparent: foretold %+v, confirmed %+v", moved, confirmed[0])
	}
	if moved.From.Key != s.key("middle") || int(moved.To.Key.PID) != daemon.PPID {
		s.t.Errorf("reparent: %+v, want from middle to %d", moved, daemon.PPID)
	}
	if moved.FromExit == nil || *moved.FromExit != (events.ExitStatus{}) {
		s.t.Errorf("reparent: middle ended with %+v, want 0", moved.FromExit)
	}
	wantReason(s, moved)
	if got := s.one(events.Exit, "daemon").Process.Parent.Key.PID; int(got) != daemon.PPID {
		s.t.Errorf("exit: parent %d, want %d", got, daemon.PPID)
	}
}

// reparents returns the changes of parent that were foretold at the old one's exit,
// and those that the process's own records have shown.
func (s *told) reparents(role string) (foretold, confirmed []*events.ReparentDetail) {
	s.t.Helper()
	for _, ev := range s.of(events.Reparent, role) {
		if ev.Reparent.Confirmed {
			confirmed = append(confirmed, ev.Reparent)
		} else {
			foretold = append(foretold, ev.Reparent)
		}
	}
	return foretold, confirmed
}

// wantReason: who is not PID 1 adopts as a subreaper.
func wantReason(s *told, d *events.ReparentDetail) {
	s.t.Helper()
	want := events.ReparentSubreaper
	if d.To.Key.PID == 1 {
		want = events.ReparentInit
	}
	if d.Reason != want {
		s.t.Errorf("reparent to %+v: for %v, want %v", d.To, d.Reason, want)
	}
}

// checkT10: to the subreaper first, and to the next reaper when that one is dead.
func checkT10(s *told) {
	facts := s.report.All("moved")
	moves, confirmed := s.reparents("C")
	if len(facts) != 2 || len(moves) != 2 || len(confirmed) == 0 {
		s.t.Fatalf("reparent: foretold %d times, confirmed %d times, happened %d times, want two", len(moves), len(confirmed), len(facts))
	}
	for i, from := range []string{"B", "A"} {
		d := moves[i]
		if d.From.Key != s.key(from) || int(d.To.Key.PID) != facts[i].PPID {
			s.t.Errorf("reparent %d: %+v, want from %s to %d", i, d, from, facts[i].PPID)
		}
		wantReason(s, d)
	}
	if moves[0].To.Key != s.key("A") {
		s.t.Errorf("reparent: to %+v, want A", moves[0].To)
	}
	if last := confirmed[len(confirmed)-1]; last.To != moves[1].To {
		s.t.Errorf("reparent: confirmed to %+v, want %+v", last.To, moves[1].To)
	}
}

func checkT13(s *told) {
	fork := s.one(events.Fork, "sibling")
	if fork.Process.Parent.Key != s.key("main") || fork.Fork.Creator.Key != s.key("cloner") || fork.Fork.Flags&unix.CLONE_PARENT == 0 {
		s.t.Errorf("birth: %+v of %+v, want cloner to make main's child", fork.Fork, fork.Process.Parent)
	}
}

func checkT14(s *told) {
	sig := s.one(events.Signal, "mourner").Signal
	if !sig.ParentDeath || sig.Sender.Key != s.key("survivor") || sig.SenderTID == sig.Sender.Key.PID {
		s.t.Errorf("signal: %+v, want the death of a thread of survivor", sig)
	}
	k := s.one(events.Exit, "mourner").Exit.Killer
	if k == nil || !k.ParentDeath || !k.SenderLives || k.Sender.Key != s.key("survivor") || k.SenderTID != sig.SenderTID || k.Signal != sig.Signal {
		s.t.Errorf("killer of mourner: %+v, want the end of thread %d of survivor, which lives on", k, sig.SenderTID)
	}
	if got := s.one(events.Exit, "survivor").Exit.Status; got != (events.ExitStatus{}) {
		s.t.Errorf("survivor: ended with %+v, want 0", got)
	}
}

func checkT16(s *told) {
	if x := s.one(events.Exit, "unwaited"); x.Exit.Status != (events.ExitStatus{Code: 3}) || x.Process.Zombie {
		s.t.Errorf("exit: %+v of %+v, want 3 and no word of a zombie", x.Exit, x.Process)
	}
}

// checkT17: the worker is a thread and no process.
func checkT17(s *told) {
	s.count(events.Fork, 2)
	if refused, ok := s.report.Find("error", "ring-user"); ok {
		s.t.Logf("io_uring is refused: %s", refused.Errno)
		return
	}
	started := s.of(events.ThreadStart, "ring-user")
	if len(started) < int(s.note("workers")) {
		s.t.Errorf("threads: %d, want at least %d", len(started), s.note("workers"))
	}
}
