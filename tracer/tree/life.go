package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// subject returns the process that a record is about. One that was not known, or
// only by name, is known from now on: its own record speaks for it. But a signal to
// one that is dead and not reaped, and forgotten here, raises nobody.
func (m *Model) subject(ev *events.Event) *Process {
	key := ev.Process.Key
	if key.PID == 0 {
		return nil
	}
	p := m.find(key)
	if ev.Process.Zombie && ev.Kind != events.Snapshot && (p == nil || p.State == Placeholder) {
		return nil
	}
	if p == nil {
		p = m.add(key)
	}
	if p.State == Placeholder {
		m.enlist(p, &ev.Process, Live)
	}
	if p.State == Live {
		m.refresh(p, &ev.Process)
	}
	return p
}

// named returns the process of that reference, a placeholder when it is not known.
func (m *Model) named(ref events.Ref) *Process {
	if p := m.find(ref.Key); p != nil {
		return p
	}
	p := m.add(ref.Key)
	p.Comm = m.names.intern(ref.Comm)
	return p
}

func (m *Model) add(key events.ProcKey) *Process {
	p := m.node()
	p.Key = key
	m.byPID.add(p)
	m.known++
	m.link(p, &m.root)
	return p
}

// enlist makes a placeholder a live process or a zombie: a member of its
// namespaces and the holder of its PID. If another still holds that PID its exit
// was lost.
func (m *Model) enlist(p *Process, said *events.Process, as State) {
	p.State = as
	if as == Live {
		m.stats.Live++
	}
	m.place(p, said)
	switch holder := m.holderOf(p.Key.PID); {
	case holder == nil:
		p.holdsPID = true
	case older(holder.Key, p.Key):
		m.vanish(holder)
		p.holdsPID = true
	}
}

// place gives a process its PID chain, and so its namespaces, from the first
// record that has it.
func (m *Model) place(p *Process, said *events.Process) {
	if n := len(said.Chain); p.ns == nil && n > 0 && n <= events.MaxLevels {
		m.number(p, said.Chain)
		m.join(p, said.Chain, said.PidnsOwner)
	}
}

// refresh takes over what a record says of a live process.
func (m *Model) refresh(p *Process, said *events.Process) {
	m.place(p, said)
	if said.Threads != 0 {
		p.Threads = said.Threads
	}
	if said.PIDIno != 0 {
		p.PIDIno = said.PIDIno
	}
	// A thread has a name of its own.
	if leader := said.TID == 0 || said.TID == p.Key.PID; said.Comm != "" && (leader || said.Full) {
		if said.Comm != p.Comm {
			p.Comm = m.names.intern(said.Comm)
		}
	}
	if said.Container != nil {
		m.setContainer(p, said)
	}
	if said.Full {
		m.refreshAll(p, said)
	}
	m.settleIn(p)
}

// refreshAll takes over what only a full record says.
func (m *Model) refreshAll(p *Process, said *events.Process) {
	m.shownReaping(p, said.Subreaper)
	m.shownNamespaces(p, &said.NS)
	p.Kthread = said.Kthread
	if said.HasIDs {
		p.HasIDs, p.UID, p.GID = true, said.UID, said.GID
	}
	if said.Cgroup.ID != 0 || said.Cgroup.Path != "" {
		p.cgroup = m.cgroups.of(said.Cgroup, p.cgroup)
		m.setContainer(p, said)
	}
	if p.ns != nil && said.PidnsOwner != 0 {
		p.ns.UserNS = said.PidnsOwner
	}
}

// setContainer keeps the container that the record names. Relatives in the same
// one share the memory, never the claim.
func (m *Model) setContainer(p *Process, said *events.Process) {
	c := said.Container
	if c == nil {
		p.Container = nil
		return
	}
	if p.Container != nil && p.Container.Equal(c) {
		return
	}
	if parent := m.find(said.Parent.Key); parent != nil && parent.Container.Equal(c) {
		p.Container = parent.Container
		return
	}
	p.Container = c.Clone()
}

// vanish ends a process whose exit was lost. Whose its children are now is not
// known until they say so.
func (m *Model) vanish(p *Process) {
	m.stats.Vanished++
	m.bury(p, Gone)
}

// bury takes a process from among the living: its children get their new parent,
// its namespaces lose a member, and the node is kept for a while.
func (m *Model) bury(p *Process, as State) {
	before := p.State
	p.State = as
	p.dropTIDs()
	m.moveOut(p)
	delete(m.servants, p)
	if before == Live {
		m.stats.Live--
	}
	if as != Zombie && m.isContainerInit(p) {
		delete(m.containers, containerKey(p.Container))
	}
	if as != Zombie {
		p.holdsPID = false
		m.dropHeld(p)
		m.remember(p)
	}
	m.orphan(p)
	m.leave(p, before)
}
