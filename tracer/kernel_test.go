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
	"syscall"
	"testing"
	"time"

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

// TestCgroupPath: a process's cgroup is that of /proc/PID/cgroup, the unified
// hierarchy's or, where it is at that one's root, the v1 controller's.
func TestCgroupPath(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := cgroup2(t)
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	box := filepath.Join(dir, "docker-"+id+".scope")
	if err := os.Mkdir(box, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eventually(t, box+" removed", func() bool { return os.Remove(box) == nil }) })
	into, err := os.Open(box)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	var plain, moved, born *exec.Cmd
	all := live(t, Options{}, func() {
		plain, moved = child(t, nil, "sleep", "60"), child(t, nil, "sleep", "60")
		writeFile(t, filepath.Join(box, "cgroup.procs"), strconv.Itoa(moved.Process.Pid))
		born = child(t, &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(into.Fd())}, "sleep", "60")
	})
	for _, cmd := range []*exec.Cmd{plain, born} {
		checkCgroup(t, only(t, all, events.Fork, cmd.Process.Pid).Process, cmd.Process.Pid)
	}
	move := only(t, all, events.CgroupMove, moved.Process.Pid)
	checkCgroup(t, move.Process, moved.Process.Pid)
	if move.Cgroup.To.Path != move.Process.Cgroup.Path || move.Cgroup.From.Path == move.Cgroup.To.Path {
		t.Errorf("moved: %+v, want to %q from elsewhere", move.Cgroup, move.Process.Cgroup.Path)
	}
	for _, p := range []events.Process{move.Process, only(t, all, events.Exec, born.Process.Pid).Process} {
		if p.Container == nil || p.Container.ID != id || p.Container.Runtime != "docker" {
			t.Errorf("%d: container %+v, want docker's %s", p.Key.PID, p.Container, id)
		}
	}
	if p := only(t, all, events.Exec, plain.Process.Pid).Process; p.Container != nil && p.Container.ID == id {
		t.Errorf("%d: container %+v, want none of that", p.Key.PID, p.Container)
	}
}

func checkCgroup(t *testing.T, p events.Process, pid int) {
	t.Helper()
	var unified, memory string
	for line := range strings.Lines(procFile(t, pid, "cgroup")) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case part[0] == "0":
			unified = part[2]
		case part[1] == "memory":
			memory = part[2]
		}
	}
	want := unified
	if unified == "/" && memory != "" {
		want = memory
	}
	if p.Cgroup.Path != want {
		t.Errorf("%d: cgroup %+v, want %q", pid, p.Cgroup, want)
	}
}

// TestOOMKill: the OOM killer is the killer, in the signal and in the exit.
func TestOOMKill(t *testing.T) {
	kerneltest.RequireBPF(t)
	var hog *exec.Cmd
	all := live(t, Options{}, func() { hog = runOutOfMemory(t) })
	pid := hog.Process.Pid
	victim, exit := only(t, all, events.OOM, pid), only(t, all, events.Exit, pid)
	if victim.Seq > exit.Seq || exit.Exit.Killer == nil || exit.Exit.Killer.Origin != events.OriginOOM {
		t.Errorf("exit: %+v by %+v, want the OOM killer", exit.Exit.Status, exit.Exit.Killer)
	}
}

// TestKillerUnasked: a signal that nobody asked for is not told, and yet the exit
// says who sent it.
func TestKillerUnasked(t *testing.T) {
	kerneltest.RequireBPF(t)
	var cmd *exec.Cmd
	all := live(t, Options{}, func() {
		cmd = child(t, nil, "sleep", "60")
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
	})
	if n := len(of(all, events.Signal, cmd.Process.Pid)); n != 0 {
		t.Errorf("signals: %d told, want none", n)
	}
	k := only(t, all, events.Exit, cmd.Process.Pid).Exit.Killer
	if k == nil || k.Origin != events.OriginUser || k.Signal != int32(syscall.SIGINT) || int(k.Sender.Key.PID) != os.Getpid() {
		t.Errorf("killer: %+v, want SIGINT by %d", k, os.Getpid())
	}
}

// TestCgroupKill: so is who wrote cgroup.kill.
func TestCgroupKill(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := cgroup2(t)
	var cmd *exec.Cmd
	all := live(t, Options{}, func() {
		cmd = child(t, nil, "sleep", "60")
		writeFile(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(cmd.Process.Pid))
		writeFile(t, filepath.Join(dir, "cgroup.kill"), "1")
		cmd.Wait()
	})
	k := only(t, all, events.Exit, cmd.Process.Pid).Exit.Killer
	if k == nil || k.Origin != events.OriginCgroupKill || int(k.Sender.Key.PID) != os.Getpid() {
		t.Errorf("killer: %+v, want cgroup.kill by %d", k, os.Getpid())
	}
}

// runOutOfMemory has a process killed for want of memory in a cgroup of its own.
func runOutOfMemory(t *testing.T) *exec.Cmd {
	t.Helper()
	dir := cgroup1(t, "memory")
	writeFile(t, filepath.Join(dir, "memory.limit_in_bytes"), strconv.Itoa(16<<20))
	hog := child(t, nil, "sh", "-c", "read x; exec tail /dev/zero")
	defer time.AfterFunc(30*time.Second, func() { hog.Process.Kill() }).Stop()
	writeFile(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(hog.Process.Pid))
	writeStdin(t, hog.Process.Pid)
	hog.Wait()
	if hog.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("memory hog: %v, want it killed", hog.ProcessState)
	}
	return hog
}
