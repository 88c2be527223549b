package e2e

import (
	"os/exec"
	"strconv"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestN01Unshare is the shortest way to a namespace that dies with members in it.
func TestN01Unshare(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	tr := start(t)
	cmd := exec.Command("unshare", "-pf", "--mount-proc", "sh", "-c", "sleep 9 & sleep 9 & exit 3")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("unshare: %v, want exit 3", err)
	}
	tr.wait("unshare's end", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()

	maker := s.only("unshare", kind("exec"), pid(cmd.Process.Pid))
	made := s.only("the namespace's creation", kind("pidns_create"), bornOrMadeBy(maker.Process.ID))
	equal(t, "via", made.Via, "unshare")
	equal(t, "parent namespace", made.Pidns.Parent, s.header.Pidns)
	one := made.Process.ID
	exit := s.only("exit of PID 1", kind("exit"), about(one))
	equal(t, "exit of PID 1", exitOf(exit.Exit), "code 3")
	members := s.all(kind("fork"), bornOf(one))
	equal(t, "members", len(members), 2)
	for _, m := range members {
		reap := s.only("a member's reaping", kind("pidns_reap"), about(m.Process.ID))
		equal(t, "dead init", idOf(reap.Init), one)
		end := s.only("a member's exit", kind("exit"), about(m.Process.ID))
		equal(t, "exit", exitOf(end.Exit), "SIGKILL")
		equal(t, "origin", end.Killer.Origin, "pidns_reap")
	}
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(one))
	equal(t, "reaped", *gone.Reaped, 2)
	equal(t, "exit of init", exitOf(gone.Exit), "code 3")
	equal(t, "unshare's exit", exitOf(s.only("unshare's exit", kind("exit"), pid(cmd.Process.Pid)).Exit), "code 3")
}

// bornOrMadeBy matches what tells that creator, also where it is the parent.
func bornOrMadeBy(id string) match {
	return func(l *line) bool { return madeBy(id)(l) || bornOf(id)(l) }
}

// sleeper starts a process in a namespace of its own, which ends with the test,
// and returns the host's number of its PID 1.
func sleeper(t testing.TB) int {
	t.Helper()
	kerneltest.RequireTool(t, "unshare")
	cmd := exec.Command("unshare", "-pf", "--kill-child", "sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return firstChild(t, cmd.Process.Pid)
}

// TestN08Nsenter enters a namespace that was there before the tracer.
func TestN08Nsenter(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	one := sleeper(t)
	inum := nsInum(t, one)
	tr := start(t)
	cmd := exec.Command("nsenter", "-t", strconv.Itoa(one), "-p", "sh", "-c", "exit 6")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 6 {
		t.Fatalf("nsenter: %v, want exit 6", err)
	}
	tr.wait("nsenter's exit", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()

	old := s.only("the namespace's PID 1", kind("snapshot"), pid(one))
	look(t, one).isTruth(t, old)
	enterer := s.only("nsenter", kind("exec"), pid(cmd.Process.Pid))
	entered := s.only("the entry", kind("pidns_enter"), func(l *line) bool { return l.Pidns.Inum == inum })
	equal(t, "via", entered.Via, "setns")
	equal(t, "creator", idOf(entered.Creator), enterer.Process.ID)
	equal(t, "init", idOf(entered.Init), old.Process.ID)
	equal(t, "levels", len(entered.Process.PIDs), 2)
	image := s.only("what runs there", kind("exec"), about(entered.Process.ID))
	equals(t, "arguments", image.Process.Args, []string{"sh", "-c", "exit 6"})
	equal(t, "exit", exitOf(s.only("its exit", kind("exit"), about(entered.Process.ID)).Exit), "code 6")
}
