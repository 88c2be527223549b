package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// pass is one walk over all processes, from its first Snapshot to SnapshotEnd.
type pass struct {
	on      bool
	number  uint32
	startNS uint64
	gap     uint32 // the model's when it began
}

// snapshot folds one process of a pass. It adds whom nobody knew and corrects
// what a gap has left wrong; it never raises the dead.
func (m *Model) snapshot(ev *events.Event) {
	if !m.pass.on {
		m.pass = pass{on: true, number: m.pass.number + 1, startNS: ev.BootNS}
		if m.lossGap > 0 {
			// A stream that is recalled tells the first of several gaps and this look, which
			// comes after them all: what was concluded between is no surer than before.
			m.gap++
			m.lossGap = m.gap
		}
		m.pass.gap = m.gap
	}
	key := ev.Process.Key
	p := m.find(key)
	if p == nil {
		if holder := m.holderOf(key.PID); holder != nil && older(key, holder.Key) {
			return // its PID is another's already
		}
	} else if p.State > Zombie || p.pass == m.pass.number {
		return
	}
	zombie := ev.Process.Zombie
	if zombie && (p == nil || p.State == Placeholder) {
		p = m.foundDead(ev)
	} else {
		p = m.subject(ev)
	}
	if p == nil {
		return
	}
	p.pass, p.passNS = m.pass.number, ev.BootNS
	m.showImage(p, ev)
	m.takeDuty(p, &ev.Process)
	m.noteContainer(p)
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
	m.noteContainer(p)
	if zombie && p.State == Live {
		m.noteEnd(p, ev)
		m.bury(p, Zombie)
	}
}

func (m *Model) showImage(p *Process, ev *events.Event) {
	if i := p.Image(); i != nil && i.shows(&ev.Process) {
		return
	}
	if ev.Process.Exe != "" || ev.Process.Args.Known() {
		m.addImage(p, m.newImage(ev))
	}
}

// foundDead adds a process that is first seen as a zombie: a member that never
// lived here.
func (m *Model) foundDead(ev *events.Event) *Process {
	said := &ev.Process
	if said.Key.PID == 0 {
		return nil
	}
	p := m.named(said.Ref())
	m.enlist(p, said, Zombie)
	m.refresh(p, said)
	m.noteEnd(p, ev)
	if p.ns != nil && p.ns.init == p {
		m.initEnded(p)
	}
	if parent := said.Parent; !parent.IsZero() && older(parent.Key, p.Key) {
		m.move(p, m.named(parent), Confirmed)
		p.noteStray()
	}
	return p
}

func (m *Model) noteEnd(p *Process, ev *events.Event) {
	end := m.endOf(p)
	*end = End{unseen: ev.Exit == nil}
	if ev.Exit != nil {
		end.Status = ev.Exit.Status
	}
}

// snapshotEnd closes a pass: who was born before it began and was not in it has
// ended in a gap.
func (m *Model) snapshotEnd() {
	if !m.pass.on {
		return
	}
	m.pass.on = false
	m.vanishUnseen()
	m.gaps.close(m)
	m.rejoinSeen()
	m.assumeAll()
}

func (m *Model) vanishUnseen() {
	var gone []*Process
	for p := range m.All() {
		if (p.State == Live || p.State == Zombie) && p.pass != m.pass.number && p.Key.Start < m.pass.startNS {
			gone = append(gone, p)
		}
	}
	for _, p := range gone {
		m.vanish(p)
	}
}

func (m *Model) rejoinSeen() {
	for p := range m.Processes() {
		if p.pass == m.pass.number && p.nested != nil {
			m.rejoin(p)
		}
	}
}
