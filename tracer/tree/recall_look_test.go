package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// N06: of a PID 1 that waits in the kernel a recording tells what the live look knew, at
// each moment.
func TestN06RecalledWait(t *testing.T) {
	k, init, outside, stuck := injected()
	for _, p := range []*task{init, stuck} {
		k.die(p, killed)
	}
	live, recalled := New(Options{}), New(Options{})
	live.Looks()
	told := apply(t, live, k.log)
	tell := func(ev *events.Event) error {
		told = append(told, ev.Clone())
		return nil
	}
	recall := func() (p *Process, ns *Namespace, listed bool) {
		for _, ev := range told {
			recalled.Recall(ev)
		}
		told = nil
		p, ok := recalled.Process(init.key)
		if !ok {
			t.Fatal("the PID 1 is not known")
		}
		return p, p.Namespace(), slices.Contains(slices.Collect(recalled.Namespaces()), p.Namespace())
	}
	if p, ns, listed := recall(); p.Ending() || listed || len(ns.Strays()) != 1 {
		t.Errorf("before the look: ending %v, listed %v, %v may be unreaped", p.Ending(), listed, ns.Strays())
	}
	if err := live.SawWaiting(init.key, []Unreaped{{stuck.key, outside.key.PID}}, k.now+5, tell); err != nil {
		t.Fatal(err)
	}
	if p, ns, listed := recall(); !p.Ending() || !ns.Waits() || !listed || len(ns.Awaited()) != 1 ||
		ns.Awaited()[0].Process.Key != stuck.key || ns.Awaited()[0].Parent.Key != outside.key {
		t.Errorf("while it waits: ending %v, waits %v, listed %v, for %v", p.Ending(), ns.Waits(), listed, ns.Awaited())
	}
	if err := live.SawLeft(init.key, true, k.now+9, tell); err != nil {
		t.Fatal(err)
	}
	if p, ns, listed := recall(); p.Ending() || ns.Waits() || !ns.Left() || ns.LeftNS() != k.now+9 || listed || len(ns.Strays()) != 0 {
		t.Errorf("after it: ending %v, waits %v, left %v at %d, listed %v, %v may be unreaped",
			p.Ending(), ns.Waits(), ns.Left(), ns.LeftNS(), listed, ns.Strays())
	}
}

// A namespace that a snapshot found dying ends in a recording as it did live.
func TestN06RecalledSnapshot(t *testing.T) {
	k, init, outside, stuck := injected()
	k.foundDead(init, stuck)
	for _, gone := range []bool{false, true} {
		live, recalled := New(Options{}), New(Options{})
		live.Looks()
		told := apply(t, live, k.log)
		tell := func(ev *events.Event) error {
			told = append(told, ev.Clone())
			return nil
		}
		if err := live.SawWaiting(init.key, []Unreaped{{stuck.key, outside.key.PID}}, k.now, tell); err != nil {
			t.Fatal(err)
		}
		if err := live.SawLeft(init.key, gone, k.now, tell); err != nil {
			t.Fatal(err)
		}
		for _, ev := range told {
			recalled.Recall(ev)
		}
		if want, got := readable(live), readable(recalled); !slices.Equal(want, got) {
			t.Errorf("gone %v: recalled\n%q\nwant\n%q", gone, got, want)
		}
	}
}

// What is known of a container that was there before, its name and what its processes
// are for, is in a recording, also when it was found out late.
func TestRecallContainerThereBefore(t *testing.T) {
	l := &life{t: t, m: New(Options{})}
	shim := func(ev *events.Event) {
		ev.Process.Role, ev.Process.Serves = "shim", &events.Container{ID: "web", Runtime: "docker", Source: "args"}
	}
	inside := func(nr int32) func(*events.Event) {
		return func(ev *events.Event) {
			contained(ev)
			ev.Process.Chain = append(ev.Process.Chain, events.PIDEntry{NS: events.NSID{Inum: 2}, PID: nr})
		}
	}
	l.put(events.Snapshot, 1, 0, nil)
	l.put(events.Snapshot, 10, 1, shim)
	l.put(events.Snapshot, 11, 10, inside(1))
	l.put(events.Snapshot, 12, 10, inside(2)) // as docker exec puts it
	l.put(events.Snapshot, 13, 11, inside(3))
	l.put(events.SnapshotEnd, 0, 0, nil)
	named := &events.Container{ID: "web", Runtime: "docker", Source: "api", Name: "named"}
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) { ev.Process = events.Process{Container: named} })
	recalled := New(Options{})
	for i := range l.told {
		recalled.Recall(&l.told[i])
	}
	recalled.Recall(&events.Event{Seq: uint64(len(l.told) + 1), Kind: events.CgroupMkdir}) // the look is over
	if want, got := readable(l.m), readable(recalled); !slices.Equal(want, got) {
		t.Errorf("recalled\n%q\nwant\n%q", got, want)
	}
	for pid, want := range map[int32]string{10: "shim", 11: "init", 12: "exec", 13: ""} {
		p, ok := recalled.Process(key(pid))
		if !ok {
			t.Fatalf("%d is not known", pid)
		}
		said := p.Describe()
		if said.Role != want || pid > 10 && !said.Container.Equal(named) || pid == 10 && !said.Serves.Equal(named) {
			t.Errorf("%d is %q of %+v for %+v", pid, said.Role, said.Container, said.Serves)
		}
	}
}

// Whoever tells an event knows best what its process is for.
func TestRecallRole(t *testing.T) {
	m := New(Options{})
	ev := &events.Event{Seq: 5, BootNS: 80, Kind: events.Signal, Process: events.Process{
		Key: key(7), Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 7}}, Role: "exec", Container: webIn("cgroup"),
	}, Signal: &events.SignalDetail{Signal: 15}}
	m.Recall(ev)
	if p, ok := m.Process(key(7)); !ok || p.role() != "exec" {
		t.Errorf("known %v, is %+v", ok, p)
	}
}
