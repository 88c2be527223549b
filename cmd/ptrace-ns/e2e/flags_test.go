package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// TestFollow follows what descends from a process, also when it gets new parents on
// the way.
func TestFollow(t *testing.T) {
	kerneltest.RequireBPF(t)
	busy(t)
	h := scenario.Start(t, "T10")
	tr := start(t, "-p", strconv.Itoa(h.PID()), "--follow")
	h.Go()
	report := h.Wait()
	tr.wait("the end", kind("exit"), pid(h.PID()))
	s := tr.end()
	s.checkSchema()

	family := map[int32]string{}
	for _, self := range report.All("self") {
		family[int32(self.PID)] = self.Role
		s.only("exit of "+self.Role, kind("exit"), pid(self.PID))
	}
	equal(t, "processes that tell of themselves", len(family), 5)
	for _, l := range s.lines {
		if family[l.Process.PID] == "" {
			t.Errorf("not of the family: %s", l.raw)
		}
	}
	var parents []string
	for _, moved := range s.all(kind("reparent")) {
		if family[moved.Process.PID] == "C" && !*moved.Confirmed {
			parents = append(parents, moved.Reason+" "+strconv.Itoa(int(moved.To.Ref.PID)))
		}
	}
	var says []string
	for i, moved := range report.All("moved") {
		says = append(says, []string{"subreaper ", "init "}[i%2]+strconv.Itoa(moved.PPID))
	}
	equals(t, "new parents of C", parents, says)
}

// TestPIDAlone leaves the children out.
func TestPIDAlone(t *testing.T) {
	kerneltest.RequireBPF(t)
	h := scenario.Start(t, "T10")
	tr := start(t, "-p", strconv.Itoa(h.PID()))
	h.Go()
	h.Wait()
	tr.wait("the end", kind("exit"))
	s := tr.end()
	for _, l := range s.lines {
		equal(t, "pid", int(l.Process.PID), h.PID())
	}
	s.only("what was there before", kind("snapshot"))
}

// TestPidnsOfOld asks for a namespace by the number that /proc shows.
func TestPidnsOfOld(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	busy(t)
	one := sleeper(t)
	inum := nsInum(t, one)
	tr := start(t, "--pidns", strconv.Itoa(int(inum)))
	run(t, "nsenter", "-t", strconv.Itoa(one), "-p", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & exit 0")
	run(t, "kill", "-KILL", strconv.Itoa(one))
	tr.wait("its end", kind("pidns_destroy"))
	s := tr.end()
	s.checkSchema()
	s.only("its PID 1", kind("snapshot"), pid(one))
	s.only("the entry", kind("pidns_enter"))
	s.only("the reaping", kind("pidns_reap"))
	for _, l := range s.lines {
		if !l.in(inum) {
			t.Errorf("not in namespace %d: %s", inum, l.raw)
		}
	}
}

// in reports whether the event is about the namespace or one of its members.
func (l *line) in(inum uint32) bool {
	if l.Pidns != nil && l.Pidns.Inum == inum || l.Process == nil {
		return l.Pidns != nil
	}
	for _, p := range l.Process.PIDs {
		if p.NS == inum {
			return true
		}
	}
	return false
}

// TestNewPidns asks for namespaces that come, and not for those that are there.
func TestNewPidns(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	busy(t)
	old := sleeper(t)
	tr := start(t, "--new-pidns")
	run(t, "nsenter", "-t", strconv.Itoa(old), "-p", "true")
	maker := exec.Command("unshare", "-pf", "sh", "-c", "sleep 1000 & exit 3")
	maker.Run()
	made := tr.wait("the creation", kind("pidns_create"), func(l *line) bool { return l.Creator.PID == int32(maker.Process.Pid) })
	tr.wait("its end", kind("pidns_destroy"), about(made.Process.ID))
	s := tr.end()
	s.checkSchema()
	for _, told := range []string{"fork", "exec", "exit", "pidns_reap", "pidns_destroy"} {
		s.find(told+" in it", kind(told), func(l *line) bool { return l.in(made.Pidns.Inum) })
	}
	for _, l := range s.lines {
		if l.in(nsInum(t, old)) {
			t.Errorf("of the old namespace: %s", l.raw)
		}
		if l.Process != nil && len(l.Process.PIDs) < 2 {
			t.Errorf("of the host: %s", l.raw)
		}
	}
}

// TestHostAndContainer ask for the two halves of the machine.
func TestHostAndContainer(t *testing.T) {
	requireDocker(t)
	id := dockerRun(t, image, "/bin/sleep", "1000")
	host, inside := start(t, "--host"), start(t, "-c", id[:12])
	run(t, "docker", "exec", id, "/bin/sh", "-c", "true; exit 0")
	marker := exec.Command("sh", "-c", "exit 9")
	marker.Run()
	host.wait("the host's own process", kind("exit"), pid(marker.Process.Pid))
	inside.wait("the end of what docker exec ran", kind("exit"), runsIn(id))

	s := host.end()
	for _, l := range s.lines {
		if len(l.Process.PIDs) > 1 || l.Process.Container != nil {
			t.Errorf("not of the host: %s", l.raw)
		}
	}
	s = inside.end()
	s.checkSchema()
	s.only("PID 1", kind("snapshot"))
	s.find("what docker exec runs", kind("exec"), with("true; exit 0"))
	for _, l := range s.lines {
		if !runsIn(id)(&l) {
			t.Errorf("not of the container: %s", l.raw)
		}
	}
}

// TestThreads tells each thread's start and end.
func TestThreads(t *testing.T) {
	kerneltest.RequireBPF(t)
	h := scenario.Start(t, "T04", "100")
	tr := start(t, "--threads", "-p", strconv.Itoa(h.PID()), "--follow")
	h.Go()
	report := h.Wait()
	tr.wait("the end", kind("exit"), pid(h.PID()))
	s := tr.end()
	s.checkSchema()
	survivor, ok := report.Find("self", "survivor")
	if !ok {
		t.Fatalf("report %+v, want the survivor's own word", report)
	}
	thread := func(l *line) bool { return l.Process.TID == int32(survivor.TID) }
	began := s.only("the thread's start", kind("thread_start"), pid(survivor.PID), thread)
	if !slices.Contains(began.CloneFlags, "CLONE_THREAD") {
		t.Errorf("clone flags %v, want CLONE_THREAD among them", began.CloneFlags)
	}
	equal(t, "the process's exit", exitOf(s.only("exit", kind("exit"), pid(survivor.PID)).Exit), "code 7")
	equal(t, "threads", s.only("exit", kind("exit"), pid(survivor.PID)).Threads, 2)
	s.only("the leader's own end", kind("thread_exit"), pid(survivor.PID), func(l *line) bool { return l.Process.TID == 0 })
}

// TestSyscallsPidsLimit: a cgroup's limit refuses a fork, and no other event says so.
func TestSyscallsPidsLimit(t *testing.T) {
	requireDocker(t)
	tr := start(t, "--syscalls")
	cidFile := filepath.Join(t.TempDir(), "id")
	cmd := exec.Command("docker", "run", "--rm", "--cidfile", cidFile, "--pids-limit", "4", image,
		"/bin/sh", "-c", "sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait")
	out, _ := cmd.CombinedOutput()
	if !strings.Contains(string(out), "fork") {
		t.Fatalf("the shell says %q, want that it cannot fork", out)
	}
	id, err := os.ReadFile(cidFile)
	if err != nil {
		t.Fatal(err)
	}
	tr.wait("docker's end", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()
	failed := s.find("the fork that failed", kind("clone_failed"), runsIn(string(id)))
	equal(t, "error", failed.Error, "EAGAIN")
	equal(t, "its name", failed.Process.Comm, "sh")
	equals(t, "its chain", chain(failed)[1:], []int32{1})
	// What runc did to make the container is told too.
	s.find("the new namespaces", kind("unshare"), func(l *line) bool { return slices.Contains(l.Flags, "CLONE_NEWPID") })
	s.find("the subreaper", kind("subreaper"), func(l *line) bool { return *l.Enable })
	s.find("the new root", kind("pivot_root"))
}

// TestSyscallsDeadNamespace: nobody can be born where PID 1 is gone.
func TestSyscallsDeadNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	h := scenario.Start(t, "N07")
	tr := start(t, "--syscalls", "-p", strconv.Itoa(h.PID()), "--follow")
	h.Go()
	report := h.Wait()
	tr.wait("the end", kind("exit"), pid(h.PID()))
	s := tr.end()
	s.checkSchema()
	unsharer, ok := report.Find("self", "unsharer")
	if !ok {
		t.Fatalf("report %+v, want the unsharer's own word", report)
	}
	failed := s.only("the fork that failed", kind("clone_failed"), pid(unsharer.PID))
	equal(t, "error", failed.Error, "ENOMEM")
	s.only("the call before", kind("unshare"), pid(unsharer.PID))
	equal(t, "births", len(s.all(kind("fork"), bornOf(failed.Process.ID))), 1)
}
