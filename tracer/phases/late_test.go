package phases_test

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// lateShared is a container that was there before, in the PID namespace of the host, and
// that is killed by a runtime; its init 43 is below a shim 41 with three above it.
func lateShared(role string) *script {
	s := newScript()
	s.was(5, 1, "/usr/bin/login")
	s.was(9, 5, "/usr/bin/bash")
	s.was(41, 9, "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", idA)
	p := &events.Process{Key: events.ProcKey{PID: 43, Start: 43}, Chain: chain(43, 0), Full: true, Parent: s.live[41].Ref()}
	s.image(p, []string{"/usr/bin/sleep", "801"})
	own := docker(idA, "web")
	p.Container, s.live[43] = &own, p
	s.emit(&events.Event{Kind: events.Snapshot}, p)
	s.fork(50, 41, 0)
	s.exec(50, "/usr/bin/runc", "kill", idA, "9")
	// What later events of it repeat.
	p.Role, p.Exe, p.Args, p.Full = role, "", events.Args{}, false
	s.emit(&events.Event{Kind: events.Signal, Signal: &events.SignalDetail{Signal: 9, Sender: s.live[50].Ref()}}, p)
	return s
}

// TestLateShared: of a container without a PID namespace of its own that was there before,
// the end and what it ran are told, whatever shows first that it is one.
func TestLateShared(t *testing.T) {
	killer := &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: events.Ref{Key: events.ProcKey{PID: 50, Start: 50}, Comm: "runc"}}
	for _, role := range []string{container.Init, "", container.Daemon} {
		s := lateShared(role)
		p, detail := s.live[43], &events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: killer}
		s.emit(&events.Event{Kind: events.Exit, Exit: detail}, p)
		s.emit(&events.Event{Kind: events.ContainerExit, Cause: uint64(len(s.all)), Exit: detail}, p)
		got := only(t, s.all)
		if got.EndedNS == 0 || got.Killer == nil || got.Killer.Sender.Key.PID != 50 || got.Exit == nil || got.Exit.Signal != 9 {
			t.Errorf("%q: ended at %d, %v, by %+v", role, got.EndedNS, got.Exit, got.Killer)
		}
		same(t, "args", got.Args.Strings(), []string{"/usr/bin/sleep", "801"})
		if !slices.Contains(names(got, report.Stopping), "runtime_kill") || !got.Shared || got.SeenNS == 0 {
			t.Errorf("%q: %v", role, names(got, report.Stopping))
		}
		var above []int32
		for _, a := range got.Above {
			above = append(above, a.Key.PID)
		}
		if !slices.Equal(above, []int32{41, 9, 5, 1}) {
			t.Errorf("%q: above it are %v", role, above)
		}
	}
}

// TestLateRuns: it is there as well where it goes on.
func TestLateRuns(t *testing.T) {
	if got := only(t, lateShared(container.Init).all); got.EndedNS != 0 || got.Container == nil || got.Container.Name != "web" {
		t.Errorf("%+v", got)
	}
	if got := timelines(t, lateShared(container.Exec).all); len(got) != 0 {
		t.Errorf("who was put into one is taken for its init: %+v", got[0])
	}
}

// TestParentAgain: a later event that has only the parent's number takes nothing away.
func TestParentAgain(t *testing.T) {
	s := newScript()
	own := docker(idA, "web")
	p := &events.Process{Key: events.ProcKey{PID: 43, Start: 43}, Chain: chain(43, 1), Container: &own, Parent: events.Ref{Key: events.ProcKey{PID: 41, Start: 41}, Comm: "shim"}}
	s.emit(&events.Event{Kind: events.ContainerStart, Exec: &events.ExecDetail{}}, p)
	want := p.Parent
	p.Parent = events.Ref{Key: events.ProcKey{PID: 41}}
	s.emit(&events.Event{Kind: events.Exit, Exit: &events.ExitDetail{}}, p)
	if got := only(t, s.all); got.Parent != want {
		t.Errorf("its parent is %+v, want %+v", got.Parent, want)
	}
}

// TestGuests: of those in a container's PID namespace, others that share it are not put
// into it, and are told as theirs when they end with it.
func TestGuests(t *testing.T) {
	s := engine()
	s.makes(40, "moby", docker(idA, "web"))
	enter := func(pid int32, c events.Container) {
		s.fork(pid, 11, pid)
		s.live[pid].Container = &c
		s.emit(&events.Event{Kind: events.PidnsEnter, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: events.NSID{Inum: 2}, Level: 1}}}, s.live[pid])
	}
	enter(60, docker(idA, "web"))
	enter(61, docker(idB, "db"))
	s.begin(61, "/usr/bin/sleep", "2")
	enter(62, docker(idB, "db"))
	s.exit(43, 41, events.ReparentSubreaper)
	for pid := int32(60); pid < 63; pid++ {
		s.emit(&events.Event{Kind: events.PidnsReap, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: events.NSID{Inum: 2}, Level: 1}}}, s.live[pid])
	}
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	var put []int32
	for _, f := range got[0].Phases {
		if f.Name == "entered" {
			put = append(put, f.Process.Key.PID)
		}
	}
	if !slices.Equal(put, []int32{60}) {
		t.Errorf("put into it are %v", put)
	}
	if len(got[0].Reaped) != 3 || len(got[0].Guests) != 2 || got[0].Guests[got[0].Reaped[1].Key].Name != "db" {
		t.Errorf("reaped are %v, others' %v", got[0].Reaped, got[0].Guests)
	}
}
