package e2e

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// patience is how long something that must come is waited for. It says nothing of
// how fast the program is: other work may have the processors.
var patience = kerneltest.Patience(20 * time.Second)

// line is one event as it was printed.
type line struct {
	ndjson.Doc
	raw     string
	arrived uint64 // CLOCK_BOOTTIME when it was read, nanoseconds
}

// trace is one run of `ptrace-ns watch -o json`.
type trace struct {
	t       testing.TB
	cmd     *exec.Cmd
	stderr  shared
	objects []kernelObject
	read    chan struct{} // closed when standard output has ended

	mu     sync.Mutex
	header ndjson.HeaderDoc
	lines  []line
	err    error
}

// start runs the program and returns when it traces.
func start(t testing.TB, args ...string) *trace {
	t.Helper()
	return startUnder(t, nil, args...)
}

// startUnder runs the program under a command that executes it in its own place.
func startUnder(t testing.TB, under []string, args ...string) *trace {
	t.Helper()
	tr := launchUnder(t, under, args...)
	tr.poll("the header", func() bool { return tr.header.Event == "header" })
	tr.objects = objectsOf(t, tr.cmd.Process.Pid)
	if len(tr.objects) == 0 {
		t.Fatal("the header is printed and nothing is attached")
	}
	return tr
}

// launch runs the program and does not wait for anything.
func launch(t testing.TB, args ...string) *trace {
	t.Helper()
	return launchUnder(t, nil, args...)
}

// launchUnder runs the program under a command that runs another.
func launchUnder(t testing.TB, under []string, args ...string) *trace {
	t.Helper()
	line := slices.Concat(under, []string{binary(t), "watch", "-o", "json", "--log-level", "error"}, args)
	tr := &trace{t: t, cmd: exec.Command(line[0], line[1:]...), read: make(chan struct{})}
	tr.run()
	return tr
}

// run starts the command, and takes what it prints.
func (tr *trace) run() {
	t := tr.t
	t.Helper()
	tr.cmd.Stderr = &tr.stderr
	out, err := tr.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go tr.take(bufio.NewReader(out))
	t.Cleanup(func() {
		if tr.cmd.ProcessState == nil {
			tr.cmd.Process.Kill()
			<-tr.read
			tr.cmd.Wait()
		}
	})
}

// take reads until the end of the stream.
func (tr *trace) take(out *bufio.Reader) {
	defer close(tr.read)
	for {
		raw, err := out.ReadString('\n')
		if err != nil {
			return
		}
		tr.mu.Lock()
		if tr.err == nil {
			tr.err = tr.add(raw)
		}
		tr.mu.Unlock()
	}
}

func (tr *trace) add(raw string) error {
	if tr.header.Event == "" {
		return json.Unmarshal([]byte(raw), &tr.header)
	}
	l := line{raw: raw, arrived: bootNS()}
	if err := json.Unmarshal([]byte(raw), &l.Doc); err != nil {
		return err
	}
	tr.lines = append(tr.lines, l)
	return nil
}

func bootNS() uint64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return uint64(now.Nano())
}

// shared is text that is read while it is written.
type shared struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// poll waits until done holds, which it asks with the lines at rest.
func (tr *trace) poll(what string, done func() bool) {
	tr.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		tr.mu.Lock()
		over, err := done(), tr.err
		tr.mu.Unlock()
		if over {
			return
		}
		if err != nil {
			tr.t.Fatalf("stream: %v", err)
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("%s did not come; standard error: %s", what, tr.stderr.String())
		}
		select {
		case <-tr.read:
			tr.t.Fatalf("%s did not come and the stream has ended: %s", what, tr.stderr.String())
		default:
		}
	}
}

// wait returns the first event that is all of that, when it has come.
func (tr *trace) wait(what string, matches ...match) line {
	tr.t.Helper()
	var found line
	seen := 0
	tr.poll(what, func() bool {
		for ; seen < len(tr.lines); seen++ {
			if all(matches)(&tr.lines[seen]) {
				found = tr.lines[seen]
				return true
			}
		}
		return false
	})
	return found
}

// end interrupts the program and returns what it told. It must end well, account
// for every event and leave nothing in the kernel.
func (tr *trace) end() stream {
	tr.t.Helper()
	if err := tr.cmd.Process.Signal(syscall.SIGINT); err != nil {
		tr.t.Fatal(err)
	}
	return tr.finish(0)
}

// finish waits for the program's own end.
func (tr *trace) finish(code int) stream {
	tr.t.Helper()
	late := time.AfterFunc(2*patience, func() { tr.cmd.Process.Kill() })
	defer late.Stop()
	<-tr.read
	tr.cmd.Wait()
	if got := tr.cmd.ProcessState.ExitCode(); got != code {
		tr.t.Fatalf("exit code %d, want %d: %s", got, code, tr.stderr.String())
	}
	if tr.err != nil {
		tr.t.Fatalf("stream: %v", tr.err)
	}
	for _, said := range []string{", 0 lost, in ", "count identity holds: "} {
		if !strings.Contains(tr.stderr.String(), said) {
			tr.t.Errorf("summary lacks %q: %s", said, tr.stderr.String())
		}
	}
	if said := "turned out otherwise than predicted"; strings.Contains(tr.stderr.String(), said) {
		tr.t.Errorf("a new parent %s: %s", said, tr.stderr.String())
	}
	checkGone(tr.t, tr.objects)
	return stream{t: tr.t, header: tr.header, lines: tr.lines}
}
