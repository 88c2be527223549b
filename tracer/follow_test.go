//go:build linux

package tracer

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestFollowProgramsLoad: with what only some are followed by, each program by itself.
func TestFollowProgramsLoad(t *testing.T) {
	kerneltest.RequireBPF(t)
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	judged := has(membersOf(t, kernel, "ns_common"), "ns_id")
	opts := Options{Follow: &Follow{Own: true}, Syscalls: true, Threads: true, Env: true}
	for _, name := range []string{
		"task_newtask", "sched_process_exec", "sched_process_exit", "signal_generate", "signal_deliver", "task_rename",
		"cgroup_attach_task", "mark_victim", bpf.ProgSysExit, bpf.ProgSnapshot, bpf.ProgShowSender, bpf.ProgShowMaker, bpf.ProgFree,
	} {
		t.Run(name, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			loaded := loadAlone(t, opts, name)
			for _, prog := range loaded.Programs {
				checkVerified(t, name, prog, judged)
			}
		})
	}
}

// TestFollowByLoads: the same without probe reads of the kernel's memory.
func TestFollowByLoads(t *testing.T) {
	requireCast(t)
	var kept keeper
	r := start(t, Options{Follow: &Follow{Own: true}, loadsOnly: true}, &kept)
	if follows, err := r.Follows(); err != nil || !follows {
		t.Fatalf("follows: %v, %v", follows, err)
	}
	inNS := child(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}, "sleep", "60")
	kill(t, inNS)
	r.end()
	created := only(t, kept.all(), events.PidnsCreate, inNS.Process.Pid)
	if created.Process.Chain.Own().PID != 1 {
		t.Errorf("chain: %v", created.Process.Chain)
	}
	only(t, kept.all(), events.Exit, inNS.Process.Pid)
}

// TestFollowLeavesOut: others' processes are counted and not told; one's own children are.
func TestFollowLeavesOut(t *testing.T) {
	kerneltest.RequireBPF(t)
	stranger := child(t, nil, "sh", "-c", "read n")
	var kept keeper
	r := start(t, Options{Follow: &Follow{PIDs: []int32{int32(stranger.Process.Pid)}}}, &kept)
	if follows, err := r.Follows(); err != nil || !follows {
		t.Fatalf("follows: %v, %v", follows, err)
	}
	other := exec.Command("true")
	if err := other.Run(); err != nil {
		t.Fatal(err)
	}
	kill(t, stranger)
	s := r.end()
	all := kept.all()
	checkStream(t, all)
	for _, ev := range all {
		if ev.Process.Key.PID == int32(other.Process.Pid) && ev.Kind != events.Snapshot {
			t.Errorf("%s of another was told", ev.Kind)
		}
	}
	only(t, all, events.Exit, stranger.Process.Pid)
	for _, kind := range []events.Kind{events.Fork, events.Exec, events.Exit} {
		if s.ByKind[kind].Filtered == 0 {
			t.Errorf("%s: %+v, want some left out", kind, s.ByKind[kind])
		}
	}
}

// TestFollowWithoutRoom: where a mark finds no room, at once or later, all is recorded.
func TestFollowWithoutRoom(t *testing.T) {
	kerneltest.RequireBPF(t)
	for name, room := range map[string]uint32{"at once": 2, "later": 0} {
		t.Run(name, func(t *testing.T) {
			if room == 0 {
				room = uint32(len(processes(t)) + 100)
			}
			var kept keeper
			r := start(t, Options{Follow: &Follow{Own: true}, followRoom: room}, &kept)
			before, err := r.Follows()
			if err != nil || before != (name == "later") {
				t.Fatalf("follows at first: %v, %v", before, err)
			}
			var last *exec.Cmd
			for range 300 { // alive at a time: they find no room
				last = child(t, nil, "sleep", "60")
			}
			if follows, err := r.Follows(); err != nil || follows {
				t.Errorf("follows at the end: %v, %v", follows, err)
			}
			if err := syscall.Kill(last.Process.Pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			r.end()
			only(t, kept.all(), events.Fork, last.Process.Pid)
		})
	}
}
