package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// nested is what only a process in a child PID namespace has.
type nested struct {
	pids       []int32  // its number at each level below the initial one
	next, prev *Process // members of the same namespace, see index.go
}

// Chain returns its PID at every level, outermost first; nil when that is not known.
func (p *Process) Chain() events.PIDChain {
	if p.ns == nil {
		return nil
	}
	return p.appendChain(make(events.PIDChain, 0, p.ns.Level+1))
}

// appendChain makes the chain of the namespaces that the process is in and its numbers in
// them, of which the outermost is the one that it is known by: so that nobody has a chain
// to keep.
func (p *Process) appendChain(chain events.PIDChain) events.PIDChain {
	from := len(chain)
	for ns := p.ns; ns != nil; ns = ns.Parent {
		chain = append(chain, events.PIDEntry{NS: ns.ID, PID: p.pidAt(ns.Level)})
	}
	slices.Reverse(chain[from:])
	return chain
}

// pidAt returns its number in the namespace of that level, one of its own.
func (p *Process) pidAt(level int) int32 {
	if level == 0 {
		return p.Key.PID
	}
	return p.nested.pids[level-1]
}

// own returns its number in its own namespace and which that is.
func (p *Process) own() events.PIDEntry {
	if p.ns == nil {
		return events.PIDEntry{}
	}
	return events.PIDEntry{NS: p.ns.ID, PID: p.pidAt(p.ns.Level)}
}

// isInit reports whether it is the PID 1 of its own namespace.
func (p *Process) isInit() bool { return p.own().PID == 1 }

// number keeps the numbers of a chain.
func (m *Model) number(p *Process, chain events.PIDChain) {
	if len(chain) < 2 {
		return
	}
	if n := len(m.freeNested); n > 0 {
		p.nested, m.freeNested = m.freeNested[n-1], m.freeNested[:n-1]
	} else {
		p.nested = &nested{}
	}
	for _, e := range chain[1:] {
		p.nested.pids = append(p.nested.pids, e.PID)
	}
}
