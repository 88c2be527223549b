package ndjson_test

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

const bootTime = 1_700_000_000_000_000_001

var (
	hostNS  = events.NSID{Inum: 4026531836}
	childNS = events.NSID{Inum: 4026532178, ID: 4273}
	runc    = ref(7600, "runc")
	initRef = ref(7609, "sh")
	docker  = &events.Container{
		ID: "9f1c", Runtime: "docker", Source: "api", Name: "web", Image: "busybox",
		Pod: "p", PodNS: "default", PodUID: "u-1",
	}
)

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid) * 1000}, Comm: comm}
}

// brief is a process of which only the least is told.
func brief() events.Process {
	return events.Process{
		Key: initRef.Key, TID: 7609, Comm: "sh", Parent: ref(7580, "containerd-shim"),
		Chain:     events.PIDChain{{NS: hostNS, PID: 7609}, {NS: childNS, PID: 1}},
		NS:        events.Namespaces{PID: childNS.Inum, Mnt: 1},
		Container: docker,
	}
}

// full is a process of which everything is told.
func full() events.Process {
	p := brief()
	p.Full, p.PIDIno, p.TID = true, 77, 7611
	p.Exe, p.Cwd = "/bin/busybox (deleted)", "/tmp/\xff"
	p.Args = events.ArgsOf("sh", "", "a b", "\x1b[2J\u202e\"\\\n\u009b\x7f")
	p.Env = events.Args{Raw: []byte("HOME\x00PA"), Size: 900, Status: events.Truncated}
	p.HasIDs = true
	p.NS = events.Namespaces{PID: childNS.Inum, PIDForChildren: 1, Mnt: 2, Net: 3, UTS: 4, IPC: 5, User: 6, Cgroup: 7, Time: 8}
	p.Cgroup = events.Cgroup{Hierarchy: 3, ID: 120, Path: "/docker/9f1c"}
	p.NSInit, p.Subreaper, p.Kthread = true, true, true
	return p
}

// samples has at least one rich event of every kind.
func samples() []*events.Event {
	pidns := events.PidnsDetail{
		NS:  events.NSInfo{ID: childNS, Level: 1, Parent: hostNS, UserNS: 4026531837},
		Via: "clone", Creator: runc, Init: initRef,
	}
	create, enter, reap, destroy := pidns, pidns, pidns, pidns
	enter.Via = "setns"
	destroy.Exit = &events.ExitStatus{Code: 3}
	destroy.LifetimeNS, destroy.Reaped, destroy.ReapNS = 3_200_000_000, 2, 400_000
	destroy.SurvivorsKilled = []events.Ref{ref(124, "sleep"), ref(125, "sl\xc3")}
	killed := events.ExitDetail{
		Status: events.ExitStatus{Signal: 9, Core: true}, LifetimeNS: 5, Threads: 4,
		Reaper: initRef, ReaperReason: events.ReparentPidnsInit,
		Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: runc, SenderChain: []events.Ref{ref(1, "systemd")}, Preceded: []events.PriorSignal{{Signal: 15, Result: events.SignalIgnored, Sender: runc, BootNS: 5}, {Signal: 1, Sender: runc, BootNS: 6, Count: 3}}, MorePreceded: 2},
	}
	all := []*events.Event{
		{Kind: events.Snapshot, Process: atWork()},
		{Kind: events.Snapshot, Process: zombie(), Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 1}}},
		{Kind: events.Fork, Process: full(), Fork: &events.ForkDetail{
			Creator: runc, CreatorTID: 7601, Syscall: "clone3", ExitSignal: 17,
			Flags: names.CloneParent | names.CloneNewPID | 1<<34 | 1<<60 | 1,
		}},
		{Kind: events.ThreadStart, Process: brief(), Fork: &events.ForkDetail{Creator: brief().Parent}},
		{Kind: events.Exec, Process: full(), Exec: &events.ExecDetail{
			Filename: "./s\x80", FilenameStatus: events.Truncated, Interpreter: "/bin/sh", OldTID: 7612,
		}},
		{Kind: events.Exit, Process: brief(), Exit: &killed},
		{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{}},
		{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{
			Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginKernel, Signal: 9, Why: events.WhySeccomp},
		}},
		{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{
			Status: events.ExitStatus{Signal: 3}, Killer: &events.Killer{Origin: events.OriginUser, Signal: 3, OneOf: []events.Ref{runc, initRef}},
		}},
		{Kind: events.ThreadExit, Process: brief(), Exit: &events.ExitDetail{Status: events.ExitStatus{Signal: 11}}},
		{Kind: events.Signal, Process: brief(), Signal: &events.SignalDetail{
			Signal: 36, Sender: runc, SenderTID: 7602, Origin: events.OriginPidnsReap, Code: -6,
			Result: events.SignalIgnored, TargetIsInit: true, ParentDeath: true, NSID: childNS,
		}},
		{Kind: events.Rename, Process: brief(), Rename: &events.RenameDetail{OldComm: "a\nb", InExec: true}},
		{Kind: events.CgroupMove, Process: brief(), Cgroup: &events.CgroupDetail{From: events.Cgroup{Path: "/"}, To: events.Cgroup{Path: "/docker/9f1c"}}},
		{Kind: events.CgroupMkdir, Cgroup: &events.CgroupDetail{To: events.Cgroup{ID: 9, Path: "/x\xfe"}}},
		{Kind: events.CgroupRmdir, Process: brief(), Cgroup: &events.CgroupDetail{To: events.Cgroup{ID: 9}}},
		{Kind: events.OOM, Process: brief()},
		{Kind: events.PidnsCreate, Process: brief(), Cause: 2, Pidns: &create},
		{Kind: events.PidnsEnter, Process: brief(), Cause: 2, Pidns: &enter},
		{Kind: events.PidnsReap, Process: brief(), Cause: 2, Pidns: &reap},
		{Kind: events.PidnsDestroy, Process: brief(), Cause: 2, Pidns: &destroy},
		{Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: hostNS}}},
		{Kind: events.PidnsWait, Process: brief(), Pidns: &events.PidnsDetail{
			NS: pidns.NS, Init: initRef, InitState: events.InitWaits, Awaited: []events.Awaited{{Process: ref(124, "sl\xc3"), Parent: runc}},
		}},
		{Kind: events.PidnsWait, Process: brief(), Pidns: &events.PidnsDetail{NS: pidns.NS, Init: initRef, InitState: events.InitGone}},
		{Kind: events.Reparent, Process: brief(), Cause: 2, Reparent: &events.ReparentDetail{
			From: runc, To: ref(1, "init"), Reason: events.ReparentInit, FromExit: &events.ExitStatus{Signal: 15}, Confirmed: true, Foretold: ref(1, "init"),
		}},
		{Kind: events.ContainerStart, Process: full(), Cause: 2, Exec: &events.ExecDetail{Filename: "/entry"}},
		{Kind: events.ContainerExit, Process: brief(), Cause: 2, Exit: &killed},
		{Kind: events.ContainerKnown, Process: events.Process{Container: docker, Cgroup: events.Cgroup{Hierarchy: 3, ID: 9, Path: "/x\xfe"}}},
		{Kind: events.ContainerKnown, Process: events.Process{Container: docker}, Servant: ref(125, "docker-pr\xff")},
		{Kind: events.Lost, Lost: &events.LostDetail{Count: 7, SinceNS: 9, UntilNS: 1030, ByKind: map[events.Kind]uint64{events.Fork: 4, events.Exit: 3}}},
		{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}},
	}
	all = append(all, syscalls()...)
	for i, ev := range all {
		ev.Seq, ev.BootNS, ev.CPU = uint64(i+1), uint64(1000+i), uint32(i%2)
	}
	return all
}

// atWork is a full process as a snapshot tells it.
func atWork() events.Process {
	p := full()
	p.Job = &events.Job{PGID: 7609, SID: 7580, TTY: "pts/0", TPGID: 7609, State: "SNl+", HasCPU: true, Ptracer: ref(12981, "gdb")}
	return p
}

func zombie() events.Process {
	p := full()
	p.Zombie, p.Args, p.Env = true, events.Args{Status: events.Complete}, events.Args{Status: events.Unreadable}
	return p
}

func syscalls() []*events.Event {
	call := func(kind events.Kind, d events.SyscallDetail) *events.Event {
		return &events.Event{Kind: kind, Process: brief(), Syscall: &d}
	}
	return []*events.Event{
		call(events.Unshare, events.SyscallDetail{Name: "unshare", Flags: names.CloneNewPID}),
		call(events.Setns, events.SyscallDetail{Name: "setns", FD: 0, Ret: -22}),
		call(events.CloneFailed, events.SyscallDetail{Name: "clone", Flags: names.CloneNewPID | 17, Ret: -11}),
		call(events.CloneFailed, events.SyscallDetail{Name: "fork", Ret: -12}),
		call(events.Subreaper, events.SyscallDetail{Name: "prctl", Arg: 1}),
		call(events.PivotRoot, events.SyscallDetail{Name: "pivot_root", NewRoot: ".", PutOld: "old\xff", Ret: -999}),
	}
}
