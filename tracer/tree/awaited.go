package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// No record tells who is reaped. So what comes between the end of a namespace's last
// process and the end of its PID 1, which waits inside its own exit until every other
// member is reaped (zap_pid_ns_processes, kernel/pid_namespace.c), is folded from looks
// at those processes, told as PidnsWait, and without looks not known.

// Unreaped is a process that was seen dead and not waited for, and the PID of its
// parent.
type Unreaped struct {
	Process   events.ProcKey
	ParentPID int32
}

// Looks says that somebody looks at the PID 1s that have ended: for each whose exit is
// told SawWaiting, at last SawLeft or LookedAway will be called. Its namespace is kept
// until then.
func (m *Model) Looks() { m.looks = true }

// Looked reports whether Looks was called.
func (m *Model) Looked() bool { return m.looks }

// Waits reports whether its PID 1 has ended and was seen, since then, to wait in the
// kernel for other members to be reaped.
func (ns *Namespace) Waits() bool { return ns.waits }

// Left reports whether its PID 1 was seen to wait no longer: all others are reaped.
func (ns *Namespace) Left() bool { return ns.left }

// LeftNS returns when that was, of one that was seen to wait before; else 0.
func (ns *Namespace) LeftNS() uint64 { return ns.leftNS }

// Awaited returns the dead members that were seen unreaped at the last look; empty
// while Waits means that nobody knows which they are.
func (ns *Namespace) Awaited() []events.Awaited { return ns.awaited }

// Strays returns the latest of its members that ended with their parents, who were to
// reap them, outside; whether they were reaped no record tells.
func (ns *Namespace) Strays() []events.Ref { return ns.strays }

// dyingInit returns the namespace whose PID 1 has ended and is this process.
func (m *Model) dyingInit(init events.ProcKey) *Namespace {
	p := m.find(init)
	if p == nil || p.ns == nil || p.ns.init != p || p.State != Exited && p.State != Zombie {
		return nil
	}
	return p.ns
}

// keptStrays is how many of a namespace's members whose parents live outside are
// remembered after their end; nearly all were reaped long ago.
const keptStrays = 64

// noteStray remembers a process that has ended in those of its namespaces in which its
// parent, who is to reap it, does not live.
func (p *Process) noteStray() {
	for ns := p.ns; ns != nil && ns.Level > 0 && p.parent.ns != nil && !p.parent.within(ns); ns = ns.Parent {
		if ns.init == p {
			continue
		}
		if len(ns.strays) == keptStrays {
			ns.strays = slices.Delete(ns.strays, 0, 1)
		}
		ns.strays = append(ns.strays, p.Ref())
	}
}

// MaybeUnreaped returns the dead members of the namespace of this PID 1, which has
// ended, that others outside may have left unreaped. It is not ok when the process is no
// such PID 1, or is forgotten.
func (m *Model) MaybeUnreaped(init events.ProcKey) (dead []events.ProcKey, ok bool) {
	ns := m.dyingInit(init)
	if ns == nil {
		return nil, false
	}
	for _, r := range ns.strays {
		dead = append(dead, r.Key)
	}
	return dead, true
}

// SawWaiting folds a look at a PID 1 that has ended: it waits in the kernel, and of its
// namespace's members these are dead and not reaped. It is told once nothing lives in the
// namespace any more, and again when others are waited for. atNS is when, CLOCK_BOOTTIME.
func (m *Model) SawWaiting(init events.ProcKey, unreaped []Unreaped, atNS uint64, tell func(*events.Event) error) error {
	ns := m.dyingInit(init)
	if ns == nil {
		return nil
	}
	var now []events.Awaited
	for _, u := range unreaped {
		i := slices.IndexFunc(ns.strays, func(r events.Ref) bool { return r.Key == u.Process })
		parent := m.holderOf(u.ParentPID)
		if i >= 0 && parent != nil && !parent.within(ns) {
			now = append(now, events.Awaited{Process: ns.strays[i], Parent: parent.Ref()})
		}
	}
	known := ns.waitTold && slices.EqualFunc(now, ns.awaited, sameAwaited)
	ns.waits, ns.awaited = true, now
	if known || ns.Members > 0 {
		return nil
	}
	ns.waitTold = true
	return m.aside(atNS, tell, func() { m.tellWait(ns, events.InitWaits) })
}

func sameAwaited(a, b events.Awaited) bool {
	return a.Process.Key == b.Process.Key && a.Parent.Key == b.Parent.Key
}

// tellWait tells what a look at the PID 1 showed. It has no cause but the look.
func (m *Model) tellWait(ns *Namespace, state events.InitState) {
	m.derivedPidns = events.PidnsDetail{NS: ns.Info(), Init: ns.initRef(), InitState: state, Awaited: ns.awaited}
	ev := m.derive(events.PidnsWait, ns.init)
	ev.Cause = 0
	ev.Pidns = &m.derivedPidns
	m.say(ev)
}

// held reports whether the namespace is kept for what a look at its PID 1 will show, or
// has shown.
func (m *Model) held(ns *Namespace) bool {
	return (m.looks || ns.waits) && !ns.left && ns.init != nil && ns.init.State == Exited
}

// LookedAway says that nobody will look at this PID 1 any more.
func (m *Model) LookedAway(init events.ProcKey) {
	if ns := m.dyingInit(init); ns != nil && ns.listed && ns.Members == 0 && ns.Unreaped == 0 {
		m.unlist(ns)
	}
}

// SawLeft folds a look at a PID 1 that has ended: it waits no longer, so that every
// other member is reaped, and is itself when it is gone. That is told where it was told
// to wait or somebody might have taken it to. atNS is when, CLOCK_BOOTTIME.
func (m *Model) SawLeft(init events.ProcKey, gone bool, atNS uint64, tell func(*events.Event) error) error {
	ns := m.dyingInit(init)
	if ns == nil {
		return nil
	}
	doubtful := ns.waitTold || len(ns.strays) > 0 || gone && ns.Unreaped > 0
	return m.aside(atNS, tell, func() {
		if ns.left = true; doubtful {
			ns.awaited = nil
			m.tellWait(ns, map[bool]events.InitState{true: events.InitGone, false: events.InitZombie}[gone])
		}
		m.leftBy(ns, gone)
	})
}

// leftBy notes that the PID 1 waits no longer.
func (m *Model) leftBy(ns *Namespace, gone bool) {
	if ns.waits {
		ns.leftNS = m.current.BootNS
	}
	ns.waits, ns.left, ns.awaited, ns.strays = false, true, nil, nil
	if ns.Unreaped > 0 {
		m.reapedAll(ns, gone)
	}
	if ns.init != nil && ns.init.State == Exited {
		m.remember(ns.init) // only now has it ended for good
	}
	m.settle(ns)
}

// recallWait takes over what was told of a PID 1 that has ended. One that waits keeps its
// namespace, though it was told to be empty.
func (m *Model) recallWait(ev *events.Event) {
	if ev.Pidns == nil {
		return
	}
	ns := m.dyingInit(ev.Pidns.Init.Key)
	if ns == nil {
		return
	}
	if ev.Pidns.InitState != events.InitWaits {
		m.leftBy(ns, ev.Pidns.InitState == events.InitGone)
		return
	}
	ns.waits, ns.left, ns.awaited = true, false, slices.Clone(ev.Pidns.Awaited)
	for i := range ns.awaited {
		a := &ns.awaited[i]
		a.Process, a.Parent = m.keep(a.Process), m.keep(a.Parent)
	}
	if !ns.listed {
		m.list(ns, ns.init)
	}
}

// reapedAll takes the zombies of a namespace from it, its PID 1 only when that is gone.
func (m *Model) reapedAll(ns *Namespace, initGone bool) {
	zombies := slices.Collect(func(yield func(*Process) bool) {
		for p := range m.members(ns) {
			if p.State == Zombie && (p != ns.init || initGone) && !yield(p) {
				return
			}
		}
	})
	for _, p := range zombies {
		if end := p.few().end; end == nil || end.unseen {
			m.bury(p, Gone)
		} else {
			m.bury(p, Exited)
		}
	}
}

// aside folds what no record says, and tells what follows. atNS is when that was seen.
func (m *Model) aside(atNS uint64, tell func(*events.Event) error, fold func()) error {
	m.current, m.currentTold, m.tell, m.err = &events.Event{BootNS: atNS}, false, tell, nil
	fold()
	err := m.err
	m.current, m.tell, m.err = nil, nil, nil
	return err
}
