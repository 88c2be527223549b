//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// processes returns the start of each process in /proc, in ticks.
func processes(t *testing.T) map[int]uint64 {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]uint64{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // gone meanwhile
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if all[pid], err = strconv.ParseUint(fields[22-3], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestSnapshot: who was there before is told once, before all that happens after,
// and who is told is there or ends.
func TestSnapshot(t *testing.T) {
	kerneltest.RequireBPF(t)
	mine := child(t, nil, "sleep", "60")
	before := processes(t)
	var after map[int]uint64
	all := live(t, Options{}, func() { after = processes(t) })

	told := map[events.ProcKey]*events.Event{}
	ended := map[events.ProcKey]bool{}
	for _, ev := range all {
		switch ev.Kind {
		case events.Snapshot:
			if told[ev.Process.Key] != nil {
				t.Errorf("%s: told twice", ev.Process.Key)
			}
			told[ev.Process.Key] = ev
		case events.Exit:
			ended[ev.Process.Key] = true
		}
	}
	known := map[string]bool{}
	for key, ev := range told {
		known[fmt.Sprint(key.PID, key.Start/clockTick)] = true
		if after[int(key.PID)] != key.Start/clockTick && !ended[key] && !ev.Process.Zombie {
			t.Errorf("%s %s: a ghost, neither in /proc nor ended", key, ev.Process.Comm)
		}
	}
	for pid, ticks := range before {
		if after[pid] == ticks && !known[fmt.Sprint(pid, ticks)] {
			t.Errorf("process %d: not in the snapshot", pid)
		}
	}
	checkKnown(t, only(t, all, events.Snapshot, mine.Process.Pid), mine.Process.Pid)
}

// checkKnown checks what /proc adds to a snapshot.
func checkKnown(t *testing.T, ev *events.Event, pid int) {
	t.Helper()
	p := ev.Process
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		t.Fatal(err)
	}
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if p.Exe != exe || p.Cwd != cwd || string(p.Args.Raw) != procFile(t, pid, "cmdline") {
		t.Errorf("image: %q in %q with %q, want %q in %q", p.Exe, p.Cwd, p.Args.Raw, exe, cwd)
	}
	if p.Parent.Key.PID != int32(os.Getpid()) || p.Parent.Comm == "" || p.NS != namespaces(t, pid) || p.Threads != 1 {
		t.Errorf("process: %+v, want one's own child", p)
	}
}

// TestBirths: both witnesses count each birth, and so many were told.
func TestBirths(t *testing.T) {
	kerneltest.RequireBPF(t)
	const births = 25
	r := start(t, Options{})
	eventually(t, "births are counted", func() bool { return Now() > r.startNS+uint64(10*birthMargin) })
	for range births {
		if err := exec.Command("true").Run(); err != nil {
			t.Error(err)
		}
	}
	s := r.end() // checks that the two agree
	if s.BirthsNewtask < births || s.ByKind[events.Fork].Received < s.BirthsNewtask {
		t.Errorf("births: %d counted, %d told, want at least %d", s.BirthsNewtask, s.ByKind[events.Fork].Received, births)
	}
	if s.ByKind[events.Exec].Received < births || s.ByKind[events.Exit].Received < births {
		t.Errorf("received: %+v, want at least %d of each", s.ByKind, births)
	}
}

// TestCloseLeavesNothing: the programs are gone with their last descriptor.
func TestCloseLeavesNothing(t *testing.T) {
	kerneltest.RequireBPF(t)
	k, err := Open(Options{Syscalls: true})
	if err != nil {
		t.Fatal(err)
	}
	var ids []ebpf.ProgramID
	for _, part := range k.obj.programs {
		for name, prog := range part.Programs {
			info, err := prog.Info()
			if err != nil {
				t.Fatal(err)
			}
			id, ok := info.ID()
			if !ok {
				t.Fatalf("program %s: has no id", name)
			}
			ids = append(ids, id)
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if len(ids) < 13 {
		t.Fatalf("programs: %d, want all", len(ids))
	}
	for _, id := range ids { // freed after a grace period
		eventually(t, fmt.Sprintf("program %d gone", id), func() bool {
			prog, err := ebpf.NewProgramFromID(id)
			if err == nil {
				prog.Close()
			}
			return errors.Is(err, os.ErrNotExist)
		})
	}
}

// TestIdleIsTold: the sinks are flushed though nothing ends the stream.
func TestIdleIsTold(t *testing.T) {
	kerneltest.RequireBPF(t)
	var flushes flushCounter
	start(t, Options{}, &flushes)
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	pid := int32(cmd.Process.Pid)
	eventually(t, "flush after the exit", func() bool { return flushes.exitFlushed(pid) })
}

// flushCounter knows which exits were followed by a flush.
type flushCounter struct {
	keeper
	flushed int
}

func (f *flushCounter) Flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flushed = len(f.told)
	return nil
}

func (f *flushCounter) exitFlushed(pid int32) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(of(f.told[:f.flushed], events.Exit, int(pid))) > 0
}
