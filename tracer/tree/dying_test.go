package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// injected returns a machine with a PID namespace and a member of it whose parent lives
// outside.
func injected() (k *kernel, init, outside, stuck *task) {
	k = newKernel(true)
	init = k.fork(k.init, cloneNewPID)
	outside = k.fork(k.init, 0)
	outside.children = init.ns
	return k, init, outside, k.fork(outside, 0)
}

// foundDead replaces the records by a look at all that finds these dead and unreaped.
func (k *kernel) foundDead(dead ...*task) {
	k.log = nil
	for _, p := range k.tasks {
		k.emit(events.Snapshot, p).Process.Zombie = slices.Contains(dead, p)
	}
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
}

// N06: a dying namespace tells whom it waits for.
func TestN06Blockers(t *testing.T) {
	k, init, _, stuck := injected()
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

// N06: what was seen of a PID 1 after its exit: it waits for a dead member, and then
// waits no longer. Between the two it can be found, as one that ends.
func TestN06Awaited(t *testing.T) {
	k, init, outside, stuck := injected()
	inside := k.fork(init, 0)
	for _, p := range []*task{init, stuck, inside} {
		k.die(p, killed)
	}
	m := New(Options{})
	m.Looks()
	told := apply(t, m, k.log)
	only(t, told, events.PidnsDestroy)
	node, _ := m.Process(init.key)
	ns := node.Namespace()
	listed := func() bool { return slices.Contains(slices.Collect(m.Namespaces()), ns) }
	if node.Ending() || ns.Waits() || !listed() {
		t.Errorf("before anybody looked: ending %v, waits %v, listed %v", node.Ending(), ns.Waits(), listed())
	}
	dead, ok := m.MaybeUnreaped(init.key)
	if want := []events.ProcKey{stuck.key}; !ok || !sameKeys(dead, want) {
		t.Errorf("%v may be unreaped, want %v", dead, want)
	}
	n := len(k.log)
	for range DefaultKeep { // by then the dead member itself is forgotten
		k.die(k.fork(k.init, 0), killed)
	}
	apply(t, m, k.log[n:])
	if _, ok := m.Process(stuck.key); ok {
		t.Error("the member is still known")
	}
	var looked []*events.Event
	tell := func(ev *events.Event) error {
		looked = append(looked, ev.Clone())
		return nil
	}
	for range 2 { // the second look shows nothing new
		if err := m.SawWaiting(init.key, []Unreaped{{stuck.key, outside.key.PID}, {inside.key, init.key.PID}}, 66, tell); err != nil {
			t.Fatal(err)
		}
	}
	if w := only(t, looked, events.PidnsWait); w.Pidns.InitState != events.InitWaits || len(w.Pidns.Awaited) != 1 || w.BootNS != 66 ||
		w.Process.Key != init.key || w.Cause != 0 || w.Pidns.Init.Key != init.key {
		t.Errorf("told %+v of %v", w.Pidns, w.Process.Key)
	}
	looked = nil
	if got := ns.Awaited(); !node.Ending() || !ns.Waits() || !listed() || len(got) != 1 ||
		got[0].Process.Key != stuck.key || got[0].Parent.Key != outside.key {
		t.Errorf("ending %v, waits %v, listed %v, for %v", node.Ending(), ns.Waits(), listed(), got)
	}
	err := m.SawLeft(init.key, false, 77, tell)
	if w := only(t, looked, events.PidnsWait); w.Pidns.InitState != events.InitZombie || len(w.Pidns.Awaited) != 0 || w.BootNS != 77 {
		t.Errorf("told %+v", w.Pidns)
	}
	if err != nil || node.Ending() || ns.Waits() || !ns.Left() || ns.LeftNS() != 77 || len(ns.Awaited()) > 0 || listed() {
		t.Errorf("after it left: %v, ending %v, waits %v, left %v at %d, listed %v", err, node.Ending(), ns.Waits(), ns.Left(), ns.LeftNS(), listed())
	}
	n = len(k.log)
	for i := range DefaultKeep + 1 {
		if _, ok := m.Process(init.key); !ok && i < DefaultKeep {
			t.Fatalf("after %d further ends the PID 1 is forgotten", i)
		}
		k.die(k.fork(k.init, 0), killed)
		apply(t, m, k.log[n:])
		n = len(k.log)
	}
	if _, ok := m.Process(init.key); ok {
		t.Error("the PID 1 is kept for ever")
	}
	for _, p := range []*task{k.init, outside, inside} {
		if _, ok := m.MaybeUnreaped(p.key); ok {
			t.Errorf("%v is taken for a PID 1 that has ended", p.key)
		}
	}
}

// N06: members that a snapshot found dead are reaped once the PID 1 waits no longer.
func TestN06LeftAfterSnapshot(t *testing.T) {
	k, init, _, stuck := injected()
	k.foundDead(init, stuck)
	for _, gone := range []bool{false, true} {
		m, _ := fold(t, k.log)
		node, _ := m.Process(init.key)
		ns := node.Namespace()
		dead, _ := m.MaybeUnreaped(init.key)
		if !node.Ending() || !sameKeys(dead, []events.ProcKey{stuck.key}) {
			t.Errorf("ending %v, %v may be unreaped", node.Ending(), dead)
		}
		if err := m.SawLeft(init.key, gone, 1, func(*events.Event) error { return nil }); err != nil {
			t.Error(err)
		}
		want := 1
		if gone {
			want = 0
		}
		if node.Ending() || ns.Unreaped != want || len(slices.Collect(m.Blockers(ns))) > 0 {
			t.Errorf("gone %v: ending %v, %d unreaped, want %d", gone, node.Ending(), ns.Unreaped, want)
		}
	}
}

func sameKeys(a, b []events.ProcKey) bool {
	byPID := func(x, y events.ProcKey) int { return int(x.PID - y.PID) }
	slices.SortFunc(a, byPID)
	slices.SortFunc(b, byPID)
	return slices.Equal(a, b)
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
			dead := []*task{init}
			for range c.zombies {
				dead = append(dead, k.fork(outside, 0))
			}
			if c.live {
				k.fork(outside, 0)
			}
			k.foundDead(dead...)
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
