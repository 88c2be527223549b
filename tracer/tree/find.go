package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// namesakes are all that are known of those that had the same PID, one after the other,
// the latest to be heard of first: one map finds a process by its identity and the holder
// of a PID. Of a kernel's there is hardly ever more than one, for it gives out all other
// numbers first.
type namesakes map[int32]*Process

// find returns the process of that identity, nil when it is not known.
func (m *Model) find(key events.ProcKey) *Process {
	p := m.byPID[key.PID]
	for p != nil && p.Key.Start != key.Start {
		p = p.namesake
	}
	return p
}

// holderOf returns who holds the PID now, a zombie included, nil when nobody is known to.
func (m *Model) holderOf(pid int32) *Process {
	p := m.byPID[pid]
	for p != nil && !p.holdsPID {
		p = p.namesake
	}
	return p
}

func (n namesakes) add(p *Process) {
	p.namesake = n[p.Key.PID]
	n[p.Key.PID] = p
}

func (n namesakes) remove(p *Process) {
	switch latest := n[p.Key.PID]; {
	case latest != p:
		for latest.namesake != p {
			latest = latest.namesake
		}
		latest.namesake = p.namesake
	case p.namesake != nil:
		n[p.Key.PID] = p.namesake
	default:
		delete(n, p.Key.PID)
	}
	p.namesake = nil
}
