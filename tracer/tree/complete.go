package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// complete adds to an event what its record left out and the model knows for
// certain: names of others, and what does not change without a record.
func (m *Model) complete(ev *events.Event, p *Process) {
	if m.recall.on {
		return
	}
	said := &ev.Process
	m.completeRef(&said.Parent)
	switch {
	case ev.Fork != nil:
		m.completeRef(&ev.Fork.Creator)
	case ev.Signal != nil:
		m.completeRef(&ev.Signal.Sender)
	case ev.Exit != nil:
		m.completeRef(&ev.Exit.Reaper)
	}
	if p == nil {
		return
	}
	p.few().duty.show(said)
	if len(said.Chain) == 0 {
		m.lent.chain = p.appendChain(m.lent.chain[:0])
		said.Chain, m.lent.hasChain = m.lent.chain, true
	}
	if said.NS.PID == 0 {
		said.NS.PID = said.Chain.Own().NS.Inum
	}
	if said.Comm == "" {
		said.Comm = p.Comm
	}
	if said.Full {
		if ev.Kind == events.Fork {
			m.showImageOf(said, p.Image())
		}
		return
	}
	if said.PIDIno == 0 {
		said.PIDIno = p.PIDIno
	}
	if said.Exe == "" && p.image != nil {
		said.Exe = p.image.Exe
	}
	if said.Cgroup.ID == 0 && said.Cgroup.Path == "" {
		said.Cgroup = p.Cgroup()
	}
	if said.Container == nil {
		said.Container = p.Container
	}
}

func (m *Model) completeRef(r *events.Ref) {
	if r.Comm == "" && !r.IsZero() {
		if p := m.find(r.Key); p != nil {
			r.Comm = p.Comm
		}
	}
}

// showImage adds the image that a newborn runs: its creator's.
func (m *Model) showImageOf(said *events.Process, i *Image) {
	if i == nil || said.Exe != "" || said.Args.Known() {
		return
	}
	said.Exe, said.Args = i.Exe, i.Args
	m.lent.hasImage = true
}

// lent is what the event that is applied shows of the model's own memory, while it is told.
type lent struct {
	chain              events.PIDChain
	hasChain, hasImage bool
}

// takeBack has the event show it no more: a source that reuses its events must not write
// into the model, nor show later what it has made of that memory.
func (l *lent) takeBack(ev *events.Event) {
	if l.hasChain {
		ev.Process.Chain = nil
	}
	if l.hasImage {
		ev.Process.Exe, ev.Process.Args = "", events.Args{}
	}
	l.hasChain, l.hasImage = false, false
}
