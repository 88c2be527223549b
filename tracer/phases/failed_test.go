package phases_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// dies ends a process with a status.
func (s *script) dies(pid int32, status events.ExitStatus) {
	dead := s.live[pid]
	delete(s.live, pid)
	s.emit(&events.Event{Kind: events.Exit, Exit: &events.ExitDetail{Status: status}}, dead)
}

// failedStart is a start whose init ends as the runtime's own.
func failedStart() *script {
	s := newScript()
	s.was(10, 1, "/usr/bin/bash")
	s.fork(20, 10, 0)
	s.exec(20, "/usr/bin/runc", "run", "web")
	s.fork(21, 20, 1)
	s.dies(21, events.ExitStatus{Code: 1})
	s.dies(20, events.ExitStatus{Code: 1})
	return s
}

// TestNeverRan: a start that fails before the entrypoint is known to have failed; its
// phases end, and what it did not come to is no gap.
func TestNeverRan(t *testing.T) {
	got := only(t, failedStart().all)
	if !got.NeverRan || got.RunsNS != 0 || got.Exit == nil || got.Exit.Code != 1 {
		t.Errorf("never ran: %v, runs at %d, exit %+v", got.NeverRan, got.RunsNS, got.Exit)
	}
	same(t, "start", names(got, report.Starting), []string{"runtime_run", "stage_2", "pidns_created"})
	for _, f := range got.Phases {
		if !f.Moment && f.EndNS == 0 && f.Name != "reaped" {
			t.Errorf("%s has no end", f.Name)
		}
	}
	for _, a := range got.Absent {
		if a.Why != "not_recorded" {
			t.Errorf("%s is told to be absent: %s", a.Phase, a.Why)
		}
	}
	if f := phase(t, got, "runtime_exit"); f.Exit == nil || f.Exit.Code != 1 {
		t.Errorf("the runtime ended with %+v", f.Exit)
	}
}

// TestNeverRanIsKnown: where an entrypoint may only not have been seen, nothing is said.
func TestNeverRanIsKnown(t *testing.T) {
	lost := failedStart()
	for _, ev := range lost.all {
		if ev.Kind == events.Exit && ev.Process.Key.PID == 21 {
			ev.Process.Comm = "sh" // an exec that was lost
		}
	}
	lost.all = append([]*events.Event{{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}}}, lost.all...)
	named := failedStart()
	for _, ev := range named.all {
		if ev.Kind == events.Exit && ev.Process.Key.PID == 21 {
			ev.Process.Comm = "runc:[2:INIT]"
		}
	}
	named.all = append([]*events.Event{{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}}}, named.all...)
	running := failedStart()
	running.all = running.all[:len(running.all)-2]
	for name, c := range map[string]struct {
		all  []*events.Event
		want bool
	}{"lost": {lost.all, false}, "lost, by its name": {named.all, true}, "running": {running.all, false}, "ran": {stream(t, "runc-run"), false}} {
		if got := only(t, c.all); got.NeverRan != c.want {
			t.Errorf("%s: never ran is %v", name, got.NeverRan)
		}
	}
}

// TestNeverRanNamespaces: a start that fails has the namespaces that were made for it until
// then, those too that its init made itself.
func TestNeverRanNamespaces(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/bash")
	s.fork(20, 10, 0)
	s.live[20].NS = events.Namespaces{PID: 1, Mnt: 11, Net: 12, UTS: 13, IPC: 14, Cgroup: 15}
	s.exec(20, "/usr/bin/runc", "run", "web")
	was := s.live[20].NS
	s.live[20].NS = events.Namespaces{PID: 2, Mnt: 21, Net: 22, UTS: 13, IPC: 14, Cgroup: 15}
	s.fork(21, 20, 1)
	s.live[20].NS = was
	s.all[len(s.all)-2].Fork.Flags = 1<<17 | 1<<30 | 1<<29
	s.unshares(21, 1<<25)
	s.dies(21, events.ExitStatus{Code: 1})
	s.dies(20, events.ExitStatus{Code: 1})
	got := only(t, s.all)
	if !got.NeverRan {
		t.Fatal("it ran")
	}
	same(t, "new namespaces", got.Namespaces, []string{"pid", "mnt", "net", "cgroup"})
	if f := phase(t, got, "namespaces_unshared"); f.Process.Key.PID != 21 || f.Flags != 1<<25 {
		t.Errorf("unshared by %v: %#x", f.Process, f.Flags)
	}
}

// TestShimKilled: who killed the shim is told, of one whose start was seen and of one that
// was there before.
func TestShimKilled(t *testing.T) {
	killer := &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: events.Ref{Key: events.ProcKey{PID: 9, Start: 9}, Comm: "bash"}}
	killed := func(s *script, pid int32) *report.Phase {
		s.exit(pid, 1, events.ReparentInit)
		for _, ev := range s.all {
			if ev.Kind == events.Exit && ev.Process.Key.PID == pid {
				ev.Exit.Status, ev.Exit.Killer = events.ExitStatus{Signal: 9}, killer
			}
		}
		return phase(t, only(t, s.all), "shim_exit")
	}
	seen := engine()
	seen.makes(40, "moby", docker(idA, "web"))
	before := engine()
	before.was(41, 1, "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", idA)
	before.live[43] = &events.Process{Key: events.ProcKey{PID: 43, Start: 43}, Chain: chain(43, 1), Full: true, Parent: before.live[41].Ref()}
	before.image(before.live[43], []string{"/usr/bin/sleep", "1000"})
	own := docker(idA, "web")
	before.live[43].Container = &own
	before.emit(&events.Event{Kind: events.Snapshot}, before.live[43])
	for name, s := range map[string]*script{"seen": seen, "before": before} {
		f := killed(s, 41)
		if f.Killer == nil || f.Killer.Sender != killer.Sender || f.Exit == nil || f.Exit.Signal != 9 || f.Process.Key.PID != 41 || f.Section != report.Running {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestRefused: beside a container that was made, it is known who was refused by a status
// that nothing else has.
func TestRefused(t *testing.T) {
	s := engine()
	s.calls(20, "/usr/bin/docker", "run", "--name", "db", "missing")
	s.dies(20, events.ExitStatus{Code: 125})
	s.calls(21, "/usr/bin/docker", "run", "--name", "web", "busybox", "sh", "-c", "exit 125")
	s.calls(22, "/usr/bin/docker", "run", "busybox", "false")
	s.makes(40, "moby", docker(idA, "web"))
	s.dies(21, events.ExitStatus{Code: 125})
	s.dies(22, events.ExitStatus{Code: 1})
	r := phases.New()
	for _, ev := range s.all {
		_ = r.Put(ev)
	}
	if got := r.Fruitless(); len(got) != 1 || got[0].Process.Key.PID != 20 {
		t.Errorf("%+v", got)
	}
}

// TestFruitless: who asked for a container of which no process was born.
func TestFruitless(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/bash")
	for pid, args := range [][]string{{"run", "-u", "nobody", "busybox"}, {"ps"}, {"run", "busybox"}} {
		s.fork(int32(20+pid), 10, 0)
		s.exec(int32(20+pid), append([]string{"/usr/bin/docker"}, args...)...)
	}
	s.dies(20, events.ExitStatus{Code: 125})
	s.dies(21, events.ExitStatus{Code: 1})
	s.dies(22, events.ExitStatus{})
	s.fork(30, 10, 0)
	s.exec(30, "/usr/bin/runc", "run", "web")
	s.dies(30, events.ExitStatus{Code: 1})
	r := phases.New()
	for _, ev := range s.all {
		_ = r.Put(ev)
	}
	got := r.Fruitless()
	if len(got) != 2 || got[0].Process.Key.PID != 20 || got[0].Exit.Code != 125 || got[1].Process.Key.PID != 30 {
		t.Errorf("%+v", got)
	}
}

// TestBefore: of one whose start was before, what the first look showed is told.
func TestBefore(t *testing.T) {
	all := stream(t, "docker-run")
	for i, ev := range all {
		if ev.Kind == events.ContainerStart {
			late := []*events.Event{}
			for _, id := range []int32{ev.Process.Parent.Key.PID, ev.Process.Key.PID} {
				for _, was := range all[:i] {
					if was.Process.Key.PID == id && was.Kind == events.Exec {
						c := was.Clone()
						c.Kind, c.Exec, c.BootNS = events.Snapshot, nil, ev.BootNS
						late = append(late, c)
					}
				}
			}
			all = append(late, all[i+1:]...)
			break
		}
	}
	got := only(t, all)
	if got.BeganNS != 0 || got.SeenNS <= got.Init.Key.Start {
		t.Errorf("began at %d, first seen at %d, born at %d", got.BeganNS, got.SeenNS, got.Init.Key.Start)
	}
	if len(got.Above) == 0 || got.Above[0].Role != "container shim" || got.Above[0].Key != got.Parent.Key {
		t.Errorf("above it: %+v", got.Above)
	}
}
