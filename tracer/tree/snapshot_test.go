package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// R15: in whatever order a pass shows them, all come under their parents.
func TestR15SnapshotBuildsTheTree(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		a := k.fork(k.init, 0)
		c := k.fork(a, cloneNewPID)
		d := k.fork(c, 0)
		k.log = nil
		k.snapshot()
		m, told := fold(t, k.log)
		if n := len(told); n != 4 {
			t.Fatalf("%d told, want 4: %v", n, kinds(told))
		}
		wantParent(t, m, d, c, Confirmed)
		wantParent(t, m, c, a, Confirmed)
		wantParent(t, m, a, k.init, Confirmed)
		all := namespaces(m)
		if len(all) != 2 || all[1].Init.Key != c.key || all[1].Members != 2 || all[0].Members != 4 {
			t.Errorf("namespaces are %+v", all)
		}
		var walk []int32
		for p := range m.Processes() {
			walk = append(walk, p.Key.PID)
		}
		if !slices.Equal(walk, []int32{1, 2, 3, 4}) {
			t.Errorf("walk is %v", walk)
		}
		n := len(k.log)
		k.exit(c, events.ExitStatus{})
		told = apply(t, m, k.log[n:])
		if d := only(t, told, events.PidnsDestroy); d.Pidns.LifetimeNS != 0 || d.Pidns.Via != "" || d.Pidns.Reaped != 1 {
			t.Errorf("destroy is %+v", d.Pidns)
		}
	})
}

// R15: born after attach and shown by the pass: one process, and its birth is told.
func TestR15ForkAfterSnapshot(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, cloneNewPID)
	e := k.exec(a, "/bin/a", "a")
	live := k.log[2:]
	k.log = k.log[:0]
	snap := k.emit(events.Snapshot, a)
	snap.Process.Exe, snap.Process.Args = e.Process.Exe, e.Process.Args
	m, told := fold(t, append(k.log, live...))
	if got, want := kinds(told), []string{"snapshot", "fork", "pidns_create", "exec"}; !slices.Equal(got, want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	p, _ := m.Process(a.key)
	if len(p.Images()) != 1 || p.Images()[0].AtNS == 0 || !p.Birth().Seen {
		t.Errorf("%d images, birth %+v", len(p.Images()), p.Birth())
	}
}

// N11, R15: a zombie is known, is nobody's member and is not raised.
func TestR15Zombie(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	k.log = nil
	z := k.emit(events.Snapshot, init)
	z.Process.Zombie, z.Exit = true, &events.ExitDetail{Status: events.ExitStatus{Code: 9}}
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd})
	m, told := fold(t, k.log)
	if got := kinds(told); !slices.Equal(got, []string{"snapshot"}) {
		t.Fatalf("told %v", got)
	}
	p, _ := m.Process(init.key)
	end, ok := p.End()
	if p.State != Zombie || !ok || end.Status.Code != 9 || m.Stats().Live != 0 {
		t.Errorf("state %v, end %+v", p.State, end)
	}
	ns := p.Namespace()
	if !ns.Dead() || ns.Unreaped != 1 || len(namespaces(m)) != 2 {
		t.Errorf("namespace is %+v", ns)
	}
	n := len(k.log)
	k.exec(init, "/bin/ghost")
	apply(t, m, k.log[n:])
	if p.State != Zombie {
		t.Errorf("state %v after an exec", p.State)
	}
}

// Nothing is born in a namespace whose zombies alone are left: the inum is another's.
func TestInumOfZombies(t *testing.T) {
	k := newKernel(false)
	dead := k.fork(k.init, cloneNewPID)
	k.log = nil
	k.emit(events.Snapshot, dead).Process.Zombie = true
	k.inums = append(k.inums, dead.ns.id.Inum)
	first := k.fork(k.init, cloneNewPID)
	k.log = k.log[:1] // its record is lost
	member := k.fork(first, 0)
	m, _ := fold(t, k.log)
	a, _ := m.Process(dead.key)
	b, _ := m.Process(member.key)
	if a.Namespace() == b.Namespace() || b.Namespace().Dying() {
		t.Errorf("%v is in %+v", b.Key, b.Namespace())
	}
}

// A zombie's exit record was still waiting: it is told, and ends the namespace.
func TestR15ZombieExitWaits(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	live := k.log[2:]
	k.log = nil
	k.emit(events.Snapshot, init).Process.Zombie = true
	snap := k.log
	k.log = nil
	k.exit(init, events.ExitStatus{Code: 1})
	_, told := fold(t, slices.Concat(snap, live, k.log))
	want := []string{"snapshot", "fork", "pidns_create", "exit", "pidns_destroy"}
	if got := kinds(told); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

// R02: after a gap a pass tells who is gone, whose children moved, and what died.
func TestR02Resync(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		a := k.fork(k.init, 0)
		b := k.fork(a, 0)
		c := k.fork(k.init, cloneNewPID)
		k.fork(c, 0)
		m, _ := fold(t, k.log)
		n := len(k.log)
		k.exit(a, events.ExitStatus{})
		k.exit(c, events.ExitStatus{})
		d := k.fork(b, 0)
		k.log = append(k.log[:n], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 9}})
		told := apply(t, m, k.log[n:])
		wantParent(t, m, b, a, Inferred)
		n = len(k.log)
		k.snapshot()
		told = append(told, apply(t, m, k.log[n:])...)
		wantParent(t, m, b, k.init, Confirmed)
		wantParent(t, m, d, b, Confirmed)
		if r := only(t, told, events.Reparent); r.Process.Key != b.key || !r.Reparent.Confirmed {
			t.Errorf("reparent is %+v", r.Reparent)
		}
		lost, end := only(t, told, events.Lost), only(t, told, events.PidnsDestroy)
		if end.Process.Key != c.key || end.Pidns.Exit != nil || end.Cause != lost.Seq {
			t.Errorf("destroy is %+v, cause %d", end.Pidns, end.Cause)
		}
		if s := m.Stats(); s.Live != 3 || s.Vanished != 3 || s.Mispredicted != 0 || len(of(told, events.Exit)) != 0 {
			t.Errorf("stats are %+v", s)
		}
		if p, _ := m.Process(a.key); p.State != Gone {
			t.Errorf("state is %v", p.State)
		}
	})
}

// An exit that comes after the pass that missed its process is told all the same.
func TestExitAfterGone(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	n := len(k.log)
	k.exit(a, events.ExitStatus{Code: 5})
	late := k.log[n]
	k.log = k.log[:n]
	k.snapshot()
	m, told := fold(t, append(k.log, late))
	if e := only(t, told, events.Exit); e.Exit.Status.Code != 5 {
		t.Errorf("exit is %+v", e.Exit)
	}
	if p, _ := m.Process(a.key); p.State != Exited || m.Stats().Live != 1 {
		t.Errorf("state is %v", p.State)
	}
}

// A record that waited while the pass ran knows less than the pass.
func TestOldRecordAfterSnapshot(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	old := k.exec(b, "/bin/b")
	k.exit(a, events.ExitStatus{})
	k.log = nil
	k.snapshot()
	m, told := fold(t, append(k.log, old))
	wantParent(t, m, b, k.init, Confirmed)
	if n := len(of(told, events.Reparent)); n != 0 {
		t.Errorf("%d moves told", n)
	}
}

// A pass says nothing of those who were born while it ran, and nothing new of
// those whose end was told.
func TestPassIsOfItsTime(t *testing.T) {
	k := newKernel(true)
	dead := k.fork(k.init, 0)
	stale := k.emit(events.Snapshot, dead)
	k.log = k.log[:len(k.log)-1]
	k.exit(dead, events.ExitStatus{})
	k.snapshot()
	end := k.log[len(k.log)-1]
	k.log = k.log[:len(k.log)-1]
	young := k.fork(k.init, 0)
	k.log = append(k.log, stale, end)
	m, told := fold(t, k.log)
	if p, _ := m.Process(young.key); p.State != Live {
		t.Errorf("the young one is %v", p.State)
	}
	if p, _ := m.Process(dead.key); p.State != Exited {
		t.Errorf("the dead one is %v", p.State)
	}
	if n := len(of(told, events.Snapshot)); n != 2 {
		t.Errorf("%d snapshots told, want init twice", n)
	}
}

// R15: a zombie that was forgotten is not raised by a signal that reaches it.
func TestR15SignalToForgottenZombie(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	k.exit(init, events.ExitStatus{})
	for range 3 {
		k.exit(k.fork(k.init, 0), events.ExitStatus{})
	}
	m := New(Options{Keep: 2})
	apply(t, m, k.log)
	if _, ok := m.Process(init.key); ok {
		t.Fatal("dead PID 1 is known, want it forgotten")
	}
	sig := k.kill(k.init, init, sigKill)
	sig.Process.Zombie = true
	told := apply(t, m, []*events.Event{sig})
	if got := kinds(told); !slices.Equal(got, []string{"signal"}) {
		t.Fatalf("told %v, want the signal alone", got)
	}
	if _, ok := m.Process(init.key); ok || m.Stats().Live != 1 || len(namespaces(m)) != 1 {
		t.Errorf("%d live in %d namespaces, want the init alone", m.Stats().Live, len(namespaces(m)))
	}
}

// R15: born between attach and the pass, and told by the birth alone.
func TestR15BornBeforeThePass(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, cloneNewPID)
	fork := k.log[len(k.log)-1]
	k.log = nil
	k.emit(events.Snapshot, k.init)
	k.log = append(k.log, fork, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
	m, told := fold(t, k.log)
	if got, want := kinds(told), []string{"snapshot", "fork", "pidns_create"}; !slices.Equal(got, want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	if p, _ := m.Process(a.key); p.State != Live {
		t.Errorf("state %v, want live", p.State)
	}
}

// R15: a pass is no moment. A namespace can end during it and its inum be another's
// when the pass is over; the end is told by the exit, and not before.
func TestR15InumComesAgainInPass(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, cloneNewPID)
	k.log = nil
	k.emit(events.Snapshot, k.init)
	k.emit(events.Snapshot, a)
	shown := len(k.log)
	k.exit(a, events.ExitStatus{})
	exit := k.log[shown]
	b := k.fork(k.init, cloneNewPID)
	if b.ns.id.Inum != a.ns.id.Inum {
		t.Fatalf("inums %d and %d, want one", a.ns.id.Inum, b.ns.id.Inum)
	}
	k.log = k.log[:shown]
	k.emit(events.Snapshot, b)
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now}, exit)
	_, told := fold(t, k.log)
	if got, want := kinds(told), []string{"snapshot", "snapshot", "snapshot", "exit", "pidns_destroy"}; !slices.Equal(got, want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	if d := told[4]; d.Pidns.Init.Key != a.key || d.Cause != told[3].Seq {
		t.Errorf("destroy is of %+v, caused by %d", d.Pidns.Init, d.Cause)
	}
}
