package text_test

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

var (
	host  = events.NSID{Inum: 4026531836}
	child = events.NSID{Inum: 4026532178, ID: 9}
	runc  = ref(7600, "runc")
	shim  = ref(7580, "containerd-shim")
	init1 = ref(7609, "sh")
)

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm}
}

// process is one on the host.
func process(pid int32, comm string) events.Process {
	return events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm, Parent: ref(1, "systemd"),
		Chain: events.PIDChain{{NS: host, PID: pid}},
	}
}

// inside is one in a container's namespace.
func inside(pid, own int32, comm string) events.Process {
	p := process(pid, comm)
	p.Chain = append(p.Chain, events.PIDEntry{NS: child, PID: own})
	p.Parent = shim
	p.Container = &events.Container{ID: "9f1c2ab34cd55e77", Name: "web", Runtime: "docker", Image: "busybox"}
	return p
}

func thread(pid, tid int32) events.Process {
	p := process(pid, "x")
	p.TID = tid
	return p
}

func withArgs(p events.Process, args ...string) events.Process {
	p.Full, p.Args = true, events.ArgsOf(args...)
	return p
}

func samples() []*events.Event {
	all := births()
	all = append(all, deaths()...)
	all = append(all, namespaces()...)
	all = append(all, others()...)
	for i, ev := range all {
		ev.Seq, ev.BootNS = uint64(i+1), uint64(i)*1_234_000
	}
	return all
}

func births() []*events.Event {
	kthread, zombie, cut := process(2, "kthreadd"), process(9, "old"), withArgs(process(11, "cut"), "cut", "x")
	kthread.Kthread, kthread.Parent = true, events.Ref{}
	zombie.Zombie = true
	cut.Args.Status = events.Truncated
	unnamed := inside(7610, 2, "sh")
	unnamed.Container.Name = ""
	unnamed.TID = 7611
	script := withArgs(process(12, "run.sh"), "/bin/sh", "./run.sh", "", "a b", "it's", "\x1b[2J\xff\u202e", "x=$HOME")
	script.Exe = "/usr/bin/dash"
	spoof := withArgs(process(15, "kworker/0:0"), "[kworker/0:0]", "/tmp/d/miner")
	spoof.Exe = "/tmp/d/miner"
	plain := withArgs(process(16, "sleep"), "sleep", "9")
	plain.Exe = "/usr/bin/sleep"
	return []*events.Event{
		{Kind: events.Snapshot, Process: spoof},
		{Kind: events.Exec, Process: spoof, Exec: &events.ExecDetail{Filename: "/tmp/d/miner"}},
		{Kind: events.Exec, Process: plain, Exec: &events.ExecDetail{Filename: "./sleep"}},
		{Kind: events.Snapshot, Process: kthread},
		{Kind: events.Snapshot, Process: zombie, Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 1}}},
		{Kind: events.Snapshot, Process: withArgs(process(10, "sshd"), "sshd:", "root@pts/0")},
		{Kind: events.Fork, Process: process(100, "bash"), Fork: &events.ForkDetail{Creator: ref(1, "systemd"), Flags: 0x1200000}},
		{Kind: events.Fork, Process: inside(7609, 1, "runc"), Fork: &events.ForkDetail{Creator: runc, Flags: names.CloneParent | names.CloneNewPID | 1<<62}},
		{Kind: events.ThreadStart, Process: unnamed, Fork: &events.ForkDetail{Creator: shim}},
		{Kind: events.Exec, Process: script, Exec: &events.ExecDetail{Filename: "./run.sh", Interpreter: "/bin/sh", OldTID: 13}},
		{Kind: events.Exec, Process: cut, Exec: &events.ExecDetail{Filename: "/bin/cut"}},
		{Kind: events.Exec, Process: process(14, "gone"), Exec: &events.ExecDetail{Filename: "/bin/a b"}},
	}
}

func deaths() []*events.Event {
	exit := func(p events.Process, d events.ExitDetail) *events.Event {
		return &events.Event{Kind: events.Exit, Process: p, Exit: &d}
	}
	killed := events.ExitStatus{Signal: 9, Core: true}
	signal := func(d events.SignalDetail) *events.Event {
		return &events.Event{Kind: events.Signal, Process: inside(7609, 1, "sh"), Signal: &d}
	}
	reparented := func(d events.ReparentDetail) *events.Event {
		d.From, d.To, d.Reason = ref(7600, "a b"), shim, events.ReparentSubreaper
		return &events.Event{Kind: events.Reparent, Process: process(200, "d"), Reparent: &d}
	}
	return []*events.Event{
		exit(process(100, "bash"), events.ExitDetail{Status: events.ExitStatus{Code: 3}, LifetimeNS: 3_249_000_000, Threads: 4}),
		exit(process(101, "bash"), events.ExitDetail{Status: killed}),
		exit(inside(7620, 2, "sleep"), events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginPidnsReap, Signal: 9, Sender: ref(1234, "sh")}}),
		exit(inside(7621, 3, "sleep"), events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: runc, SenderChain: []events.Ref{shim}, Preceded: []events.PriorSignal{{Signal: 15, Result: events.SignalIgnored, Sender: runc, BootNS: 1}}}}),
		exit(process(102, "hog"), events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginOOM, Signal: 9, Sender: runc}}),
		{Kind: events.ThreadExit, Process: thread(103, 104), Exit: &events.ExitDetail{}},
		signal(events.SignalDetail{Signal: 15, Sender: runc, Origin: events.OriginUser, Result: events.SignalIgnored, TargetIsInit: true}),
		signal(events.SignalDetail{Signal: 9, Sender: runc, Origin: events.OriginCgroupKill, Result: events.SignalAlreadyPending}),
		signal(events.SignalDetail{Signal: 34, Sender: runc, Origin: events.OriginKernel, ParentDeath: true, TargetIsInit: true}),
		signal(events.SignalDetail{Signal: 9, Sender: init1, Origin: events.OriginPidnsReap, NSID: child}),
		exit(process(105, "strict"), events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginKernel, Signal: 9, Why: events.WhySeccomp}}),
		reparented(events.ReparentDetail{FromExit: &events.ExitStatus{}}),
		reparented(events.ReparentDetail{Confirmed: true, Foretold: shim}),
		reparented(events.ReparentDetail{Confirmed: true, Foretold: ref(1, "systemd")}),
	}
}

func namespaces() []*events.Event {
	detail := func() *events.PidnsDetail {
		return &events.PidnsDetail{NS: events.NSInfo{ID: child, Level: 1, Parent: host}, Via: "clone", Creator: runc, Init: init1}
	}
	destroyed, unseen := detail(), &events.PidnsDetail{NS: events.NSInfo{ID: child}, Init: init1, Reaped: 1}
	destroyed.Exit, destroyed.LifetimeNS, destroyed.Reaped, destroyed.ReapNS = &events.ExitStatus{Code: 3}, 3_200_000_000, 2, 400_000
	destroyed.SurvivorsKilled = []events.Ref{ref(124, "sleep"), ref(125, "sleep")}
	many := detail()
	for pid := range int32(12) {
		many.SurvivorsKilled = append(many.SurvivorsKilled, ref(300+pid, "w"))
	}
	many.Reaped, many.Exit = 12, &events.ExitStatus{Signal: 9}
	return []*events.Event{
		{Kind: events.PidnsCreate, Process: inside(7609, 1, "runc"), Pidns: detail()},
		{Kind: events.PidnsEnter, Process: inside(7700, 7, "runc"), Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: child, Level: 1}, Via: "setns", Creator: runc}},
		{Kind: events.PidnsReap, Process: inside(124, 2, "sleep"), Pidns: detail()},
		{Kind: events.PidnsDestroy, Process: inside(7609, 1, "sh"), Pidns: destroyed},
		{Kind: events.PidnsDestroy, Process: inside(7609, 1, "sh"), Pidns: many},
		{Kind: events.PidnsDestroy, Pidns: unseen},
		{Kind: events.ContainerStart, Process: withArgs(inside(7609, 1, "sh"), "sh", "-c", "exit 3"), Exec: &events.ExecDetail{}},
		{Kind: events.ContainerExit, Process: inside(7609, 1, "sh"), Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 3}, LifetimeNS: 12}},
	}
}

func others() []*events.Event {
	call := func(k events.Kind, d events.SyscallDetail) *events.Event {
		return &events.Event{Kind: k, Process: process(50, "sh"), Syscall: &d}
	}
	to := events.Cgroup{Path: "/docker/9f1c"}
	return []*events.Event{
		{Kind: events.Rename, Process: process(60, "b\nb"), Rename: &events.RenameDetail{OldComm: "aa", InExec: true}},
		{Kind: events.CgroupMove, Process: process(61, "x"), Cgroup: &events.CgroupDetail{From: events.Cgroup{Path: "/"}, To: to}},
		{Kind: events.CgroupMkdir, Cgroup: &events.CgroupDetail{To: to}},
		{Kind: events.CgroupRmdir, Cgroup: &events.CgroupDetail{To: to}},
		{Kind: events.OOM, Process: process(62, "hog")},
		call(events.Unshare, events.SyscallDetail{Name: "unshare", Flags: names.CloneNewPID | 1<<17}),
		call(events.Setns, events.SyscallDetail{Name: "setns", FD: 3, Ret: -22}),
		call(events.CloneFailed, events.SyscallDetail{Name: "clone", Flags: names.CloneNewPID | 17, Ret: -11}),
		call(events.Subreaper, events.SyscallDetail{Name: "prctl", Arg: 1}),
		call(events.Subreaper, events.SyscallDetail{Name: "prctl"}),
		call(events.PivotRoot, events.SyscallDetail{Name: "pivot_root", NewRoot: ".", PutOld: ""}),
		{Kind: events.Lost, Lost: &events.LostDetail{Count: 7, ByKind: map[events.Kind]uint64{events.Fork: 4, events.Exit: 3}}},
	}
}

// hostile is an event of every kind with s for each string of the kernel.
func hostile(s string) []*events.Event {
	all := samples()
	for _, ev := range all {
		p := &ev.Process
		p.Comm, p.Exe, p.Parent = s, s, ref(5, s)
		if p.Args.Known() {
			p.Args = events.ArgsOf("a", s)
		}
		if p.Container != nil {
			p.Container = &events.Container{ID: s, Runtime: s, Image: s, Name: s}
		}
		hostileDetails(ev, s)
	}
	return all
}

func hostileDetails(ev *events.Event, s string) {
	evil := ref(6, s)
	switch {
	case ev.Fork != nil:
		ev.Fork.Creator = evil
	case ev.Exec != nil:
		ev.Exec.Filename, ev.Exec.Interpreter = s, s
	case ev.Exit != nil && ev.Exit.Killer != nil:
		ev.Exit.Killer.Sender, ev.Exit.Killer.SenderChain = evil, []events.Ref{evil, evil}
	case ev.Signal != nil:
		ev.Signal.Sender = evil
	case ev.Rename != nil:
		ev.Rename.OldComm = s
	case ev.Cgroup != nil:
		ev.Cgroup.From.Path, ev.Cgroup.To.Path = s, s
	case ev.Syscall != nil:
		ev.Syscall.NewRoot, ev.Syscall.PutOld = s, s
	case ev.Pidns != nil:
		ev.Pidns.Creator, ev.Pidns.Init, ev.Pidns.SurvivorsKilled = evil, evil, []events.Ref{evil}
	case ev.Reparent != nil:
		ev.Reparent.From, ev.Reparent.To = evil, evil
	}
}
