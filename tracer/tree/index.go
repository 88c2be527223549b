package tree

import (
	"iter"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// What comes late, an answer about a container say, is about a few of very many
// processes. So the living are found by the container that they are in, or by the cgroup
// of which nobody knows a container; and the members of each PID namespace but the
// initial one, which never ends.

// home is where a process is found: its container or, where that has none, its cgroup.
type home struct {
	container string
	cgroup    uint64
	hierarchy uint32
}

// group is all that are at one home.
type group struct {
	home  home
	first *Process
}

// settleIn puts a living process where it is found.
func (m *Model) settleIn(p *Process) {
	at := home{cgroup: p.Cgroup().ID, hierarchy: p.Cgroup().Hierarchy}
	if p.Container != nil {
		at = home{container: containerKey(p.Container)}
	}
	if p.State != Live {
		at = home{}
	}
	if p.group != nil && p.group.home == at || p.group == nil && at == (home{}) {
		return
	}
	m.moveOut(p)
	if at == (home{}) {
		return
	}
	g := m.groups[at]
	if g == nil {
		g = &group{home: at}
		m.groups[at] = g
	}
	p.group, p.nextMate = g, g.first
	if g.first != nil {
		g.first.prevMate = p
	}
	g.first = p
}

// moveOut takes a process from where it was found.
func (m *Model) moveOut(p *Process) {
	g := p.group
	if g == nil {
		return
	}
	if p.prevMate != nil {
		p.prevMate.nextMate = p.nextMate
	} else if g.first = p.nextMate; g.first == nil {
		delete(m.groups, g.home)
	}
	if p.nextMate != nil {
		p.nextMate.prevMate = p.prevMate
	}
	p.group, p.nextMate, p.prevMate = nil, nil, nil
}

// at returns the living who are at that home.
func (m *Model) at(h home) (all []*Process) {
	if g := m.groups[h]; g != nil {
		for p := g.first; p != nil; p = p.nextMate {
			all = append(all, p)
		}
	}
	return all
}

// enroll makes a process one of those who are found in their own namespace.
func (ns *Namespace) enroll(p *Process) {
	if ns.Level == 0 {
		return
	}
	p.nested.prev, p.nested.next = ns.last, nil
	if ns.last != nil {
		ns.last.nested.next = p
	} else {
		ns.first = p
	}
	ns.last = p
}

// strike is the reverse.
func (ns *Namespace) strike(p *Process) {
	if ns.Level == 0 {
		return
	}
	n := p.nested
	if n.prev != nil {
		n.prev.nested.next = n.next
	} else {
		ns.first = n.next
	}
	if n.next != nil {
		n.next.nested.prev = n.prev
	} else {
		ns.last = n.prev
	}
	n.prev, n.next = nil, nil
}

// members yields the living and the zombies with a number in a child namespace, those in
// nested ones included. None of them may leave meanwhile.
func (m *Model) members(ns *Namespace) iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for own := m.nsFirst; own != nil; own = own.next {
			if !own.in(ns) {
				continue
			}
			for p := own.first; p != nil; p = p.nested.next {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// in reports whether it is the other namespace or below it.
func (ns *Namespace) in(other *Namespace) bool {
	for ; ns != nil; ns = ns.Parent {
		if ns == other {
			return true
		}
	}
	return false
}

// containerKnown takes over what was found out of a container, or that a cgroup is one's,
// after its processes were told: it is told where it says something new of anybody.
func (m *Model) containerKnown(ev *events.Event) {
	known, cgroup := ev.Process.Container.Clone(), ev.Process.Cgroup
	if known == nil || known.ID == "" {
		return
	}
	found := m.at(home{container: containerKey(known)})
	if ev.Shared {
		m.containerShared(ev, found)
		return
	}
	if cgroup.ID != 0 {
		found = append(found, m.at(home{cgroup: cgroup.ID, hierarchy: cgroup.Hierarchy})...)
	}
	m.completeRef(&ev.Servant)
	news := m.knowServant(m.find(ev.Servant.Key), known)
	news = m.knowServants(known) || news
	for _, p := range found {
		news = news || !p.Container.Equal(known)
		p.Container = known
		m.settleIn(p)
	}
	found = slices.DeleteFunc(found, (*Process).onlyForked)
	for _, p := range found {
		m.noteContainer(p)
	}
	for _, p := range found {
		m.assume(p)
	}
	if news {
		m.say(ev)
	}
}

// containerShared takes the container back from those of it in the cgroup who may be
// another's or nobody's, and tells that when there are any.
func (m *Model) containerShared(ev *events.Event, of []*Process) {
	init, parted := m.find(m.containers[containerKey(ev.Process.Container)].init), false
	for _, p := range of {
		at := p.Cgroup()
		if at.ID != ev.Process.Cgroup.ID || at.Hierarchy != ev.Process.Cgroup.Hierarchy || p.surelyWith(init) {
			continue
		}
		p.Container, parted = nil, true
		if d := p.few().duty; d == &dutyInit || d == &dutyExec {
			m.assign(p, nil)
		}
		m.settleIn(p)
	}
	if parted {
		m.say(ev)
	}
}

// surelyWith reports whether the process is the container's init or in the child PID
// namespace that it has.
func (p *Process) surelyWith(init *Process) bool {
	return p == init || init != nil && init.ns != nil && init.ns.Level > 0 && p.ns.in(init.ns)
}

// knowServant takes it over for a program that turned out to work for the container.
func (m *Model) knowServant(p *Process, known *events.Container) (news bool) {
	if p == nil || p.State != Live || p.few().duty == nil || p.seldom.duty.serves.Equal(known) {
		return false
	}
	m.assign(p, p.seldom.duty.to(known))
	return true
}

// knowServants takes it over for the programs that work for the container.
func (m *Model) knowServants(known *events.Container) (news bool) {
	for p := range m.servants {
		d := p.seldom.duty
		if containerKey(d.serves) == containerKey(known) && !d.serves.Equal(known) {
			p.seldom.duty, news = d.to(known), true
		}
	}
	return news
}
