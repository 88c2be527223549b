package tree

import (
	"iter"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Process returns the process of that identity, whatever its state.
func (m *Model) Process(key events.ProcKey) (*Process, bool) {
	p := m.find(key)
	return p, p != nil
}

// ByPID returns the process that holds the PID now: alive, or a known zombie.
func (m *Model) ByPID(pid int32) (*Process, bool) {
	p := m.holderOf(pid)
	return p, p != nil
}

// All yields every process that is known, placeholders and the dead included,
// parents before their children.
func (m *Model) All() iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for p := m.root.following(); p != nil; p = p.following() {
			if !yield(p) {
				return
			}
		}
	}
}

// Processes yields the living, parents before their children.
func (m *Model) Processes() iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for p := range m.All() {
			if p.State == Live && !yield(p) {
				return
			}
		}
	}
}

// following is the next process of a walk that visits parents first.
func (p *Process) following() *Process {
	if p.first != nil {
		return p.first
	}
	for ; p != nil; p = p.parent {
		if p.next != nil {
			return p.next
		}
	}
	return nil
}
