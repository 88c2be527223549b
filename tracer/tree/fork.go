package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// fork folds a birth. The process may be known already: from a snapshot that ran
// while the record waited, or from a signal that reached it before its birth was
// announced.
func (m *Model) fork(ev *events.Event) {
	known := m.find(ev.Process.Key)
	if known != nil && (known.birth.seen || known.State == Exited) {
		return // a record that came twice
	}
	d := ev.Fork
	if d == nil {
		d = &noFork
	}
	p := m.subject(ev)
	if p == nil {
		m.say(ev)
		return
	}
	if m.pass.on {
		p.pass = m.pass.number // told by its birth, it is not in the pass
	}
	p.birth = birth{seen: true, creator: m.keep(d.Creator), tid: d.CreatorTID, flags: d.Flags, atNS: ev.BootNS}
	if under := ev.Process.Parent; under.Key != d.Creator.Key {
		p.birth.adopted, m.need(p).under = true, m.keep(under)
	}
	if p.image == nil {
		m.inheritImage(p, ev, d)
	}
	m.inheritDuty(p, &ev.Process, d.Creator.Key)
	m.learnNamespaces(p, ev, d)
	m.complete(ev, p)
	m.say(ev)
	if p.parent == &m.root {
		m.observe(p, ev)
	}
	m.born(p, d)
}

var noFork events.ForkDetail

// inheritImage gives a child the image of the process that cloned it: memory is
// copied from there, whoever becomes the parent. Of a creator that only gives context a
// recording has less than of the child: then the child's record counts.
func (m *Model) inheritImage(p *Process, ev *events.Event, d *events.ForkDetail) {
	from := d.Creator
	if from.IsZero() {
		from = ev.Process.Parent
	}
	if c := m.find(from.Key); c != nil {
		if i := c.Image(); i != nil && i.shows(&ev.Process) && i.knows(&ev.Process) {
			m.addImage(p, i)
			return
		}
	}
	if ev.Process.Exe != "" || ev.Process.Args.Known() {
		m.addImage(p, m.newImage(ev))
	}
}

// keep returns the reference with its name shared among all that hold it.
func (m *Model) keep(r events.Ref) events.Ref {
	if r.Comm == "" {
		if p := m.find(r.Key); p != nil {
			r.Comm = p.Comm
		}
		return r
	}
	r.Comm = m.names.intern(r.Comm)
	return r
}
