package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// exit folds the death of a thread group. Kernels that do not say which thread was
// the last give several records of one death: the first counts.
func (m *Model) exit(ev *events.Event) {
	if known := m.find(ev.Process.Key); known != nil && known.State == Exited {
		return
	}
	p := m.subject(ev)
	if p == nil || ev.Exit == nil {
		m.complete(ev, p)
		m.say(ev)
		return
	}
	d := ev.Exit
	if d.Status.Signal != 0 {
		m.tellHeld(p)
	}
	if m.recall.on {
		m.observe(p, ev)
		m.end(p, ev)
		return
	}
	if d.LifetimeNS == 0 && ev.BootNS > p.Key.Start {
		d.LifetimeNS = ev.BootNS - p.Key.Start
	}
	if d.Threads > 0 && p.Threads > 1 && !p.birth.seen {
		d.Threads += p.Threads - 1 // those that were there before tracing began
	}
	// Without a signal the record itself may say it.
	if k := m.killerOf(p, d.Status.Signal, d.Threads); k != nil {
		d.Killer = k
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
	m.endContainer(p, d)
	m.end(p, ev)
	d.Killer = nil // it is the model's, and the event is its source's
}

// end keeps how a process ended and takes it from among the living.
func (m *Model) end(p *Process, ev *events.Event) {
	d := ev.Exit
	*m.endOf(p) = End{
		Status: d.Status, AtNS: ev.BootNS, LifetimeNS: d.LifetimeNS, Threads: d.Threads,
		Seq: ev.Seq, Reaper: m.keep(d.Reaper), Reason: d.ReaperReason, Killer: cloneKiller(d.Killer),
	}
	m.bury(p, Exited)
}

// endOf returns where the end of a process is kept.
func (m *Model) endOf(p *Process) *End {
	s := m.need(p)
	if s.end == nil {
		s.end = &End{}
	}
	return s.end
}
