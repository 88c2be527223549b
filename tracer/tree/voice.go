package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// voice is what the model speaks with: the event that is being applied, who is to
// hear of it, and the events that are reused for all that follows from it.
type voice struct {
	lostSeq         uint64 // Seq of the last Lost
	seq             uint64
	current         *events.Event // the event being applied
	currentTold     bool
	lent            lent // what current shows that is the model's
	tell            func(*events.Event) error
	err             error
	derived         events.Event // reused for what follows from current
	derivedPidns    events.PidnsDetail
	derivedReparent events.ReparentDetail
	derivedExit     events.ExitDetail
	killer          events.Killer
	derivedChain    events.PIDChain
}

// say tells one event and numbers it.
func (m *Model) say(ev *events.Event) {
	if m.err != nil || m.recall.on {
		return
	}
	m.seq++
	ev.Seq = m.seq
	if ev == m.current {
		m.currentTold = true
	}
	m.err = m.tell(ev)
}

// derive returns the reused event of that kind about p, caused by the event that
// is being applied or, where that one is never told, by the gap before it.
func (m *Model) derive(kind events.Kind, p *Process) *events.Event {
	cause := m.lostSeq
	if m.currentTold {
		cause = m.current.Seq
	}
	m.derived = events.Event{Cause: cause, BootNS: m.current.BootNS, CPU: m.current.CPU, Kind: kind}
	if p != nil {
		p.describe(&m.derived.Process)
		m.derivedChain = p.appendChain(m.derivedChain[:0])
		m.derived.Process.Chain = m.derivedChain
	}
	return &m.derived
}
