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
	DyingNS  uint64 // when its init ended or the kernel began to kill; 0 when nobody saw
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
	waits       bool // see awaited.go
	left        bool
	leftNS      uint64
	waitTold    bool
	awaited     []events.Awaited
	strays      []events.Ref
	next, prev  *Namespace
	first, last *Process   // see index.go
	former      *Namespace // that had the inum before and is not known to be over
}

// Dying reports whether its init has ended or the kernel began to kill what is
// left; soon nothing can be born in it.
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
// vain, because their parent is outside: only that parent can reap them. Those whose
// exits were seen are in Awaited.
func (m *Model) Blockers(ns *Namespace) iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for p := range m.members(ns) {
			if p != ns.init && p.parent != &m.root && !p.parent.within(ns) && !yield(p) {
				return
			}
		}
	}
}

// within reports whether the process has a number in the namespace.
func (p *Process) within(ns *Namespace) bool {
	return p.ns != nil && p.ns.in(ns)
}
