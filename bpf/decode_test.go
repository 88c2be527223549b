//go:build linux

package bpf

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// decode returns a copy of what the record says.
func decode(t *testing.T, raw []byte) *events.Event {
	t.Helper()
	var d Decoder
	ev, err := d.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return ev.Clone()
}

func chainOf(n int) events.PIDChain {
	var chain events.PIDChain
	for i := range n {
		chain = append(chain, events.PIDEntry{
			NS: events.NSID{Inum: uint32(4000 + i), ID: uint64(900 + i)}, PID: int32(100 - i),
		})
	}
	return chain
}

// base is the event of a record with core, and nothing else.
func base(kind events.Kind, name string, levels int) events.Event {
	return events.Event{
		BootNS: bootNS, CPU: 1, Kind: kind,
		Process: events.Process{
			Key: events.ProcKey{PID: 100, Start: 1000}, PIDIno: 77, TID: 101,
			Chain:  chainOf(levels),
			NS:     events.Namespaces{PID: uint32(4000 + levels - 1)},
			Parent: events.Ref{Key: events.ProcKey{PID: 50, Start: 500}},
			Comm:   name,
		},
	}
}

// withFull adds what full says.
func withFull(ev events.Event) events.Event {
	p := &ev.Process
	p.Full, p.HasIDs, p.UID, p.GID = true, true, 1001, 1002
	p.Cgroup = events.Cgroup{Hierarchy: 8, ID: 4242}
	p.NS = events.Namespaces{
		PID: p.NS.PID, PIDForChildren: 11, Mnt: 12, Net: 13, UTS: 14, IPC: 15, User: 16, Cgroup: 17, Time: 18,
	}
	p.PidnsOwner, p.Parent.Comm = 19, "parent"
	return ev
}

func refOf(pid int32, start uint64, name string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: start}, Comm: name}
}

func want(t *testing.T, got *events.Event, want events.Event) {
	t.Helper()
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("event:\n got %+v\nwant %+v", *got, want)
	}
}

func TestDecodeFork(t *testing.T) {
	fork := events.ForkDetail{
		Creator: refOf(60, 600, "cloner"), CreatorTID: 61, CreatorNS: events.NSID{Inum: 4001, ID: 901},
		CreatorLevel: 1, Flags: 1<<33 | 0x20000000, ExitSignal: 17, Syscall: "clone3",
	}
	for _, n := range []int{1, 2, events.MaxLevels} {
		expect := withFull(base(events.Fork, "child", n))
		expect.Fork = &fork
		want(t, decode(t, forkRecord(KindFork, n)), expect)
	}
	thread := withFull(base(events.ThreadStart, "child", 1))
	thread.Process.Full, thread.Fork = false, &fork
	want(t, decode(t, forkRecord(KindThreadStart, 1)), thread)
}

func TestDecodeForkSyscall(t *testing.T) {
	numbers := map[int32]string{-1: "", 435: "clone3", 0: ""}
	if runtime.GOARCH == "amd64" {
		numbers[56], numbers[57], numbers[58] = "clone", "fork", "vfork"
	}
	for nr, name := range numbers {
		if got := cloneSyscall(nr); got != name {
			t.Errorf("system call %d: %q, want %q", nr, got, name)
		}
	}
}

func TestDecodeExit(t *testing.T) {
	reaper := ref(30, 30, 300, "reaper")
	for _, c := range []struct {
		name            string
		levels          int
		subreaper, init []byte
		code, cut       uint32
		status          events.ExitStatus
		to              events.Ref
		reason          events.ReparentReason
	}{
		{"status", 1, nobody, hostInit, 137 << 8, 0, events.ExitStatus{Code: 137}, refOf(1, 10, "init"), events.ReparentInit},
		{"signal", 2, nobody, hostInit, 9, 0, events.ExitStatus{Signal: 9}, refOf(1, 10, "init"), events.ReparentPidnsInit},
		{"core", 1, reaper, hostInit, 0x8b, 0, events.ExitStatus{Signal: 11, Core: true}, refOf(30, 300, "reaper"), events.ReparentSubreaper},
		{"too deep", 1, nobody, hostInit, 0, 1, events.ExitStatus{}, events.Ref{}, events.ReparentUnknown},
		{"an init", 2, nobody, nobody, 0, 0, events.ExitStatus{}, events.Ref{}, events.ReparentUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect := base(events.Exit, "dead", c.levels)
			expect.Process.TID = 100
			expect.Exit = &events.ExitDetail{
				Status: c.status, LifetimeNS: bootNS - 1000, Threads: 5, Reaper: c.to, ReaperReason: c.reason,
			}
			want(t, decode(t, exitRecord(KindExit, c.levels, c.subreaper, c.init, c.code, c.cut)), expect)
		})
	}
	const seccompAt = 149
	for code, killer := range map[u32]*events.Killer{
		9: {Origin: events.OriginKernel, Signal: 9, Why: events.WhySeccomp}, 3 << 8: nil,
	} {
		raw := with(exitRecord(KindExit, 1, nobody, hostInit, code, 0), seccompAt, 1)
		if got := decode(t, raw).Exit.Killer; !reflect.DeepEqual(got, killer) {
			t.Errorf("status %#x of seccomp: killer %+v, want %+v", code, got, killer)
		}
	}
	thread := base(events.ThreadExit, "dead", 1)
	thread.Exit = &events.ExitDetail{Status: events.ExitStatus{Code: 3}}
	want(t, decode(t, exitRecord(KindThreadExit, 1, nobody, nobody, 3<<8, 0)), thread)
}

func TestDecodeSignal(t *testing.T) {
	const group = probesSignalFlagSIG_GROUP
	for _, c := range []struct {
		name      string
		sig, code int32
		flags     probesSignalFlag
		origin    events.Origin
	}{
		{"kill", 15, 0, group, events.OriginUser},
		{"tgkill", 15, -6, 0, events.OriginUser},
		{"timer", 14, -2, group, events.OriginKernel},
		{"as if by a timer", 14, -2, group | probesSignalFlagSIG_SAID, events.OriginUser},
		{"fault", 11, 1, 0, events.OriginKernel},
		{"kernel", 9, 0x80, group | probesSignalFlagSIG_PRIV, events.OriginKernel},
		{"oom", 9, 0x80, group | probesSignalFlagSIG_PRIV | probesSignalFlagSIG_TARGET_OOM, events.OriginOOM},
		{"zap", 9, 0x80, group | probesSignalFlagSIG_PRIV | probesSignalFlagSIG_ZAP, events.OriginPidnsReap},
		{"cgroup.kill", 9, 0, probesSignalFlagSIG_NOINFO, events.OriginCgroupKill},
		{"pdeath by SIGKILL", 9, 0, group | probesSignalFlagSIG_NOINFO | probesSignalFlagSIG_PDEATH, events.OriginKernel},
		{"pdeath", 15, 0, group | probesSignalFlagSIG_NOINFO | probesSignalFlagSIG_PDEATH, events.OriginKernel},
		{"to an init", 15, 0, group | probesSignalFlagSIG_TARGET_INIT, events.OriginUser},
		{"asked for", 15, 0, group | probesSignalFlagSIG_ASKED, events.OriginUser},
		{"deadly", 3, 0, group | probesSignalFlagSIG_DEADLY, events.OriginUser},
		{"the end", 15, 0, group | probesSignalFlagSIG_ENDING, events.OriginUser},
		{"to a traced one", 40, -1, group | probesSignalFlagSIG_TRACED, events.OriginUser},
		{"taken", 15, -6, probesSignalFlagSIG_TAKEN, events.OriginUser},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect := base(events.Signal, "target", 2)
			expect.Signal = &events.SignalDetail{
				Signal: c.sig, Sender: refOf(60, 600, "sender"), SenderTID: 61, Origin: c.origin, Code: c.code,
				TargetIsInit: c.flags&probesSignalFlagSIG_TARGET_INIT != 0, Group: c.flags&group != 0,
				ParentDeath: c.flags&probesSignalFlagSIG_PDEATH != 0,
				Unasked:     c.flags&probesSignalFlagSIG_ASKED == 0,
				Deadly:      c.flags&probesSignalFlagSIG_DEADLY != 0,
				Ending:      c.flags&probesSignalFlagSIG_ENDING != 0,
				Traced:      c.flags&probesSignalFlagSIG_TRACED != 0,
				Taken:       c.flags&probesSignalFlagSIG_TAKEN != 0,
				SIPID:       7, Own: 2, Shared: events.ManyWait,
				NSID: events.NSID{Inum: 4001, ID: 901},
			}
			want(t, decode(t, signalRecord(c.sig, c.code, c.flags)), expect)
		})
	}
}

func TestDecodeSnapshot(t *testing.T) {
	live := withFull(base(events.Snapshot, "there", 3))
	live.Process.Threads, live.Process.Subreaper, live.Process.NSInit = 6, true, true
	expectJob := &events.Job{PGID: 100, SID: 100, TPGID: 100, TTY: "pts/7", State: "S<Lsl+", HasCPU: true, CPUNS: 12_345}
	live.Process.Job = expectJob
	flags := probesTaskFlagTASK_SUBREAPER | probesTaskFlagTASK_NS_INIT
	want(t, decode(t, snapshotRecord(uint32(flags), 3)), live)

	zombie := withFull(base(events.Snapshot, "there", 1))
	zombie.Process.Job = expectJob
	zombie.Process.Threads, zombie.Process.Zombie, zombie.Process.Kthread = 6, true, true
	zombie.Exit = &events.ExitDetail{Status: events.ExitStatus{Signal: 11, Core: true}}
	flags = probesTaskFlagTASK_ZOMBIE | probesTaskFlagTASK_KTHREAD
	want(t, decode(t, snapshotRecord(uint32(flags), 1)), zombie)
}

func TestDecodeOthers(t *testing.T) {
	renamed := base(events.Rename, "fifteen-bytes-x", 1)
	renamed.Rename = &events.RenameDetail{OldComm: "before", InExec: true}
	want(t, decode(t, renameRecord(1)), renamed)

	moved := withFull(base(events.CgroupMove, "moved", 1))
	moved.Cgroup = &events.CgroupDetail{To: events.Cgroup{Hierarchy: 8, ID: 4242}}
	want(t, decode(t, samples()["cgroup"]), moved)

	want(t, decode(t, samples()["oom"]), base(events.OOM, "victim", 1))

	for kind, record := range map[events.Kind]Kind{events.CgroupMkdir: KindCgroupMkdir, events.CgroupRmdir: KindCgroupRmdir} {
		path := "/docker/" + strings.Repeat("x", 600)
		want(t, decode(t, cgroupRecord(record, path)), events.Event{
			BootNS: bootNS, CPU: 1, Kind: kind,
			Process: events.Process{Key: events.ProcKey{PID: 60, Start: 600}, TID: 61, Comm: "mkdir"},
			Cgroup:  &events.CgroupDetail{To: events.Cgroup{Hierarchy: 8, ID: 4242, Path: path}},
		})
	}
}

func TestDecodeSyscall(t *testing.T) {
	for call, of := range map[probesCall]struct {
		kind events.Kind
		name string
	}{
		probesCallCALL_CLONE: {events.CloneFailed, "clone"}, probesCallCALL_CLONE3: {events.CloneFailed, "clone3"},
		probesCallCALL_FORK: {events.CloneFailed, "fork"}, probesCallCALL_VFORK: {events.CloneFailed, "vfork"},
		probesCallCALL_UNSHARE: {events.Unshare, "unshare"}, probesCallCALL_SETNS: {events.Setns, "setns"},
		probesCallCALL_PRCTL: {events.Subreaper, "prctl"}, probesCallCALL_PIVOT_ROOT: {events.PivotRoot, "pivot_root"},
	} {
		expect := base(of.kind, "caller", 1)
		expect.Syscall = &events.SyscallDetail{
			Name: of.name, Flags: 0x20000000, FD: 7, Arg: 1, Ret: -12, DurationNS: 555, NewRoot: "/new", PutOld: "/old",
		}
		want(t, decode(t, syscallRecord(call)), expect)
	}
}

// TestDecodeNoParent: PID 0 is no parent.
func TestDecodeNoParent(t *testing.T) {
	raw := with(samples()["oom"], 16+32, 0, 0, 0, 0)
	if got := decode(t, raw).Process.Parent; got != (events.Ref{}) {
		t.Errorf("parent: %+v, want none", got)
	}
}
