package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// keptAdoptions bounds the lineage of one process; the latest stay. It is there for
// streams that cannot be: find_new_reaper (kernel/exit.c) goes up from the dead parent
// or to the namespace's init, so that each new parent is an older one. A process has no
// more of them than it had ancestors when it was born, and the whole lineage costs no
// more than what lived then.
const keptAdoptions = 256

// Adoption says who became the parent of a process, and why.
type Adoption struct {
	From, To events.Ref
	Reason   events.ReparentReason
	AtNS     uint64
	// EndNS is when From ended, and 0 where nobody saw: then it was after AfterNS, and by
	// AtNS a record showed the new parent, which need not be the first after From.
	EndNS, AfterNS uint64
	Confirmed      bool               // the new parent was seen, not only foretold
	FromExit       *events.ExitStatus // how From ended, when that was seen
	seq            uint64             // of the event that told it first
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

// foretold returns the last change of parent when it was foretold and nobody has
// seen it, else nil.
func (p *Process) foretold() *Adoption {
	if p.edge != Predicted {
		return nil
	}
	return p.lastAdoption()
}

// confirm trusts in the parent that p was seen to have. Where that was foretold it
// is told again, as seen.
func (m *Model) confirm(p *Process) {
	a := p.foretold()
	m.trust(p, Confirmed)
	if a == nil {
		return
	}
	a.Confirmed = true
	m.tellAdoption(p, a, a.To, a.seq)
}

// correct follows what was seen of p to a parent that the model did not have.
func (m *Model) correct(p, to *Process) {
	wrong := p.foretold()
	if wrong == nil || p.edgeGap != m.gap {
		m.adopt(p, to, reasonFor(to), Confirmed)
		return
	}
	m.stats.Mispredicted++
	said := *wrong
	*wrong = Adoption{
		From: said.From, To: to.Ref(), Reason: reasonFor(to), AtNS: said.AtNS,
		EndNS: said.EndNS, AfterNS: said.AfterNS, Confirmed: true, FromExit: said.FromExit,
	}
	m.adopted(to, wrong.Reason)
	m.move(p, to, Confirmed)
	m.tellAdoption(p, wrong, said.To, said.seq)
}

// SawParent folds what was seen of a process besides its records, in /proc say: that
// its parent is now the holder of this PID. It must not be called with what earlier
// records, not folded yet, could explain. It settles what was foretold, and nothing
// else: what happened in a gap since has no time here.
func (m *Model) SawParent(key events.ProcKey, parentPID int32, tell func(*events.Event) error) error {
	p := m.find(key)
	if p == nil || p.State != Live || p.foretold() == nil {
		return nil
	}
	return m.aside(0, tell, func() {
		if p.parent.Key.PID == parentPID {
			m.confirm(p)
		} else if to := m.holderOf(parentPID); to != nil && to.adopts() && older(to.Key, key) && p.edgeGap == m.gap {
			m.correct(p, to)
		}
	})
}

// reasonFor says why the kernel gave an orphan to this process: find_new_reaper
// knows subreapers and child reapers only, once no thread of the father is left.
func reasonFor(to *Process) events.ReparentReason {
	switch {
	case to.ns == nil:
		return events.ReparentUnknown
	case !to.isInit():
		return events.ReparentSubreaper
	case to.ns.Level == 0:
		return events.ReparentInit
	default:
		return events.ReparentPidnsInit
	}
}

// adopt makes p a child of to and tells it.
func (m *Model) adopt(p, to *Process, reason events.ReparentReason, sure Certainty) {
	a := Adoption{
		From: p.parent.Ref(), To: to.Ref(), Reason: reason, AtNS: m.current.BootNS, Confirmed: sure == Confirmed,
	}
	if end, ok := p.parent.End(); ok {
		status := end.Status
		a.FromExit, a.EndNS = &status, end.AtNS
	}
	if a.EndNS == 0 {
		a.AfterNS = m.parentUntil(p)
	}
	m.addAdoption(p, a)
	m.adopted(to, reason)
	m.move(p, to, sure)
	m.tellAdoption(p, p.lastAdoption(), events.Ref{}, 0)
}

// parentUntil returns a moment at which p's parent had not ended yet, though its end was
// not seen: no record was missing between the look that showed all and that moment.
func (m *Model) parentUntil(p *Process) uint64 {
	at := max(p.Key.Start, m.gaps.sinceNS)
	if last := p.lastAdoption(); last != nil {
		at = max(at, last.AtNS)
	}
	return min(at, m.current.BootNS)
}

// adopted notes of who got an orphan what the kernel's reason shows of it.
func (m *Model) adopted(to *Process, reason events.ReparentReason) {
	if reason == events.ReparentSubreaper && to.State != Exited {
		m.shownReaping(to, true)
	}
}

func (m *Model) addAdoption(p *Process, a Adoption) {
	s := m.need(p)
	if len(s.adoptions) == keptAdoptions {
		s.adoptions = append(s.adoptions[:0], s.adoptions[1:]...)
		s.dropped++
	}
	s.adoptions = append(s.adoptions, a)
}

func (p *Process) lastAdoption() *Adoption {
	all := p.few().adoptions
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// tellAdoption tells a change of parent for the first time or, with what was
// foretold of it by the event cause, as it was seen.
func (m *Model) tellAdoption(p *Process, a *Adoption, foretold events.Ref, cause uint64) {
	m.derivedReparent = events.ReparentDetail{
		From: a.From, To: a.To, Reason: a.Reason, FromExit: a.FromExit, Confirmed: a.Confirmed, Foretold: foretold,
	}
	ev := m.derive(events.Reparent, p)
	if cause != 0 {
		ev.Cause, ev.BootNS = cause, a.AtNS
	}
	ev.Reparent = &m.derivedReparent
	m.say(ev)
	if cause == 0 {
		a.seq = ev.Seq
	}
}
