//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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

// noise makes processes that nobody follows, until the test is over, be it by a kill.
func noise(t *testing.T) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while kill -0 $PPID; do (/bin/true); done 2>/dev/null")
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
