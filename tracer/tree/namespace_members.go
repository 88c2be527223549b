package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// join makes a process a member of every namespace of its chain.
func (m *Model) join(p *Process, chain events.PIDChain, owner uint32) {
	var ns *Namespace
	for level, e := range chain {
		ns = m.namespace(e, level, ns, p, len(chain)-1)
	}
	p.ns = ns
	if ns != nil {
		ns.enroll(p)
	}
	for ; ns != nil; ns = ns.Parent {
		if p.State == Zombie {
			ns.Unreaped++
		} else {
			ns.Members++
			ns.lived = true
		}
	}
	if ns = p.ns; ns == nil || !p.isInit() {
		return
	}
	ns.init, ns.Init = p, p.Ref()
	if owner != 0 {
		ns.UserNS = owner
	}
}

// rejoin corrects the namespaces of a process that a finished pass has shown. Two
// that live at one moment and show the same inum are in the same namespace; a gap
// may have put one of them into that number's former owner.
func (m *Model) rejoin(p *Process) {
	ns := p.ns
	for ns != nil && m.nsByInum[ns.ID.Inum] == ns {
		ns = ns.Parent
	}
	if ns == nil {
		return
	}
	old, chain := p.ns, p.Chain()
	for i := range chain {
		if m.recall.on {
			chain[i].NS.ID = 0 // p's own record did not have it
		}
	}
	if old.init == p {
		old.init = nil
	}
	old.strike(p)
	m.join(p, chain, 0)
	for ns := old; ns != nil; ns = ns.Parent {
		ns.Members--
		m.settle(ns)
	}
}

// namespace finds a namespace of p's chain, which ends at the level own, or makes it.
func (m *Model) namespace(e events.PIDEntry, level int, parent *Namespace, p *Process, own int) *Namespace {
	if e.NS.ID != 0 {
		if ns := m.nsByID[e.NS.ID]; ns != nil && ns.Level == level && ns.Parent == parent {
			return ns
		}
	}
	for ns := m.nsByInum[e.NS.Inum]; ns != nil; ns = ns.former {
		if ns.Level == level && ns.Parent == parent && ns.admits(e, p, own) {
			if e.NS.ID != 0 {
				ns.ID = e.NS
				m.nsByID[e.NS.ID] = ns
			}
			return ns
		}
	}
	ns := &Namespace{ID: e.NS, Level: level, Parent: parent}
	m.list(ns, p)
	return ns
}

// admits reports whether p can be a member of a namespace that has the right inum.
// Where the kernel gives no other identity that number is all there is, and it is
// recycled at once. But the PID 1 is older than all others, is only one, and with
// it the namespace ends.
func (ns *Namespace) admits(e events.PIDEntry, p *Process, own int) bool {
	if e.NS.ID != 0 && ns.ID.ID != 0 || p.State == Live && ns.dead() {
		return false
	}
	init := ns.Init.Key
	if e.PID == 1 && ns.Level == own {
		return init == p.Key || init.IsZero()
	}
	return !older(p.Key, init)
}

// list makes a namespace known by its inum, of which it is the latest owner unless
// p, for which it was made, is older than that.
func (m *Model) list(ns *Namespace, p *Process) {
	owner := m.nsByInum[ns.ID.Inum]
	if owner != nil && older(p.Key, owner.Init.Key) {
		ns.former, owner.former = owner.former, ns
	} else {
		ns.former = owner
		m.nsByInum[ns.ID.Inum] = ns
	}
	if ns.ID.ID != 0 {
		m.nsByID[ns.ID.ID] = ns
	}
	ns.listed = true
	ns.prev = m.nsLast
	if m.nsLast != nil {
		m.nsLast.next = ns
	} else {
		m.nsFirst = ns
	}
	m.nsLast = ns
}

func (m *Model) unlist(ns *Namespace) {
	m.disown(ns)
	if m.nsByID[ns.ID.ID] == ns {
		delete(m.nsByID, ns.ID.ID)
	}
	if ns.prev != nil {
		ns.prev.next = ns.next
	} else {
		m.nsFirst = ns.next
	}
	if ns.next != nil {
		ns.next.prev = ns.prev
	} else {
		m.nsLast = ns.prev
	}
	ns.next, ns.prev, ns.listed = nil, nil, false
	if ns.init != nil {
		m.release(ns.init)
	}
}

// disown takes a namespace from among the owners of its inum.
func (m *Model) disown(ns *Namespace) {
	owner := m.nsByInum[ns.ID.Inum]
	switch {
	case owner == ns && ns.former == nil:
		delete(m.nsByInum, ns.ID.Inum)
	case owner == ns:
		m.nsByInum[ns.ID.Inum] = ns.former
	default:
		for ; owner != nil; owner = owner.former {
			if owner.former == ns {
				owner.former = ns.former
			}
		}
	}
	ns.former = nil
}
