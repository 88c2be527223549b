package e2e

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestN15 restarts containerd under a running container, to which nothing happens,
// and then kills the container's shim: all its children get a new parent and stay
// who they are.
func TestN15(t *testing.T) {
	d := startOwnDocker(t)
	tr := start(t)
	id := d.docker("run", "-d", "--network", "none", image, "/bin/sh", "-c", "sleep 1000 & wait")
	init := look(t, number(t, d.docker("inspect", "-f", "{{.State.Pid}}", id)))
	shim := look(t, init.ppid)
	tr.wait("the child", kind("exec"), runsIn(id), with("sleep", "1000"))
	d.docker("exec", "-d", id, "/bin/sleep", "1001")
	injected := tr.wait("what docker exec runs", kind("exec"), runsIn(id), with("/bin/sleep", "1001"))
	tr.wait("its new parent", kind("reparent"), about(injected.Process.ID))

	old := d.containerd.Process.Pid
	d.containerd.end(syscall.SIGKILL)
	away := tr.wait("the end of containerd", kind("exit"), pid(old))
	d.startContainerd()
	restarted := tr.wait("the new containerd", kind("exec"), pid(d.containerd.Process.Pid))
	d.answers("docker", "-H", "unix://"+d.dir+"/d", "exec", id, "/bin/true")
	mark := tr.wait("a life after it", kind("exit"), runsIn(id), since(restarted))
	equal(t, "the shim's parent after the restart", look(t, shim.pid).ppid, shim.ppid)
	equal(t, "the parent of PID 1 after the restart", look(t, init.pid).ppid, shim.pid)

	// Whoever is told of the shim's end kills the container: not before this has looked.
	if err := d.containerd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(shim.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	orphans := map[int]int{init.pid: 0, int(injected.Process.PID): 0}
	for n := range orphans {
		orphans[n] = newParentInProc(t, n, shim.pid)
		tr.wait("a new parent", kind("reparent"), pid(n), since(mark))
	}
	if err := d.containerd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	tr.wait("the end of PID 1", kind("exit"), pid(init.pid))
	tr.wait("the end of the namespace", kind("pidns_destroy"), pid(init.pid))
	d.docker("rm", "-f", id)
	s := tr.end()
	s.checkContract()

	born := s.only("the birth of PID 1", kind("fork"), pid(init.pid))
	init.isTruth(t, born)
	keep := s.find("the shim", kind("exec"), pid(shim.pid))
	s.checkRestart(away, mark, shim.pid, init.pid, int(injected.Process.PID))
	s.checkShimKilled(keep.Process.ID, mark, orphans)
	s.checkKept(id, init.pid, int(injected.Process.PID))
}

// newParentInProc waits until /proc shows another parent, and returns it.
func newParentInProc(t testing.TB, pid, old int) int {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if f, ok := factOf("/proc/" + strconv.Itoa(pid)); ok && f.ppid != int32(old) {
			return int(f.ppid)
		}
	}
	t.Fatalf("process %d is still a child of %d", pid, old)
	return 0
}

// checkRestart: from the end of containerd to the new one's first deed nobody of
// the container gets a new parent or ends.
func (s stream) checkRestart(away, back line, pids ...int) {
	s.t.Helper()
	for _, n := range pids {
		for _, l := range s.all(pid(n), since(away)) {
			if l.Seq < back.Seq && (l.Event == "reparent" && l.Cause > away.Seq || l.Event == "exit") {
				s.t.Errorf("by the restart: %s", l.raw)
			}
		}
	}
}

// checkShimKilled: every child that the shim has leaves it at the moment of its end.
func (s stream) checkShimKilled(shim string, mark line, orphans map[int]int) {
	s.t.Helper()
	exit := s.only("the shim's end", kind("exit"), about(shim))
	equal(s.t, "the shim's end", exitOf(exit.Exit), "SIGKILL")
	equal(s.t, "its killer", int(exit.Killer.Sender.PID), os.Getpid())
	if exit.Seq < mark.Seq {
		s.t.Errorf("the shim ends before it is killed: %s", exit.raw)
	}
	moves := 0
	for _, moved := range s.all(kind("reparent"), since(exit)) {
		if moved.From.Ref.ID != shim || moved.Cause != exit.Seq {
			continue // somebody else's, or what was foretold confirmed
		}
		to, ours := orphans[int(moved.Process.PID)]
		if !ours {
			continue // a runc that was at work
		}
		moves++
		equal(s.t, "new parent", int(moved.To.Ref.PID), to)
		reason := "subreaper"
		if to == 1 {
			reason = "init"
		}
		equal(s.t, "reason", moved.Reason, reason)
		equal(s.t, "moment", moved.BootNS, exit.BootNS)
		equal(s.t, "end of the old parent", exitOf(moved.FromExit), "SIGKILL")
	}
	equal(s.t, "new parents", moves, len(orphans))
}

// checkKept: they are born once and end once, as the same processes of the same
// container.
func (s stream) checkKept(container string, pids ...int) {
	s.t.Helper()
	for _, n := range pids {
		who := "process " + strconv.Itoa(n)
		born := s.only("the birth of "+who, kind("fork"), pid(n))
		if again := s.all(kind("snapshot"), about(born.Process.ID)); len(again) > 0 {
			s.t.Errorf("%s is told again: %s", who, again[0].raw)
		}
		exit := s.only("the end of "+who, kind("exit"), pid(n))
		equal(s.t, "identity of "+who, exit.Process.ID, born.Process.ID)
		if exit.Process.Container == nil || exit.Process.Container.ID != container {
			s.t.Errorf("%s ends in another container: %s", who, exit.raw)
		}
		if !strings.HasPrefix(exitOf(exit.Exit), "SIG") {
			s.t.Errorf("%s ends by itself: %s", who, exit.raw)
		}
	}
}
