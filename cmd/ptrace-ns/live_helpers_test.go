//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// nested starts sleepers in two PID namespaces, one in the other, and waits until
// all of them run. What it returns ends them.
func nested(t *testing.T) *exec.Cmd {
	t.Helper()
	kerneltest.RequireTool(t, "unshare")
	cmd := exec.Command("unshare", "-pf", "sh", "-c", "sleep 61 & unshare -pf sh -c 'sleep 62 & exec sleep 63' & exec sleep 64")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// First those below: once it is dead they are not below it any more.
		for _, pid := range below(cmd.Process.Pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		sleepers := 0
		for _, pid := range below(cmd.Process.Pid) {
			if raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(raw) == "sleep\n" {
				sleepers++
			}
		}
		if sleepers == 4 {
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of 4 sleepers run", sleepers)
		}
	}
}

// below lists the processes below one, by /proc alone.
func below(pid int) []int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var all []int
	for field := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(field); err == nil {
			all = append(append(all, child), below(child)...)
		}
	}
	return all
}

// procStatus reads fields of /proc/PID/status.
func procStatus(t *testing.T, pid int, name string) []int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for line := range strings.Lines(string(raw)) {
		if values, ok := strings.CutPrefix(line, name+":"); ok {
			for field := range strings.FieldsSeq(values) {
				n, err := strconv.Atoi(field)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, n)
			}
		}
	}
	return all
}

// live runs a command on the kernel itself.
func live(t *testing.T, args ...string) string {
	t.Helper()
	a := newApp()
	var out, errOut output
	a.out, a.err = &out, &errOut
	root := newRoot(a)
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String()
}

// injected starts a PID namespace and puts into it a child of this process, whom
// nobody waits for before reap is called.
func injected(t *testing.T) (init, member int, reap func()) {
	t.Helper()
	kerneltest.RequireTool(t, "unshare")
	inside := exec.Command("unshare", "-pf", "sleep", "63")
	inside.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start(t, inside)
	init = await(t, inside.Process.Pid, "sleep")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := openNS(t, "/proc/self/ns/pid")
	theirs := openNS(t, fmt.Sprintf("/proc/%d/ns/pid", init))
	if err := unix.Setns(theirs, unix.CLONE_NEWPID); err != nil {
		t.Fatal(err)
	}
	child := exec.Command("sleep", "64")
	err := child.Start()
	if back := unix.Setns(own, unix.CLONE_NEWPID); back != nil || err != nil {
		t.Fatal(back, err)
	}
	reap = func() { child.Process.Kill(); child.Wait() }
	t.Cleanup(reap)
	return init, child.Process.Pid, reap
}

// stuck kills the PID 1 of such a namespace: it waits in the kernel for the dead
// member, whose parent outside does not wait for it (N06).
func stuck(t *testing.T) (outside, init, member int) {
	t.Helper()
	init, member, _ = injected(t)
	syscall.Kill(init, syscall.SIGKILL)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		wchan, _ := os.ReadFile(fmt.Sprintf("/proc/%d/wchan", init))
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", member))
		if string(wchan) == "zap_pid_ns_processes" && bytes.Contains(state, []byte(") Z ")) {
			return os.Getpid(), init, member
		}
		if time.Now().After(deadline) {
			t.Fatalf("PID 1 is in %q, the member is %s", wchan, state)
		}
	}
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// await waits until a process has a child of that name.
func await(t *testing.T, parent int, comm string) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, pid := range below(parent) {
			if raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(raw) == comm+"\n" {
				return pid
			}
		}
	}
	t.Fatalf("process %d has no child %s", parent, comm)
	return 0
}

func openNS(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}
