package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// memory is what the model knows of a stream that it recalls.
type memory struct {
	on  bool
	seq uint64 // of the last event
	// whole says that no event is missing since the stream began or lost records.
	whole bool
	over  []*Namespace // told to have ended while a pass was on
}

// Recall folds one event of a stream that was told before, a recording say: raw
// events and those derived from them, in order, with the numbers that they had. The
// model is then what the one that told them was. Nothing is told, and neither ev nor
// anything that it points to is changed or kept.
//
// What was told is the truth, and the model follows it where its own conclusions
// differ: a killer, a change of parent, the end of a namespace rest on records, a
// signal that nobody asked for or a look into /proc, that are not in a stream.
//
// Streams may be filtered. A number that is missing is a gap, as one by loss is, and a
// derived event stands for raw ones that are missing. A parent with a PID and no start
// is the process that holds the PID now. No event tells the end of a pass over all
// processes: it ends with the first raw event that is no Snapshot, and who was not in
// it is gone only if no event is missing since the loss before it. Else he stays Live,
// and his parent Inferred, until he shows himself.
//
// A model either applies or recalls, never both.
func (m *Model) Recall(ev *events.Event) {
	r := &m.recall
	if ev.Seq != r.seq+1 {
		m.gap++ // whatever is missing may have changed anybody's parent
		m.gaps.begin(0)
		r.whole = false
	} else if r.seq == 0 {
		r.whole = true
	}
	r.on, r.seq = true, ev.Seq
	known := *ev
	if from := &known.Process.Parent; from.Key.Start == 0 && !from.IsZero() {
		*from = m.holder(known.Process.Key, from.Key.PID)
	}
	m.current, m.currentTold = &known, true
	switch {
	case ev.Kind.Derived():
		m.recallDerived(&known)
	case ev.Kind == events.PidnsWait:
		m.recallWait(&known)
	default:
		if m.pass.on && ev.Kind != events.Snapshot {
			m.recallEnd()
		}
		m.fold(&known)
		r.whole = r.whole || ev.Kind == events.Lost
	}
	m.recallDuty(&known.Process)
	m.current = nil
}

// recallDuty takes over the role that the model that told the event knew by then.
func (m *Model) recallDuty(said *events.Process) {
	if said.Role == "" {
		return
	}
	if p := m.find(said.Key); p != nil && (p.role() != said.Role || !p.seldom.duty.serves.Equal(said.Serves)) {
		m.takeDuty(p, said)
	}
}

// holder returns who a record of the child means by its parent's PID, the zero Ref
// when that is not known.
func (m *Model) holder(child events.ProcKey, pid int32) events.Ref {
	if p := m.find(child); p != nil && p.parent.Key.PID == pid {
		return p.parent.Ref()
	}
	if p := m.holderOf(pid); p != nil {
		return p.Ref()
	}
	return events.Ref{}
}

// recallEnd closes a pass whose end the stream does not tell. Only then is certain
// who was a member of the namespaces that ended with it.
func (m *Model) recallEnd() {
	m.pass.on = false
	if m.recall.whole {
		m.vanishUnseen()
	}
	m.gaps.close(m)
	m.rejoinSeen()
	m.assumeAll()
	for _, ns := range m.recall.over {
		m.empty(ns)
	}
	m.recall.over = nil
}

// recallDerived takes over what followed from the raw events before.
func (m *Model) recallDerived(ev *events.Event) {
	switch ev.Kind {
	case events.PidnsDestroy:
		m.recallDestroy(ev)
		return
	case events.ContainerExit:
		m.recallContainerExit(ev)
		return
	}
	p := m.find(ev.Process.Key)
	if p == nil || p.State == Placeholder {
		p = m.subject(ev) // not else: what follows from others' records shows nobody alive
	}
	if p == nil || p.State != Live {
		return
	}
	switch {
	case ev.Reparent != nil:
		m.recallReparent(p, ev)
	case ev.Pidns != nil:
		m.recallPidns(p, ev)
	case ev.Kind == events.ContainerStart && ev.Process.Container != nil:
		m.setContainer(p, &ev.Process)
		m.settleIn(p)
		m.makeInit(p, begun{p.Key, true})
	}
}

// recallReparent makes the last change of parent what was told. One that is told the
// second time, as it was seen, replaces what was foretold.
func (m *Model) recallReparent(p *Process, ev *events.Event) {
	d := ev.Reparent
	if d.To.IsZero() || !older(d.To.Key, p.Key) {
		return
	}
	a := Adoption{
		From: m.keep(d.From), To: m.keep(d.To), Reason: d.Reason, AtNS: ev.BootNS, Confirmed: d.Confirmed, seq: ev.Seq,
	}
	if d.FromExit != nil {
		status := *d.FromExit
		a.FromExit = &status
	}
	if last := p.lastAdoption(); last != nil && last.From.Key == a.From.Key {
		a.EndNS, a.AfterNS = last.EndNS, last.AfterNS
		*last = a // the model concluded it by itself, or it was foretold
	} else {
		if a.FromExit != nil {
			a.EndNS = a.AtNS
		} else {
			a.AfterNS = m.parentUntil(p)
		}
		m.addAdoption(p, a)
	}
	if to := m.find(d.To.Key); to != nil {
		m.adopted(to, d.Reason)
	}
	sure := Predicted
	if d.Confirmed {
		sure = Confirmed
	}
	if p.parent.Key == d.To.Key {
		m.trust(p, sure)
		return
	}
	m.move(p, m.named(d.To), sure)
}

// recallPidns takes over what was told of a namespace of p.
func (m *Model) recallPidns(p *Process, ev *events.Event) {
	d := ev.Pidns
	ns := m.dyingNamespace(p, d.NS.ID)
	if ns == nil {
		return
	}
	m.identify(ns, d.NS)
	switch ev.Kind {
	case events.PidnsCreate:
		ns.Born, ns.BornNS, ns.Creator, ns.Via = true, ev.BootNS, m.keep(d.Creator), m.names.intern(d.Via)
	case events.PidnsReap:
		if ns.Init.IsZero() {
			ns.Init = m.keep(d.Init)
		}
		m.reapIn(p, ns)
	}
}

// identify takes over what a chain in a stream does not have.
func (m *Model) identify(ns *Namespace, said events.NSInfo) {
	if said.UserNS != 0 {
		ns.UserNS = said.UserNS
	}
	if said.ID.ID != 0 && ns.ID.ID == 0 {
		ns.ID = said.ID
		m.nsByID[said.ID.ID] = ns
	}
}

// recallDestroy ends a namespace: whoever is a member still has ended unseen.
func (m *Model) recallDestroy(ev *events.Event) {
	d := ev.Pidns
	if d == nil {
		return
	}
	ns := m.destroyed(d)
	if ns == nil || ns.Level == 0 {
		return
	}
	m.identify(ns, d.NS)
	ns.dying, ns.destroyTold = true, true
	if m.pass.on {
		m.recall.over = append(m.recall.over, ns)
		return
	}
	m.empty(ns)
}

// destroyed finds the namespace that is told to have ended. The inode number may be
// another's by then, because an end that was lost is told late: the PID 1 tells them
// apart. Without it the place among namespaces must do, and where records were lost that
// is not enough.
func (m *Model) destroyed(d *events.PidnsDetail) *Namespace {
	var unnamed *Namespace
	for ns := m.nsByInum[d.NS.ID.Inum]; ns != nil; ns = ns.former {
		switch {
		case !sameNS(ns.ID, d.NS.ID) || ns.Level != d.NS.Level:
		case ns.Init.Key == d.Init.Key:
			return ns
		case ns.Init.IsZero() && m.lossGap == 0:
			unnamed = ns
		}
	}
	return unnamed
}

// empty ends the members of a namespace that is told to have none.
func (m *Model) empty(ns *Namespace) {
	var gone []*Process
	for p := range m.members(ns) {
		if p.State == Live {
			gone = append(gone, p)
		}
	}
	for _, p := range gone {
		m.vanish(p)
	}
	m.settle(ns)
}

// recallContainerExit stands for the exit of the container's init where that is
// missing.
func (m *Model) recallContainerExit(ev *events.Event) {
	if p := m.find(ev.Process.Key); p != nil && p.State == Live && ev.Exit != nil {
		m.end(p, ev)
	}
}
