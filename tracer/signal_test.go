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

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// every is the signal mask of all.
const every = ^uint64(0)

// firstSignal returns the first of that signal to that process.
func firstSignal(t *testing.T, all []*events.Event, pid int, sig unix.Signal) *events.SignalDetail {
	t.Helper()
	for _, ev := range of(all, events.Signal, pid) {
		if ev.Signal.Signal == int32(sig) {
			return ev.Signal
		}
	}
	t.Fatalf("signal %v to %d: not among %d events", sig, pid, len(all))
	return nil
}

func TestSignalByUser(t *testing.T) {
	kerneltest.RequireBPF(t)
	var cmd *exec.Cmd
	all := record(t, Options{Signals: every}, func() {
		cmd = child(t, nil, "sleep", "60")
		if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
	}, "signal_generate")
	s := firstSignal(t, all, cmd.Process.Pid, unix.SIGTERM)
	if s.Origin != events.OriginUser || int(s.Sender.Key.PID) != os.Getpid() || !s.Group || s.Result != events.SignalDelivered {
		t.Errorf("signal: %+v, want one from %d to the group", s, os.Getpid())
	}
	if s.Sender.Key.Start/clockTick != startTicks(t, os.Getpid()) || s.TargetIsInit || s.ParentDeath {
		t.Errorf("signal: %+v, want oneself as the sender", s)
	}
}

func TestSignalByKernel(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{Signals: every}, func() { report = runScenario(t, "T06") }, "signal_generate")
	self, _ := report.Find("self", "faulty")
	s := firstSignal(t, all, self.PID, unix.SIGSEGV)
	if s.Origin != events.OriginKernel || int(s.Sender.Key.PID) != self.PID || s.SenderTID == int32(self.PID) || s.Group {
		t.Errorf("signal: %+v, want a fault of a thread of %d", s, self.PID)
	}
}

// TestSignalMask: what nobody asked for is not recorded, unless it goes to a PID 1 or
// ends its target, which is marked. Without a handler a PID 1 ignores what its
// ancestors send.
func TestSignalMask(t *testing.T) {
	kerneltest.RequireBPF(t)
	var plain, init *exec.Cmd
	all := record(t, Options{Signals: 1 << (unix.SIGKILL - 1)}, func() {
		plain = child(t, nil, "sleep", "60")
		init = child(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}, "sleep", "60")
		for _, cmd := range []*exec.Cmd{plain, init} {
			for _, sig := range []unix.Signal{unix.SIGCONT, unix.SIGTERM} {
				if err := cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
			}
		}
		plain.Wait()
		kill(t, init)
	}, "signal_generate")
	if s := only(t, all, events.Signal, plain.Process.Pid).Signal; s.Signal != int32(unix.SIGTERM) || !s.Unasked {
		t.Errorf("signal: %+v, want the SIGTERM that ended it, unasked for", s)
	}
	if got := len(of(all, events.Signal, init.Process.Pid)); got != 3 {
		t.Errorf("signals: %d to a PID 1, want all three", got)
	}
	term := firstSignal(t, all, init.Process.Pid, unix.SIGTERM)
	if !term.TargetIsInit || term.Result != events.SignalIgnored || term.Unasked {
		t.Errorf("SIGTERM: %+v, want it ignored by a PID 1", term)
	}
	if dead := firstSignal(t, all, init.Process.Pid, unix.SIGKILL); !dead.TargetIsInit || dead.Result != events.SignalDelivered {
		t.Errorf("SIGKILL: %+v, want it delivered to a PID 1", dead)
	}
}

// TestSignalToZombie: who is dead and not reaped yet is marked; a process whose
// leader alone has ended is not.
func TestSignalToZombie(t *testing.T) {
	kerneltest.RequireBPF(t)
	dead := exec.Command("true")
	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	defer dead.Wait()
	eventually(t, "a zombie", func() bool { return status(t, dead.Process.Pid, "State")[0] == 'Z' })
	headless := scenario.Start(t, "T04", "1000")
	var leader int
	all := record(t, Options{}, func() {
		if err := unix.Kill(dead.Process.Pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		headless.Go()
		eventually(t, "a process without its leader", func() bool {
			children := strings.Fields(procFile(t, headless.PID(), "task/"+strconv.Itoa(headless.PID())+"/children"))
			if len(children) != 1 {
				return false
			}
			leader, _ = strconv.Atoi(children[0])
			return status(t, leader, "State")[0] == 'Z'
		})
		if err := unix.Kill(leader, unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		headless.Wait()
	}, "signal_generate")
	if ev := only(t, all, events.Signal, dead.Process.Pid); !ev.Process.Zombie {
		t.Errorf("signal: %+v, want one to a zombie", ev.Process)
	}
	if ev := of(all, events.Signal, leader); len(ev) == 0 || ev[0].Process.Zombie {
		t.Errorf("signals: %d to a process that lives on in a thread, want one to no zombie", len(ev))
	}
}

// TestSignalReap: the kernel's kills in a dying namespace, one a member, and none
// of the PID 1 itself.
func TestSignalReap(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, id := range []string{"N01", "N02"} {
		var report kerneltest.Report
		all := record(t, Options{Signals: every}, func() { report = runScenario(t, id) }, "signal_generate")
		init, _ := report.Find("self", "init")
		for _, role := range []string{"member-0", "member-1"} {
			self, _ := report.Find("self", role)
			ev := only(t, all, events.Signal, self.PID)
			s := ev.Signal
			if s.Origin != events.OriginPidnsReap || s.Signal != int32(unix.SIGKILL) || int(s.Sender.Key.PID) != init.PID {
				t.Errorf("%s %s: %+v, want a reap by %d", id, role, s, init.PID)
			}
			if uint64(s.NSID.Inum) != init.PIDNS {
				t.Errorf("%s %s: of namespace %d, want %d", id, role, s.NSID.Inum, init.PIDNS)
			}
		}
		for _, ev := range of(all, events.Signal, init.PID) {
			if ev.Signal.Origin == events.OriginPidnsReap {
				t.Errorf("%s: %+v, want no reap of PID 1 by itself", id, ev.Signal)
			}
		}
	}
}

func TestSignalParentDeath(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{Signals: every}, func() { report = runScenario(t, "T14") }, "signal_generate")
	mourner, _ := report.Find("self", "mourner")
	survivor, _ := report.Find("self", "survivor")
	s := firstSignal(t, all, mourner.PID, unix.SIGTERM)
	if !s.ParentDeath || s.Origin != events.OriginKernel || int(s.Sender.Key.PID) != survivor.PID {
		t.Errorf("signal: %+v, want the death of a thread of %d", s, survivor.PID)
	}
	if int(s.SenderTID) == survivor.PID {
		t.Errorf("thread: %d is the leader, which lives on", s.SenderTID)
	}
}

func TestSignalCgroupKill(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := kerneltest.Cgroup2(t)
	var cmd *exec.Cmd
	all := record(t, Options{}, func() {
		cmd = child(t, nil, "sleep", "60")
		writeFile(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(cmd.Process.Pid))
		writeFile(t, filepath.Join(dir, "cgroup.kill"), "1")
		cmd.Wait()
	}, "signal_generate")
	s := firstSignal(t, all, cmd.Process.Pid, unix.SIGKILL)
	if s.Origin != events.OriginCgroupKill || int(s.Sender.Key.PID) != os.Getpid() {
		t.Errorf("signal: %+v, want cgroup.kill by %d", s, os.Getpid())
	}
}

// TestSignalOOM: the kill is the OOM killer's, which marks its victim just after. On
// PREEMPT_RT, where locks have a type that is not asked, the mark alone tells.
func TestSignalOOM(t *testing.T) {
	kerneltest.RequireBPF(t)
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	origin := events.OriginOOM
	if has(membersOf(t, kernel, "spinlock"), "lock") {
		origin = events.OriginKernel
	}
	var cmd *exec.Cmd
	all := record(t, Options{}, func() { cmd = runOutOfMemory(t) }, "mark_victim", "signal_generate")
	pid := cmd.Process.Pid
	if s := firstSignal(t, all, pid, unix.SIGKILL); s.Origin != origin || !s.Group {
		t.Errorf("signal: %+v, want %s", s, origin)
	}
	victim := only(t, all, events.OOM, pid)
	if victim.Process.Comm != "tail" || of(all, events.Signal, pid)[0].BootNS > victim.BootNS {
		t.Errorf("victim: %+v, want tail, marked after the signal", victim.Process)
	}
}
