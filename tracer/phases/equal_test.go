package phases_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// by has a process be of a user.
func (s *script) by(pid int32, uid uint32) { s.live[pid].HasIDs, s.live[pid].UID = true, uid }

// runs makes a container by a runtime that a user called, in a state directory or in the
// usual one.
func (s *script) runs(maker, init int32, uid uint32, root, id string) {
	s.fork(maker, 1, 0)
	s.by(maker, uid)
	s.exec(maker, runc(root, "create", id)...)
	s.fork(init, maker, 1)
	s.contain(init, id, "runc", "/"+id)
	s.exit(maker, 1, events.ReparentInit)
	s.begin(init, "/usr/bin/app")
}

func runc(root, verb, id string) []string {
	if root != "" {
		return []string{"/usr/bin/runc", "--root", root, verb, id}
	}
	return []string{"/usr/bin/runc", verb, id}
}

// TestStateOfCalls: what a runtime is called for counts for the container whose state it has,
// by its directory, and by the user whose directory is the usual one.
func TestStateOfCalls(t *testing.T) {
	s := newScript()
	s.runs(30, 40, 0, "", "web")
	s.runs(31, 41, 1000, "", "web")
	s.runs(32, 42, 0, "/srv/state", "web")
	for i, of := range []struct {
		uid  uint32
		root string
	}{{1000, ""}, {0, "/srv/state/"}, {0, ""}, {0, "/var/run/runc"}, {0, "/run/user/1000/runc"}} {
		pid := int32(50 + i)
		s.fork(pid, 1, 0)
		s.by(pid, of.uid)
		s.exec(pid, append(runc(of.root, "kill", "web"), "KILL")...)
		s.exit(pid, 1, events.ReparentInit)
	}
	got := timelines(t, s.all)
	if len(got) != 3 {
		t.Fatalf("%d containers, want 3", len(got))
	}
	for i, want := range [][]int32{{52, 53}, {50, 54}, {51}} {
		var killers []int32
		for _, f := range got[i].Phases {
			if f.Name == "runtime_kill" {
				killers = append(killers, f.Process.Key.PID)
				if f.Sends != 9 {
					t.Errorf("%d sends signal %d, want SIGKILL", f.Process.Key.PID, f.Sends)
				}
			}
		}
		same(t, "killers of "+got[i].Init.Key.String(), killers, want)
	}
}

// TestSends: which signal a runtime's kill is for.
func TestSends(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int32
	}{
		{[]string{"kill", "web"}, 15}, {[]string{"kill", "web", "9"}, 9}, {[]string{"kill", "--all", "web", "SIGHUP"}, 1},
		{[]string{"kill", "web", "int"}, 2}, {[]string{"kill", "web", "nonsense"}, 0},
	} {
		s := newScript()
		s.runs(30, 40, 0, "", "web")
		s.fork(50, 1, 0)
		s.exec(50, append([]string{"/usr/bin/runc"}, c.args...)...)
		if got := phase(t, only(t, s.all), "runtime_kill").Sends; got != c.want {
			t.Errorf("%q: signal %d, want %d", c.args, got, c.want)
		}
	}
}

// TestNamespacesOfClients: a client of containerd means the container of the namespace that
// it names, else of "default".
func TestNamespacesOfClients(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/containerd")
	for i, ns := range []string{"default", "other"} {
		maker, init := int32(30+i), int32(40+i)
		s.fork(maker, 1, 0)
		s.exec(maker, runc("/run/containerd/runc/"+ns, "create", "web")...)
		s.fork(init, maker, 1)
		p := s.live[init]
		p.Container = &events.Container{ID: "web", Runtime: "containerd", Namespace: ns, Source: "state"}
		s.exit(maker, 1, events.ReparentInit)
		s.begin(init, "/usr/bin/app")
	}
	for i, args := range [][]string{{"task", "kill", "web"}, {"-n", "other", "task", "kill", "web"}, {"-n", "third", "task", "kill", "web"}} {
		pid := int32(50 + i)
		s.fork(pid, 1, 0)
		s.exec(pid, append([]string{"/usr/bin/ctr"}, args...)...)
		s.exit(pid, 1, events.ReparentInit)
	}
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for i, tl := range got {
		var who []int32
		for _, f := range tl.Phases {
			if f.Name == "stop_asked" {
				who = append(who, f.Process.Key.PID)
			}
		}
		same(t, "who asked for the end in "+tl.Container.Namespace, who, []int32{int32(50 + i)})
	}
}

// sharing has a container in another's PID namespace, there before.
func sharing() *script {
	s := newScript()
	s.was(10, 1, "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", "db")
	s.fork(40, 10, 1)
	s.contain(40, "web", "docker", "/docker/web")
	s.begin(40, "/usr/bin/web")
	for pid, inner := range map[int32]int32{60: 7, 61: 8} {
		p := s.live[10].Clone()
		p.Key, p.Parent, p.Chain = events.ProcKey{PID: pid, Start: uint64(pid)}, s.live[10].Ref(), chain(pid, inner)
		p.Container = &events.Container{ID: "db", Runtime: "docker", Source: "cgroup"}
		s.image(&p, []string{"/usr/bin/db"})
		if pid == 61 {
			p.Parent = events.Ref{Key: events.ProcKey{PID: 60, Start: 60}}
		}
		s.live[pid] = &p
		s.emit(&events.Event{Kind: events.Snapshot}, &p)
	}
	return s
}

// TestQuietSharer: a container that was there before, in another's PID namespace, is there
// also when nothing happens to it; its init is who came from outside.
func TestQuietSharer(t *testing.T) {
	got := timelines(t, sharing().all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	if got[0].ID == got[1].ID {
		t.Errorf("both are %s", got[0].ID)
	}
	for _, tl := range got {
		if tl.ID != "web" && (tl.ID != "db" || tl.Init.Key.PID != 60 || !tl.Shared || tl.BeganNS != 0 || !phases.Selects(tl, "db")) {
			t.Errorf("db's init is %v, shared %v, began %d", tl.Init, tl.Shared, tl.BeganNS)
		}
	}
}

// TestEnteredSharer: who is put into a container in another's PID namespace entered that
// container, and not the other.
func TestEnteredSharer(t *testing.T) {
	s := sharing()
	s.fork(30, 10, 0)
	s.exec(30, runc("", "exec", "db")...)
	s.fork(70, 30, 9)
	s.emit(&events.Event{Kind: events.PidnsEnter, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: events.NSID{Inum: 2}, Level: 1}}}, s.live[70])
	s.live[70].Role = "exec"
	s.contain(70, "db", "docker", "/docker/db")
	s.exec(70, "/usr/bin/sh")
	s.exit(70, 10, events.ReparentSubreaper)
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for _, tl := range got {
		var who []int32
		for _, f := range tl.Phases {
			if f.Name == "entered" && f.Section == report.Running {
				who = append(who, f.Process.Key.PID)
			}
		}
		same(t, "entered "+tl.ID, who, map[string][]int32{"db": {70}, "web": nil}[tl.ID])
	}
}

// TestProxyKnown: a proxy whose container turns out is its, whoever else called the daemon;
// another's is not.
func TestProxyKnown(t *testing.T) {
	s := published()
	var birth uint64
	for _, ev := range s.all {
		if ev.Kind == events.Exec && ev.Process.Key.PID == 24 {
			birth = ev.Seq
		}
	}
	if birth == 0 {
		t.Fatal("no proxy")
	}
	for pid, id := range map[int32]string{24: idA, 25: idB} {
		ev := s.emit(&events.Event{Kind: events.ContainerKnown, Servant: s.live[pid].Ref()}, &events.Process{Container: &events.Container{ID: id}})
		ev.Process.Key = events.ProcKey{}
	}
	found := 0
	for _, f := range only(t, s.all).Phases {
		if f.Program == "docker-proxy" {
			found++
			if f.Process.Key.PID != 24 || f.Link != "arguments" || f.Count != 1 {
				t.Errorf("a proxy %v by %s, %d of them; want 24 by its arguments", f.Process, f.Link, f.Count)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d phases of proxies, want 1", found)
	}
}
