package phases_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

var usual = phases.Tolerance{Ratio: 2, AtLeast: uint64(20 * time.Millisecond)}

func changes(all []report.Change) (texts []string) {
	for _, c := range all {
		texts = append(texts, strings.TrimSpace(c.Phase+" "+c.What))
	}
	return texts
}

// TestSame: two runs of the same thing have other ids, PIDs, inums and times.
func TestSame(t *testing.T) {
	a, b := only(t, stream(t, "docker-run")), only(t, stream(t, "docker-run-again"))
	if a.ID == b.ID || a.Init.Key == b.Init.Key {
		t.Fatal("it is the same run")
	}
	d := phases.Compare(a, b, usual)
	if !d.Same() || len(d.Unknown) > 0 || d.Compared != len(names(a, report.Starting))+1 {
		t.Errorf("%d compared, changes %v, unknown %v", d.Compared, d.Changes, d.Unknown)
	}
}

func TestDifferent(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{"docker-run", "docker-stop", []string{
			"asked arguments", "entrypoint arguments", "first_child arguments", "exit exit", "signal SIGTERM added", "signal SIGKILL added", "reaped added",
		}},
		{"runc-run", "runc-create", []string{
			"runtime_run missing", "runtime_create added", "init_reparented added", "runtime_start added", "entrypoint parent",
		}},
	} {
		d := phases.Compare(only(t, stream(t, c.a)), only(t, stream(t, c.b)), usual)
		got := changes(d.Changes)
		slices.Sort(got)
		slices.Sort(c.want)
		same(t, c.a+" and "+c.b, got, c.want)
		back := phases.Compare(d.B, d.A, usual)
		if len(back.Changes) != len(d.Changes) {
			t.Errorf("%s and %s: %d changes, the other way round %d", c.a, c.b, len(d.Changes), len(back.Changes))
		}
	}
}

// TestUnknownIsNoDifference: a stream without system calls does not show whether the
// root was pivoted.
func TestUnknownIsNoDifference(t *testing.T) {
	all := stream(t, "docker-run")
	a, b := only(t, all), only(t, without(all, events.Unshare, events.Setns, events.PivotRoot, events.Subreaper))
	for _, d := range []*report.Difference{phases.Compare(a, b, usual), phases.Compare(b, a, usual)} {
		unknown := changes(d.Unknown)
		if !d.Same() || len(unknown) != 2 || !strings.HasPrefix(unknown[0], "namespaces_unshared") || !strings.HasPrefix(unknown[1], "root_pivoted") {
			t.Errorf("changes %v, unknown %v", d.Changes, d.Unknown)
		}
	}
}

func TestTimings(t *testing.T) {
	a := only(t, stream(t, "docker-run"))
	b := *a
	b.Phases = slices.Clone(a.Phases)
	for i := range b.Phases {
		if f := &b.Phases[i]; f.Name == "helper" {
			f.EndNS = f.BeginNS + 3*(f.EndNS-f.BeginNS)
		}
	}
	d := phases.Compare(a, &b, usual)
	if !d.Same() || len(d.Timings) != 1 || d.Timings[0].Phase != "helper dockerd" || d.Timings[0].Ratio() != 3 {
		t.Errorf("changes %v, timings %v", d.Changes, d.Timings)
	}
	if d = phases.Compare(a, &b, phases.Tolerance{Ratio: 4}); len(d.Timings) != 0 {
		t.Errorf("within the ratio: %v", d.Timings)
	}
	if d = phases.Compare(a, &b, phases.Tolerance{Ratio: 2, AtLeast: uint64(time.Hour)}); len(d.Timings) != 0 {
		t.Errorf("within the least: %v", d.Timings)
	}
}

// TestNamingFlags: the value may be an argument of its own.
func TestNamingFlags(t *testing.T) {
	for flag, want := range map[string]bool{
		"--name": true, "--cidfile": true, "--pidfile": true, "--pid-file": true, "--console-socket": true, "--env-file": false,
	} {
		with := func(value string) *report.Timeline {
			return &report.Timeline{ID: "x-id", Phases: []report.Phase{{
				Name: "asked", Section: report.Starting, Part: "client", Args: events.ArgsOf("docker", "run", flag, value, "image"),
			}}}
		}
		if d := phases.Compare(with("/a/1"), with("/b/2"), usual); d.Same() != want {
			t.Errorf("%s: same is %v: %v", flag, !want, d.Changes)
		}
	}
}

// TestOtherParent: another parent within the machinery is a difference; which shell
// somebody called it from is none.
func TestOtherParent(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{{"containerd-shim", "containerd-shim", true}, {"containerd-shim", "conmon", false}, {"runc", "bash", false}, {"zsh", "bash", true}} {
		with := func(parent string) *report.Timeline {
			return &report.Timeline{ID: "x-id", Phases: []report.Phase{{
				Name: "runtime_create", Section: report.Starting, Part: "runtime", Parent: events.Ref{Key: events.ProcKey{PID: 7}, Comm: parent},
			}}}
		}
		if d := phases.Compare(with(c.a), with(c.b), usual); d.Same() != c.same {
			t.Errorf("%s and %s: same is %v", c.a, c.b, !c.same)
		}
	}
}

// TestOrder: what one process does in another order is a difference.
func TestOrder(t *testing.T) {
	a := only(t, stream(t, "runc-run"))
	b := *a
	b.Phases = slices.Clone(a.Phases)
	i := slices.IndexFunc(b.Phases, func(f report.Phase) bool { return f.Name == "pidns_created" })
	j := slices.IndexFunc(b.Phases, func(f report.Phase) bool { return f.Name == "root_pivoted" })
	b.Phases[i], b.Phases[j] = b.Phases[j], b.Phases[i]
	same(t, "changes", changes(phases.Compare(a, &b, usual).Changes), []string{"order"})
}

// TestNormal: what is another in each run stands for the same.
func TestNormal(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"/run/" + hex + "/x.sock", "/run/" + strings.Repeat("fedcba9876543210", 4) + "/x.sock", true},
		{"img@sha256:" + hex, "img@sha256:" + strings.Repeat("fedcba9876543210", 4), false},
		{"/tmp/tmp.Ab3x/b", "/tmp/tmp.Qq9z/b", true}, {"/tmp/x/b", "/tmp/x/c", false}, {"/srv/a", "/srv/b", false},
		{"/proc/123/exe", "/proc/4567/exe", true}, {"/dev/fd/6", "/dev/fd/9", true},
		{"4026532404", "4026532178", true}, {"1000", "1001", false},
		{"2026-11-22T12:00:00Z", "2027-01-02T03:04:05.5+01:00", true},
		{"3f2504e0-4f89-11d3-9a0c-0305e82c3301", "00000000-0000-0000-0000-000000000000", true},
		{"--name=web", "--name=db", true}, {"--memory=1g", "--memory=2g", false},
		{"--cidfile=/a/1", "--cidfile=/b/2", true}, {"--pidfile=/a/1", "--pidfile=/b/2", true}, {"--pid-file=/a/1", "--pid-file=/b/2", true},
		{"--console-socket=/a/1", "--console-socket=/b/2", true}, {"--env-file=/a/1", "--env-file=/b/2", false},
		{"0123456789ab", "fedcba987654", true}, {"0123456789a", "fedcba98765", false}, {"0123456789abc", "fedcba9876543", false},
		{hex[:32], hex[1:33], true}, {hex[:31], hex[1:32], false},
		{"", " ", false},
	} {
		with := func(arg string) *report.Timeline {
			return &report.Timeline{ID: "x-id", Phases: []report.Phase{{
				Name: "asked", Section: report.Starting, Part: "client", Args: events.ArgsOf("docker", "run", arg),
			}}}
		}
		if d := phases.Compare(with(c.a), with(c.b), usual); d.Same() != c.same {
			t.Errorf("%q and %q: same is %v: %v", c.a, c.b, !c.same, d.Changes)
		}
	}
}

// TestSignals: signals are paired by which they were and who made them, what the kernel
// sent is nobody's, and one in the run is none of the end.
func TestSignals(t *testing.T) {
	runc := events.Ref{Key: events.ProcKey{PID: 7}, Comm: "runc"}
	sent := func(signal int32, origin events.Origin) report.Phase {
		return report.Phase{Name: "signal", Section: report.Stopping, Part: "init", Moment: true, Signal: &events.SignalDetail{Signal: signal, Origin: origin, Sender: runc, TargetIsInit: true}}
	}
	run := sent(1, events.OriginUser)
	run.Section = report.Running
	term, kill, reap := sent(15, events.OriginUser), sent(9, events.OriginUser), sent(9, events.OriginPidnsReap)
	for _, c := range []struct {
		a, b []report.Phase
		want []string
		text string // of the last change of b
	}{
		{[]report.Phase{term, kill}, []report.Phase{run, kill}, []string{"signal SIGTERM missing"}, ""},
		{[]report.Phase{run, kill}, []report.Phase{run, run, kill}, nil, ""},
		{[]report.Phase{kill}, []report.Phase{reap}, []string{"signal SIGKILL missing", "signal SIGKILL pidns_reap added"}, "SIGKILL, by the kernel, reaping the PID namespace of runc, delivered"},
		{[]report.Phase{term}, []report.Phase{term, term}, []string{"signal SIGTERM 2 added"}, "SIGTERM from runc, delivered"},
	} {
		with := func(all []report.Phase) *report.Timeline {
			return &report.Timeline{ID: "x-id", EndedNS: 1, Phases: all}
		}
		d := phases.Compare(with(c.a), with(c.b), usual)
		same(t, "changes", changes(d.Changes), c.want)
		if n := len(d.Changes); c.text != "" && n > 0 && d.Changes[n-1].B != c.text {
			t.Errorf("%q, want %q", d.Changes[n-1].B, c.text)
		}
	}
}
