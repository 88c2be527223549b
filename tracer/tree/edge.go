package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// Certainty says what the model's word on somebody's parent rests on.
type Certainty uint8

// The certainties, the least first.
const (
	// Unknown: the parent died and nobody saw who came after.
	Unknown Certainty = iota
	// Inferred: it was so when a gap in the stream opened, and neither the process nor
	// the end of that parent was seen since.
	Inferred
	// Predicted: the kernel's rule gave it at the exit of the parent before.
	Predicted
	// Confirmed: the process's own record named the parent.
	Confirmed
)

var certaintyNames = [...]string{"unknown", "inferred", "predicted", "confirmed"}

// String returns the certainty's name.
func (c Certainty) String() string { return certaintyNames[c] }

// Certainty returns how sure the model is of p's parent.
func (m *Model) Certainty(p *Process) Certainty {
	if p.edge != Unknown && p.edgeGap != m.gap {
		return Inferred
	}
	return p.edge
}

// Told returns the certainty for people. A number that is missing from a recalled stream
// was filtered out, by whoever wanted less: that lessens none. And of one whose end was
// seen the parent was seen with it, whatever was lost later. Once something was, what is
// only foretold is not told as surer than inferred: a stream tells the first of several
// gaps and not those after it, and a recording is to show what was seen live.
func (m *Model) Told(p *Process) Certainty {
	lost := (p.edgeGap < m.lossGap || p.edge == Predicted && m.lossGap > 0) && p.State != Exited && p.State != Zombie
	if p.edge != Unknown && lost {
		return Inferred
	}
	return p.edge
}

// older orders processes by birth. A parent is always older than its child: at
// birth because it is there already, later because the kernel gives orphans to an
// ancestor or to their namespace's init. So no cycle can ever be made of edges
// that keep this order, whatever the records say.
func older(a, b events.ProcKey) bool {
	return a.Start < b.Start || a.Start == b.Start && a.PID < b.PID
}

func (m *Model) link(p, parent *Process) {
	p.parent, p.prev, p.next = parent, p, nil
	if first := parent.first; first != nil {
		p.prev, first.prev.next, first.prev = first.prev, p, p
	} else {
		parent.first = p
	}
}

func (m *Model) unlink(p *Process) {
	first := p.parent.first
	if p == first {
		p.parent.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		first.prev = p.prev
	}
	p.parent, p.prev, p.next = nil, nil, nil
}

// move makes p a child of to.
func (m *Model) move(p, to *Process, sure Certainty) {
	from := p.parent
	m.unlink(p)
	m.link(p, to)
	m.trust(p, sure)
	m.release(from)
}

func (m *Model) trust(p *Process, sure Certainty) {
	p.edge, p.edgeGap = sure, m.gap
}

// observe compares the parent that p's own record names with the model's,
// corrects the model and tells what the stream did not know.
func (m *Model) observe(p *Process, ev *events.Event) {
	said := ev.Process.Parent
	if p == nil || p.State != Live {
		return
	}
	if said.IsZero() {
		if ev.Process.Full && p.parent == &m.root {
			m.trust(p, Confirmed) // the idle task's own child
		}
		return
	}
	// A record from before the snapshot that showed p knows less than that.
	if ev.Kind != events.Snapshot && ev.BootNS < p.passNS {
		return
	}
	if p.parent.Key == said.Key {
		if p.parent.adopts() {
			m.confirm(p)
		}
		return
	}
	if !older(said.Key, p.Key) {
		m.stats.Refused++
		return
	}
	if p.parent == &m.root {
		m.move(p, m.named(said), Confirmed)
		m.settleParent(p)
		return
	}
	// The exit record comes before the kernel moves the children: between the two
	// a child still names its dead parent, and the model is already further.
	if to := m.named(said); to.adopts() {
		m.correct(p, to)
	}
}
