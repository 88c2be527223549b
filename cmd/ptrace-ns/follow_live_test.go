//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// toldLines is a sink that keeps what two tracers must agree about: each process's lines,
// without what is a tracer's own.
type toldLines struct {
	mu   sync.Mutex
	of   map[events.ProcKey][]string
	line []byte
	// begun is closed when what was there before is told.
	begun chan struct{}
	once  sync.Once
}

// ownMembers are numbers of a stream, and times: each program reads the clock.
var ownMembers = []string{"seq", "cause", "cpu", "time", "boot_ns", "lifetime_ns", "reap_ns"}

func (l *toldLines) Put(ev *events.Event) error {
	if ev.Kind == events.Snapshot {
		return nil
	}
	l.line = ndjson.AppendEvent(l.line[:0], ev, 0)
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(l.line))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return err
	}
	for _, name := range ownMembers {
		delete(doc, name)
	}
	line, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[ev.Process.Key] = append(l.of[ev.Process.Key], string(line))
	return nil
}

func (l *toldLines) Flush() error {
	l.once.Do(func() { close(l.begun) })
	return nil
}

// await returns once something is told of a process.
func (l *toldLines) await(t *testing.T, pid int, kind events.Kind) {
	t.Helper()
	l.awaitLine(t, pid, `"event":"`+kind.String()+`"`)
}

// awaitLine returns once a line of a process has all these.
func (l *toldLines) awaitLine(t *testing.T, pid int, parts ...string) {
	t.Helper()
	lacks := func(line string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		for key, lines := range l.of {
			if key.PID == int32(pid) && slices.ContainsFunc(lines, func(line string) bool { return !lacks(line) }) {
				l.mu.Unlock()
				return
			}
		}
		l.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("%q of %d: not told within 20 s", parts, pid)
		}
	}
}

// following is a tracer whose reader selects who descends from a process.
type following struct {
	t    *testing.T
	told toldLines
	k    *tracer.Kernel
	stop context.CancelFunc
	done chan error
}

func follow(t *testing.T, pid int, o tracer.Options) *following {
	t.Helper()
	return followBy(t, pid, o, tracer.Derive)
}

func followBy(t *testing.T, pid int, o tracer.Options, derive func(*tree.Model, ...events.Sink) events.Sink) *following {
	t.Helper()
	k, err := tracer.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &following{t: t, told: toldLines{of: map[events.ProcKey][]string{}, begun: make(chan struct{})}, k: k, stop: stop, done: make(chan error, 1)}
	sink := selection.NewFollow(&f.told, []int32{int32(pid)}, 0)
	go func() { f.done <- tracer.Run(ctx, k, derive(tree.New(tree.Options{}), sink)) }()
	t.Cleanup(func() { _ = k.Close() })
	<-f.told.begun // arguments of who was there are read by then
	return f
}

func (f *following) end() tracer.Stats {
	f.t.Helper()
	f.stop()
	if err := <-f.done; err != nil {
		f.t.Fatal(err)
	}
	s, err := f.k.Stats()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		f.t.Error(err)
	}
	return s
}

// noise makes processes that nobody follows, until the test is over.
func noise(t *testing.T) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while :; do (/bin/true); done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// both has two tracers look at what a process does, one that records it alone.
func both(t *testing.T, pid int, do func(alone, all *following)) {
	t.Helper()
	o := tracer.Options{Threads: true}
	all := follow(t, pid, o)
	o.Follow = &tracer.Follow{PIDs: []int32{int32(pid)}}
	alone := follow(t, pid, o)
	if follows, err := alone.k.Follows(); err != nil || !follows {
		t.Fatalf("follows: %v, %v", follows, err)
	}
	if err := exec.Command("true").Run(); err != nil { // nobody's descendant
		t.Fatal(err)
	}
	do(alone, all)
	follows, err := alone.k.Follows()
	if err != nil || !follows {
		t.Errorf("follows at the end: %v, %v", follows, err)
	}
	s := alone.end()
	all.end()
	if n := s.ByKind[events.Fork].Filtered; n == 0 {
		t.Error("no fork of another was left out")
	}
	compareTold(t, alone.told.of, all.told.of)
}

func compareTold(t *testing.T, alone, all map[events.ProcKey][]string) {
	t.Helper()
	if len(alone) != len(all) || len(all) == 0 {
		t.Errorf("processes: %d told alone, %d among all", len(alone), len(all))
	}
	for key, want := range all {
		got := alone[key]
		// What two processes did at one moment may come either way in two rings.
		slices.Sort(got)
		slices.Sort(want)
		if slices.Equal(got, want) {
			continue
		}
		var differences string
		for _, line := range want {
			if !slices.Contains(got, line) {
				differences += fmt.Sprintf("\n- %s", line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				differences += fmt.Sprintf("\n+ %s", line)
			}
		}
		t.Errorf("%v: %d lines, want %d:%s", key, len(got), len(want), differences)
	}
}

// TestFollowInKernel: a tracer that has others left out in the kernel tells of a process
// and its descendants what one tells that reads everything, amid others' noise.
func TestFollowInKernel(t *testing.T) {
	kerneltest.RequireBPF(t)
	noise(t)
	for _, sc := range scenario.All() {
		t.Run(sc.ID, func(t *testing.T) {
			h := scenario.Start(t, sc.ID)
			awaitName(t, h.PID(), "pn-"+sc.ID+"-")
			both(t, h.PID(), func(*following, *following) {
				h.Go()
				h.Wait()
			})
		})
	}
}

// awaitName waits until a process has called itself so: then it does nothing more by itself.
func awaitName(t *testing.T, pid int, prefix string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); strings.HasPrefix(string(comm), prefix) {
			return
		}
	}
	t.Fatalf("name %s of %d: not there within 20 s", prefix, pid)
}

// root starts a process to be followed, in a process group of its own, which is killed
// when the test is over.
func root(t *testing.T, argv ...string) int {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// childOf waits for the first child of a process, and until that executed what has the name.
func childOf(t *testing.T, pid int, comm string) int {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		first, _, _ := strings.Cut(string(raw), " ")
		name, _ := os.ReadFile("/proc/" + first + "/comm")
		if child, err := strconv.Atoi(first); err == nil && strings.TrimSpace(string(name)) == comm {
			return child
		}
	}
	t.Fatalf("child %s of %d: not there within 20 s", comm, pid)
	return 0
}

func run(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", argv, err, out)
	}
}

// unseenAncestors is how many are shown at least of those above a sender.
const unseenAncestors = 15

// TestFollowKilledFromOutside: by a process that was born unseen, as its parent was. The
// end names all of them.
func TestFollowKilledFromOutside(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sleep", "60")
	both(t, pid, func(alone, all *following) {
		// Each shell runs the next, and so has it for a child: $1 are left.
		line := `if [ $1 -gt 0 ]; then sh -c "$0" "$0" $(($1-1)) $2; else kill -9 $2; fi; true`
		run(t, "sh", "-c", line, line, strconv.Itoa(unseenAncestors), strconv.Itoa(pid))
		alone.told.await(t, pid, events.Exit)
		all.told.await(t, pid, events.Exit)
		for key, lines := range alone.told.of {
			if key.PID != int32(pid) || strings.Count(strings.Join(lines, ""), `"comm":"sh"`) < unseenAncestors {
				t.Errorf("%v: %q, want its killer and %d of that one's ancestors", key, lines, unseenAncestors)
			}
		}
	})
}

// TestFollowDead: signals to one who is dead and not waited for are told, too.
func TestFollowDead(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sh", "-c", "sleep 60 & exec sleep 61")
	dead := childOf(t, pid, "sleep")
	both(t, pid, func(alone, all *following) {
		for range 3 {
			run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", dead))
			alone.told.await(t, dead, events.Exit)
		}
		all.told.await(t, dead, events.Exit)
	})
}

// TestFollowNamespace: who is in a namespace of the followed and does not descend from
// them, from before or since, ends it with them.
func TestFollowNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	enter := func() int {
		before := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "sh", "-c", "sleep 62; true")
		return childOf(t, childOf(t, before, "sh"), "sleep")
	}
	enter()
	both(t, pid, func(alone, all *following) {
		enter()
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, init, events.PidnsDestroy)
		all.told.await(t, init, events.PidnsDestroy)
	})
}

// TestFollowAwaited: who comes from outside into a namespace of the followed, has a child
// there and does not wait for it keeps that namespace from ending, and is named.
func TestFollowAwaited(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	o := tracer.Options{Follow: &tracer.Follow{PIDs: []int32{int32(pid)}}}
	alone := followBy(t, pid, o, tracer.DeriveLive)
	parent := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "sleep", "62")
	child := childOf(t, parent, "sleep")
	if err := syscall.Kill(parent, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
	alone.told.awaitLine(t, init, `"event":"pidns_wait"`, fmt.Sprintf(`"pid":%d}`, child), fmt.Sprintf(`"pid":%d}`, parent))
	alone.end()
}

// TestFollowNestedFromBefore: a namespace that one from outside made in that of the
// followed, before they were, ends with theirs, and so do those born in it since.
func TestFollowNestedFromBefore(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	fifo := filepath.Join(t.TempDir(), "go")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	outside := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "unshare", "-pf", "sh", "-c", `read go <"$0"; sleep 62 & wait`, fifo)
	nested := childOf(t, childOf(t, outside, "unshare"), "sh")
	both(t, pid, func(alone, all *following) {
		if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
			t.Fatal(err)
		}
		childOf(t, nested, "sleep")
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, init, events.PidnsDestroy)
		all.told.await(t, init, events.PidnsDestroy)
	})
}

// TestFollowIntoNamespace: of a namespace that others made unseen, PID 1 is known.
func TestFollowIntoNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	fifo := filepath.Join(t.TempDir(), "go")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pid := root(t, "sh", "-c", `read ns <"$0"; nsenter -t $ns -p sh -c 'sleep 62 & wait'`, fifo)
	both(t, pid, func(alone, all *following) {
		init := childOf(t, root(t, "unshare", "-pf", "sleep", "60"), "sleep")
		if err := os.WriteFile(fifo, fmt.Append(nil, init, "\n"), 0); err != nil {
			t.Fatal(err)
		}
		shell := childOf(t, childOf(t, pid, "nsenter"), "sh")
		sleep := childOf(t, shell, "sleep")
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", shell))
		alone.told.await(t, sleep, events.Reparent)
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, sleep, events.Exit)
		all.told.await(t, sleep, events.Exit)
	})
}

// TestFollowAdopted: an orphan is given to a subreaper that is not followed, and stays.
func TestFollowAdopted(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sh", "-c", "sleep 60 & exec sleep 61")
	sleep := childOf(t, pid, "sleep")
	both(t, pid, func(alone, all *following) {
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", pid))
		alone.told.await(t, sleep, events.Reparent)
		all.told.await(t, sleep, events.Reparent)
		run(t, "sh", "-c", fmt.Sprintf("kill -TERM %d", sleep))
		alone.told.await(t, sleep, events.Exit)
		all.told.await(t, sleep, events.Exit)
	})
}
