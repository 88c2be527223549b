package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A snapshot of someone whose PID is another's already comes too late.
func TestSnapshotOfReusedPID(t *testing.T) {
	k := newKernel(true)
	old := k.fork(k.init, 0)
	stale := k.emit(events.Snapshot, old)
	old.dead, k.lastPID = true, old.key.PID-1
	k.log = k.log[:2]
	fresh := k.fork(k.init, 0)
	m, _ := fold(t, append(k.log, stale))
	if _, ok := m.Process(old.key); ok {
		t.Error("the former holder is known")
	}
	if p, _ := m.ByPID(old.key.PID); p == nil || p.Key != fresh.key || p.State != Live {
		t.Errorf("holder is %v", p)
	}
}

// T01, R02: who takes a PID proves that its last holder is dead.
func TestT01ReusedPID(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	a.dead, k.lastPID = true, a.key.PID-1 // its exit is lost
	fresh := k.fork(k.init, 0)
	m, told := fold(t, k.log)
	if got, _ := m.ByPID(a.key.PID); got == nil || got.Key != fresh.key {
		t.Errorf("holder is %+v", got)
	}
	p, _ := m.Process(a.key)
	if _, sure := parentOf(t, m, b); p.State != Gone || sure != Unknown || len(of(told, events.Exit)) != 0 {
		t.Errorf("old holder is %v, its child's edge %v", p.State, sure)
	}
}

// What a record leaves out is added for those who hear it, and only for them.
func TestComplete(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, cloneNewPID)
	a.container = &events.Container{ID: "c1"}
	k.exec(a, "/bin/a")
	m, _ := fold(t, k.log)
	bare := &events.Event{Kind: events.Signal, Signal: &events.SignalDetail{Signal: 15}}
	bare.Process.Key = a.key
	bare.Process.Parent.Key = k.init.key
	bare.Signal.Sender.Key = k.init.key
	var told *events.Event
	if err := m.Apply(bare, func(e *events.Event) error { told = e.Clone(); return nil }); err != nil {
		t.Fatal(err)
	}
	p := told.Process
	if len(p.Chain) != 2 || p.NS.PID != a.ns.id.Inum || p.Container == nil || p.Container.ID != "c1" ||
		p.Exe != "/bin/a" || p.Comm != a.comm || p.Parent.Comm != "systemd" || told.Signal.Sender.Comm != "systemd" {
		t.Errorf("completed %+v", p)
	}
	if bare.Process.Chain != nil {
		t.Error("the model's memory stays with the source")
	}
	n := len(k.log)
	k.kill(k.init, a, sigKill)
	k.exit(a, killed)
	for _, ev := range k.log[n:] {
		told = nil
		if err := m.Apply(ev, func(e *events.Event) error {
			if e.Kind == events.Exit {
				told = e.Clone()
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if told == nil || told.Exit.Killer == nil || k.log[len(k.log)-1].Exit.Killer != nil {
		t.Error("the killer is not told, or stays with the source")
	}
}

// A move tells from where to where, once for all hierarchies, and ends what was
// known of the container.
func TestCgroupMove(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	move := func(to events.Cgroup, c *events.Container) {
		e := k.emit(events.CgroupMove, a)
		e.Cgroup, e.Process.Cgroup, e.Process.Container = &events.CgroupDetail{To: to}, to, c
		e.Process.Full = true
	}
	c1 := &events.Container{ID: "c1"}
	move(events.Cgroup{Hierarchy: 4, ID: 7, Path: "/docker/c1"}, c1)
	move(events.Cgroup{ID: 9, Path: "/docker/c1"}, c1) // the same move in the unified hierarchy
	m, told := fold(t, k.log)
	p, _ := m.Process(a.key)
	if p.Cgroup().ID != 9 || p.Container == nil || p.Container.ID != "c1" {
		t.Errorf("cgroup %+v, container %+v", p.Cgroup(), p.Container)
	}
	only(t, told, events.CgroupMove)
	n := len(k.log)
	move(events.Cgroup{ID: 8, Path: "/x"}, nil)
	e := only(t, apply(t, m, k.log[n:]), events.CgroupMove)
	if e.Cgroup.From.Path != "/docker/c1" || e.Cgroup.To.Path != "/x" {
		t.Errorf("moved from %q to %q", e.Cgroup.From.Path, e.Cgroup.To.Path)
	}
	if p.Cgroup().ID != 8 || p.Container != nil {
		t.Errorf("cgroup %+v, container %+v", p.Cgroup(), p.Container)
	}
}
