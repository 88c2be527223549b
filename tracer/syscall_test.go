//go:build linux

package tracer

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// recordCalls has the system calls of do recorded, which runs on a thread of its
// own that ends with it: it may be in other namespaces then.
func recordCalls(t *testing.T, do func() error) []*events.Event {
	t.Helper()
	return record(t, Options{Syscalls: true}, func() {
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			done <- do()
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}, "sys_enter", "sys_exit")
}

func TestSyscallNamespaces(t *testing.T) {
	kerneltest.RequireBPF(t)
	var fd int
	all := recordCalls(t, func() (err error) {
		if fd, err = unix.Open("/proc/thread-self/ns/uts", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
			return err
		}
		return unix.Setns(fd, unix.CLONE_NEWUTS)
	})
	if got := only(t, all, events.Unshare, os.Getpid()).Syscall; got.Flags != unix.CLONE_NEWUTS || got.Ret != 0 || got.DurationNS == 0 {
		t.Errorf("unshare: %+v", got)
	}
	if got := only(t, all, events.Setns, os.Getpid()).Syscall; got.Flags != unix.CLONE_NEWUTS || int(got.FD) != fd || got.Ret != 0 {
		t.Errorf("setns: %+v, want descriptor %d", got, fd)
	}
}

// TestSyscallErrors: calls that fail are told with their errno and arguments.
func TestSyscallErrors(t *testing.T) {
	kerneltest.RequireBPF(t)
	all := recordCalls(t, func() error {
		if err := unix.Setns(-1, 0); !errors.Is(err, unix.EBADF) {
			return err
		}
		if err := unix.PivotRoot("/pn-new", "/pn-new/old"); !errors.Is(err, unix.ENOENT) {
			return err
		}
		return nil
	})
	if got := only(t, all, events.Setns, os.Getpid()).Syscall; got.FD != -1 || got.Ret != -int64(unix.EBADF) {
		t.Errorf("setns: %+v, want EBADF", got)
	}
	got := only(t, all, events.PivotRoot, os.Getpid()).Syscall
	if got.NewRoot != "/pn-new" || got.PutOld != "/pn-new/old" || got.Ret != -int64(unix.ENOENT) {
		t.Errorf("pivot_root: %+v, want ENOENT", got)
	}
}

func TestSyscallSubreaper(t *testing.T) {
	kerneltest.RequireBPF(t)
	all := recordCalls(t, func() error {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return err
		}
		return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	})
	got := of(all, events.Subreaper, os.Getpid())
	if len(got) != 2 {
		t.Fatalf("prctl: %d events, want two: other prctls are not told", len(got))
	}
	for i, arg := range []int64{1, 0} {
		if s := got[i].Syscall; s.Name != "prctl" || s.Arg != arg || s.Ret != 0 {
			t.Errorf("prctl: %+v, want the argument %d", s, arg)
		}
	}
}

// TestSyscallClone: births that the kernel refuses are told, the others are not.
func TestSyscallClone(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{Syscalls: true}, func() { report = runScenario(t, "N07") }, "sys_enter", "sys_exit")
	self, _ := report.Find("self", "unsharer")
	refused, ok := report.Find("error", "second")
	if !ok || refused.Errno != "ENOMEM" {
		t.Fatalf("report: %+v, want a refused fork", report)
	}
	got := only(t, all, events.CloneFailed, self.PID).Syscall
	if got.Name != "clone3" || got.Ret != -int64(unix.ENOMEM) || got.Flags != 0 {
		t.Errorf("clone: %+v, want clone3 with ENOMEM", got)
	}
	if got := only(t, all, events.Unshare, self.PID).Syscall; got.Flags != unix.CLONE_NEWPID {
		t.Errorf("unshare: %+v, want CLONE_NEWPID", got)
	}
}

// TestSyscallCloneLimit: more processes than a cgroup may have.
func TestSyscallCloneLimit(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := kerneltest.LimitedCgroup(t, "pids", "pids.max", "pids.max", "1")
	sh := child(t, nil, "sh", "-c", "read x; (true)")
	writeFile(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(sh.Process.Pid))
	all := record(t, Options{Syscalls: true}, func() {
		writeStdin(t, sh.Process.Pid)
		sh.Wait()
	}, "sys_enter", "sys_exit")
	failed := of(all, events.CloneFailed, sh.Process.Pid)
	if len(failed) == 0 {
		t.Fatal("clone: none failed, want EAGAIN")
	}
	for _, ev := range failed {
		if ev.Syscall.Ret != -int64(unix.EAGAIN) || !strings.HasPrefix(ev.Process.Comm, "sh") {
			t.Errorf("%s of %s: %+v, want EAGAIN", ev.Syscall.Name, ev.Process.Comm, ev.Syscall)
		}
	}
}

// writeStdin ends the read of a child that waits for a line.
func writeStdin(t *testing.T, pid int) {
	t.Helper()
	in, err := os.OpenFile("/proc/"+strconv.Itoa(pid)+"/fd/0", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := in.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
}
