package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// cloneNewPID is CLONE_NEWPID (include/uapi/linux/sched.h).
const cloneNewPID = 0x20000000

// born tells what a birth means for namespaces: a new one, or that the process
// came into one from outside.
func (m *Model) born(p *Process, d *events.ForkDetail) {
	ns := p.ns
	if ns == nil || ns.Level == 0 {
		return
	}
	if p.isInit() {
		m.created(p, ns, d)
		return
	}
	from := d.CreatorNS
	if c := m.find(d.Creator.Key); from.IsZero() && c != nil {
		from = c.own().NS
	}
	if from.IsZero() || sameNS(from, ns.ID) {
		return
	}
	via := "setns"
	if ns.Via == "unshare" && ns.Creator.Key == d.Creator.Key {
		via = "" // its creator has it as pid_for_children since unshare, without setns
	}
	p.birth.entered, p.birth.setns = true, via != ""
	m.tellPidns(events.PidnsEnter, p, events.PidnsDetail{
		NS: ns.Info(), Via: via, Creator: m.keep(d.Creator), Init: ns.initRef(),
	})
}

func (m *Model) created(p *Process, ns *Namespace, d *events.ForkDetail) {
	if ns.init != p {
		return
	}
	ns.Born, ns.BornNS, ns.Creator = true, m.current.BootNS, d.Creator
	ns.Creator.Comm = m.names.intern(ns.Creator.Comm)
	switch {
	case d.Flags&cloneNewPID == 0:
		ns.Via = "unshare"
	case d.Syscall == "":
		ns.Via = "clone"
	default:
		ns.Via = m.names.intern(d.Syscall)
	}
	m.tellPidns(events.PidnsCreate, p, events.PidnsDetail{
		NS: ns.Info(), Via: ns.Via, Creator: ns.Creator, Init: p.Ref(),
	})
}

// initRef returns the namespace's PID 1 by the name that it has now, or had last.
func (ns *Namespace) initRef() events.Ref {
	if ns.init != nil && ns.init.Key == ns.Init.Key && ns.init.Comm != "" {
		ns.Init.Comm = ns.init.Comm
	}
	return ns.Init
}

// sameNS compares by the identity that both have.
func sameNS(a, b events.NSID) bool {
	if a.ID != 0 && b.ID != 0 {
		return a.ID == b.ID
	}
	return a.Inum == b.Inum
}

func (m *Model) tellPidns(kind events.Kind, p *Process, d events.PidnsDetail) {
	m.derivedPidns = d
	ev := m.derive(kind, p)
	if p == nil {
		ev.Process.Key, ev.Process.Comm = d.Init.Key, d.Init.Comm
	}
	ev.Pidns = &m.derivedPidns
	m.say(ev)
}

// reaped notes that the kernel kills p because a PID 1 is gone. When that PID 1
// was itself killed so, the death of the outer namespace is the cause.
func (m *Model) reaped(p *Process, d *events.SignalDetail) {
	if p.few().reapedIn != nil || p.State == Exited || p.State == Gone {
		return
	}
	ns := m.dyingNamespace(p, d.NSID)
	if ns == nil || ns.init == p {
		return
	}
	m.markDying(ns)
	if ns.Init.IsZero() {
		ns.Init = d.Sender
		ns.Init.Comm = m.names.intern(d.Sender.Comm)
	}
	for ns.init != nil && ns.init.few().reapedIn != nil {
		ns = ns.init.seldom.reapedIn
	}
	m.reapIn(p, ns)
	m.tellPidns(events.PidnsReap, p, events.PidnsDetail{
		NS: ns.Info(), Via: ns.Via, Creator: ns.Creator, Init: ns.initRef(),
	})
}

// reapIn notes for the end of the namespace that its death kills p.
func (m *Model) reapIn(p *Process, ns *Namespace) {
	if p.few().reapedIn != nil {
		return
	}
	m.markDying(ns)
	m.need(p).reapedIn = ns
	ns.killed = append(ns.killed, p.Ref())
}

// dyingNamespace finds the namespace that is being emptied among those of the
// victim.
func (m *Model) dyingNamespace(p *Process, id events.NSID) *Namespace {
	for ns := p.ns; ns != nil; ns = ns.Parent {
		if sameNS(ns.ID, id) {
			return ns
		}
	}
	return nil
}

func (m *Model) markDying(ns *Namespace) {
	if !ns.dying {
		ns.dying, ns.DyingNS = true, m.current.BootNS
	}
}

// leave takes a process that is no longer alive out of its namespaces, innermost
// first, and tells which are empty now.
func (m *Model) leave(p *Process, before State) {
	if p.ns == nil || before != Live && before != Zombie {
		return
	}
	if before == Live {
		p.noteStray()
	}
	if p.State != Zombie {
		p.ns.strike(p)
	}
	if p.ns.init == p {
		m.initEnded(p)
	}
	if in := p.few().reapedIn; in != nil {
		in.lastKillNS = m.current.BootNS
	}
	for ns := p.ns; ns != nil; ns = ns.Parent {
		if before == Zombie {
			ns.Unreaped--
		} else {
			ns.Members--
		}
		if p.State == Zombie {
			ns.Unreaped++
		}
		m.settle(ns)
	}
}

// initEnded notes the end of a namespace's PID 1. When that was is known only of one
// that was seen to exit.
func (m *Model) initEnded(p *Process) {
	ns := p.ns
	if end, ok := p.End(); ok && end.AtNS != 0 {
		m.markDying(ns)
	}
	ns.dying = true
	if end, ok := p.End(); ok {
		ns.exit, ns.exitSeen, ns.initExitNS = end.Status, true, end.AtNS
	}
}

// settle tells the end of a namespace once, when nothing lives in it any more,
// and forgets it when nothing of it is left.
func (m *Model) settle(ns *Namespace) {
	if ns.Level == 0 || ns.Members > 0 || !ns.listed {
		return
	}
	if ns.dying && (ns.lived || ns.Born) && !ns.destroyTold {
		ns.destroyTold = true
		m.tellDestroy(ns)
	}
	if ns.Unreaped == 0 && !m.held(ns) {
		m.unlist(ns)
	}
}

func (m *Model) tellDestroy(ns *Namespace) {
	d := events.PidnsDetail{
		NS: ns.Info(), Via: ns.Via, Creator: ns.Creator, Init: ns.initRef(),
		Reaped: uint32(len(ns.killed)), SurvivorsKilled: ns.killed,
	}
	if ns.exitSeen {
		d.Exit = &ns.exit
		if ns.initExitNS != 0 && ns.lastKillNS > ns.initExitNS {
			d.ReapNS = ns.lastKillNS - ns.initExitNS
		}
	}
	if now := m.current.BootNS; ns.Born && now > ns.BornNS {
		d.LifetimeNS = now - ns.BornNS
	}
	m.tellPidns(events.PidnsDestroy, ns.init, d)
}
