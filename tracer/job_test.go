//go:build linux

package tracer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// procStat is what /proc/PID/stat says of one process (proc_pid_stat(5)).
type procStat struct {
	state            byte
	pgid, sid, tpgid int32
	tty, cpu         uint64 // device number, ticks
	nice, threads    int
	start            uint64
}

func readStat(t *testing.T, pid int32) (s procStat, ok bool) {
	t.Helper()
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/stat")
	if err != nil {
		return s, false
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	field := func(n int) int64 {
		v, err := strconv.ParseInt(f[n-3], 10, 64)
		if err != nil {
			t.Fatalf("stat of %d, field %d: %v", pid, n, err)
		}
		return v
	}
	return procStat{
		state: f[0][0], pgid: int32(field(5)), sid: int32(field(6)), tty: uint64(field(7)), tpgid: int32(max(field(8), 0)),
		cpu: uint64(field(14) + field(15)), nice: int(field(19)), threads: int(field(20)), start: uint64(field(22)),
	}, true
}

// jobs is the last of every process in a census.
func jobs(t *testing.T) map[events.ProcKey]events.Job {
	t.Helper()
	census, err := TakeCensus(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[events.ProcKey]events.Job{}
	for {
		ev, err := census.Next(context.Background())
		if err != nil {
			return all
		}
		if ev.Kind == events.Snapshot {
			if ev.Process.Job == nil {
				t.Fatalf("snapshot of %v without a job", ev.Process.Key)
			}
			all[ev.Process.Key] = *ev.Process.Job
		}
	}
}

// TestJobs: what the iterator tells is what /proc says before and after it: of
// those that rest all, of all others what they do not change.
func TestJobs(t *testing.T) {
	kerneltest.RequireBPF(t)
	resting := restingJobs(t)
	before := map[int32]procStat{}
	for pid := range procPIDs(t) {
		if s, ok := readStat(t, pid); ok {
			before[pid] = s
		}
	}
	all := jobs(t)
	rest := map[int32]bool{}
	for _, pid := range resting {
		rest[int32(pid)] = true
	}
	compared := 0
	for key, job := range all {
		was, known := before[key.PID]
		is, ok := readStat(t, key.PID)
		if !known || !ok || was.start != is.start || key.Start/clockTick != is.start {
			continue
		}
		// TIME is rounded twice in /proc, and a running thread's is as of its last tick.
		if ticks := job.CPUNS / clockTick; !job.HasCPU || ticks+2 < was.cpu || ticks > is.cpu+2 {
			t.Errorf("process %d: CPU time %d ns, /proc had %d and has %d ticks", key.PID, job.CPUNS, was.cpu, is.cpu)
		}
		if rest[key.PID] {
			compared++
			compareJob(t, key.PID, job, is)
		} else if was.pgid == is.pgid && was.sid == is.sid && (job.PGID != is.pgid || job.SID != is.sid) {
			t.Errorf("process %d: %+v, /proc has %+v", key.PID, job, is)
		}
	}
	if compared != len(rest) {
		t.Errorf("%d of %d processes at rest were compared", compared, len(rest))
	}
}

func compareJob(t *testing.T, pid int32, job events.Job, is procStat) {
	t.Helper()
	if job.PGID != is.pgid || job.SID != is.sid || job.TPGID != is.tpgid || (job.TTY != "") != (is.tty != 0) {
		t.Errorf("process %d: %+v, /proc has %+v", pid, job, is)
	}
	var marks string
	for _, m := range []struct {
		sign string
		is   bool
	}{
		{"<", is.nice < 0}, {"N", is.nice > 0}, {"s", is.sid == pid}, {"l", is.threads > 1}, {"+", is.tpgid != 0 && is.tpgid == is.pgid},
	} {
		if m.is {
			marks += m.sign
		}
	}
	if got := strings.Replace(job.State, "L", "", 1); got != string(is.state)+marks {
		t.Errorf("process %d: state %s, want %c%s", pid, job.State, is.state, marks)
	}
}

// restingJobs starts processes that rest in different ways: stopped, niced, as the
// leader of a terminal's session, as a zombie.
func restingJobs(t *testing.T) (pids []int) {
	t.Helper()
	stopped, niced := child(t, nil, "sleep", "60"), child(t, nil, "nice", "-n", "5", "sleep", "60")
	if err := stopped.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	zombie := exec.Command("true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zombie.Wait() })
	leader, _ := onTerminal(t)
	for cmd, want := range map[*exec.Cmd]byte{stopped: 'T', niced: 'S', zombie: 'Z', leader: 'S'} {
		pids = append(pids, cmd.Process.Pid)
		eventually(t, cmd.Path+" at rest", func() bool {
			s, _ := readStat(t, int32(cmd.Process.Pid))
			return s.state == want && (cmd != niced || s.nice == 5)
		})
	}
	return pids
}

// onTerminal starts a process that leads the session of a new terminal and returns
// the terminal's path. Both are gone when the test is.
func onTerminal(t *testing.T) (leader *exec.Cmd, path string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	path = "/dev/pts/" + strconv.Itoa(n)
	terminal, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	leader = exec.Command("cat")
	leader.Stdin, leader.Stdout, leader.SysProcAttr = terminal, terminal, &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := errors.Join(leader.Start(), terminal.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		master.Close() // hangs up
		leader.Wait()
	})
	return leader, path
}

// TestT15Ptracer: who traces is told beside the parent, as /proc/PID/status has it.
func TestT15Ptracer(t *testing.T) {
	kerneltest.RequireBPF(t)
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill(); child.Wait() })
	grandchild := exec.Command("sh", "-c", "sleep 60 & echo $!; wait")
	grandchild.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := grandchild.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := grandchild.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-grandchild.Process.Pid, syscall.SIGKILL); grandchild.Wait() })
	var below int
	if _, err := fmt.Fscan(out, &below); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // the tracer is a thread
	defer runtime.UnlockOSThread()
	for _, pid := range []int{child.Process.Pid, below} {
		if err := unix.PtraceSeize(pid); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for key, job := range jobs(t) {
		switch int(key.PID) {
		case child.Process.Pid, below:
			found++
			dir := "/proc/" + strconv.Itoa(int(key.PID)) + "/"
			if got := strconv.Itoa(unix.Gettid()); statusField(dir, "TracerPid") != got {
				t.Fatalf("TracerPid of %v is not this thread, %s", key, got)
			}
			if int(job.Ptracer.Key.PID) != os.Getpid() || job.Ptracer.Key.Start/clockTick != startTicks(t, os.Getpid()) {
				t.Errorf("%v is traced by %+v, want this process", key, job.Ptracer)
			}
		case grandchild.Process.Pid:
			found++
			if !job.Ptracer.IsZero() {
				t.Errorf("%v is traced by %+v, and by nobody in truth", key, job.Ptracer)
			}
		}
	}
	if found != 3 {
		t.Errorf("%d of 3 processes found", found)
	}
}

// TestJobTerminal: a terminal has the name that it has below /dev.
func TestJobTerminal(t *testing.T) {
	kerneltest.RequireBPF(t)
	leader, path := onTerminal(t)
	found := false
	for key, job := range jobs(t) {
		if int(key.PID) == leader.Process.Pid {
			found = true
			if "/dev/"+job.TTY != path || job.TPGID != key.PID || job.SID != key.PID {
				t.Errorf("got %+v, want the leader of %s", job, path)
			}
		}
	}
	if !found {
		t.Error("the session's leader is missing")
	}
}
