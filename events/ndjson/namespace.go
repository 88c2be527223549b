package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

func (e *encoder) nsid(n events.NSID) {
	e.uint("inum", uint64(n.Inum))
	e.known("id", n.ID)
}

func (e *encoder) nsInfo(n events.NSInfo) {
	outer := e.open("pidns")
	e.nsid(n.ID)
	e.int("level", int64(n.Level))
	e.known("parent", uint64(n.Parent.Inum))
	e.known("parent_id", n.Parent.ID)
	e.known("user_ns", uint64(n.UserNS))
	e.close(outer)
}

func (e *encoder) pidns(d *events.PidnsDetail, kind events.Kind) {
	e.nsInfo(d.NS)
	if kind == events.PidnsCreate || kind == events.PidnsEnter {
		e.text("via", d.Via)
		e.ref("creator", d.Creator)
	}
	e.ref("init", d.Init)
	if kind == events.PidnsDestroy {
		e.destroyed(d)
	}
	if d.InitState != events.InitUnknown {
		e.string("init_state", d.InitState.String())
	}
	if len(d.Awaited) > 0 {
		e.array("waiting_for")
		for _, a := range d.Awaited {
			e.awaited(a.Process, a.Parent, true)
		}
		e.endArray()
	}
}

func (e *encoder) awaited(process, parent events.Ref, zombie bool) {
	outer := e.open("")
	e.ref("process", process)
	e.ref("parent", parent)
	e.flag("zombie", zombie)
	e.close(outer)
}

func (e *encoder) destroyed(d *events.PidnsDetail) {
	if d.Exit != nil {
		e.status("exit", *d.Exit)
	}
	e.known("lifetime_ns", d.LifetimeNS)
	e.uint("reaped", uint64(d.Reaped))
	e.refs("survivors_killed", d.SurvivorsKilled)
	e.known("reap_ns", d.ReapNS)
}

// syscall writes the arguments by the names of their manual pages.
func (e *encoder) syscall(d *events.SyscallDetail) {
	e.string("syscall", d.Name)
	switch d.Name {
	case "clone":
		// The low byte of clone's flags is the exit signal.
		e.flags("flags", d.Flags&^0xff)
	case "clone3", "unshare":
		e.flags("flags", d.Flags)
	case "setns":
		e.int("fd", int64(d.FD))
		e.flags("nstype", d.Flags)
	case "prctl":
		e.bool("enable", d.Arg != 0)
	case "pivot_root":
		e.text("new_root", d.NewRoot)
		e.text("put_old", d.PutOld)
	}
	if d.Ret < 0 {
		e.name("error")
		e.b = append(names.AppendErrno(append(e.b, '"'), -d.Ret), '"')
	}
}
