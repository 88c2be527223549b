//go:build linux

package tracer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

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
	dir := kerneltest.Cgroup2(t)
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
	dir := kerneltest.LimitMemory(t, strconv.Itoa(16<<20))
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
