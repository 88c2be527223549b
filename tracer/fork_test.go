//go:build linux

package tracer

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// everyNS are the namespaces that clone makes; time namespaces come by unshare.
const everyNS = unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS |
	unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWCGROUP

// TestForkIntoNamespaces compares a birth with what /proc says of the process:
// all its namespaces and its cgroup are new, and it was cloned into the latter.
func TestForkIntoNamespaces(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := kerneltest.Cgroup2(t)
	cgroup, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	var cmd *exec.Cmd
	all := record(t, Options{}, func() {
		ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
		cmd = child(t, &syscall.SysProcAttr{
			Cloneflags: everyNS, UidMappings: ids, GidMappings: ids,
			UseCgroupFD: true, CgroupFD: int(cgroup.Fd()),
		}, "sleep", "60")
	}, "task_newtask")

	pid := cmd.Process.Pid
	ev := only(t, all, events.Fork, pid)
	checkBirth(t, ev, pid)
	if ev.Fork.Flags&everyNS != everyNS || ev.Fork.Flags&unix.CLONE_INTO_CGROUP == 0 {
		t.Errorf("clone flags: %#x, want %#x and CLONE_INTO_CGROUP", ev.Fork.Flags, everyNS)
	}
	if ev.Fork.Syscall != "clone3" {
		t.Errorf("system call: %q, want clone3, which alone clones into a cgroup", ev.Fork.Syscall)
	}
	p := ev.Process
	if own := namespaces(t, os.Getpid()); len(p.Chain) != 2 || p.Chain[0].NS.Inum != own.PID || ev.Fork.CreatorNS.Inum != own.PID {
		t.Errorf("chain: %+v, made in %+v, want the second level below %d", p.Chain, ev.Fork.CreatorNS, own.PID)
	}
	if !p.NSInit || p.PidnsOwner != nsInum(t, pid, "user") {
		t.Errorf("PID 1: %v, its namespace owned by %d, want %d", p.NSInit, p.PidnsOwner, nsInum(t, pid, "user"))
	}
	if p.Cgroup.Hierarchy != 0 || p.Cgroup.ID != inode(t, dir) {
		t.Errorf("cgroup: %+v, want %d of the unified hierarchy", p.Cgroup, inode(t, dir))
	}
}

// checkBirth checks what is so of every process, while it lives.
func checkBirth(t *testing.T, ev *events.Event, pid int) {
	t.Helper()
	p := ev.Process
	if got, want := chainPIDs(p.Chain), nsPIDs(t, pid); !slices.Equal(got, want) {
		t.Errorf("PIDs: %v, want %v", got, want)
	}
	if want := namespaces(t, pid); p.NS != want || p.Chain.Own().NS.Inum != want.PID {
		t.Errorf("namespaces: %+v of chain %+v, want %+v", p.NS, p.Chain, want)
	}
	if got, want := p.Key.Start/clockTick, startTicks(t, pid); got != want {
		t.Errorf("start: %d ticks, want %d", got, want)
	}
	if want := pidfdIno(t, pid); p.PIDIno != want {
		t.Errorf("pid inode: %d, want %d", p.PIDIno, want)
	}
	if want := ppid(t, pid); int(p.Parent.Key.PID) != want || int(ev.Fork.Creator.Key.PID) != want {
		t.Errorf("parent: %+v, creator %+v, want %d", p.Parent, ev.Fork.Creator, want)
	}
	if got, want := p.Parent.Key.Start/clockTick, startTicks(t, ppid(t, pid)); got != want {
		t.Errorf("parent's start: %d ticks, want %d", got, want)
	}
	if !p.Full || !p.HasIDs || p.UID != uint32(os.Geteuid()) || p.GID != uint32(os.Getegid()) {
		t.Errorf("ids: %d %d, want one's own", p.UID, p.GID)
	}
	if ev.Fork.ExitSignal != int32(unix.SIGCHLD) {
		t.Errorf("exit signal: %d, want SIGCHLD", ev.Fork.ExitSignal)
	}
}

// TestForkPlain: nothing is new.
func TestForkPlain(t *testing.T) {
	kerneltest.RequireBPF(t)
	var cmd *exec.Cmd
	all := record(t, Options{}, func() { cmd = child(t, nil, "sleep", "60") }, "task_newtask")
	ev := only(t, all, events.Fork, cmd.Process.Pid)
	checkBirth(t, ev, cmd.Process.Pid)
	if ev.Process.NSInit || ev.Fork.Syscall != "" || ev.Fork.Flags&everyNS != 0 {
		t.Errorf("birth: %+v of %+v, want no namespace made", ev.Fork, ev.Process)
	}
	if ev.Fork.CreatorTID == 0 || ev.Fork.CreatorLevel != len(ev.Process.Chain)-1 {
		t.Errorf("creator: thread %d at level %d, want that of its child", ev.Fork.CreatorTID, ev.Fork.CreatorLevel)
	}
}

// TestForkParent: under CLONE_PARENT who creates is not who becomes the parent.
func TestForkParent(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{}, func() { report = runScenario(t, "T13") }, "task_newtask")
	self, _ := report.Find("self", "sibling")
	main, _ := report.Find("self", "main")
	cloner, ok := report.Find("self", "cloner")
	if !ok {
		t.Fatalf("report: %+v, want a cloner", report)
	}
	ev := only(t, all, events.Fork, self.PID)
	if int(ev.Process.Parent.Key.PID) != main.PID || int(ev.Fork.Creator.Key.PID) != cloner.PID {
		t.Errorf("parent %+v, creator %+v, want %d and %d", ev.Process.Parent, ev.Fork.Creator, main.PID, cloner.PID)
	}
	if ev.Fork.Flags&unix.CLONE_PARENT == 0 {
		t.Errorf("clone flags: %#x, want CLONE_PARENT", ev.Fork.Flags)
	}
}

// TestForkDeep: the chain is whole down to the deepest level, which takes another
// way through the ring than the first eight.
func TestForkDeep(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{}, func() { report = runScenario(t, "N04") }, "task_newtask")
	selves := report.All("self")
	if len(selves) < events.MaxLevels-2 {
		t.Fatalf("processes: %d, want one a level", len(selves))
	}
	for _, self := range selves {
		if self.Role == "main" {
			continue // its birth may be another's, before the programs were attached
		}
		ev := only(t, all, events.Fork, self.PID)
		if got := chainPIDs(ev.Process.Chain); !slices.Equal(got, self.PIDs) {
			t.Errorf("%s: PIDs %v, want %v", self.Role, got, self.PIDs)
		}
		if got := ev.Process.NS.PID; uint64(got) != self.PIDNS {
			t.Errorf("%s: namespace %d, want %d", self.Role, got, self.PIDNS)
		}
		inums := map[uint32]bool{}
		for _, e := range ev.Process.Chain {
			inums[e.NS.Inum] = true
		}
		if len(inums) != len(self.PIDs) {
			t.Errorf("%s: namespaces %+v, want all different", self.Role, ev.Process.Chain)
		}
	}
}

func runScenario(t *testing.T, id string, args ...string) kerneltest.Report {
	t.Helper()
	h := scenario.Start(t, id, args...)
	h.Go()
	return h.Wait()
}
