package ndjson

import "github.com/ptrace-ns/ptrace-ns/events"

// AppendEvent appends one line, newline included. It allocates nothing where b
// has room. The wall clock is bootTimeNS, the header's, plus the event's time.
func AppendEvent(b []byte, ev *events.Event, bootTimeNS int64) []byte {
	e := encoder{b: b}
	return e.event(ev, bootTimeNS)
}

func (e *encoder) event(ev *events.Event, bootTimeNS int64) []byte {
	outer := e.begin()
	e.uint("seq", ev.Seq)
	e.time("time", bootTimeNS+int64(ev.BootNS))
	e.uint("boot_ns", ev.BootNS)
	e.uint("cpu", uint64(ev.CPU))
	e.string("event", ev.Kind.String())
	e.known("cause", ev.Cause)
	if !ev.Process.Key.IsZero() {
		e.process(&ev.Process)
	}
	e.details(ev)
	e.close(outer)
	return append(e.b, '\n')
}

// details writes what the kind's own fields are. The kinds that two details
// could serve are told apart in the detail's own function.
func (e *encoder) details(ev *events.Event) {
	if d := ev.Fork; d != nil {
		e.fork(d, &ev.Process)
	}
	if d := ev.Exec; d != nil {
		e.exec(d)
	}
	switch ev.Kind {
	case events.ContainerStart, events.ContainerExit:
		e.container("container", ev.Process.Container)
	case events.ContainerKnown:
		e.container("container", ev.Process.Container)
		e.cgroup("cgroup", ev.Process.Cgroup)
		e.ref("servant", ev.Servant)
		e.flag("shared", ev.Shared)
	}
	if d := ev.Exit; d != nil {
		e.exited(d)
	}
	if d := ev.Signal; d != nil {
		e.signal(d)
	}
	if d := ev.Rename; d != nil {
		e.string("old_comm", d.OldComm)
		e.flag("in_exec", d.InExec)
	}
	if d := ev.Cgroup; d != nil {
		e.moved(d, ev.Kind)
	}
	if d := ev.Syscall; d != nil {
		e.syscall(d)
	}
	if d := ev.Pidns; d != nil {
		e.pidns(d, ev.Kind)
	}
	if d := ev.Reparent; d != nil {
		e.reparent(d)
	}
	if d := ev.Lost; d != nil {
		e.lost(d)
	}
}
