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
	p.duty.show(said)
	if len(said.Chain) == 0 {
		said.Chain, m.lent = p.Chain, true
	}
	if said.NS.PID == 0 {
		said.NS.PID = said.Chain.Own().NS.Inum
	}
	if said.Comm == "" {
		said.Comm = p.Comm
	}
	if said.Full {
		if ev.Kind == events.Fork {
			showImage(said, p.Image())
		}
		return
	}
	if said.PIDIno == 0 {
		said.PIDIno = p.PIDIno
	}
	if said.Exe == "" && len(p.images) > 0 {
		said.Exe = p.Image().Exe
	}
	if said.Cgroup.ID == 0 && said.Cgroup.Path == "" {
		said.Cgroup = p.Cgroup
	}
	if said.Container == nil {
		said.Container = p.Container
	}
}

func (m *Model) completeRef(r *events.Ref) {
	if r.Comm == "" && !r.IsZero() {
		if p := m.procs[r.Key]; p != nil {
			r.Comm = p.Comm
		}
	}
}

// showImage adds the image that a newborn runs: its creator's.
func showImage(said *events.Process, i *Image) {
	if i == nil || said.Exe != "" || said.Args.Known() {
		return
	}
	said.Exe, said.Args = i.Exe, i.Args
}
