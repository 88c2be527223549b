package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// N06: a dying namespace tells whom it waits for.
func TestN06Blockers(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	outside := k.fork(k.init, 0)
	outside.children = init.ns
	stuck := k.fork(outside, 0)
	k.fork(init, 0)
	k.die(init, events.ExitStatus{})
	m, _ := fold(t, k.log)
	node, _ := m.Process(init.key)
	ns := node.Namespace()
	if !ns.Dying() || ns.Dead() {
		t.Errorf("dying %v, dead %v", ns.Dying(), ns.Dead())
	}
	blockers := slices.Collect(m.Blockers(ns))
	if len(blockers) != 1 || blockers[0].Key != stuck.key {
		t.Errorf("blockers are %v", blockers)
	}
	if !node.Ending() {
		t.Error("its PID 1 could be reaped while members live")
	}
	n := len(k.log)
	for p := range m.Processes() {
		if p.Namespace() == ns {
			k.log = append(k.log, &events.Event{Kind: events.Exit, BootNS: k.now, Process: p.Describe(), Exit: &events.ExitDetail{}})
		}
	}
	only(t, apply(t, m, k.log[n:]), events.PidnsDestroy)
	if node.Ending() || node.State != Exited {
		t.Error("after the last exit it is not known who is reaped")
	}
}

// N06: a look that finds the PID 1 dead and another member dead, too, has found it
// waiting in the kernel; one that finds it alone has found a zombie.
func TestN06EndingInSnapshot(t *testing.T) {
	for _, c := range []struct {
		name       string
		zombies    int // among the members
		live, want bool
	}{{"alone", 0, false, false}, {"a zombie", 1, false, true}, {"one lives", 0, true, true}} {
		t.Run(c.name, func(t *testing.T) {
			k := newKernel(true)
			init := k.fork(k.init, cloneNewPID)
			outside := k.fork(k.init, 0)
			outside.children = init.ns
			k.log = nil
			look := func(p *task, dead bool) { k.emit(events.Snapshot, p).Process.Zombie = dead }
			look(k.init, false)
			look(init, true)
			for range c.zombies {
				p := k.fork(outside, 0)
				k.log = k.log[:len(k.log)-1]
				look(p, true)
			}
			if c.live {
				p := k.fork(outside, 0)
				k.log = k.log[:len(k.log)-1]
				look(p, false)
			}
			k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
			m, _ := fold(t, k.log)
			p, _ := m.Process(init.key)
			if p.State != Zombie || p.Ending() != c.want || p.Describe().Zombie == c.want {
				t.Errorf("state %v, ending %v, want %v", p.State, p.Ending(), c.want)
			}
			other, _ := m.Process(k.init.key)
			if other.Ending() {
				t.Error("the host's init is ending")
			}
		})
	}
}

// N09: reboot kills the init with a signal of its own; the members are reaped.
func TestN09Reboot(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	caller := k.fork(init, 0)
	e := k.kill(caller, init, sigKill)
	e.Signal.Origin = events.OriginKernel
	k.exit(init, killed)
	_, told := fold(t, k.log)
	exits := of(told, events.Exit)
	if len(exits) != 2 {
		t.Fatalf("%d exits", len(exits))
	}
	if kl := exits[0].Exit.Killer; kl == nil || kl.Origin != events.OriginKernel || kl.Sender.Key != caller.key {
		t.Errorf("killer is %+v", kl)
	}
	if r := only(t, told, events.PidnsReap); r.Process.Key != caller.key {
		t.Errorf("reaped is %v", r.Process.Key)
	}
}

// A member that was dying already is no victim; the namespace ends with it all
// the same.
func TestMemberAlreadyDying(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	a := k.fork(init, 0)
	k.die(init, events.ExitStatus{Code: 1})
	k.die(a, events.ExitStatus{})
	_, told := fold(t, k.log)
	if d := only(t, told, events.PidnsDestroy); d.Pidns.Reaped != 0 || d.Pidns.Exit.Code != 1 {
		t.Errorf("destroy is %+v", d.Pidns)
	}
	if n := len(of(told, events.Reparent)); n != 0 {
		t.Errorf("%d children of an init moved", n)
	}
}

// An orphan of a dying namespace goes to the init that waits for it.
func TestOrphanOfDyingNamespace(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	a := k.fork(init, 0)
	b := k.fork(a, 0)
	k.die(init, events.ExitStatus{})
	k.die(a, killed)
	m, told := fold(t, k.log)
	wantParent(t, m, b, init, Predicted)
	if r := only(t, told, events.Reparent); r.Reparent.Reason != events.ReparentPidnsInit {
		t.Errorf("reparent is %+v", r.Reparent)
	}
}

// The inner init's own zap runs beside the outer one: still the outer's death.
func TestN03InnerZapWins(t *testing.T) {
	k := newKernel(true)
	outer := k.fork(k.init, cloneNewPID)
	inner := k.fork(outer, cloneNewPID)
	leaf := k.fork(inner, 0)
	k.die(outer, events.ExitStatus{})
	for _, kill := range []struct{ init, victim *task }{{outer, inner}, {inner, leaf}} {
		k.emit(events.Signal, kill.victim).Signal = &events.SignalDetail{
			Signal: sigKill, Sender: kill.init.ref(), Origin: events.OriginPidnsReap, NSID: kill.init.ns.id,
		}
	}
	k.die(inner, killed)
	k.die(leaf, killed)
	_, told := fold(t, k.log)
	for _, r := range of(told, events.PidnsReap) {
		if r.Pidns.Init.Key != outer.key {
			t.Errorf("%v reaped by %v", r.Process.Key, r.Pidns.Init)
		}
	}
	exits := of(told, events.Exit)
	if kl := exits[len(exits)-1].Exit.Killer; kl == nil || kl.Sender.Key != outer.key {
		t.Errorf("killer is %+v", kl)
	}
}
