package tree

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// T09: the creator stays known, the orphan goes to init, and its own record
// confirms that.
func TestT09Daemon(t *testing.T) {
	k := newKernel(true)
	sh := k.fork(k.init, 0)
	middle := k.fork(sh, 0)
	daemon := k.fork(middle, 0)
	k.exit(middle, events.ExitStatus{Code: 4})
	m, told := fold(t, k.log)
	foretold := only(t, told, events.Reparent)
	r := foretold.Reparent
	if r.From.Key != middle.key || r.To.Key != k.init.key || r.Reason != events.ReparentInit ||
		r.Confirmed || r.FromExit == nil || r.FromExit.Code != 4 {
		t.Errorf("reparent is %+v", r)
	}
	wantParent(t, m, daemon, k.init, Predicted)
	n := len(k.log)
	k.exec(daemon, "/sbin/daemon")
	told = apply(t, m, k.log[n:])
	wantParent(t, m, daemon, k.init, Confirmed)
	seen := only(t, told, events.Reparent)
	if s := seen.Reparent; !s.Confirmed || s.Foretold != r.To || s.To != r.To || s.From != r.From || s.Reason != r.Reason ||
		s.FromExit == nil || *s.FromExit != *r.FromExit || seen.Cause != foretold.Seq || seen.BootNS != foretold.BootNS {
		t.Errorf("seen is %+v of %d", s, seen.Cause)
	}
	if m.Stats().Mispredicted != 0 {
		t.Error("a right forecast is counted as wrong")
	}
	p, _ := m.Process(daemon.key)
	if p.Birth().Creator.Key != middle.key || len(p.Adoptions()) != 1 || p.Adoptions()[0].To.Key != k.init.key {
		t.Errorf("birth %+v, adoptions %+v", p.Birth(), p.Adoptions())
	}
}

// T10: each death moves the chain one reaper up.
func TestT10SubreaperChain(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	a.subreaper = true
	b := k.fork(a, 0)
	c := k.fork(b, 0)
	k.exit(b, killed)
	k.exit(a, killed)
	m, told := fold(t, k.log)
	moves := of(told, events.Reparent)
	if len(moves) != 2 {
		t.Fatalf("%d moves", len(moves))
	}
	want := []struct {
		to     *task
		reason events.ReparentReason
	}{{a, events.ReparentSubreaper}, {k.init, events.ReparentInit}}
	for i, w := range want {
		if r := moves[i].Reparent; r.To.Key != w.to.key || r.Reason != w.reason {
			t.Errorf("move %d is %+v", i, r)
		}
	}
	wantParent(t, m, c, k.init, Predicted)
}

// Between the exit record and the move a child still shows the dead parent.
func TestChildShowsDeadParent(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.exit(a, killed)
	stale := k.emit(events.Rename, b)
	stale.Rename = &events.RenameDetail{OldComm: "x"}
	stale.Process.Parent = a.ref()
	m, told := fold(t, k.log)
	wantParent(t, m, b, k.init, Predicted)
	if n := len(of(told, events.Reparent)); n != 1 || m.Stats().Mispredicted != 0 {
		t.Errorf("%d moves, %d mispredicted", n, m.Stats().Mispredicted)
	}
}

// A wrong forecast is corrected, told and counted.
func TestMispredicted(t *testing.T) {
	k := newKernel(true)
	sub := k.fork(k.init, 0)
	a := k.fork(sub, 0)
	b := k.fork(a, 0)
	k.exit(a, killed)
	b.parent = sub // it became a subreaper in between
	k.exec(b, "/bin/b")
	m, told := fold(t, k.log)
	moves := of(told, events.Reparent)
	if len(moves) != 2 {
		t.Fatalf("%d moves, want 2", len(moves))
	}
	r := moves[1].Reparent
	if r.From.Key != a.key || r.To.Key != sub.key || !r.Confirmed || r.Reason != events.ReparentSubreaper || r.Foretold.Key != k.init.key {
		t.Errorf("correction is %+v", r)
	}
	if moves[1].Cause != moves[0].Seq || m.Stats().Mispredicted != 1 {
		t.Errorf("cause %d, mispredicted %d", moves[1].Cause, m.Stats().Mispredicted)
	}
	wantParent(t, m, b, sub, Confirmed)
}

// What /proc shows confirms or corrects a forecast, and touches nothing else.
func TestSawParent(t *testing.T) {
	for name, c := range map[string]struct {
		saw          func(init, sub *task) *task
		mispredicted uint64
	}{
		"as foretold": {func(init, _ *task) *task { return init }, 0},
		"another":     {func(_, sub *task) *task { return sub }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			sub := k.fork(k.init, 0)
			a := k.fork(sub, 0)
			b := k.fork(a, 0)
			k.exit(a, killed)
			m, told := fold(t, k.log)
			first := only(t, told, events.Reparent)
			to := c.saw(k.init, sub)
			for range 2 { // the second look has nothing to say
				var again []*events.Event
				err := m.SawParent(b.key, to.key.PID, func(e *events.Event) error {
					again = append(again, e.Clone())
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					if len(again) != 0 {
						t.Errorf("told again: %v", kinds(again))
					}
					continue
				}
				r := only(t, again, events.Reparent)
				if r.Cause != first.Seq || r.BootNS != first.BootNS || r.Seq <= first.Seq || !r.Reparent.Confirmed ||
					r.Reparent.To.Key != to.key || r.Reparent.From.Key != a.key || r.Reparent.Foretold.Key != k.init.key {
					t.Errorf("told %+v", r.Reparent)
				}
				first = nil
			}
			wantParent(t, m, b, to, Confirmed)
			if n := m.Stats().Mispredicted; n != c.mispredicted {
				t.Errorf("%d mispredicted, want %d", n, c.mispredicted)
			}
			p, _ := m.Process(b.key)
			if all := p.Adoptions(); len(all) != 1 || !all[0].Confirmed || all[0].To.Key != to.key {
				t.Errorf("adoptions %+v", all)
			}
		})
	}
}

// Without a forecast nothing is claimed until the child speaks.
func TestUnknownReaper(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.exit(a, events.ExitStatus{Code: 2})
	k.log[len(k.log)-1].Exit.Reaper = events.Ref{}
	m, told := fold(t, k.log)
	if len(of(told, events.Reparent)) != 0 {
		t.Error("a move to nobody was told")
	}
	if _, sure := parentOf(t, m, b); sure != Unknown {
		t.Errorf("edge is %v", sure)
	}
	n := len(k.log)
	k.exec(b, "/bin/b")
	r := only(t, apply(t, m, k.log[n:]), events.Reparent).Reparent
	if r.From.Key != a.key || r.To.Key != k.init.key || !r.Confirmed || r.Reason != events.ReparentInit ||
		r.FromExit == nil || r.FromExit.Code != 2 || m.Stats().Mispredicted != 0 {
		t.Errorf("reparent is %+v", r)
	}
}

// A child born under a parent whose exit is told already moves on at once.
func TestBornUnderTheDying(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.exit(a, killed)
	b.parent = a
	c := k.fork(b, cloneParent)
	b.parent = k.init
	m, told := fold(t, k.log)
	wantParent(t, m, c, k.init, Predicted)
	if moves := of(told, events.Reparent); len(moves) != 2 || moves[1].Process.Key != c.key {
		t.Errorf("moves are %v", kinds(moves))
	}
}

// A reaper that died meanwhile hands on to its own.
func TestReaperDeadToo(t *testing.T) {
	k := newKernel(true)
	sub := k.fork(k.init, 0)
	sub.subreaper = true
	a := k.fork(sub, 0)
	b := k.fork(a, 0)
	k.exit(sub, killed)
	k.exit(a, killed)
	last := k.log[len(k.log)-1].Exit
	last.Reaper, last.ReaperReason = sub.ref(), events.ReparentSubreaper // read a moment too early
	m, _ := fold(t, k.log)
	wantParent(t, m, b, k.init, Predicted)
}

// No record can make a process its own ancestor.
func TestRefusedParents(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.emit(events.CgroupMove, a).Process.Parent = b.ref()
	k.emit(events.CgroupMove, a).Process.Parent = a.ref()
	m, _ := fold(t, k.log)
	wantParent(t, m, a, k.init, Confirmed)
	if n := m.Stats().Refused; n != 2 {
		t.Errorf("%d refused, want 2", n)
	}
}

// An unknown parent is a placeholder until it speaks, and forgotten with its last
// child.
func TestPlaceholder(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.log = append(k.log[:2], k.log[3:]...) // the fork of a is lost
	m, _ := fold(t, k.log)
	wantParent(t, m, b, a, Confirmed)
	p, _ := m.Process(a.key)
	if _, ok := m.ByPID(a.key.PID); p.State != Placeholder || ok || m.Stats().Live != 2 {
		t.Errorf("state %v, by pid %v, %d live", p.State, ok, m.Stats().Live)
	}
	n := len(k.log)
	k.exec(a, "/bin/a")
	apply(t, m, k.log[n:])
	if p.State != Live || m.Stats().Live != 3 {
		t.Errorf("state %v after its own record", p.State)
	}
	wantParent(t, m, a, k.init, Confirmed)
}

// The whole lineage stays; of one that is longer than any kernel makes is said how much
// of it is missing.
func TestWholeLineage(t *testing.T) {
	for moves, dropped := range map[int]int{100: 0, 256: 0, 259: 3} {
		t.Run(fmt.Sprint(moves), func(t *testing.T) { wantLineage(t, moves, dropped) })
	}
}

func wantLineage(t *testing.T, moves, dropped int) {
	t.Helper()
	k := newKernel(true)
	var chain []*task
	at := k.init
	for range moves {
		at = k.fork(at, 0)
		at.subreaper = true
		chain = append(chain, at)
	}
	child := k.fork(at, 0)
	for i := range chain {
		k.exit(chain[len(chain)-1-i], events.ExitStatus{})
	}
	m := New(Options{})
	if n := len(of(apply(t, m, k.log), events.Reparent)); n != moves {
		t.Fatalf("%d moves, want %d", n, moves)
	}
	p, _ := m.Process(child.key)
	all := p.Adoptions()
	if len(all) != moves-dropped || p.DroppedAdoptions() != dropped {
		t.Fatalf("%d kept, %d dropped", len(all), p.DroppedAdoptions())
	}
	parents := append([]*task{k.init}, chain...) // the youngest was the first
	for i, a := range slices.Backward(all) {
		if n := len(all) - 1 - i; a.To.Key != parents[n].key || a.From.Key != parents[n+1].key {
			t.Fatalf("move %d is from %v to %v", i, a.From, a.To)
		}
	}
}
