package tree

import (
	"cmp"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// exec folds a successful execve: the same process, another image. All threads
// but the one that called are gone, and that one is the leader now.
func (m *Model) exec(ev *events.Event) {
	leaves := m.find(ev.Process.Key).runsRuntime()
	p := m.subject(ev)
	if p != nil && p.State != Exited && p.State != Gone {
		m.dropHeld(p)
		p.dropTIDs()
		p.Threads = 1
		if ev.Exec != nil {
			p.few().inbox.exec(cmp.Or(ev.Exec.OldTID, p.Key.PID), p.Key.PID)
		}
		m.execImage(p, ev)
		m.takeDuty(p, &ev.Process)
		m.assume(p)
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
	m.beginContainer(p, ev, leaves)
}

// execImage adds the image. A snapshot may have been ahead of the record: then the
// last image is this one or a later one.
func (m *Model) execImage(p *Process, ev *events.Event) {
	i := m.newImage(ev)
	last := p.Image()
	if last == nil || last.AtNS != 0 || ev.BootNS >= p.passNS {
		m.addImage(p, i)
		return
	}
	if last.shows(&ev.Process) {
		m.replaceImage(p, i)
		return
	}
	last.users++ // while it is out of the list
	m.replaceImage(p, i)
	m.addImage(p, last)
	last.users--
}

// heldRename is a rename inside an execve that is still under way.
type heldRename struct {
	ev     events.Event
	detail events.RenameDetail
	chain  events.PIDChain
	gap    uint32
}

// rename folds a new name. The kernel renames inside execve before it knows that
// the image can be loaded: such a rename waits until the process shows what came
// of it. After that point a failed execve is deadly, so only a death by signal
// proves the failure; another exit means that the exec record was lost.
func (m *Model) rename(ev *events.Event) {
	p := m.subject(ev)
	if p != nil && p.State == Live {
		if ev.Rename != nil && ev.Rename.InExec && !m.recall.on { // one that is told has failed
			m.complete(ev, p)
			m.hold(p, ev)
			return
		}
		m.tellHeld(p)
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
}

func (m *Model) hold(p *Process, ev *events.Event) {
	h := p.held
	if h == nil {
		if n := len(m.freeHeld); n > 0 {
			h, m.freeHeld = m.freeHeld[n-1], m.freeHeld[:n-1]
		} else {
			h = &heldRename{}
		}
		p.held = h
	}
	h.ev, h.detail, h.gap = *ev, *ev.Rename, m.gap
	h.ev.Rename = &h.detail
	h.chain = p.appendChain(h.chain[:0])
	h.ev.Process.Chain, h.ev.Process.Container = h.chain, p.Container
	h.ev.Process.Args, h.ev.Process.Env = events.Args{}, events.Args{}
}

// tellHeld tells the rename of an execve that failed, unless a gap may have
// swallowed the proof that it did not.
func (m *Model) tellHeld(p *Process) {
	if p.held != nil && p.held.gap == m.gap {
		m.say(&p.held.ev)
	}
	m.dropHeld(p)
}

func (m *Model) dropHeld(p *Process) {
	if p.held == nil {
		return
	}
	p.held.ev = events.Event{}
	m.freeHeld = append(m.freeHeld, p.held)
	p.held = nil
}
