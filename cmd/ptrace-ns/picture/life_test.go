package picture_test

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

var (
	host  = events.NSID{Inum: 1}
	inner = events.NSID{Inum: 2}
)

// stage is a model that is told events.
type stage struct {
	t *testing.T
	*tree.Model
	now uint64
}

func (s *stage) put(all ...*events.Event) {
	s.t.Helper()
	for _, ev := range all {
		s.now += 1000
		ev.BootNS = s.now
		if err := s.Apply(ev, func(*events.Event) error { return nil }); err != nil {
			s.t.Fatal(err)
		}
	}
}

// of is a process; nr is its number in the inner namespace, 0 for none.
func of(pid, parent, nr int32, mnt uint32, container string) events.Process {
	p := events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, TID: pid, Comm: "p", Full: true, HasIDs: true, UID: uint32(pid),
		Chain: events.PIDChain{{NS: host, PID: pid}}, NS: events.Namespaces{Mnt: mnt, Net: 9}, NSInit: nr == 1 || pid == 1,
	}
	if parent != 0 {
		p.Parent = events.Ref{Key: events.ProcKey{PID: parent, Start: uint64(parent)}, Comm: "p"}
	}
	if nr != 0 {
		p.Chain = append(p.Chain, events.PIDEntry{NS: inner, PID: nr})
	}
	if container != "" {
		p.Container = &events.Container{ID: container, Runtime: "docker"}
	}
	return p
}

func seen(p events.Process) *events.Event { return &events.Event{Kind: events.Snapshot, Process: p} }

func forked(p events.Process, flags uint64) *events.Event {
	return &events.Event{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: p.Parent, Flags: flags}}
}

func exited(p events.Process) *events.Event {
	return &events.Event{Kind: events.Exit, Process: p, Exit: &events.ExitDetail{Status: events.ExitStatus{Signal: 9}}}
}

// pod is a host, a shim and a namespace of two containers.
func pod(t *testing.T) *stage {
	s := &stage{t: t, Model: tree.New(tree.Options{})}
	s.put(seen(of(1, 0, 0, 5, "")), seen(of(70, 1, 0, 5, "")), seen(of(76, 70, 1, 6, "pause")), seen(of(77, 70, 2, 7, "app")),
		&events.Event{Kind: events.SnapshotEnd})
	return s
}

func (s *stage) life(pid int32) *report.Life {
	s.t.Helper()
	p, ok := s.Process(events.ProcKey{PID: pid, Start: uint64(pid)})
	if !ok {
		s.t.Fatalf("process %d is not known", pid)
	}
	return picture.Life(s.Model, p, s.now)
}

func TestEntered(t *testing.T) {
	s := pod(t)
	s.put(forked(of(80, 70, 9, 6, "pause"), 0), forked(of(81, 76, 10, 6, "pause"), 0))
	for pid, want := range map[int32]*report.Entry{
		76: nil, 81: nil, // its PID 1, and that one's child
		77: {}, // of which only the parent is known
		80: {Creator: events.Ref{Key: events.ProcKey{PID: 70, Start: 70}, Comm: "p"}, Setns: true},
	} {
		switch got := s.life(pid).Entered; {
		case (got == nil) != (want == nil):
			t.Errorf("%d: %v, want %v", pid, got, want)
		case got != nil && *got != *want:
			t.Errorf("%d: %v, want %v", pid, *got, *want)
		}
	}
}

func TestApart(t *testing.T) {
	s := pod(t)
	entered := forked(of(80, 70, 9, 6, "pause"), 0)
	entered.Fork.Creator = events.Ref{Key: events.ProcKey{PID: 79, Start: 79}, Comm: "p"} // as runc makes it, with CLONE_PARENT
	s.put(entered)
	for pid, want := range map[int32]struct {
		names  []string
		shared int32
	}{1: {}, 70: {}, 76: {[]string{"mnt"}, 0}, 77: {[]string{"mnt"}, 0}, 80: {[]string{"mnt"}, 76}} {
		got := s.life(pid).Apart
		if got == nil {
			got = &report.Apart{}
		}
		if !slices.Equal(got.Names, want.names) || got.Shared.Key.PID != want.shared || got.Names != nil && got.Parent.Key.PID != 70 {
			t.Errorf("%d: %+v, want %+v", pid, *got, want)
		}
	}
}

// Several containers share a namespace: the PID 1's comes first, whoever is older.
func TestContainersOfANamespace(t *testing.T) {
	s := pod(t)
	s.put(forked(of(80, 70, 9, 6, "pause"), 0))
	all := picture.Namespaces(s.Model, s.now)
	if len(all) != 1 || len(all[0].Children) != 1 {
		t.Fatalf("%d namespaces", len(all))
	}
	ns := all[0].Children[0]
	if len(ns.Containers) != 2 || ns.Containers[0].ID != "pause" || ns.Containers[1].ID != "app" {
		t.Errorf("containers are %v", ns.Containers)
	}
	if !ns.HasUID || ns.UID != 76 {
		t.Errorf("its PID 1 is of user %d, known %t", ns.UID, ns.HasUID)
	}
	if len(all[0].Containers) != 0 {
		t.Errorf("the host's namespace has %v", all[0].Containers)
	}
}

func TestEndOfANamespace(t *testing.T) {
	s := pod(t)
	init, member := of(76, 70, 1, 6, "pause"), of(77, 70, 2, 7, "app")
	s.put(exited(init), &events.Event{Kind: events.Signal, Process: member, Signal: &events.SignalDetail{
		Signal: 9, Origin: events.OriginPidnsReap, Sender: init.Parent, NSID: inner,
	}})
	if ns := s.life(76).Pidns; ns.Over || !ns.Dying {
		t.Errorf("with a member alive it is %+v", ns)
	}
	s.put(exited(member))
	ns := s.life(76).Pidns
	if !ns.Over || ns.ReapNS != 2000 || len(ns.Killed) != 1 || ns.Killed[0].Key.PID != 77 {
		t.Errorf("over %t, killed %v in %d ns; want 77 in 2000", ns.Over, ns.Killed, ns.ReapNS)
	}
}

func TestConcerns(t *testing.T) {
	shim := events.ProcKey{PID: 70, Start: 70}
	child, grandchild := of(76, 70, 1, 6, "web"), of(90, 76, 3, 6, "web")
	for _, c := range []struct {
		kind  events.Kind
		of    events.Process
		wants bool
	}{
		{events.Exec, child, true}, {events.Exit, child, true}, {events.ContainerExit, child, true}, {events.Signal, child, false},
		{events.Exec, grandchild, false}, {events.Exit, grandchild, false},
	} {
		if got := picture.Concerns(&events.Event{Kind: c.kind, Process: c.of}, shim); got != c.wants {
			t.Errorf("%s of %d: %t, want %t", c.kind, c.of.Key.PID, got, c.wants)
		}
	}
}

// A root knows its parent, and adopted ones stand below who adopted them.
func TestForestOutside(t *testing.T) {
	s := pod(t)
	wanted := func(p *tree.Process) bool { return p.Key.PID > 76 }
	roots := picture.Forest(s.Model, picture.Selection{Wanted: wanted})
	if len(roots) != 1 || roots[0].Outside == nil || roots[0].Outside.Key.PID != 70 || roots[0].Outside.NS.Mnt != 5 {
		t.Fatalf("got %+v", roots)
	}
	orphans := []events.Process{of(80, 70, 0, 5, ""), of(81, 80, 0, 5, ""), of(82, 80, 0, 5, "")}
	for _, p := range orphans {
		s.put(forked(p, 0))
	}
	end := exited(orphans[0])
	end.Exit.Reaper, end.Exit.ReaperReason = events.Ref{Key: events.ProcKey{PID: 1, Start: 1}, Comm: "p"}, events.ReparentInit
	s.put(end)
	roots = picture.Forest(s.Model, picture.Selection{Context: true, Wanted: func(p *tree.Process) bool { return p.Key.PID >= 80 }, Ended: true})
	if len(roots) != 2 || roots[0].Process.Key.PID != 80 || !roots[1].Context || roots[1].Process.Key.PID != 1 || len(roots[1].Children) != 2 {
		t.Errorf("got %d roots", len(roots))
	}
}
