package account_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/account"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm}
}

// lives are one that was seen from its beginning to its end, one that only its middle
// is known of, and one in another's namespace; s stands where others choose the text.
func lives(s string) map[string]*report.Timeline {
	ns := events.NSInfo{ID: events.NSID{Inum: 4026532178}, Level: 1}
	args := events.ArgsOf("docker", "run", s)
	phase := func(name string, pid int32, from, to uint64) report.Phase {
		return report.Phase{Name: name, Section: report.Starting, Process: ref(pid, s), Parent: ref(7, s), Args: args, BeginNS: from, EndNS: to}
	}
	whole := &report.Timeline{
		ID: s, Container: &events.Container{ID: s, Runtime: "docker"}, Runtime: "docker", Pidns: ns, Init: ref(20, s), Args: args, Gone: true,
		Chain: events.PIDChain{{PID: 20}, {NS: ns.ID, PID: 1}}, Namespaces: []string{"pid", "mnt", "net"},
		Parent: ref(11, "containerd-shim"), Creator: ref(15, s), BeganNS: 1_000_000, RunsNS: 301_000_000, EndedNS: 3_301_000_000,
		Adopted: &events.ReparentDetail{From: ref(12, "runc"), To: ref(11, "containerd-shim"), Reason: events.ReparentSubreaper, FromExit: &events.ExitStatus{}, Confirmed: true},
		Exit:    &events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(30, s)},
		Reaped: []events.Ref{ref(21, s), ref(22, "b")},
	}
	asked, shim, made := phase("asked", 9, 1_000_000, 50_000_000), phase("shim_daemonised", 11, 60_000_000, 70_000_000), phase("pidns_created", 20, 120_000_000, 0)
	asked.Link = "time"
	shim.Reparent = &events.ReparentDetail{From: ref(10, s), To: ref(1, "init")}
	made.Creator, made.Via, made.Moment = ref(15, s), "unshare", true
	whole.Phases = []report.Phase{asked, phase("shim_start", 10, 50_000_000, 70_000_000), shim, phase("runtime_create", 12, 71_000_000, 200_000_000), made, phase("helper", 16, 100_000_000, 180_000_000)}
	stop := phase("stop_asked", 31, 3_000_000_000, 0)
	stop.Section = report.Stopping
	whole.Phases = append(whole.Phases, stop)
	late := &report.Timeline{ID: s, Pidns: ns, Init: ref(20, s), Chain: whole.Chain, Parent: ref(11, s)}
	shared := &report.Timeline{ID: s, Pidns: ns, Shared: true, Init: ref(20, s), Chain: events.PIDChain{{PID: 20}, {NS: ns.ID, PID: 7}}, EndedNS: 5, Exit: &events.ExitStatus{Signal: 15}, Runtime: s}
	entered := phase("entered", 40, 3_000_000_000, 3_100_000_000)
	entered.Section, entered.Exit = report.Running, &events.ExitStatus{Code: 2}
	before := &report.Timeline{
		ID: s, Pidns: ns, Init: ref(20, s), Chain: whole.Chain, Parent: ref(11, s), SeenNS: 2_000_000_020, EndedNS: 4_000_000_020, Gone: true,
		Exit: &events.ExitStatus{}, Above: []report.Ancestor{{Ref: ref(11, s), Role: "container shim"}, {Ref: ref(1, "init")}}, Phases: []report.Phase{entered},
		Joined: []string{"net"},
	}
	ended := phase("client_exit", 9, 120_000_000, 0)
	ended.Section, ended.Exit = report.Stopping, &events.ExitStatus{Code: 127}
	failed := &report.Timeline{
		ID: s, Container: whole.Container, Runtime: "docker", Pidns: ns, Init: ref(20, s), Args: args, Gone: true, NeverRan: true, Chain: whole.Chain,
		Parent: ref(12, "runc"), BeganNS: 1_000_000, EndedNS: 101_000_000, Exit: &events.ExitStatus{Code: 1}, Phases: []report.Phase{asked, phase("runtime_create", 12, 71_000_000, 110_000_000), ended},
	}
	return map[string]*report.Timeline{"whole": whole, "late": late, "shared": shared, "before": before, "failed": failed, "killed": killed(s, whole)}
}

// killed is one of which the daemon made the network, that somebody sent a signal and
// whose shim was killed before it; its longest time lies between two moments.
func killed(s string, whole *report.Timeline) *report.Timeline {
	t := *whole
	phase := func(name, part string, section report.Section, pid int32, from, to uint64) report.Phase {
		return report.Phase{Name: name, Part: part, Section: section, Process: ref(pid, s), Parent: ref(7, s), Args: events.ArgsOf(name, s), BeginNS: from, EndNS: to, Moment: to == 0}
	}
	network, proxy := phase("network", "helper", report.Starting, 41, 2_000_000, 9_000_000), phase("network", "helper", report.Starting, 42, 9_000_000, 0)
	network.Link, network.Count, proxy.Link, proxy.Count = "time", 6, "time", 2
	shim := phase("shim_exit", "shim", report.Running, 11, 2_301_000_000, 0)
	shim.Exit, shim.Killer = &events.ExitStatus{Signal: 9}, &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(50, s), SenderChain: []events.Ref{ref(1, "init")}}
	t.Phases = []report.Phase{
		phase("maker", "runtime", report.Starting, 12, 1_000_000, 11_000_000), network, proxy,
		phase("pidns_created", "init", report.Starting, 20, 11_000_000, 0), phase("entrypoint", "init", report.Starting, 20, 301_000_000, 0),
		phase("first_child", "first_child", report.Starting, 21, 9_301_000_000, 0),
		phase("signal_asked", "sender", report.Running, 60, 1_000_000_000, 1_100_000_000), shim,
	}
	return &t
}

func tell(t testing.TB, tl *report.Timeline) string {
	t.Helper()
	var out bytes.Buffer
	if err := account.Write(&out, account.Of(tl)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	for name, tl := range lives("web") {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".golden", tell(t, tl))
		})
	}
}

// TestUnknown: what is not known is named, and of what is known nothing is.
func TestUnknown(t *testing.T) {
	for name, want := range map[string]string{"whole": "", "late": "start parent", "shared": "start parent killer"} {
		if got := strings.Join(account.Of(lives("web")[name]).Unknown, " "); got != want {
			t.Errorf("%s: unknown are %q, want %q", name, got, want)
		}
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", "'", "\x00", "\r", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, tl := range lives(s) {
			got := tell(t, tl)
			if n := strings.Count(got, "\n"); n != strings.Count(tell(t, lives("x")[name]), "\n") {
				t.Errorf("%s: lines are torn: %q", name, got)
			}
			if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
				t.Errorf("%s: %q", name, got[i:])
			}
		}
	})
}

// TestRefused: a request that failed is told as refused, unless something came of it.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		exit *events.ExitStatus
		came bool
		want string
	}{
		{nil, false, "web had asked for a signal to it (signal_asked web).\n"},
		{&events.ExitStatus{}, false, "(signal_asked web).\n"},
		{&events.ExitStatus{Code: 1}, false, "(signal_asked web), which was refused (exited 1).\n"},
		{&events.ExitStatus{Code: 1}, true, "(signal_asked web); it exited 1.\n"},
		{&events.ExitStatus{Code: 130}, false, "(signal_asked web); it exited 130.\n"},
		{&events.ExitStatus{Signal: 2}, false, "(signal_asked web); it was killed by SIGINT.\n"},
	} {
		tl := lives("web")["killed"]
		for i := range tl.Phases {
			if f := &tl.Phases[i]; f.Name == "signal_asked" {
				f.Exit = c.exit
			}
		}
		if c.came {
			tl.Phases = append(tl.Phases, report.Phase{Name: "signal", Section: report.Stopping, BeginNS: 1_050_000_000, Signal: &events.SignalDetail{Signal: 15}})
		}
		if got := tell(t, tl); !strings.Contains(got, c.want) {
			t.Errorf("%v, came %v: want %q in\n%s", c.exit, c.came, c.want, got)
		}
	}
}

// TestUnsent: what a runtime was called to send is told where nothing of it came.
func TestUnsent(t *testing.T) {
	for came, want := range map[int32]bool{31: false, 32: true} {
		tl := lives("web")["whole"]
		tl.Phases = append(tl.Phases,
			report.Phase{Name: "runtime_kill", Section: report.Stopping, Process: ref(31, "runc"), BeginNS: 2_000_000_000, Sends: 15},
			report.Phase{Name: "signal", Section: report.Stopping, BeginNS: 2_100_000_000, Signal: &events.SignalDetail{Signal: 15, Sender: ref(came, "runc")}})
		const said = "31 runc was called to send SIGTERM, and no such signal to its init was seen.\n"
		if got := tell(t, tl); strings.Contains(got, said) != want {
			t.Errorf("a signal of %d: want %v for %q in\n%s", came, want, said, got)
		}
	}
}

// TestCalledAs: of what a daemon has itself do is said what; other helpers are named by
// their program alone.
func TestCalledAs(t *testing.T) {
	tl := lives("web")["whole"]
	helper := func(comm string, args ...string) report.Phase {
		return report.Phase{Name: "helper", Section: report.Starting, Part: "helper", Link: "time", Count: 1, Process: ref(70, comm), Parent: ref(10, "dockerd"), Program: comm, Args: events.ArgsOf(args...)}
	}
	tl.Phases = append(tl.Phases, helper("dockerd", "set-ipv6", "/var/run/docker/netns/1", "all"), helper("iptables", "/usr/sbin/iptables", "--wait"))
	if got, want := tell(t, tl), "10 dockerd ran meanwhile 1 dockerd (set-ipv6), 1 iptables, which only the time ties to it.\n"; !strings.Contains(got, want) {
		t.Errorf("want %q in\n%s", want, got)
	}
}

// TestAlso: its other names are told.
func TestAlso(t *testing.T) {
	tl := lives("web")["whole"]
	tl.Also = []string{"old", "older"}
	if got, want := tell(t, tl), ", also called old, older, ran docker run web; its init is "; !strings.Contains(got, want) {
		t.Errorf("want %q in\n%s", want, got)
	}
}

// TestOthers: who of those reaped is another container's, and that others called the daemon.
func TestOthers(t *testing.T) {
	tl := lives("web")["whole"]
	tl.Guests = map[events.ProcKey]*events.Container{tl.Reaped[1].Key: {ID: "db", Name: "db"}}
	tl.Absent = []report.Absence{{Phase: "network", Why: "others"}}
	got := tell(t, tl)
	for _, want := range []string{"2 processes, 21 web, 22 b of container db.\n", "others called the daemon at that time.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}
