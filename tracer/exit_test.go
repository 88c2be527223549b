//go:build linux

package tracer

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestExitStatus: one exit a process, with the group's code and not a thread's.
func TestExitStatus(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		id, role string
		status   events.ExitStatus
		threads  uint32
		args     []string
	}{
		{id: "T03", role: "execer", status: events.ExitStatus{Code: 3}, threads: 4},
		{id: "T04", role: "headless", status: events.ExitStatus{Code: 7}, threads: 2, args: []string{"20"}},
		{id: "T06", role: "faulty", status: events.ExitStatus{Signal: 11, Core: true}, threads: 3},
		{id: "T07", role: "killed", status: events.ExitStatus{Signal: 9}, threads: 1},
		{id: "T07", role: "status", status: events.ExitStatus{Code: 137}, threads: 1},
	} {
		t.Run(c.id+" "+c.role, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			var report kerneltest.Report
			all := record(t, Options{}, func() { report = runScenario(t, c.id, c.args...) },
				"task_newtask", "sched_process_exit") // the former counts threads
			self, ok := report.Find("self", c.role)
			if !ok {
				t.Fatalf("report: %+v, want %s", report, c.role)
			}
			ev := firstExit(t, all, self.PID)
			if ev.Exit.Status != c.status || ev.Exit.Threads != c.threads {
				t.Errorf("exit: %+v after %d threads, want %+v and %d", ev.Exit.Status, ev.Exit.Threads, c.status, c.threads)
			}
			if ev.Exit.LifetimeNS == 0 || ev.Process.Key.Start/clockTick != self.Start {
				t.Errorf("lifetime %d ns from %d, want one from tick %d", ev.Exit.LifetimeNS, ev.Process.Key.Start, self.Start)
			}
		})
	}
}

// firstExit returns the record of a process's end. Before Linux 6.16 threads that end
// at one moment may each take themselves for the last; the tracer takes the first, and
// what they say must be the same.
func firstExit(t *testing.T, all []*events.Event, pid int) *events.Event {
	t.Helper()
	some := of(all, events.Exit, pid)
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	params, err := tracepointParams(kernel, "sched_process_exit")
	if err != nil {
		t.Fatal(err)
	}
	if len(some) == 0 || len(some) > 1 && len(params) > 1 {
		t.Fatalf("exit of %d: %d events, want one", pid, len(some))
	}
	for _, ev := range some[1:] {
		if ev.Exit.Status != some[0].Exit.Status || ev.Process.Key != some[0].Process.Key {
			t.Errorf("exits of %d: %+v and %+v", pid, some[0].Exit, ev.Exit)
		}
	}
	return some[0]
}

// TestExitThreadsSinceExec: an exec leaves one thread, and the threads of the image
// before it are not the new one's.
func TestExitThreadsSinceExec(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{}, func() { report = runScenario(t, "T03") },
		"task_newtask", "sched_process_exec", "sched_process_exit")
	self, ok := report.Find("self", "execer")
	if !ok {
		t.Fatalf("report: %+v, want execer", report)
	}
	if n := only(t, all, events.Exit, self.PID).Exit.Threads; n != 1 {
		t.Errorf("threads: %d, want the one that is left by the exec", n)
	}
}

// TestExitReaper: the reaper that is foretold at a parent's exit is whom /proc then
// shows as the child's parent. The scenarios T09 and T10 are a plain orphan and one
// under a subreaper.
func TestExitReaper(t *testing.T) {
	kerneltest.RequireBPF(t)
	var t09, t10 kerneltest.Report
	all := record(t, Options{}, func() {
		t09 = runScenario(t, "T09")
		t10 = runScenario(t, "T10")
	}, "sched_process_exit")
	moved := t10.All("moved")
	if len(moved) != 2 {
		t.Fatalf("moves: %+v, want two", moved)
	}
	daemon, _ := t09.Find("moved", "daemon")
	for _, c := range []struct {
		report kerneltest.Report
		parent string
		to     kerneltest.Fact
	}{{t09, "middle", daemon}, {t10, "B", moved[0]}, {t10, "A", moved[1]}} {
		self, _ := c.report.Find("self", c.parent)
		checkReaper(t, only(t, all, events.Exit, self.PID), c.to.PPID)
	}
	b, _ := t10.Find("self", "B")
	if got := only(t, all, events.Exit, b.PID).Exit.ReaperReason; got != events.ReparentSubreaper {
		t.Errorf("B's reaper: %v, want a subreaper", got)
	}
}

func checkReaper(t *testing.T, ev *events.Event, want int) {
	t.Helper()
	x := ev.Exit
	if int(x.Reaper.Key.PID) != want {
		t.Errorf("%s: children foretold to %+v, want %d", ev.Process.Comm, x.Reaper, want)
	}
	if x.Reaper.Key.PID == 1 && x.ReaperReason != events.ReparentInit {
		t.Errorf("%s: children go to the init for %v", ev.Process.Comm, x.ReaperReason)
	}
}

// TestExitReaperOfNamespace: in a PID namespace the PID 1 of that namespace gets
// the orphans.
func TestExitReaperOfNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	var init *exec.Cmd
	var orphan int
	all := record(t, Options{}, func() {
		init = child(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID},
			"sh", "-c", "(sleep 61 & echo); exec sleep 60")
		eventually(t, "an orphan", func() bool {
			pids := strings.Fields(procFile(t, init.Process.Pid, "task/"+strconv.Itoa(init.Process.Pid)+"/children"))
			if len(pids) != 1 || procFile(t, init.Process.Pid, "comm") != "sleep\n" {
				return false
			}
			orphan, _ = strconv.Atoi(pids[0])
			return true
		})
	}, "task_newtask", "sched_process_exit")
	born := only(t, all, events.Fork, orphan)
	if got := ppid(t, orphan); got != init.Process.Pid {
		t.Fatalf("orphan's parent: %d, want PID 1, which is %d", got, init.Process.Pid)
	}
	middle := only(t, all, events.Exit, int(born.Process.Parent.Key.PID))
	checkReaper(t, middle, init.Process.Pid)
	if middle.Exit.ReaperReason != events.ReparentPidnsInit {
		t.Errorf("reason: %v, want the namespace's PID 1", middle.Exit.ReaperReason)
	}
}

// TestExitOfInit: a PID 1 has no heir.
func TestExitOfInit(t *testing.T) {
	kerneltest.RequireBPF(t)
	var init *exec.Cmd
	all := record(t, Options{}, func() {
		init = child(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}, "sleep", "60")
		kill(t, init)
	}, "sched_process_exit")
	ev := only(t, all, events.Exit, init.Process.Pid)
	if !ev.Exit.Reaper.IsZero() || ev.Exit.Status != (events.ExitStatus{Signal: 9}) || !ev.Process.NSInit {
		t.Errorf("exit: %+v of %+v, want a killed PID 1 without an heir", ev.Exit, ev.Process)
	}
}

// TestExitThreads: threads are told when asked for, each once, the last one as the
// process.
func TestExitThreads(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{Threads: true}, func() { report = runScenario(t, "T04", "20") },
		"task_newtask", "sched_process_exit")
	self, ok := report.Find("self", "headless")
	if !ok {
		t.Fatalf("report: %+v, want a process whose leader ended", report)
	}
	started := only(t, all, events.ThreadStart, self.PID)
	ended := only(t, all, events.ThreadExit, self.PID)
	if int(ended.Process.TID) != self.PID || started.Process.TID == ended.Process.TID {
		t.Errorf("threads: %d started, %d ended first, want the leader to", started.Process.TID, ended.Process.TID)
	}
	only(t, all, events.Exit, self.PID)
}
