package phases_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

const newUTS, newMnt, newNet = 1 << 26, 1 << 17, 1 << 30

// unshares notes that a process asked for new namespaces.
func (s *script) unshares(pid int32, flags uint64) {
	s.emit(&events.Event{Kind: events.Unshare, Syscall: &events.SyscallDetail{Flags: flags}}, s.live[pid])
}

// TestJoined: a namespace is new to a container only when it was made for it: not one
// that another's process has, nor one that a file held open.
func TestJoined(t *testing.T) {
	host := events.Namespaces{Mnt: 1, Net: 1, UTS: 1, IPC: 1}
	for name, asks := range map[string]bool{"with calls": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s := newScript()
			s.was(9, 1, "/usr/bin/bash")
			s.live[9].NS = host
			start := func(pid, inner int32, id string, ns events.Namespaces, flags uint64) {
				s.fork(pid, 9, 0)
				s.exec(pid, "/usr/bin/runc", "run", id)
				if asks {
					s.unshares(pid, flags)
				}
				s.live[pid].NS = ns // of the child that is made now; the runtime has no more events of it
				s.fork(pid+1, pid, inner)
				s.live[pid].NS = host
				s.contain(pid+1, id, "runc", "/"+id)
				s.begin(pid+1, "/usr/bin/app")
			}
			start(20, 1, "first", events.Namespaces{Mnt: 2, Net: 2, UTS: 2, IPC: 1}, newMnt|newNet|newUTS)
			start(30, 7, "second", events.Namespaces{Mnt: 3, Net: 2, UTS: 4, IPC: 1}, newMnt)
			got := timelines(t, s.all)
			if len(got) != 2 {
				t.Fatalf("%d containers, want 2", len(got))
			}
			same(t, "new of the first", got[0].Namespaces, []string{"pid", "mnt", "net", "uts"})
			same(t, "joined by the first", got[0].Joined, nil)
			made, joined := []string{"mnt"}, []string{"pid", "net", "uts"}
			if !asks { // then nobody has been seen in the UTS namespace before
				made, joined = []string{"mnt", "uts"}, []string{"pid", "net"}
			}
			same(t, "new of the second", got[1].Namespaces, made)
			same(t, "joined by the second", got[1].Joined, joined)

			d := phases.Compare(got[0], got[1], phases.Tolerance{Ratio: 2})
			said := map[string]report.Change{}
			for _, c := range d.Changes {
				said[c.What] = c
			}
			if said["joined"].A != "" || said["joined"].B == "" || said["namespaces"].A == said["namespaces"].B {
				t.Errorf("changes %+v", d.Changes)
			}
		})
	}
}

// TestNumberAgain: a number that nobody has any more is that of a new namespace.
func TestNumberAgain(t *testing.T) {
	s := newScript()
	s.was(9, 1, "/usr/bin/bash")
	for i := int32(0); i < 2; i++ {
		pid := 20 + 10*i
		s.fork(pid, 9, 0)
		s.exec(pid, "/usr/bin/runc", "run", "web")
		s.live[pid].NS.Net = 1
		s.emit(&events.Event{Kind: events.Exec, Exec: &events.ExecDetail{}}, s.live[pid])
		s.live[pid].NS.Net = 2
		s.fork(pid+1, pid, 1)
		s.begin(pid+1, "/usr/bin/app")
		s.dies(pid+1, events.ExitStatus{})
		s.dies(pid, events.ExitStatus{})
	}
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for i, tl := range got {
		if len(tl.Joined) != 0 {
			t.Errorf("%d joined %q", i, tl.Joined)
		}
	}
}

// TestOneHierarchy: in a hybrid of cgroups the phases tell of one of them.
func TestOneHierarchy(t *testing.T) {
	got := only(t, stream(t, "runc-run"))
	for _, name := range []string{"cgroup_made", "cgroup_entered", "cgroup_removed"} {
		if f := phase(t, got, name); f.Cgroup != "/web" {
			t.Errorf("%s is told of %s", name, f.Cgroup)
		}
	}
}
