package phases_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// TestPodman: no daemon; conmon leaves its starter, crun makes the init itself, in its
// cgroup from the first moment on, and conmon calls podman to clean up.
func TestPodman(t *testing.T) {
	const id = "c0ffee"
	s := newScript()
	s.was(10, 1, "/usr/bin/bash")
	s.fork(20, 10, 0)
	s.exec(20, "/usr/bin/podman", "run", "--rm", "busybox", "true")
	s.fork(30, 20, 0)
	s.exec(30, "/usr/bin/conmon", "-c", id, "-b", "/run/bundle")
	s.fork(31, 30, 0)
	s.exit(30, 1, events.ReparentInit)
	s.fork(40, 31, 0)
	s.exec(40, "/usr/bin/crun", "create", "--bundle", "/run/bundle", id)
	s.forkInto(50, 40, id, "podman", "/libpod-"+id)
	s.exit(40, 31, events.ReparentSubreaper)
	s.fork(60, 20, 0)
	s.exec(60, "/usr/bin/crun", "start", id)
	s.begin(50, "/usr/bin/true")
	s.exit(60, 1, events.ReparentInit)
	got := only(t, s.all)
	same(t, "start", names(got, report.Starting), []string{
		"asked", "shim_start", "shim_daemonised", "runtime_create", "stage_2", "cgroup_entered", "pidns_created", "init_reparented", "runtime_start", "entrypoint",
	})
	if got.Runtime != "podman" || got.Genealogy != "conmon" || phase(t, got, "asked").Process.Key.PID != 20 || phase(t, got, "asked").Link != "" {
		t.Errorf("%s, asked by %v", got.Runtime, phase(t, got, "asked"))
	}
	if f := phase(t, got, "init_reparented"); f.Reparent.To.Comm != "conmon" {
		t.Errorf("the init is a child of %v", f.Reparent.To)
	}
	if f := phase(t, got, "cgroup_entered"); !f.Moment || f.Cgroup != "/libpod-"+id {
		t.Errorf("it was born in %q", f.Cgroup)
	}
	if got.EndedNS != 0 || phases.Ended(got) {
		t.Error("it has ended")
	}

	s.exit(50, 1, events.ReparentInit)
	s.fork(70, 31, 0)
	s.exec(70, "/usr/bin/podman", "--runroot", "/run", "--network-config-dir", "", "container", "cleanup", "--rm", id)
	s.fork(71, 70, 0)
	s.exec(71, "/usr/bin/crun", "delete", "--force", id)
	s.exit(71, 1, events.ReparentInit)
	s.exit(70, 1, events.ReparentInit)
	s.exit(31, 1, events.ReparentInit)
	got = only(t, s.all)
	same(t, "end", names(got, report.Stopping), []string{"exit", "reaped", "engine_cleanup", "runtime_delete", "shim_exit"})
	if f := phase(t, got, "engine_cleanup"); f.Process.Key.PID != 70 || f.Parent.Key.PID != 31 || f.EndNS == 0 {
		t.Errorf("cleaned up by %v, child of %v", f.Process, f.Parent)
	}
}

// TestLegacyDocker: the shim stays a child of the container daemon, so that nobody
// started it and it left nobody.
func TestLegacyDocker(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	s := newScript()
	s.was(10, 1, "/usr/bin/dockerd-current")
	s.was(11, 10, "/usr/bin/docker-containerd-current")
	s.fork(20, 11, 0)
	s.exec(20, "/usr/bin/docker-containerd-shim-current", id, "/var/run/bundle/"+id, "docker-runc-current")
	s.fork(30, 20, 0)
	s.exec(30, "/usr/bin/docker-runc-current", "create", "--bundle", "/var/run/bundle/"+id, id)
	s.fork(40, 30, 1)
	s.contain(40, id, "docker", "/docker/"+id)
	s.exit(30, 20, events.ReparentSubreaper)
	s.begin(40, "/usr/bin/java", "-jar", "x.jar")
	got := only(t, s.all)
	same(t, "start", names(got, report.Starting), []string{
		"runtime_create", "stage_2", "pidns_created", "cgroup_entered", "init_reparented", "entrypoint",
	})
	if got.Runtime != "docker" || got.Genealogy != "docker-1.x" || got.ID != id || phase(t, got, "runtime_create").Parent.Key.PID != 20 {
		t.Errorf("%s %s, runtime by %v", got.Runtime, got.ID, phase(t, got, "runtime_create").Parent)
	}
	var absent []string
	for _, a := range got.Absent {
		absent = append(absent, a.Phase+" "+a.Why)
	}
	same(t, "absent", absent, []string{
		"asked not_seen", "cgroup_made not_recorded", "namespaces_unshared not_recorded", "root_pivoted not_recorded",
	})
}

// TestSharedPidns: a second container of a pod lives in the first one's namespace.
func TestSharedPidns(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", "pod")
	s.fork(20, 10, 1)
	s.contain(20, "pod", "containerd", "/kubepods/pod/pod")
	s.begin(20, "/usr/bin/pause")
	s.fork(30, 10, 0)
	s.exec(30, "/usr/bin/runc", "create", "--bundle", "/run/bundle", "app")
	s.fork(40, 30, 7)
	s.contain(40, "app", "containerd", "/kubepods/pod/app")
	s.exit(30, 10, events.ReparentSubreaper)
	s.fork(31, 10, 0)
	s.exec(31, "/usr/bin/runc", "start", "app")
	s.begin(40, "/usr/bin/app")
	got := timelines(t, s.all)
	if len(got) != 2 || got[0].Shared || !got[1].Shared || got[1].Pidns.ID != got[0].Pidns.ID || got[1].ID != "app" {
		t.Fatalf("%d containers: %+v", len(got), got)
	}
	same(t, "start", names(got[1], report.Starting), []string{"runtime_create", "stage_2", "cgroup_entered", "init_reparented", "runtime_start", "entrypoint"})
	if phases.Selects(got[1], "2") || !phases.Selects(got[0], "2") {
		t.Error("the namespace's number names who only shares it")
	}
}

// TestPodShim: a pod's shim is started for its sandbox; for the others one is called that
// finds it there, and they may end long before it.
func TestPodShim(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/containerd")
	s.fork(11, 10, 0)
	s.exec(11, "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", "pod", "start")
	s.fork(12, 11, 0)
	s.exec(12, "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", "pod")
	s.exit(11, 1, events.ReparentInit)
	for i, name := range []string{"pod", "app"} {
		pid := int32(20 + 10*i)
		if name != "pod" {
			s.fork(pid+2, 10, 0)
			s.exec(pid+2, "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", name, "start")
			s.exit(pid+2, 10, events.ReparentSubreaper)
		}
		s.fork(pid, 12, 0)
		s.exec(pid, "/usr/bin/runc", "create", "--bundle", "/run/"+name, name)
		s.fork(pid+1, pid, 1)
		s.contain(pid+1, name, "containerd", "/kubepods/pod/"+name)
		s.exit(pid, 12, events.ReparentSubreaper)
		s.begin(pid+1, "/usr/bin/"+name)
	}
	s.exit(21, 12, events.ReparentInit)
	s.exit(31, 12, events.ReparentInit)
	s.exit(12, 1, events.ReparentInit)
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	own := []string{"runtime_create", "stage_2", "pidns_created", "cgroup_entered", "init_reparented", "entrypoint"}
	for _, tl := range got {
		begins, ends, starter := append([]string{"shim_start"}, own...), []string{"exit", "reaped"}, int32(32)
		if tl.ID == "pod" {
			begins, ends, starter = append([]string{"shim_start", "shim_daemonised"}, own...), append(ends, "shim_exit"), 11
		}
		if f := phase(t, tl, "shim_start"); f.Process.Key.PID != starter || f.EndNS == 0 {
			t.Errorf("the shim of %s is started by %v, want %d", tl.ID, f.Process, starter)
		}
		same(t, "start of "+tl.ID, names(tl, report.Starting), begins)
		same(t, "end of "+tl.ID, names(tl, report.Stopping), ends)
		if tl.Genealogy != "containerd-shim-v2" || tl.Runtime != "containerd" {
			t.Errorf("%s is made by %s, %s", tl.ID, tl.Runtime, tl.Genealogy)
		}
	}
}

// TestUnknownRuntime has the milestones that every PID namespace has.
func TestUnknownRuntime(t *testing.T) {
	s := newScript()
	s.was(10, 1, "/usr/bin/mysandbox")
	s.fork(20, 10, 1)
	s.exec(20, "/usr/bin/prog")
	s.fork(30, 20, 2)
	s.exit(30, 20, events.ReparentPidnsInit)
	s.exit(20, 10, events.ReparentInit)
	got := only(t, s.all)
	same(t, "start", names(got, report.Starting), []string{"pidns_created", "entrypoint", "first_child"})
	same(t, "end", names(got, report.Stopping), []string{"exit", "reaped"})
	if got.Runtime != "" || got.ID != "2" || got.Gone || phases.Ended(got) {
		t.Errorf("%q made %s, gone: %v", got.Runtime, got.ID, got.Gone)
	}
}

// TestMany: what a stream of many containers costs grows with their number, not with
// its square, and each keeps to itself though all have one name.
func TestMany(t *testing.T) {
	const n = 3000
	s := newScript()
	s.was(9, 1, "/usr/bin/bash")
	for i := int32(0); i < n; i++ {
		base := 100 + 10*i
		s.fork(base, 9, 0)
		s.exec(base, "/usr/bin/runc", "create", "web")
		s.fork(base+1, base, 1)
		s.exit(base, 1, events.ReparentInit)
		s.fork(base+2, 9, 0)
		s.exec(base+2, "/usr/bin/runc", "start", "web")
		s.exec(base+1, "/usr/bin/prog")
		s.exit(base+2, 1, events.ReparentInit)
		s.exit(base+1, 1, events.ReparentInit)
	}
	got := timelines(t, s.all)
	if len(got) != n {
		t.Fatalf("%d containers, want %d", len(got), n)
	}
	for i, tl := range got {
		starts := 0
		for _, f := range tl.Phases {
			if f.Name == "runtime_start" {
				starts++
				if want := 100 + 10*int32(i) + 2; f.Process.Key.PID != want {
					t.Fatalf("container %d is started by %d, want %d", i, f.Process.Key.PID, want)
				}
			}
		}
		if starts != 1 || tl.ID != "web" {
			t.Fatalf("container %d, %s: started %d times", i, tl.ID, starts)
		}
	}
}
