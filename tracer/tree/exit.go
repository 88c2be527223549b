package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// exit folds the death of a thread group. Kernels that do not say which thread was
// the last give several records of one death: the first counts.
func (m *Model) exit(ev *events.Event) {
	if known := m.procs[ev.Process.Key]; known != nil && known.State == Exited {
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
	if d.LifetimeNS == 0 && ev.BootNS > p.Key.Start {
		d.LifetimeNS = ev.BootNS - p.Key.Start
	}
	if d.Threads > 0 && p.Threads > 1 && !p.Birth.Seen {
		d.Threads += p.Threads - 1 // those that were there before tracing began
	}
	d.Killer = m.killerOf(p, d.Status.Signal)
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
	m.endContainer(p, d)

	if p.end == nil {
		p.end = &End{}
	}
	*p.end = End{
		Status: d.Status, AtNS: ev.BootNS, LifetimeNS: d.LifetimeNS, Threads: d.Threads,
		Seq: ev.Seq, Reaper: m.keep(d.Reaper), Reason: d.ReaperReason, Killer: cloneKiller(d.Killer),
	}
	d.Killer = nil // it is the model's, and the event is its source's
	m.bury(p, Exited)
}
