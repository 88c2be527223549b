package html_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

const (
	initial = 4026531836
	began   = 5_000_000_000
	micro   = 1_000
)

func header() *events.Header {
	return &events.Header{
		Version: "1.2.3", Host: "host", Kernel: "6.18", BootTimeNS: 1_795_353_000_000_000_000, StartNS: began, PidnsInum: initial,
		Options: map[string]any{"output": "x.zst"},
	}
}

// stream makes events one after the other, a microsecond apart.
type stream struct {
	all []*events.Event
	now uint64
}

func (s *stream) put(ev *events.Event) {
	s.now++
	ev.Seq, ev.BootNS = uint64(len(s.all)+1), began+s.now*micro
	s.all = append(s.all, ev)
}

func key(pid int32) events.ProcKey {
	return events.ProcKey{PID: pid, Start: began/2 + uint64(pid)*micro}
}

func process(pid, parent int32, comm string, args ...string) events.Process {
	p := events.Process{
		Key: key(pid), TID: pid, Comm: comm, Args: events.ArgsOf(args...), Full: true, HasIDs: true,
		Chain: events.PIDChain{{NS: events.NSID{Inum: initial}, PID: pid}},
	}
	if parent != 0 {
		p.Parent = events.Ref{Key: key(parent)}
	}
	return p
}

func (s *stream) snapshot(p events.Process) { s.put(&events.Event{Kind: events.Snapshot, Process: p}) }

func (s *stream) fork(p events.Process) {
	s.put(&events.Event{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: p.Parent}})
}

func (s *stream) exec(p events.Process) {
	s.put(&events.Event{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{Filename: "/bin/x"}})
}

func (s *stream) exit(p events.Process, d events.ExitDetail) {
	d.LifetimeNS = began + (s.now+1)*micro - p.Key.Start
	s.put(&events.Event{Kind: events.Exit, Process: p, Exit: &d})
}

// many are so many events at least: a shell whose children execute and end, one in a
// hundred killed.
func many(n int) []*events.Event {
	s := &stream{}
	s.snapshot(process(1, 0, "init", "/sbin/init"))
	s.snapshot(process(2, 1, "sh", "sh", "-c", "loop"))
	for pid := int32(10); len(s.all) < n; pid++ {
		p := process(pid, 2, "worker", "worker", fmt.Sprintf("--job=%d", pid))
		s.fork(p)
		s.exec(p)
		d := events.ExitDetail{}
		if pid%100 == 0 {
			d.Status.Signal = 9
			d.Killer = &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: events.Ref{Key: key(2), Comm: "sh"}}
		}
		s.exit(p, d)
	}
	return s.all
}

// hostile strings would be markup, script, an end of either, or act on a terminal.
var hostile = []string{
	`</script><script>window.pwned=1</script>`, `<img src=x onerror="window.pwned=2">`, `"'><svg onload=window.pwned=3>`, `<!--<script>`,
	`&lt;b&gt;`, "a\u2028b\u2029c", "\x1b[2J\x07\u202eevil\u009b", "\xff\xfe", `javascript:window.pwned=4`, "__proto__", `]]>`, "${window.pwned=5}",
}

// attacked has the hostile strings wherever a process, a container or a file can put
// one.
func attacked() (*events.Header, []*events.Event) {
	s := &stream{}
	h := header()
	h.Host, h.Kernel, h.Version = hostile[0], hostile[1], hostile[2]
	h.Options = map[string]any{hostile[3]: hostile[1]}
	s.snapshot(process(1, 0, hostile[1]))
	for i, bad := range hostile {
		p := process(int32(10+i), 1, bad, append([]string{bad, ""}, hostile...)...)
		p.Exe, p.Cwd, p.Cgroup.Path = "/"+bad, bad, "/x/"+bad
		p.Container = &events.Container{ID: bad, Name: bad, Image: bad, Runtime: bad, Pod: bad, PodNS: bad}
		p.Role, p.Genealogy = bad, bad
		s.fork(p)
		s.exec(p)
		s.put(&events.Event{Kind: events.Rename, Process: p, Rename: &events.RenameDetail{OldComm: bad}})
		s.put(&events.Event{Kind: events.ContainerStart, Process: p})
		s.exit(p, events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Signal: 9, Sender: events.Ref{Key: key(1), Comm: bad}}})
	}
	return h, s.all
}

func page(t testing.TB, h *events.Header, all []*events.Event, about html.About) []byte {
	t.Helper()
	p := html.New(h)
	for _, ev := range all {
		if err := p.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := p.Write(&b, about); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// recorded is the report of a recording in testdata.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../../testdata/recordings", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := record.NewReader(f, record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := html.New(r.Header())
	for {
		ev, err := r.Next(t.Context())
		if err != nil {
			break
		}
		if err := p.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	trailer, whole := r.Trailer()
	var b bytes.Buffer
	if err := p.Write(&b, html.About{File: name, Whole: whole, Lost: trailer.Lost}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
