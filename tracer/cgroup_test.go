//go:build linux

package tracer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestCgroupPath: a process's cgroup is that of /proc/PID/cgroup, the unified
// hierarchy's or, where it is at that one's root, the v1 controller's.
func TestCgroupPath(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := kerneltest.Cgroup2(t)
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
