package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// No record tells who is reaped. So what comes between the end of a namespace's last
// process and the end of its PID 1, which waits inside its own exit until every other
// member is reaped (zap_pid_ns_processes, kernel/pid_namespace.c), is folded from looks
// at those processes, and without looks not known.

// Unreaped is a process that was seen dead and not waited for, and the PID of its
// parent.
type Unreaped struct {
	Process   events.ProcKey
	ParentPID int32
}

// Awaited is a dead member of a dying namespace, and its parent outside, which alone
// can reap it.
type Awaited struct{ Process, Parent events.Ref }

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
func (ns *Namespace) Awaited() []Awaited { return ns.awaited }

// Strays returns the latest of its members that ended with their parents, who were to
// reap them, outside; whether they were reaped no record tells.
func (ns *Namespace) Strays() []events.Ref { return ns.strays }

// dyingInit returns the namespace whose PID 1 has ended and is this process.
func (m *Model) dyingInit(init events.ProcKey) *Namespace {
	p := m.procs[init]
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
// namespace's members these are dead and not reaped.
func (m *Model) SawWaiting(init events.ProcKey, unreaped []Unreaped) {
	ns := m.dyingInit(init)
	if ns == nil {
		return
	}
	ns.waits, ns.awaited = true, ns.awaited[:0]
	for _, u := range unreaped {
		i := slices.IndexFunc(ns.strays, func(r events.Ref) bool { return r.Key == u.Process })
		parent := m.byPID[u.ParentPID]
		if i >= 0 && parent != nil && !parent.within(ns) {
			ns.awaited = append(ns.awaited, Awaited{ns.strays[i], parent.Ref()})
		}
	}
}

// held reports whether the namespace is kept for what a look at its PID 1 will show.
func (m *Model) held(ns *Namespace) bool {
	return m.looks && !ns.left && ns.init != nil && ns.init.State == Exited
}

// LookedAway says that nobody will look at this PID 1 any more.
func (m *Model) LookedAway(init events.ProcKey) {
	if ns := m.dyingInit(init); ns != nil && ns.listed && ns.Members == 0 && ns.Unreaped == 0 {
		m.unlist(ns)
	}
}

// SawLeft folds a look at a PID 1 that has ended: it waits no longer, so that every
// other member is reaped, and is itself when it is gone. atNS is when, CLOCK_BOOTTIME.
func (m *Model) SawLeft(init events.ProcKey, gone bool, atNS uint64, tell func(*events.Event) error) error {
	ns := m.dyingInit(init)
	if ns == nil {
		return nil
	}
	if ns.waits {
		ns.leftNS = atNS
	}
	ns.waits, ns.left, ns.awaited, ns.strays = false, true, nil, nil
	return m.aside(tell, func() {
		if ns.Unreaped > 0 {
			m.reapedAll(ns, gone)
		}
		if ns.init != nil && ns.init.State == Exited {
			m.remember(ns.init) // only now has it ended for good
		}
		m.settle(ns)
	})
}

// reapedAll takes the zombies of a namespace from it, its PID 1 only when that is gone.
func (m *Model) reapedAll(ns *Namespace, initGone bool) {
	zombies := slices.Collect(func(yield func(*Process) bool) {
		for p := range m.All() {
			if p.State == Zombie && p.within(ns) && (p != ns.init || initGone) && !yield(p) {
				return
			}
		}
	})
	for _, p := range zombies {
		if p.end == nil || p.end.unseen {
			m.bury(p, Gone)
		} else {
			m.bury(p, Exited)
		}
	}
}

// aside folds what no record says, and tells what follows.
func (m *Model) aside(tell func(*events.Event) error, fold func()) error {
	m.current, m.currentTold, m.tell, m.err = &events.Event{}, false, tell, nil
	fold()
	err := m.err
	m.current, m.tell, m.err = nil, nil, nil
	return err
}
