package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// cloneNew are the flags of clone and unshare that ask for a new namespace.
const cloneNew = 1<<7 | 1<<17 | 0x3f<<25

// cloneIntoCgroup is clone3's flag (include/uapi/linux/sched.h); such a birth raises no
// event of a move.
const cloneIntoCgroup = 1 << 33

// marks finds the events of a mark in a process's life, as one who has that part.
func (p *play) marks(l *life, who part, at mark) []*events.Event {
	var ev *events.Event
	switch at {
	case born:
		if l.seenBorn() {
			ev = l.birth
		}
	case bornInside:
		if l.seenBorn() && l.birth.Fork.Flags&cloneIntoCgroup != 0 && p.cgroup.Path != "" && l.birth.Process.Cgroup.Path == p.cgroup.Path {
			ev = l.birth
		}
	case starts:
		ev = l.launched(roleOf(l, who))
	case ends:
		ev = l.exit
	case entry:
		ev = entrypoint(l)
	case emptied:
		ev = p.gone
	case pidnsMade:
		ev = l.first(events.PidnsCreate)
	case adopted:
		ev = p.adoption(l, who)
	case signalled:
		return p.signals(l)
	default:
		ev = p.fact(l, at)
	}
	if ev == nil {
		return nil
	}
	return []*events.Event{ev}
}

// fact finds what a process did before the entrypoint ran, or to clean up.
func (p *play) fact(l *life, at mark) *events.Event {
	for _, ev := range l.facts {
		switch {
		case at == cgroupMade && ev.Kind == events.CgroupMkdir && p.isCgroup(&ev.Cgroup.To),
			at == cgroupGone && ev.Kind == events.CgroupRmdir && p.isCgroup(&ev.Cgroup.To),
			at == cgroupEnter && ev.Kind == events.CgroupMove && p.isCgroup(&ev.Cgroup.To),
			at == unshared && ev.Kind == events.Unshare && ev.Syscall.Ret >= 0 && ev.Syscall.Flags&cloneNew != 0 && !p.byEntrypoint(l, ev),
			at == pivoted && ev.Kind == events.PivotRoot && ev.Syscall.Ret >= 0 && !p.byEntrypoint(l, ev):
			return ev
		}
	}
	return nil
}

// byEntrypoint reports whether the event is the entrypoint's own, not its maker's.
func (p *play) byEntrypoint(l *life, ev *events.Event) bool {
	at := entrypoint(p.init)
	return l == p.init && at != nil && ev.Seq > at.Seq
}

// adoption is the change of parent that belongs to the start: the shim's when its
// starter ends, the init's when the runtime does. It is told once as foretold and
// once as seen; the latter counts, where it came.
func (p *play) adoption(l *life, who part) *events.Event {
	left := p.one(runtime)
	if who == shim {
		left = p.one(starter)
	}
	var found *events.Event
	for _, ev := range l.facts {
		if ev.Kind == events.Reparent && left != nil && ev.Reparent.From.Key == left.key && (found == nil || ev.Reparent.Confirmed) {
			if found != nil {
				ev = sameMoment(found, ev)
			}
			found = ev
		}
	}
	return found
}

// sameMoment is what was confirmed, in the place of what foretold it.
func sameMoment(foretold, seen *events.Event) *events.Event {
	c := *seen
	c.Seq, c.BootNS, c.Process = foretold.Seq, foretold.BootNS, foretold.Process
	return &c
}

// entrypoint is the exec by which a container's init becomes what it is to run: the
// one that the stream says begins the container, else the first of a program that is
// no runtime's own. Nil where an earlier one may not have been seen.
func entrypoint(l *life) *events.Event {
	if began := l.first(events.ContainerStart); began != nil {
		for _, ev := range l.execs {
			if ev.Seq == began.Cause {
				return ev
			}
		}
		return began
	}
	whole := l.seenBorn() || l.first(events.PidnsCreate) != nil ||
		l.birth != nil && programOf(&l.birth.Process).role == roleRuntime
	if !whole {
		return nil
	}
	for _, ev := range l.execs {
		if programOf(&ev.Process).role != roleRuntime {
			return ev
		}
	}
	return nil
}

// neverRan reports whether the init ended as the program that made it, before any
// entrypoint. Where events were lost, only its name at the end can tell.
func (p *play) neverRan() bool {
	l := p.init
	if !l.seenBorn() || l.exit == nil || entrypoint(l) != nil {
		return false
	}
	if p.recorded(events.Lost) {
		return programOf(&events.Process{Comm: l.exit.Process.Comm}).role == roleRuntime
	}
	return p.one(runtime) != nil
}

// toldBeside are, besides the deadly ones, the signals that are told whoever sent them.
var toldBeside = []int32{1, 19} // HUP, STOP

// signals are those of the init after its entrypoint that are to end it or to have it
// do something, sent by others. What it sends itself is none, and what the kernel sends is
// by others even where it does so while the init runs, as for its own want of memory.
func (p *play) signals(l *life) []*events.Event {
	at := entrypoint(l)
	var found []*events.Event
	for _, ev := range l.signals {
		d := ev.Signal
		byRuntime := false
		if sender, ok := p.index.lives[d.Sender.Key]; ok {
			byRuntime = sender.is(roleRuntime)
		}
		if at != nil && ev.Seq < at.Seq || l.exit != nil && ev.Seq > l.exit.Seq || d.Sender.Key == l.key && ofItself(d) {
			continue
		}
		if slices.Contains(deadly, d.Signal) || slices.Contains(toldBeside, d.Signal) || byRuntime && at != nil {
			found = append(found, ev)
		}
	}
	return found
}

// ofItself reports whether the sender of a signal is who sent it, and not in whose context
// the kernel did. An exit that kills its own threads is of the process, too.
func ofItself(d *events.SignalDetail) bool {
	return d.Origin != events.OriginOOM && d.Origin != events.OriginKernel
}
