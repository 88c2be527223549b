package phases_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// engine is a machine with Docker's and containerd's daemons: 10 is dockerd, 11 is
// containerd, 9 a shell.
func engine() *script {
	s := newScript()
	s.was(9, 1, "/usr/bin/bash")
	s.was(10, 1, "/usr/bin/dockerd")
	s.was(11, 1, "/usr/bin/containerd")
	return s
}

// calls has the shell call somebody, who is there until s.exit.
func (s *script) calls(pid int32, args ...string) {
	s.fork(pid, 9, 0)
	s.exec(pid, args...)
}

// makes is what containerd does for a container, up to the entrypoint; its init is
// pid + 3.
func (s *script) makes(pid int32, ns string, c events.Container) {
	s.fork(pid, 11, 0)
	s.exec(pid, "/usr/bin/containerd-shim-runc-v2", "-namespace", ns, "-id", c.ID, "start")
	s.fork(pid+1, pid, 0)
	s.exec(pid+1, "/usr/bin/containerd-shim-runc-v2", "-namespace", ns, "-id", c.ID)
	s.exit(pid, 1, events.ReparentInit)
	s.fork(pid+2, pid+1, 0)
	s.exec(pid+2, "/usr/bin/runc", "--root", "/run/containerd/runc/"+ns, "create", "--bundle", "/b", c.ID)
	s.fork(pid+3, pid+2, 1)
	s.live[pid+3].Container = &c
	s.exit(pid+2, pid+1, events.ReparentSubreaper)
	s.begin(pid+3, "/usr/bin/sleep", "1000")
}

func docker(id, name string) events.Container {
	return events.Container{ID: id, Runtime: "docker", Name: name, Source: "state"}
}

// idA and idB begin alike.
var idA, idB = "62adfb" + strings.Repeat("a", 58), "62adfc" + strings.Repeat("b", 58)

// TestWhoAsked: of those who are there when a container is made, who can be its client.
func TestWhoAsked(t *testing.T) {
	for name, c := range map[string]struct {
		calls []string // at 20, 21 …
		named string
		want  int32
		link  string
	}{
		"a network's client":           {[]string{"docker network create web"}, "web", 0, ""},
		"a volume's client":            {[]string{"docker volume create start"}, "", 0, ""},
		"the only one":                 {[]string{"docker run busybox"}, "", 20, "time"},
		"another engine's":             {[]string{"nerdctl run busybox", "docker run busybox"}, "", 21, "time"},
		"another engine's alone":       {[]string{"podman run busybox", "nerdctl run busybox"}, "", 0, ""},
		"two":                          {[]string{"docker run busybox", "docker run busybox"}, "", 0, ""},
		"by name":                      {[]string{"docker run busybox", "docker run --name web busybox"}, "web", 21, "arguments"},
		"for another":                  {[]string{"docker run --name db busybox"}, "web", 0, ""},
		"for another and for this":     {[]string{"docker run --name db busybox", "docker run busybox"}, "web", 21, "time"},
		"a name as another's value":    {[]string{"docker run --name db --hostname web busybox"}, "web", 0, ""},
		"a short id":                   {[]string{"docker start 62adfb"}, "web", 20, "arguments"},
		"the plugin and who called it": {[]string{"docker compose up", "docker-compose compose up"}, "", 20, "time"},
		"an old client":                {[]string{"docker-current run busybox"}, "", 20, "time"},
	} {
		s := engine()
		for i, line := range c.calls {
			pid := 20 + int32(i)
			args := strings.Fields("/usr/bin/" + line)
			if strings.HasPrefix(line, "docker-compose") {
				s.fork(pid, pid-1, 0)
				s.exec(pid, args...)
			} else {
				s.calls(pid, args...)
			}
		}
		s.makes(40, "moby", docker(idA, c.named))
		got := only(t, s.all)
		i := slices.IndexFunc(got.Phases, func(f report.Phase) bool { return f.Name == "asked" })
		switch {
		case i < 0 && c.want != 0:
			t.Errorf("%s: nobody, want %d", name, c.want)
		case i >= 0 && (got.Phases[i].Process.Key.PID != c.want || got.Phases[i].Link != c.link):
			t.Errorf("%s: %d by %q, want %d by %q", name, got.Phases[i].Process.Key.PID, got.Phases[i].Link, c.want, c.link)
		}
	}
}

// TestWhoStopped: who asked for the end of which of two containers, web and db, whose ids
// begin alike; or for another signal.
func TestWhoStopped(t *testing.T) {
	for line, want := range map[string]string{
		"docker stop web": "stop_asked", "docker stop -t 0 62adfb": "stop_asked", "docker stop " + idA[:12]: "stop_asked",
		"docker stop " + idA: "stop_asked", "docker stop " + idA[:63]: "stop_asked", "docker stop 62adf": "", "docker stop 6": "",
		"docker stop 62adfc": "", "docker stop " + idA + "a": "", "docker stop db": "", "docker stop -t 1 db --signal web": "",
		"docker stop db web": "stop_asked", "docker restart web": "stop_asked", "docker kill web": "stop_asked",
		"docker kill -s HUP web": "signal_asked", "docker kill -s 0 web": "signal_asked", "docker kill -s KILL 62adfb": "stop_asked",
		"docker rm -f web": "stop_asked", "docker rm web": "", "docker network rm web": "", "docker volume rm 62adfb": "",
		"docker exec web kill 1": "", "podman stop web": "", "ctr t kill web": "", "ctr t kill 62adfb": "", "crictl stop 62adfb": "stop_asked",
	} {
		s := engine()
		s.makes(40, "moby", docker(idA, "web"))
		s.makes(50, "moby", docker(idB, "db"))
		s.calls(60, strings.Fields("/usr/bin/"+line)...)
		got := timelines(t, s.all)
		if len(got) != 2 {
			t.Fatalf("%d containers, want 2", len(got))
		}
		told := ""
		for _, f := range got[0].Phases {
			if f.Process.Key.PID == 60 {
				told = f.Name
			}
		}
		if told != want {
			t.Errorf("%s: %q, want %q", line, told, want)
		}
	}
}

// TestCalledAsAnother: a word that is another container's name is no beginning of an id.
func TestCalledAsAnother(t *testing.T) {
	s := engine()
	s.makes(40, "moby", docker(idA, "web"))
	s.makes(50, "moby", docker(strings.Repeat("c", 64), "62adfb"))
	s.calls(60, "/usr/bin/docker", "stop", "62adfb")
	for i, tl := range timelines(t, s.all) {
		if got := slices.Contains(names(tl, report.Stopping), "stop_asked"); got != (i == 1) {
			t.Errorf("%s was asked to stop: %v", tl.Container.Name, got)
		}
	}
}

// TestEqualIDs: in another of containerd's namespaces an id is another container's.
func TestEqualIDs(t *testing.T) {
	s := engine()
	web := func(ns string) events.Container {
		return events.Container{ID: "web", Runtime: "containerd", Namespace: ns, Source: "cgroup"}
	}
	s.makes(40, "default", web("default"))
	s.calls(60, "/usr/bin/runc", "--root", "/run/containerd/runc/k8s.io", "delete", "web")
	s.makes(70, "k8s.io", web("k8s.io"))
	s.calls(80, "/usr/bin/runc", "--root", "/run/containerd/runc/default", "delete", "web")
	s.calls(81, "/usr/bin/runc", "--root", "/run/containerd/runc/k8s.io", "delete", "web")
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for i, want := range []int32{80, 81} {
		var deleters []int32
		for _, f := range got[i].Phases {
			if f.Name == "runtime_delete" {
				deleters = append(deleters, f.Process.Key.PID)
			}
		}
		if !slices.Equal(deleters, []int32{want}) {
			t.Errorf("that of %s is deleted by %v, want %d", got[i].Container.Namespace, deleters, want)
		}
	}
}

// TestHidden: the shims of containers whose processes are not the host's, and no others.
func TestHidden(t *testing.T) {
	for program, want := range map[string]int{"containerd-shim-kata-v2": 1, "containerd-shim-runsc-v1": 1, "containerd-shim-runc-v2": 0} {
		s := engine()
		s.fork(20, 11, 0)
		s.exec(20, "/usr/bin/"+program, "-namespace", "k8s.io", "-id", "web", "start")
		s.fork(21, 20, 0)
		s.exec(21, "/usr/bin/"+program, "-namespace", "k8s.io", "-id", "web")
		r := phases.New()
		for _, ev := range s.all {
			_ = r.Put(ev)
		}
		got := r.Hidden()
		if len(got) != want || want == 1 && got[0].Process.Key.PID != 21 {
			t.Errorf("%s: %+v", program, got)
		}
	}
}
