//go:build linux

package tracer

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// loadAlone loads the named programs and no other. The name of a tracepoint
// stands for the variant that this kernel has.
func loadAlone(t *testing.T, opts Options, names ...string) *ebpf.Collection {
	t.Helper()
	spec, err := bpf.Spec()
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	opts = opts.withDefaults()
	if err := chooseVariants(spec, kernel, opts); err != nil {
		t.Fatal(err)
	}
	subsys, hierarchy := v1Controller(kernel)
	if err := setKnobs(spec, subsys, hierarchy, opts); err != nil {
		t.Fatal(err)
	}
	for name := range spec.Programs {
		if !slices.Contains(names, name) && !slices.Contains(names, strings.TrimSuffix(name, "_old")) {
			delete(spec.Programs, name)
		}
	}
	if len(spec.Programs) != len(names) {
		t.Fatalf("programs: %d, want %v", len(spec.Programs), names)
	}
	spec.Maps[bpf.MapRing].MaxEntries = uint32(opts.BufferBytes)
	loaded, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loaded.Close)
	return loaded
}

// record returns what the named programs, alone, record while do runs.
func record(t *testing.T, opts Options, do func(), names ...string) []*events.Event {
	t.Helper()
	loaded := loadAlone(t, opts, names...)
	var links []link.Link
	defer func() { closeLinks(links) }()
	for name, prog := range loaded.Programs {
		l, err := attach(name, prog)
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, l)
	}
	do()
	if err := closeLinks(links); err != nil {
		t.Fatal(err)
	}
	links = nil
	return drain(t, loaded.Maps[bpf.MapRing])
}

func drain(t *testing.T, ring *ebpf.Map) []*events.Event {
	t.Helper()
	reader, err := ringbuf.NewReader(ring)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	reader.SetDeadline(time.Unix(1, 0))
	var all []*events.Event
	var decoder bpf.Decoder
	for {
		rec, err := reader.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		ev, err := decoder.Decode(rec.RawSample)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ev.Clone())
	}
}

// of returns the events of that kind about that process.
func of(all []*events.Event, kind events.Kind, pid int) []*events.Event {
	var some []*events.Event
	for _, ev := range all {
		if ev.Kind == kind && ev.Process.Key.PID == int32(pid) {
			some = append(some, ev)
		}
	}
	return some
}

// only returns the one event of that kind about that process.
func only(t *testing.T, all []*events.Event, kind events.Kind, pid int) *events.Event {
	t.Helper()
	some := of(all, kind, pid)
	if len(some) != 1 {
		t.Fatalf("%s of %d: %d events, want one", kind, pid, len(some))
	}
	return some[0]
}

// child runs a program that does not end by itself; it is gone when the test is.
// When child returns it waits in a system call of its own: what Start waits for is
// a moment before the exec is complete.
func child(t *testing.T, attr *syscall.SysProcAttr, argv ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = attr
	if _, err := cmd.StdinPipe(); err != nil { // stays open and silent
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	eventually(t, argv[0]+" waiting", func() bool {
		call, _, _ := strings.Cut(procFile(t, cmd.Process.Pid, "syscall"), " ")
		nr, err := strconv.Atoi(call)
		return err == nil && nr != unix.SYS_EXECVE
	})
	return cmd
}

// kill ends a child and waits for it.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatalf("killed child: %v, want a signal", err)
	}
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}
