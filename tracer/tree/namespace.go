package tree

import (
	"iter"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Namespace is one PID namespace. It is valid until the next call of Apply and
// must not be changed.
type Namespace struct {
	ID       events.NSID
	Level    int
	UserNS   uint32 // inum of the owning user namespace
	Parent   *Namespace
	Init     events.Ref // its PID 1
	Creator  events.Ref // who made it; only when its birth was seen
	Via      string     // how: clone, clone3, unshare
	Born     bool       // its birth was seen, at BornNS
	BornNS   uint64
	DyingNS  uint64 // when its init ended or the kernel began to kill, see Dying
	Members  int    // the living with a number in it, those in nested ones included
	Unreaped int    // members that a snapshot found dead and not waited for

	init        *Process // nil when not known or forgotten
	dying       bool
	listed      bool
	lived       bool // had a living member that the model knew
	exit        events.ExitStatus
	exitSeen    bool
	initExitNS  uint64
	killed      []events.Ref
	lastKillNS  uint64
	destroyTold bool
	next, prev  *Namespace
}

// Dying reports whether its init has ended or is being replaced by nobody: the
// kernel kills what is left, and nothing can be born in it.
func (ns *Namespace) Dying() bool { return ns.dying }

// Dead reports whether nothing lives in it any more. It may still wait for
// somebody to reap its zombies.
func (ns *Namespace) Dead() bool { return ns.dead() }

func (ns *Namespace) dead() bool { return ns.dying && ns.Members == 0 }

// Exit returns how its init ended, when that was seen.
func (ns *Namespace) Exit() (events.ExitStatus, bool) { return ns.exit, ns.exitSeen }

// Info describes the namespace as events do.
func (ns *Namespace) Info() events.NSInfo {
	i := events.NSInfo{ID: ns.ID, Level: ns.Level, UserNS: ns.UserNS}
	if ns.Parent != nil {
		i.Parent = ns.Parent.ID
	}
	return i
}

// Namespaces yields every namespace that has a member, parents before their
// children.
func (m *Model) Namespaces() iter.Seq[*Namespace] {
	return func(yield func(*Namespace) bool) {
		for ns := m.nsFirst; ns != nil; ns = ns.next {
			if !yield(ns) {
				return
			}
		}
	}
}

// Blockers yields those members of a dying namespace for which its init waits in
// vain, because their parent is outside: only that parent can reap them.
func (m *Model) Blockers(ns *Namespace) iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for p := range m.All() {
			if (p.State == Live || p.State == Zombie) && p != ns.init && p.within(ns) &&
				p.parent != &m.root && !p.parent.within(ns) && !yield(p) {
				return
			}
		}
	}
}

// within reports whether the process has a number in the namespace.
func (p *Process) within(ns *Namespace) bool {
	for own := p.ns; own != nil; own = own.Parent {
		if own == ns {
			return true
		}
	}
	return false
}

// join makes a process a member of every namespace of its chain.
func (m *Model) join(p *Process, owner uint32) {
	var ns *Namespace
	for level, e := range p.Chain {
		var init events.ProcKey
		if e.PID == 1 && level == p.Chain.Level() {
			init = p.Key
		}
		ns = m.namespace(e.NS, level, ns, init, p.State)
		if p.State == Zombie {
			ns.Unreaped++
		} else {
			ns.Members++
			ns.lived = true
		}
	}
	p.ns = ns
	if ns == nil || !p.isInit() {
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
	level := p.Chain.Level()
	for ns := p.ns; ns != nil; ns = ns.Parent {
		if m.nsByInum[p.Chain[level].NS.Inum] != ns {
			break
		}
		level--
	}
	if level < 0 || p.ns == nil {
		return
	}
	old := p.ns
	if old.init == p {
		old.init = nil
	}
	m.join(p, 0)
	for ns := old; ns != nil; ns = ns.Parent {
		ns.Members--
		m.settle(ns)
	}
}

// namespace finds a namespace of a chain or makes it. Where the kernel gives no
// identity beside the inum, which is recycled at once, what surrounds the number
// tells an old namespace from a new one: its level, its parent and its init.
func (m *Model) namespace(id events.NSID, level int, parent *Namespace, init events.ProcKey, as State) *Namespace {
	ns := m.nsByInum[id.Inum]
	if id.ID != 0 {
		if known := m.nsByID[id.ID]; known != nil {
			ns = known
		} else if ns != nil && ns.ID.ID != 0 {
			ns = nil
		}
	}
	if ns != nil && ns.Level == level && ns.Parent == parent && ns.admits(id, init, as) {
		if ns.ID.ID == 0 && id.ID != 0 {
			ns.ID = id
			m.nsByID[id.ID] = ns
		}
		return ns
	}
	ns = &Namespace{ID: id, Level: level, Parent: parent}
	m.list(ns)
	return ns
}

// admits reports whether a process can be a member. With init it would be the PID 1:
// that number is given once. The dead have no living members.
func (ns *Namespace) admits(id events.NSID, init events.ProcKey, as State) bool {
	if id.ID != 0 && ns.ID.ID == id.ID {
		return true
	}
	if as == Live && ns.dead() {
		return false
	}
	known := ns.Init.Key
	return init.IsZero() || known == init || known.IsZero() && !ns.dying
}

func (m *Model) list(ns *Namespace) {
	m.nsByInum[ns.ID.Inum] = ns
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
	if m.nsByInum[ns.ID.Inum] == ns {
		delete(m.nsByInum, ns.ID.Inum)
	}
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
