package timeline_test

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// read makes the timelines of a recorded run.
func read(t testing.TB, name string) []*report.Timeline {
	t.Helper()
	f, err := os.Open("../../../../tracer/phases/testdata/streams/" + name + ".ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	r := phases.New()
	for lines.Scan() {
		ev := &events.Event{}
		if ndjson.DecodeEvent(lines.Bytes(), ev) == nil {
			_ = r.Put(ev)
		}
	}
	return r.Timelines()
}

func draw(t testing.TB, tl *report.Timeline, o timeline.Options) string {
	t.Helper()
	var out bytes.Buffer
	o.Zone = time.UTC
	if err := timeline.Write(&out, tl, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestWho: what is told of the processes of phases whose words depend on what they are.
func TestWho(t *testing.T) {
	ref := func(pid int32, comm string) events.Ref {
		return events.Ref{Key: events.ProcKey{PID: pid, Start: 1}, Comm: comm}
	}
	killer := &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(9, "sh"), SenderChain: []events.Ref{ref(1, "init")}}
	for _, c := range []struct {
		f    report.Phase
		want string
	}{
		{
			report.Phase{Name: "network", Part: "helper", Process: ref(7, "iptables"), Args: events.ArgsOf("iptables", "-C"), Link: "time", Count: 6},
			"7 iptables  iptables -C; 6 of them (by time)",
		},
		{
			report.Phase{Name: "network", Part: "helper", Process: ref(7, "ip"), Args: events.ArgsOf("ip", "link"), Link: "time", Count: 1},
			"7 ip  ip link (by time)",
		},
		{
			report.Phase{Name: "asked", Part: "client", Process: ref(7, "docker"), Args: events.ArgsOf("docker", "run"), Link: "time"},
			"7 docker  docker run (by time: the only one asking)",
		},
		{
			report.Phase{Name: "shim_exit", Part: "shim", Process: ref(7, "containerd-shim"), Exit: &events.ExitStatus{Signal: 9}, Killer: killer},
			"7 containerd-shim  killed by SIGKILL, by 9 sh, child of 1 init",
		},
		{report.Phase{Name: "shim_exit", Part: "shim", Process: ref(7, "containerd-shim"), Exit: &events.ExitStatus{}}, "7 containerd-shim  exited 0"},
		{
			report.Phase{Name: "signal", Part: "init", Process: ref(7, "sleep"), Signal: &events.SignalDetail{Signal: 9, Origin: events.OriginPidnsReap, Sender: ref(6, "sleep"), Result: events.SignalDelivered}},
			"7 sleep  SIGKILL, by the kernel, reaping the PID namespace of 6 sleep, delivered",
		},
	} {
		if got := timeline.Who(&report.Timeline{}, &c.f); got != c.want {
			t.Errorf("%s: %q, want %q", c.f.Name, got, c.want)
		}
	}
}

func TestGolden(t *testing.T) {
	for name, o := range map[string]timeline.Options{
		"docker-stop-80":  {Unicode: true, Width: 80},
		"docker-stop-120": {Unicode: true, Width: 120},
		"docker-run-80":   {Width: 80},
		"runc-run-80":     {Unicode: true, Width: 80, Color: true},
		"unshare-0":       {Unicode: true},
	} {
		t.Run(name, func(t *testing.T) {
			stream := name[:strings.LastIndexByte(name, '-')]
			all := read(t, stream)
			if len(all) != 1 {
				t.Fatalf("%d containers", len(all))
			}
			got := draw(t, all[0], o)
			golden.Check(t, "testdata/"+name+".golden", got)
			for line := range strings.Lines(got) {
				if o.Width > 0 && !o.Color && safe.Width(strings.TrimSuffix(line, "\n")) > o.Width {
					t.Errorf("wider than %d: %q", o.Width, line)
				}
				if !o.Unicode && strings.IndexFunc(line, func(r rune) bool { return r > 0x7e }) >= 0 {
					t.Errorf("not ASCII: %q", line)
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	var out bytes.Buffer
	if err := timeline.Names(&out, append(read(t, "nested"), read(t, "docker-run")...), timeline.Options{Unicode: true, Width: 80, Zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/names.golden", out.String())
}

// hostile puts a string wherever a process, a file or a container can choose one.
func hostile(s string) *report.Timeline {
	ref := func(pid int32) events.Ref { return events.Ref{Key: events.ProcKey{PID: pid, Start: 1}, Comm: s} }
	args := events.ArgsOf("sh", s)
	f := func(name string) report.Phase {
		return report.Phase{Name: name, Section: report.Starting, Part: "init", Process: ref(2), Program: s, Parent: ref(3), Creator: ref(4), Args: args, BeginNS: 5, EndNS: 9}
	}
	t := &report.Timeline{
		ID: s, Container: &events.Container{ID: s, Name: s, Runtime: s}, Runtime: s, Genealogy: s, Init: ref(2), Args: args, BeganNS: 5, RunsNS: 9,
		Exit: &events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(7), SenderChain: []events.Ref{ref(8)}},
		Absent: []report.Absence{{Phase: "asked", Why: s}},
	}
	for _, name := range []string{"asked", "stage_1", "entrypoint", "pidns_created", "exit"} {
		t.Phases = append(t.Phases, f(name))
	}
	cg, moved, hit := f("cgroup_made"), f("init_reparented"), f("signal")
	cg.Cgroup, cg.Via = s, s
	moved.Reparent = &events.ReparentDetail{From: ref(3), To: ref(4)}
	hit.Signal = &events.SignalDetail{Signal: 15, Sender: ref(6)}
	t.Phases = append(t.Phases, cg, moved, hit)
	return t
}

// heads are the same life with each of the heads that a timeline can have.
func heads(s string) []*report.Timeline {
	whole, failed, before := hostile(s), hostile(s), hostile(s)
	failed.NeverRan, failed.Joined = true, []string{"net"}
	before.BeganNS, before.SeenNS = 0, 20
	before.Above = []report.Ancestor{{Ref: whole.Init, Role: "container shim"}, {Ref: whole.Init}}
	return []*report.Timeline{whole, failed, before}
}

// TestInert: S10 and S11, what others choose neither acts nor tears a line, and what
// could be taken for a command of the shell is quoted in a command line.
func TestInert(t *testing.T) {
	plain := heads("x")
	for _, s := range []string{
		"</script><img src=x onerror=alert(1)>", "\"'&", "a\u2028b", "=cmd()", "a|b", "`id`", "$(id)", "\x1b]52;c;\x07", "a\r\nb", "\u202e", "\u009b",
	} {
		for i, tl := range heads(s) {
			got := draw(t, tl, timeline.Options{Unicode: true})
			if n, want := strings.Count(got, "\n"), strings.Count(draw(t, plain[i], timeline.Options{Unicode: true}), "\n"); n != want {
				t.Errorf("%q: %d lines, want %d", s, n, want)
			}
			if at := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); at >= 0 {
				t.Errorf("%q: %q", s, got[at:])
			}
			if strings.ContainsAny(s, "`$|<") && strings.Contains(got, "sh "+s) {
				t.Errorf("%q is not quoted as an argument", s)
			}
		}
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", "'", "\x00", "\r", "exe"} {
		f.Add(s, 80)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = max(width, 0) % 300
		o := timeline.Options{Unicode: true, Width: width}
		plain := heads("x")
		for i, tl := range heads(s) {
			got := draw(t, tl, o)
			// What is empty is not known, and has fewer lines.
			if n := strings.Count(got, "\n"); s != "" && n != strings.Count(draw(t, plain[i], o), "\n") {
				t.Errorf("lines are torn: %q", got)
			}
			if at := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); at >= 0 {
				t.Errorf("%q", got[at:])
			}
		}
	})
}
