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
