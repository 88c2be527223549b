//go:build linux

package tracer

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// wantCreated checks the birth of the namespace whose PID 1 has that role.
func (s *told) wantCreated(init, creator, via string, level int) {
	s.t.Helper()
	ev := s.one(events.PidnsCreate, init)
	d, self := ev.Pidns, s.fact("self", init)
	if uint64(d.NS.ID.Inum) != self.PIDNS || d.NS.Level != level || d.NS.Parent.IsZero() || d.NS.UserNS == 0 {
		s.t.Errorf("namespace of %s: %+v, want %d at level %d", init, d.NS, self.PIDNS, level)
	}
	if d.Init.Key != s.key(init) || d.Creator.Key != s.key(creator) || d.Via != via {
		s.t.Errorf("namespace of %s: made by %+v via %q, want %s via %s", init, d.Creator, d.Via, creator, via)
	}
	if fork := s.one(events.Fork, init); ev.Cause != fork.Seq {
		s.t.Errorf("namespace of %s: caused by %d, want the birth %d", init, ev.Cause, fork.Seq)
	}
}

// wantDestroyed checks the end of the namespace whose PID 1 has that role, and who
// was killed with it.
func (s *told) wantDestroyed(init string, exit events.ExitStatus, killed ...string) {
	s.t.Helper()
	ev := s.one(events.PidnsDestroy, init)
	d := ev.Pidns
	if d.Exit == nil || *d.Exit != exit || d.Init.Key != s.key(init) || d.LifetimeNS == 0 {
		s.t.Errorf("end of %s: %+v, want one by %+v", init, d, exit)
	}
	var keys, want []string
	for _, ref := range d.SurvivorsKilled {
		keys = append(keys, ref.Key.String())
	}
	for _, role := range killed {
		want = append(want, s.key(role).String())
	}
	slices.Sort(keys)
	slices.Sort(want)
	if int(d.Reaped) != len(want) || !slices.Equal(keys, want) {
		s.t.Errorf("end of %s: %d killed, %v, want %v", init, d.Reaped, keys, want)
	}
	for _, role := range killed {
		s.wantReaped(role, init)
		if exit := s.one(events.Exit, role); exit.Seq > ev.Seq {
			s.t.Errorf("%s: ended at %d, after its namespace at %d", role, exit.Seq, ev.Seq)
		}
	}
	if (d.ReapNS > 0) != (len(killed) > 0) {
		s.t.Errorf("end of %s: took %d ns for %d victims", init, d.ReapNS, len(killed))
	}
}

// wantReaped: the kernel killed it because that PID 1 was gone, and says so once.
func (s *told) wantReaped(role, init string) {
	s.t.Helper()
	reap := s.one(events.PidnsReap, role)
	if reap.Pidns.Init.Key != s.key(init) {
		s.t.Errorf("%s: reaped for %+v, want %s", role, reap.Pidns.Init, init)
	}
	x := s.one(events.Exit, role).Exit
	if x.Status != (events.ExitStatus{Signal: 9}) || x.Killer == nil ||
		x.Killer.Origin != events.OriginPidnsReap || x.Killer.Sender.Key != s.key(init) {
		s.t.Errorf("%s: ended with %+v by %+v, want a reap for %s", role, x.Status, x.Killer, init)
	}
}

// checkReaped (N01, N02): PID 1 exits with that code, its two members go with it,
// and it is not killed by itself.
func checkReaped(s *told, code int) {
	s.wantCreated("init", "main", "clone3", 1)
	s.wantDestroyed("init", events.ExitStatus{Code: code}, "member-0", "member-1")
	s.count(events.PidnsCreate, 1)
	s.count(events.PidnsReap, 2)
	s.count(events.PidnsDestroy, 1)
	if x := s.one(events.Exit, "init"); x.Exit.Killer != nil || x.Seq > s.one(events.PidnsReap, "member-0").Seq {
		s.t.Errorf("init: ended at %d by %+v, want before the reaps and by nobody", x.Seq, x.Exit.Killer)
	}
}

// checkN03: the outer death is the cause of all, the inner namespace ends once.
func checkN03(s *told) {
	s.wantCreated("outer", "main", "clone3", 1)
	s.wantCreated("inner", "outer", "clone3", 2)
	killed := events.ExitStatus{Signal: 9}
	s.wantDestroyed("outer", killed, "outer-0", "inner", "inner-0", "inner-1")
	s.count(events.PidnsReap, 4)
	s.count(events.PidnsDestroy, 2)
	if d := s.one(events.PidnsDestroy, "inner").Pidns; d.Exit == nil || *d.Exit != killed || d.NS.Level != 2 {
		s.t.Errorf("end of inner: %+v, want it killed at level 2", d)
	}
	if k := s.one(events.Exit, "outer").Exit.Killer; k == nil || k.Origin != events.OriginUser || k.Sender.Key != s.key("main") {
		s.t.Errorf("killer of outer: %+v, want main", k)
	}
}

// checkN04: every level down to the last, and nothing of the refused one.
func checkN04(s *told) {
	refused := s.report.All("error")
	if len(refused) != 1 || refused[0].Errno != "ENOSPC" {
		s.t.Fatalf("refused: %+v, want one namespace", refused)
	}
	inits := slices.DeleteFunc(s.report.All("self"), func(f fact) bool { return len(f.PIDs) == len(s.fact("self", "main").PIDs) })
	s.count(events.PidnsCreate, len(inits))
	s.count(events.PidnsDestroy, len(inits))
	s.count(events.PidnsReap, 0)
	deepest := 0
	for _, f := range inits {
		ev := s.one(events.PidnsCreate, f.Role)
		if ev.Pidns.NS.Level != len(f.PIDs)-1 {
			s.t.Errorf("%s: level %d, want %d", f.Role, ev.Pidns.NS.Level, len(f.PIDs)-1)
		}
		deepest = max(deepest, ev.Pidns.NS.Level)
	}
	if deepest != events.MaxLevels-1 {
		s.t.Errorf("deepest level: %d, want %d", deepest, events.MaxLevels-1)
	}
}

// checkN05: as many namespaces as there were, each with its own PID 1, though
// their numbers come again.
func checkN05(s *told) {
	n := len(s.report.All("wait"))
	if want := kerneltest.Times(10000); n != want {
		s.t.Fatalf("namespaces: %d, want %d", n, want)
	}
	made, gone := s.count(events.PidnsCreate, n), s.count(events.PidnsDestroy, n)
	ids := map[uint64]bool{}
	for i, ev := range made {
		if gone[i].Pidns.NS.ID != ev.Pidns.NS.ID || gone[i].Pidns.Init.Key != ev.Pidns.Init.Key {
			s.t.Errorf("namespace %d: made %+v, gone %+v", i, ev.Pidns, gone[i].Pidns)
		}
		ids[ev.Pidns.NS.ID.ID] = true
	}
	if !ids[0] && len(ids) != n { // 0 is a kernel without such ids
		s.t.Errorf("namespaces: %d identities, want %d", len(ids), n)
	}
}

// checkN07: the namespace is dead with its first process, and the second is never
// born.
func checkN07(s *told) {
	s.wantCreated("first", "unsharer", "unshare", 1)
	s.wantDestroyed("first", events.ExitStatus{})
	s.count(events.Fork, 3)
	s.count(events.PidnsDestroy, 1)
	failed := s.one(events.CloneFailed, "unsharer").Syscall
	if failed.Ret != -int64(unix.ENOMEM) || failed.Name != "clone3" {
		s.t.Errorf("refused: %+v, want clone3 with ENOMEM", failed)
	}
	if call := s.one(events.Unshare, "unsharer").Syscall; call.Flags != unix.CLONE_NEWPID || call.Ret != 0 {
		s.t.Errorf("unshare: %+v, want CLONE_NEWPID", call)
	}
}

// checkN08: who comes from outside is told as such, with its parent out there; a
// namespace that was unshared and left again is not.
func checkN08(s *told) {
	s.count(events.PidnsCreate, 2)
	s.count(events.PidnsEnter, 2)
	for role, target := range map[string]string{"entered-1": "target-1", "entered-2": "target-2"} {
		d := s.one(events.PidnsEnter, role).Pidns
		if uint64(d.NS.ID.Inum) != s.fact("self", target).PIDNS || d.Via != "setns" || d.Init.Key != s.key(target) {
			s.t.Errorf("%s: %+v, want the namespace of %s by setns", role, d, target)
		}
	}
	fork := s.one(events.Fork, "entered-2")
	if len(fork.Process.Chain) != 3 || fork.Process.Parent.Key != s.key("entrant-2") || fork.Fork.CreatorLevel != 0 {
		s.t.Errorf("entered-2: %+v of %+v, want the third level and a parent at the first", fork.Process, fork.Fork)
	}
	s.wantDestroyed("target-1", events.ExitStatus{Signal: 9}, "target-2")
}

// checkN09: the kernel kills PID 1 for the caller of reboot, who then ends by itself
// (reboot_pid_ns, kernel/pid_namespace.c), or is taken along where PID 1 runs first, as
// was seen with PREEMPT_RT.
func checkN09(s *told) {
	x := s.one(events.Exit, "init").Exit
	if x.Killer == nil || x.Killer.Origin != events.OriginKernel || x.Killer.Sender.Key != s.key("rebooter") {
		s.t.Errorf("killer of init: %+v, want the kernel for rebooter", x.Killer)
	}
	if got := s.fact("wait", "init").Signal; got != int(unix.SIGHUP) {
		s.t.Errorf("wait: signal %d, want SIGHUP for a restart", got)
	}
	caller := s.one(events.Exit, "rebooter").Exit
	if caller.Status == (events.ExitStatus{Signal: 9}) {
		s.wantDestroyed("init", events.ExitStatus{Signal: 9}, "rebooter")
		return
	}
	if len(s.of(events.PidnsReap, "rebooter")) != 0 || caller.Killer != nil || caller.Status != (events.ExitStatus{}) {
		s.t.Errorf("rebooter: %+v, want it to end by itself", caller)
	}
	s.wantDestroyed("init", events.ExitStatus{Signal: 9})
}
