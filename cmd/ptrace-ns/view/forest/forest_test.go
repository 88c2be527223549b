package forest_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

var (
	host  = events.NSID{Inum: 4026531836}
	inner = events.NSID{Inum: 4026532178}
	web   = &events.Container{ID: strings.Repeat("9f1c", 16), Runtime: "docker", Name: "web"}
)

func node(pid int32, comm string, children ...*report.Node) *report.Node {
	n := &report.Node{State: report.Live, Children: children, Process: events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm, HasIDs: true,
		Chain: events.PIDChain{{NS: host, PID: pid}},
	}}
	return n
}

// within puts a process into the inner namespace as nr.
func within(nr int32, n *report.Node) *report.Node {
	n.Process.Chain = append(n.Process.Chain, events.PIDEntry{NS: inner, PID: nr})
	n.Process.Container = web
	return n
}

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm}
}

func sample() []*report.Node {
	sh := within(1, node(7609, "sh",
		within(7, node(7650, "sleep")),
		within(8, node(7651, "done"))))
	sh.Process.Exe = "/tmp/b\x1box"
	sh.Process.Args = events.ArgsOf("sh", "-c", "sleep 9; exit 3", "", "\x1b[2J")
	sh.Threads = []report.Thread{{TID: 7610, Comm: "io\nwrk", PIDs: []int32{7610, 2}}}
	sh.Reparented = []report.Adoption{{ReparentDetail: events.ReparentDetail{
		From: ref(7600, "runc"), To: ref(7580, "containerd-shim"), Reason: events.ReparentSubreaper,
	}}}
	dead := sh.Children[1]
	dead.State, dead.Exit, dead.LifetimeNS = report.Exited, &events.ExitStatus{Signal: 9}, 3_200_000_000
	sh.Process.NS = events.Namespaces{Mnt: 12, Net: 13, UTS: 14, IPC: 15, User: 6, Cgroup: 17}
	shim := node(7580, "containerd-shim", sh)
	shim.Process.Subreaper = true
	shim.Process.NS = events.Namespaces{Mnt: 2, Net: 3, UTS: 14, IPC: 5, User: 6, Time: 7}
	shim.Process.Job = &events.Job{PGID: 7580, SID: 1, State: "SLsl", HasCPU: true, CPUNS: 3_725_999_999_999}
	sh.Process.Job = &events.Job{PGID: 7609, SID: 7609, TTY: "pts/0", TPGID: 76090, State: "Ss", HasCPU: true}
	zombie := node(8000, "defunct")
	zombie.State, zombie.Exit = report.Zombie, &events.ExitStatus{Code: 3}
	evil := node(8001, "a\"]\\;\u202e<b>|`\xff")
	evil.Process.UID = 33
	first := node(1, "systemd", shim, zombie, evil)
	first.State = report.Unseen
	kworker := node(3, "kworker/0:0")
	kworker.Process.Kthread, kworker.Process.Parent = true, ref(2, "kthreadd")
	kthreadd := node(2, "kthreadd", kworker)
	kthreadd.Process.Kthread = true
	return []*report.Node{first, kthreadd}
}

func options() forest.Options {
	return forest.Options{Unicode: true, User: func(uid uint32) string {
		return map[uint32]string{0: "root", 33: "www\x1b-data"}[uid]
	}}
}

func grouped(w io.Writer, roots []*report.Node, o forest.Options) error {
	return forest.Grouped(w, []*report.Namespace{{
		Info: events.NSInfo{ID: host}, Members: 5,
		Children: []*report.Namespace{{Info: events.NSInfo{ID: inner, Level: 1, Parent: host}, Members: 2, Dying: true}},
	}}, roots, o)
}

func TestGolden(t *testing.T) {
	for name, c := range map[string]struct {
		print func(io.Writer, []*report.Node, forest.Options) error
		with  func(*forest.Options)
	}{
		"tree":  {forest.Text, func(*forest.Options) {}},
		"all":   {forest.Text, func(o *forest.Options) { o.Args, o.Kthreads, o.Ended = true, true, true }},
		"ascii": {forest.Text, func(o *forest.Options) { o.Unicode = false }},
		"color": {forest.Text, func(o *forest.Options) {
			o.Color = true
			o.Marked = map[events.ProcKey]bool{{PID: 7580, Start: 7580}: true}
		}},
		"jobs":    {forest.Text, func(o *forest.Options) { o.Jobs, o.Kthreads = true, true }},
		"changes": {forest.Text, func(o *forest.Options) { o.Namespaces = true }},
		"narrow":  {forest.Text, func(o *forest.Options) { o.Width = 40 }},
		"ns":      {grouped, func(*forest.Options) {}},
		"dot":     {forest.Dot, func(*forest.Options) {}},
		"mermaid": {forest.Mermaid, func(*forest.Options) {}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			c.with(&o)
			var out bytes.Buffer
			if err := c.print(&out, sample(), o); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+".golden", out.Bytes())
		})
	}
}

func TestWidth(t *testing.T) {
	for width := 1; width < 90; width++ {
		o := options()
		o.Width, o.Args = width, true
		var out bytes.Buffer
		if err := forest.Text(&out, sample(), o); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if got := safe.Width(strings.TrimSuffix(line, "\n")); got > max(width, 1) {
				t.Errorf("width %d: line of %d: %s", width, got, line)
			}
		}
	}
}

// FuzzNames puts any bytes where the kernel's strings go: one process stays one
// line, and a label never ends before its quote.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", `"`, `\`, `\"`, "];", "\x00", "<br/>", "#34;", "&quot;", "&amp;"} {
		f.Add(s)
	}
	dot := regexp.MustCompile(`(?m)^\t\tn1 \[label="([^"\\&]|\\.|&amp;)*"\];$`)
	mermaid := regexp.MustCompile(`(?m)^    n1\["[^"]*"\]$`)
	f.Fuzz(func(t *testing.T, s string) {
		n := within(1, node(5, s))
		n.Process.Args = events.ArgsOf(s, s)
		n.Process.Container = &events.Container{ID: s, Runtime: s}
		n.Reparented = []report.Adoption{{ReparentDetail: events.ReparentDetail{From: ref(6, s), To: ref(7, s)}}}
		for _, args := range []bool{false, true} {
			var text, d, m bytes.Buffer
			o := forest.Options{Args: args, User: func(uint32) string { return s }}
			for _, err := range []error{
				forest.Text(&text, []*report.Node{n}, o), forest.Dot(&d, []*report.Node{n}, o), forest.Mermaid(&m, []*report.Node{n}, o),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			line := strings.TrimSuffix(text.String(), "\n")
			if !utf8.ValidString(line) || strings.IndexFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) >= 0 {
				t.Errorf("text %q", line)
			}
			if !dot.MatchString(d.String()) || strings.Count(d.String(), "\n") != 7 {
				t.Errorf("dot %q", d.String())
			}
			if !mermaid.MatchString(m.String()) || strings.Count(m.String(), "\n") != 4 {
				t.Errorf("mermaid %q", m.String())
			}
		}
	})
}

func TestEndings(t *testing.T) {
	killer := &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(9, "bash")}
	for _, c := range []struct {
		state report.State
		exit  *events.ExitStatus
		more  bool
		want  string
	}{
		{report.Zombie, &events.ExitStatus{Code: 3}, false, "<zombie>"},
		{report.Zombie, &events.ExitStatus{Code: 3}, true, "<zombie, exited 3>"},
		{report.Zombie, nil, true, "<zombie>"},
		{report.Ending, &events.ExitStatus{Signal: 9}, false, "<ended, waits in the kernel for its namespace's members>"},
		{report.Ending, &events.ExitStatus{Signal: 9}, true, "<killed by SIGKILL, waits in the kernel for its namespace's members>"},
		{report.Exited, &events.ExitStatus{Signal: 9}, true, "killed by SIGKILL, by 9 bash"},
	} {
		n := node(5, "sh")
		n.State, n.Exit = c.state, c.exit
		if c.state == report.Exited {
			n.Killer = killer
		}
		var out bytes.Buffer
		if err := forest.Text(&out, []*report.Node{n}, forest.Options{Ended: c.more}); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "5 sh "+c.want+"\n"; got != want {
			t.Errorf("%s: got %q, want %q", c.state, got, want)
		}
	}
}

// A root's namespaces are compared with those of its parent, which is not printed.
func TestOutside(t *testing.T) {
	n := within(1, node(5, "sh", within(2, node(6, "sleep"))))
	n.Process.NS = events.Namespaces{Mnt: 12, Net: 13}
	outside := node(4, "nsenter").Process
	outside.NS = events.Namespaces{Mnt: 2, Net: 13}
	n.Outside = &outside
	want := "* 5>1 sh [docker web] {PID namespace 4026532178, level 1} {mnt} parent 4 nsenter outside\n`-6>2 sleep\n"
	var out bytes.Buffer
	if err := forest.Text(&out, []*report.Node{n}, forest.Options{Namespaces: true}); err != nil || out.String() != want {
		t.Errorf("%v, got %q, want %q", err, out.String(), want)
	}
	// In the same PID namespace there is nothing to say of it.
	n.Outside = &within(1, node(3, "init")).Process
	out.Reset()
	if err := forest.Text(&out, []*report.Node{n}, forest.Options{}); err != nil || strings.Contains(out.String(), "outside") {
		t.Errorf("%v, got %q", err, out.String())
	}
}

// An inode number is used again: two PID 1 are those of two namespaces.
func TestClusters(t *testing.T) {
	roots := []*report.Node{within(1, node(5, "a", within(2, node(6, "b")))), within(1, node(7, "c")), node(8, "host")}
	deep := within(3, node(9, "deep"))
	deep.Process.Chain = append(deep.Process.Chain, events.PIDEntry{NS: events.NSID{Inum: 5}, PID: 1})
	roots[1].Children = append(roots[1].Children, deep)
	var out bytes.Buffer
	if err := forest.Mermaid(&out, roots, forest.Options{}); err != nil {
		t.Fatal(err)
	}
	want := `flowchart LR
  n5["8 host"]
  subgraph s1["PID namespace 4026532178, level 1"]
    n1["5#62;1 a<br/>docker web"]
    n2["6#62;2 b"]
  end
  subgraph s2["PID namespace 4026532178, level 1"]
    n3["7#62;1 c<br/>docker web"]
    subgraph s3["PID namespace 5, level 2"]
      n4["9#62;3#62;1 deep"]
    end
  end
  n1 --> n2
  n3 --> n4
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

// Who only adopted others is named once and nothing is said of it.
func TestContext(t *testing.T) {
	first := node(1, "systemd", node(5, "sh"), node(6, "sh"))
	first.Context = true
	var out bytes.Buffer
	if err := forest.Text(&out, []*report.Node{first}, options()); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "1 systemd (not followed itself)\n├─5 sh\n└─6 sh\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEarlierParents(t *testing.T) {
	n := node(5, "sh")
	n.ReparentedBefore = 2
	n.Reparented = []report.Adoption{{ReparentDetail: events.ReparentDetail{From: ref(4, "a"), To: ref(1, "b"), Confirmed: true}}}
	var out bytes.Buffer
	if err := forest.Text(&out, []*report.Node{n}, forest.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "5 sh reparented 2 times before: reparented 4 a > 1 b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
