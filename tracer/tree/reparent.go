package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// keptAdoptions bounds the lineage of one process; the latest stay.
const keptAdoptions = 16

// Adoption says who became the parent of a process, and why.
type Adoption struct {
	From, To  events.Ref
	Reason    events.ReparentReason
	AtNS      uint64
	Confirmed bool // the process's own record named the new parent first
}

// maxHeirs bounds the search along reapers that died themselves.
const maxHeirs = 64

// heir returns who gets the children of the dead process: the reaper that its exit
// record carries or, when that one is dead too by now, that one's own. It is nil
// when nobody knows.
func (m *Model) heir(dead *Process) (*Process, events.ReparentReason) {
	for range maxHeirs {
		end, ok := dead.End()
		if !ok || end.Reaper.IsZero() {
			return nil, events.ReparentUnknown
		}
		to := m.named(end.Reaper)
		if to.adopts() {
			return to, end.Reason
		}
		dead = to
	}
	return nil, events.ReparentUnknown
}

// orphan gives the live children of a dead process their new parent. The children
// of a namespace's init keep theirs: it waits for each of them, in its own exit,
// until the namespace is empty (find_child_reaper in kernel/exit.c,
// zap_pid_ns_processes in kernel/pid_namespace.c).
func (m *Model) orphan(dead *Process) {
	if dead.first == nil || dead.adopts() {
		return
	}
	for c, next := dead.first, (*Process)(nil); c != nil; c = next {
		next = c.next
		if c.State == Live {
			m.settleParent(c)
		}
	}
}

// settleParent moves a process away from a parent that is dead.
func (m *Model) settleParent(p *Process) {
	from := p.parent
	if from == &m.root || from.adopts() {
		return
	}
	to, reason := m.heir(from)
	if to == nil || !older(to.Key, p.Key) {
		m.trust(p, Unknown)
		if to != nil {
			m.stats.Refused++
			m.release(to)
		}
		return
	}
	m.adopt(p, to, reason, Predicted)
}

// correct follows the process's own record to a parent that the model did not have.
func (m *Model) correct(p, to *Process) {
	if p.edge == Predicted && p.edgeGap == m.gap {
		m.stats.Mispredicted++
	}
	reason := reasonFor(to)
	if end, ok := p.parent.End(); ok && end.Reaper.Key == to.Key {
		reason = end.Reason
	}
	m.adopt(p, to, reason, Confirmed)
}

// reasonFor says why the kernel gave an orphan to this process: find_new_reaper
// knows subreapers and child reapers only, once no thread of the father is left.
func reasonFor(to *Process) events.ReparentReason {
	switch {
	case len(to.Chain) == 0:
		return events.ReparentUnknown
	case !to.isInit():
		return events.ReparentSubreaper
	case to.Chain.Level() == 0:
		return events.ReparentInit
	default:
		return events.ReparentPidnsInit
	}
}

// adopt makes p a child of to and tells it.
func (m *Model) adopt(p, to *Process, reason events.ReparentReason, sure Certainty) {
	d := &m.derivedReparent
	*d = events.ReparentDetail{
		From: p.parent.Ref(), To: to.Ref(), Reason: reason, Confirmed: sure == Confirmed,
	}
	if end, ok := p.parent.End(); ok {
		m.fromExit = end.Status
		d.FromExit = &m.fromExit
	}
	if len(p.adoptions) == keptAdoptions {
		p.adoptions = append(p.adoptions[:0], p.adoptions[1:]...)
	}
	p.adoptions = append(p.adoptions, Adoption{
		From: d.From, To: d.To, Reason: reason, AtNS: m.current.BootNS, Confirmed: d.Confirmed,
	})
	m.move(p, to, sure)
	ev := m.derive(events.Reparent, p)
	ev.Reparent = d
	m.say(ev)
}
