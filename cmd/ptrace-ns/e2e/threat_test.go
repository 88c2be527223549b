package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// The tests that docs/security.md names and that are nowhere else.

// asNobody runs a program as the user that the tracer runs as, without any capability.
func asNobody(args ...string) *exec.Cmd {
	line := append(nobody(), args...)
	return exec.Command(line[0], line[1:]...)
}

// TestThreatSameUser: another process of the tracer's user learns nothing from it, also
// when the tracer has no capability left that would keep it out.
func TestThreatSameUser(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	tr := startUnder(t, nobody("bpf", "perfmon"))
	confinedTo(tr, rights{uid: stranger, noNewPrivs: true, filtered: true})
	self := "/proc/" + strconv.Itoa(tr.cmd.Process.Pid)
	for _, args := range [][]string{
		{"cat", self + "/maps"}, {"cat", self + "/environ"}, {"ls", self + "/fd"}, {"readlink", "-v", self + "/exe"},
		{"dd", "if=" + self + "/mem", "count=1"},
	} {
		if out, err := asNobody(args...).CombinedOutput(); err == nil || !strings.Contains(string(out), "ermission denied") {
			t.Errorf("%v: %v, %.200s", args, err, out)
		}
	}
	if out, err := asNobody("cat", self+"/status").CombinedOutput(); err != nil {
		t.Errorf("this test shows nothing: not even the status can be read: %v, %s", err, out)
	}
	traces(tr)
}

// TestThreatKillAll: root of a container ends all whom it can reach; the tracer of the
// host is not among them, and tells who did it.
func TestThreatKillAll(t *testing.T) {
	requireDocker(t)
	tr := start(t)
	id := dockerRun(t, image, "sh", "-c", "sleep 1000 & sleep 1000 & kill -9 -1; wait; exit 5")
	tr.wait("the container's end", kind("container_exit"), inContainer(id))
	run(t, "docker", "wait", id)
	s := tr.end()
	end := s.only("the container's end", kind("container_exit"), inContainer(id))
	equal(t, "end of its PID 1", exitOf(end.Exit), "code 5")
	killed := s.all(kind("exit"), inContainer(id), func(l *line) bool { return exitOf(l.Exit) == "SIGKILL" })
	equal(t, "killed in the container", len(killed), 2)
	for _, victim := range killed {
		if victim.Killer == nil || victim.Killer.Sender == nil || victim.Killer.Sender.ID != end.Process.ID {
			t.Errorf("victim %s: killer %+v, want PID 1 of the container", victim.Process.ID, victim.Killer)
		}
	}
}

func inContainer(id string) match {
	return func(l *line) bool { return l.Process.Container != nil && l.Process.Container.ID == id }
}

// TestT18ForkBomb: a fork bomb in a container, held by its limit of processes only. All
// that was born is told or counted, what could not be born is not invented, and the
// tracer's memory has a bound.
func TestT18ForkBomb(t *testing.T) {
	requireDocker(t)
	tr := start(t, "--buffer", "1MiB")
	const limit = 200
	id := dockerRun(t, "--pids-limit", strconv.Itoa(limit), image, "sh", "-c", "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 2")
	tr.wait("the container's end", kind("container_exit"), inContainer(id))
	peak := peakMemory(t, tr.cmd.Process.Pid)
	if err := tr.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-tr.read
	tr.cmd.Wait()
	equal(t, "exit code", tr.cmd.ProcessState.ExitCode(), 0)
	if !strings.Contains(tr.stderr.String(), "count identity holds: ") {
		t.Errorf("it says %s", tr.stderr.String())
	}
	const bound = 256 << 20
	if peak > bound {
		t.Errorf("%d MiB of memory, bound %d", peak>>20, bound>>20)
	}
	alive, most, born := map[string]bool{}, 0, 0
	for i := range tr.lines {
		l := &tr.lines[i]
		if !inContainer(id)(l) {
			continue
		}
		switch l.Event {
		case "fork", "snapshot":
			if !alive[l.Process.ID] {
				alive[l.Process.ID] = true
				born++
			}
		case "exit":
			delete(alive, l.Process.ID)
		}
		most = max(most, len(alive))
	}
	if born < limit/2 {
		t.Fatalf("%d were born: that is no fork bomb", born)
	}
	// Where nothing was lost, all that is alive was counted by the kernel's own limit.
	if strings.Contains(tr.stderr.String(), ", 0 lost, in ") && most > limit {
		t.Errorf("%d alive at a time, and the limit is %d", most, limit)
	}
}

// peakMemory is the most that a process had resident (VmHWM).
func peakMemory(t testing.TB, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	return number(t, strings.Fields(rest)[0]) << 10
}

// TestThreatClaims: what a user says of himself makes him no container, no kernel thread
// and nobody else: neither a runtime's name and arguments nor that of a kernel thread.
func TestThreatClaims(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	sleep := kerneltest.RequireTool(t, "sleep")
	dir := stateDir(t)
	liar := filepath.Join(dir, "runc")
	raw, err := os.ReadFile(sleep)
	if err == nil {
		err = os.WriteFile(liar, raw, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	tr := start(t)
	// It fails, for its arguments are no time to sleep: by then it has been executed.
	claim := asNobody(liar, "--root", "/run/runc", "create", "--bundle", "/etc", "pns-claimed")
	claim.Run()
	kthread := asNobody("sh", "-c", `exec -a '[kworker/0:0]' "$0" 0`, sleep)
	if out, err := kthread.CombinedOutput(); err != nil {
		kthread = asNobody("bash", "-c", `exec -a '[kworker/0:0]' "$0" 0`, sleep) // not every sh can
		if again, err := kthread.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s%s", err, out, again)
		}
	}
	tr.wait("the end of the second", kind("exit"), pid(kthread.Process.Pid))
	s := tr.end()
	for _, l := range s.lines {
		if c := l.Process.Container; c != nil && c.ID == "pns-claimed" {
			t.Errorf("%s: a container that is only claimed: %+v", l.raw, c)
		}
	}
	ran := s.all(kind("exec"), pid(claim.Process.Pid))
	equal(t, "executable", ran[len(ran)-1].Process.Exe, liar)
	ran = s.all(kind("exec"), pid(kthread.Process.Pid))
	last := ran[len(ran)-1].Process
	equal(t, "executable", filepath.Base(last.Exe), filepath.Base(realPath(t, sleep)))
	equal(t, "first argument", last.Args[0], "[kworker/0:0]")
	equal(t, "kernel thread", last.Kthread, false)
}

func realPath(t testing.TB, path string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}
