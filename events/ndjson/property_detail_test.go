package ndjson_test

import (
	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// anyDetail gives the event what its kind has.
func anyDetail(t *rapid.T, ev *events.Event) {
	switch ev.Kind {
	case events.Fork, events.ThreadStart:
		ev.Fork = anyFork(t, ev)
	case events.Exec, events.ContainerStart:
		ev.Exec = &events.ExecDetail{
			Filename: draw(t, someText), Interpreter: draw(t, anyText), OldTID: draw(t, rapid.Int32Range(0, 9)),
			FilenameStatus: draw(t, rapid.SampledFrom([]events.ReadStatus{events.Complete, events.Truncated})),
		}
	case events.Exit, events.ThreadExit, events.ContainerExit:
		ev.Exit = anyExit(t)
	case events.Snapshot:
		ev.Process.Threads = draw(t, rapid.Uint32())
		if draw(t, rapid.Bool()) {
			ev.Process.Job = &events.Job{
				PGID: 5, SID: draw(t, rapid.Int32Range(0, 9)), TTY: draw(t, anyText), State: draw(t, anyText),
				HasCPU: true, CPUNS: draw(t, rapid.Uint64()), Ptracer: maybeRef(t),
			}
		}
		if ev.Process.Zombie = draw(t, rapid.Bool()); ev.Process.Zombie {
			ev.Exit = &events.ExitDetail{Status: anyStatus(t)}
		}
	case events.Signal:
		ev.Signal = anySignal(t)
	case events.Rename:
		ev.Rename = &events.RenameDetail{OldComm: draw(t, anyText), InExec: draw(t, rapid.Bool())}
	case events.CgroupMove:
		ev.Cgroup = &events.CgroupDetail{From: events.Cgroup{Path: draw(t, anyText)}, To: ev.Process.Cgroup}
	case events.CgroupMkdir, events.CgroupRmdir:
		ev.Cgroup = &events.CgroupDetail{To: events.Cgroup{Hierarchy: 3, ID: draw(t, rapid.Uint64()), Path: draw(t, anyText)}}
	case events.Unshare, events.Setns, events.CloneFailed, events.Subreaper, events.PivotRoot:
		ev.Syscall = anySyscall(t, ev.Kind)
	case events.PidnsCreate, events.PidnsEnter, events.PidnsReap, events.PidnsDestroy, events.PidnsWait:
		ev.Pidns = anyPidns(t, ev.Kind)
	case events.Reparent:
		ev.Reparent = &events.ReparentDetail{
			From: maybeRef(t), To: maybeRef(t), Reason: anyReason(t), FromExit: maybeStatus(t),
			Confirmed: draw(t, rapid.Bool()), Foretold: maybeRef(t),
		}
	case events.Lost:
		ev.Lost = &events.LostDetail{Count: draw(t, rapid.Uint64()), SinceNS: draw(t, rapid.Uint64()), UntilNS: draw(t, rapid.Uint64()), ByKind: map[events.Kind]uint64{
			draw(t, rapid.SampledFrom(append(events.Kinds(), events.KindUnknown))): draw(t, rapid.Uint64Min(1)),
		}}
	}
}

// anyFork has the parent or the process itself for creator, as the kernel does, or
// a third.
func anyFork(t *rapid.T, ev *events.Event) *events.ForkDetail {
	d := &events.ForkDetail{
		Creator: ev.Process.Parent, Flags: draw(t, rapid.Uint64()),
		ExitSignal: draw(t, rapid.Int32Range(0, 64)), Syscall: draw(t, rapid.SampledFrom([]string{"", "clone3"})),
	}
	if ev.Kind == events.ThreadStart {
		d.Creator = ev.Process.Ref()
	}
	if draw(t, rapid.Bool()) {
		d.Creator = anyRef(t)
		d.Creator.Key.PID += 1 << 22 // nobody forks itself
	}
	d.CreatorTID = draw(t, rapid.SampledFrom([]int32{d.Creator.Key.PID, 77}))
	return d
}

func anyReason(t *rapid.T) events.ReparentReason {
	return events.ReparentReason(draw(t, rapid.IntRange(0, int(events.ReparentInit))))
}

func anyExit(t *rapid.T) *events.ExitDetail {
	d := &events.ExitDetail{Status: anyStatus(t), LifetimeNS: draw(t, rapid.Uint64()), Threads: draw(t, rapid.Uint32())}
	if d.Reaper = maybeRef(t); !d.Reaper.IsZero() {
		d.ReaperReason = anyReason(t)
	}
	if draw(t, rapid.Bool()) {
		d.Killer = &events.Killer{
			Origin: anyOrigin(t), Signal: d.Status.Signal, Sender: maybeRef(t), ParentDeath: draw(t, rapid.Bool()),
			SenderLives: draw(t, rapid.Bool()), SenderTID: draw(t, rapid.SampledFrom([]int32{0, 1 << 30})),
			Code: draw(t, rapid.Int32()), Why: draw(t, rapid.SampledFrom([]events.Why{"", events.WhySeccomp})),
		}
		for range draw(t, rapid.IntRange(0, 3)) {
			d.Killer.SenderChain = append(d.Killer.SenderChain, anyRef(t))
			d.Killer.Preceded = append(d.Killer.Preceded, events.PriorSignal{
				Signal: draw(t, rapid.Int32Range(1, 64)), Result: anyResult(t), Sender: maybeRef(t), BootNS: draw(t, rapid.Uint64()),
				Count: draw(t, rapid.Uint32()),
			})
			d.Killer.OneOf = append(d.Killer.OneOf, anyRef(t))
		}
		d.Killer.MorePreceded = draw(t, rapid.Uint32())
	}
	return d
}

func anyOrigin(t *rapid.T) events.Origin {
	return events.Origin(draw(t, rapid.IntRange(0, int(events.OriginCgroupKill))))
}

func anyResult(t *rapid.T) events.SignalResult {
	return events.SignalResult(draw(t, rapid.IntRange(0, int(events.SignalLoseInfo)+1)))
}

func anySignal(t *rapid.T) *events.SignalDetail {
	d := &events.SignalDetail{
		Signal: draw(t, rapid.Int32Range(1, 64)), Sender: maybeRef(t), Origin: anyOrigin(t), Code: draw(t, rapid.Int32()),
		Result: anyResult(t), TargetIsInit: draw(t, rapid.Bool()), Group: draw(t, rapid.Bool()), ParentDeath: draw(t, rapid.Bool()),
	}
	if !d.Sender.IsZero() {
		d.SenderTID = draw(t, rapid.SampledFrom([]int32{d.Sender.Key.PID, 88}))
	}
	if draw(t, rapid.Bool()) {
		d.NSID = anyNS(t)
	}
	return d
}

func anySyscall(t *rapid.T, kind events.Kind) *events.SyscallDetail {
	d := &events.SyscallDetail{Ret: draw(t, rapid.Int64Range(-600, 0))}
	switch kind {
	case events.CloneFailed:
		d.Name = draw(t, rapid.SampledFrom([]string{"clone", "clone3", "fork", "vfork"}))
		d.Ret = draw(t, rapid.Int64Range(-600, -1))
		if d.Name[0] == 'c' { // fork and vfork take no flags
			d.Flags = draw(t, rapid.Uint64())
		}
	case events.Unshare:
		d.Name, d.Flags = "unshare", draw(t, rapid.Uint64())
	case events.Setns:
		d.Name, d.Flags, d.FD = "setns", draw(t, rapid.Uint64()), draw(t, rapid.Int32())
	case events.Subreaper:
		d.Name, d.Arg = "prctl", draw(t, rapid.Int64())
	case events.PivotRoot:
		d.Name, d.NewRoot, d.PutOld = "pivot_root", draw(t, anyText), draw(t, anyText)
	}
	return d
}

func anyPidns(t *rapid.T, kind events.Kind) *events.PidnsDetail {
	d := &events.PidnsDetail{
		NS:   events.NSInfo{ID: anyNS(t), Level: draw(t, rapid.IntRange(0, 32)), Parent: anyNS(t), UserNS: draw(t, rapid.Uint32())},
		Init: maybeRef(t),
	}
	switch kind {
	case events.PidnsCreate, events.PidnsEnter:
		d.Via, d.Creator = draw(t, rapid.SampledFrom([]string{"", "clone", "setns"})), maybeRef(t)
	case events.PidnsDestroy:
		d.Exit, d.LifetimeNS, d.ReapNS = maybeStatus(t), draw(t, rapid.Uint64()), draw(t, rapid.Uint64())
		for range draw(t, rapid.IntRange(0, 3)) {
			d.SurvivorsKilled = append(d.SurvivorsKilled, anyRef(t))
		}
		d.Reaped = uint32(len(d.SurvivorsKilled))
	case events.PidnsWait:
		d.InitState = draw(t, rapid.SampledFrom([]events.InitState{events.InitWaits, events.InitZombie, events.InitGone}))
		for range draw(t, rapid.IntRange(0, 3)) {
			d.Awaited = append(d.Awaited, events.Awaited{Process: anyRef(t), Parent: anyRef(t)})
		}
	}
	return d
}
