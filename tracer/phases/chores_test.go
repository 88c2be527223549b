package phases_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// ran has a daemon run something that ends.
func (s *script) ran(pid, daemon int32, args ...string) {
	s.fork(pid, daemon, 0)
	s.exec(pid, args...)
	s.exit(pid, 1, events.ReparentInit)
}

// published is docker run -p: before there is anything of the container, the daemon makes
// its network.
func published() *script {
	s := engine()
	s.ran(13, 10, "/usr/bin/iptables", "-L") // before anybody asked
	s.calls(20, "/usr/bin/docker", "run", "-p", "18099:80", "busybox")
	s.ran(21, 10, "/usr/bin/iptables", "-C")
	s.ran(22, 11, "/usr/bin/iptables", "-C") // by another daemon
	s.ran(23, 10, "/usr/bin/iptables", "-A")
	for pid := int32(24); pid < 26; pid++ {
		s.fork(pid, 10, 0)
		s.exec(pid, "/usr/bin/docker-proxy", "-host-port", "18099")
	}
	s.ran(26, 10, "/usr/bin/modprobe", "x")
	s.ran(27, 9, "/usr/bin/iptables", "-S") // by somebody else
	s.fork(28, 10, 0)                       // a thread's beginning that ran nothing
	s.exit(28, 1, events.ReparentInit)
	s.makes(40, "moby", docker(idA, "web"))
	s.ran(29, 10, "/usr/bin/iptables", "-D") // after the entrypoint
	return s
}

func chores(tl *report.Timeline) (all []report.Phase) {
	for _, f := range tl.Phases {
		if f.Part == "helper" && f.Link == "time" {
			all = append(all, f)
		}
	}
	return all
}

// TestChores: what a daemon ran for the network is told by program, with how many it was;
// of those that stay no end.
func TestChores(t *testing.T) {
	got := only(t, published().all)
	all := chores(got)
	if len(all) != 3 {
		t.Fatalf("%d phases, want 3: %+v", len(all), all)
	}
	for i, want := range []struct {
		name, comm string
		pid        int32
		count      int
		stays      bool
	}{{"network", "iptables", 21, 2, false}, {"network", "docker-proxy", 24, 2, true}, {"helper", "modprobe", 26, 1, false}} {
		f := all[i]
		if f.Name != want.name || f.Process.Comm != want.comm || f.Process.Key.PID != want.pid || f.Count != want.count || f.Moment != want.stays {
			t.Errorf("%+v, want %+v", f, want)
		}
		if f.Parent.Key.PID != 10 || f.Section != report.Starting || f.Moment != (f.EndNS == 0) {
			t.Errorf("%s: child of %v, ends at %d", f.Process.Comm, f.Parent, f.EndNS)
		}
	}
	if f := all[0]; f.EndNS-f.BeginNS < 6_000_000 {
		t.Errorf("iptables lasts %d ns, not up to the last one's end", f.EndNS-f.BeginNS)
	}
}

// TestWhoseChores: where it is not known for whom they were, they are nobody's.
func TestWhoseChores(t *testing.T) {
	alone := published().all
	unasked := without(alone)
	unasked = slices.DeleteFunc(unasked, func(ev *events.Event) bool { return ev.Process.Key.PID == 20 })
	other := engine()
	other.calls(20, "/usr/bin/docker", "run", "--name", "web", "busybox")
	other.ran(21, 10, "/usr/bin/iptables", "-C")
	other.calls(22, "/usr/bin/docker", "run", "--name", "db", "busybox")
	other.makes(40, "moby", docker(idA, "web"))
	begun := engine()
	begun.calls(20, "/usr/bin/docker", "run", "--name", "web", "busybox")
	begun.ran(21, 10, "/usr/bin/iptables", "-C")
	begun.makes(30, "moby", docker(idB, "db"))
	begun.makes(40, "moby", docker(idA, "web"))
	beside := func(line string, before, ends bool) []*events.Event {
		s := engine()
		call := func() {
			s.calls(15, strings.Fields("/usr/bin/docker "+line)...)
			if ends {
				s.exit(15, 1, events.ReparentInit)
			}
		}
		if before {
			call()
		}
		s.calls(20, "/usr/bin/docker", "run", "--name", "web", "-p", "1:1", "busybox")
		s.ran(21, 10, "/usr/bin/iptables", "-C")
		if !before {
			call()
		}
		s.makes(40, "moby", docker(idA, "web"))
		return s.all
	}
	for line, c := range map[string]struct {
		before, ends bool
		want         int
	}{
		"network create n": {false, true, 0}, "-H x network rm n": {true, false, 0}, "network connect n db": {true, true, 1},
		"ps -a": {false, true, 1}, "network ls": {false, false, 1}, "run --name db busybox": {true, false, 1}, "logs -f db": {true, false, 1},
		"rm -f db": {false, true, 0}, "container inspect db": {false, true, 1}, "-D": {false, true, 1},
	} {
		got := only(t, beside(line, c.before, c.ends))
		said := slices.Contains(got.Absent, report.Absence{Phase: "network", Why: "others"})
		if n := len(chores(got)); n != c.want || said != (c.want == 0) {
			t.Errorf("beside docker %s: %d phases, want %d; said to be others': %v", line, n, c.want, said)
		}
	}
	for name, c := range map[string]struct {
		all  []*events.Event
		want int
	}{"alone": {alone, 3}, "nobody asked": {unasked, 0}, "another client asked": {other.all, 0}, "another began": {begun.all, 0}} {
		found := 0
		for _, tl := range timelines(t, c.all) {
			found += len(chores(tl))
		}
		if found != c.want {
			t.Errorf("%s: %d phases, want %d", name, found, c.want)
		}
	}
}

// TestChoresCompared: that one start's are not told is no difference.
func TestChoresCompared(t *testing.T) {
	s := engine()
	s.calls(20, "/usr/bin/docker", "run", "-p", "18099:80", "busybox")
	s.makes(40, "moby", docker(idA, "web"))
	d := phases.Compare(only(t, published().all), only(t, s.all), usual)
	if !d.Same() || len(d.Unknown) != 3 {
		t.Errorf("changes %v, unknown %v", d.Changes, d.Unknown)
	}
}

// TestChoresAreFew: a daemon that runs something all day long costs no memory.
func TestChoresAreFew(t *testing.T) {
	s := engine()
	for pid := int32(100); pid < 1100; pid++ {
		s.ran(pid, 10, "/usr/bin/iptables", "-L")
	}
	r := phases.New()
	for _, ev := range s.all {
		_ = r.Put(ev)
	}
	if r.Kept() > 10 {
		t.Errorf("%d are kept", r.Kept())
	}
}

// TestPublished is a real run: docker run -p, docker kill -s HUP, docker stop by the first
// six digits of the id.
func TestPublished(t *testing.T) {
	all := stream(t, "docker-publish")
	ran := map[string]int{}
	from, to := 0, 0
	for i, ev := range all {
		switch {
		case ev.Kind == events.Exec && slices.Equal(ev.Process.Args.Strings()[:2], []string{"docker", "run"}):
			from = i
		case ev.Kind == events.ContainerStart:
			to = i
		}
	}
	for _, ev := range all[from:to] {
		if ev.Kind == events.Exec && ev.Process.Parent.Comm == "dockerd" {
			ran[ev.Process.Comm]++
		}
	}
	got := only(t, all)
	told := map[string]int{}
	for _, f := range chores(got) {
		told[f.Process.Comm] = f.Count
		if network := f.Process.Comm != "exe"; (f.Name == "network") != network {
			t.Errorf("%s is told as %s", f.Process.Comm, f.Name)
		}
	}
	if !maps.Equal(told, ran) || told["iptables"] != 6 || told["docker-proxy"] != 2 {
		t.Errorf("told are %v, ran %v", told, ran)
	}
	same(t, "signal", phase(t, got, "signal_asked").Args.Strings(), []string{"docker", "kill", "-s", "HUP", "web"})
	stop := phase(t, got, "stop_asked").Args.Strings()
	same(t, "end", stop, []string{"docker", "stop", "-t", "0", got.ID[:6]})
}
