package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

func (e *encoder) fork(d *events.ForkDetail, p *events.Process) {
	// The creator is told only where it is not the parent; a thread's is its own
	// process.
	if d.Creator.Key != p.Parent.Key && d.Creator.Key != p.Key {
		e.ref("creator", d.Creator)
	}
	if d.CreatorTID != 0 && d.CreatorTID != d.Creator.Key.PID {
		e.int("creator_tid", int64(d.CreatorTID))
	}
	e.flags("clone_flags", d.Flags)
	if d.ExitSignal != 0 {
		e.signalName("exit_signal", d.ExitSignal)
	}
	e.text("syscall", d.Syscall)
}

func (e *encoder) flags(name string, flags uint64) {
	e.array(name)
	for _, flag := range names.CloneFlags(flags) {
		e.next()
		e.b = append(names.AppendCloneFlag(append(e.b, '"'), flag), '"')
	}
	e.endArray()
}

func (e *encoder) signalName(name string, signal int32) {
	e.name(name)
	e.b = append(names.AppendSignal(append(e.b, '"'), signal), '"')
}

func (e *encoder) exec(d *events.ExecDetail) {
	e.text("filename", d.Filename)
	e.flag("filename_truncated", d.FilenameStatus == events.Truncated)
	e.text("interpreter", d.Interpreter)
	if d.OldTID != 0 {
		e.int("old_tid", int64(d.OldTID))
	}
}

func (e *encoder) exited(d *events.ExitDetail) {
	e.status("exit", d.Status)
	e.known("lifetime_ns", d.LifetimeNS)
	e.known("threads", uint64(d.Threads))
	if d.Killer != nil {
		e.killer(d.Killer)
	}
	if !d.Reaper.IsZero() {
		e.ref("reaper", d.Reaper)
		e.reason("reaper_reason", d.ReaperReason)
	}
}

func (e *encoder) killer(k *events.Killer) {
	outer := e.open("killer")
	e.origin(k.Origin)
	e.signalName("signal", k.Signal)
	e.ref("sender", k.Sender)
	if k.SenderTID != 0 && k.SenderTID != k.Sender.Key.PID {
		e.int("sender_tid", int64(k.SenderTID))
	}
	e.flag("parent_death", k.ParentDeath)
	e.flag("sender_lives", k.SenderLives)
	if k.Code != 0 {
		e.int("code", int64(k.Code))
	}
	e.text("why", string(k.Why))
	if len(k.SenderChain) > 0 {
		e.refs("sender_chain", k.SenderChain)
	}
	e.flag("sender_chain_cut", k.SenderChainCut)
	if len(k.OneOf) > 0 {
		e.refs("one_of", k.OneOf)
	}
	if len(k.Preceded) > 0 {
		e.preceded(k.Preceded)
	}
	e.known("preceded_more", uint64(k.MorePreceded))
	e.close(outer)
}

func (e *encoder) preceded(all []events.PriorSignal) {
	e.array("preceded_by")
	for _, s := range all {
		outer := e.open("")
		e.signalName("signal", s.Signal)
		if s.Result != events.SignalDelivered {
			e.string("result", s.Result.String())
		}
		e.ref("sender", s.Sender)
		e.uint("boot_ns", s.BootNS)
		e.known("count", uint64(s.Count))
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) status(name string, s events.ExitStatus) {
	outer := e.open(name)
	if s.Signal != 0 {
		e.signalName("signal", s.Signal)
		e.bool("core", s.Core)
	} else {
		e.int("code", int64(s.Code))
	}
	e.close(outer)
}

func (e *encoder) origin(o events.Origin) {
	if o != events.OriginUnknown {
		e.string("origin", o.String())
	}
}

func (e *encoder) reason(name string, r events.ReparentReason) {
	if r != events.ReparentUnknown {
		e.string(name, r.String())
	}
}

func (e *encoder) signal(d *events.SignalDetail) {
	e.signalName("signal", d.Signal)
	e.ref("sender", d.Sender)
	if d.SenderTID != 0 && d.SenderTID != d.Sender.Key.PID {
		e.int("sender_tid", int64(d.SenderTID))
	}
	e.origin(d.Origin)
	e.int("code", int64(d.Code))
	e.bool("target_is_init", d.TargetIsInit)
	e.bool("group", d.Group)
	if d.Result != events.SignalDelivered {
		e.string("result", d.Result.String())
	}
	e.flag("parent_death", d.ParentDeath)
	if !d.NSID.IsZero() {
		outer := e.open("pidns")
		e.nsid(d.NSID)
		e.close(outer)
	}
}

func (e *encoder) moved(d *events.CgroupDetail, kind events.Kind) {
	if kind != events.CgroupMove {
		e.cgroup("cgroup", d.To)
		return
	}
	e.text("from", d.From.Path)
	e.text("to", d.To.Path)
}

func (e *encoder) reparent(d *events.ReparentDetail) {
	e.ref("from", d.From)
	e.ref("to", d.To)
	e.reason("reason", d.Reason)
	if d.FromExit != nil {
		e.status("from_exit", *d.FromExit)
	}
	e.bool("confirmed", d.Confirmed)
	e.ref("foretold", d.Foretold)
}

func (e *encoder) lost(d *events.LostDetail) {
	e.uint("count", d.Count)
	e.byKind("by_event", d.ByKind)
	e.known("since_ns", d.SinceNS)
	e.known("until_ns", d.UntilNS)
}
