package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// cgroupMove folds a move. A host with cgroup v1 tells one for each hierarchy: who
// is already where the move leads, by the path that the model shows, has not moved.
func (m *Model) cgroupMove(ev *events.Event) {
	d := ev.Cgroup
	var from events.Cgroup
	if known := m.find(ev.Process.Key); known != nil {
		from = known.Cgroup()
	}
	p := m.subject(ev)
	m.observe(p, ev)
	if d != nil {
		if d.From.ID == 0 && d.From.Path == "" && !m.recall.on {
			d.From = from
		}
		if p != nil && p.State == Live {
			p.cgroup = m.cgroups.of(d.To, nil)
			m.setContainer(p, &ev.Process)
			m.settleIn(p)
		}
		if d.To.Path != "" && d.To.Path == d.From.Path {
			return
		}
	}
	m.complete(ev, p)
	m.say(ev)
}

// syscall folds a call of the clone family.
func (m *Model) syscall(ev *events.Event) {
	p := m.subject(ev)
	if d := ev.Syscall; p != nil && p.State == Live && d != nil && d.Ret >= 0 {
		if ev.Kind == events.Subreaper {
			m.calledReaping(p, d.Arg != 0)
		}
		m.called(p, ev)
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
}

// thread folds the birth and the end of a thread that is not a leader.
func (m *Model) thread(ev *events.Event) {
	p := m.subject(ev)
	if p != nil && p.State == Live && ev.Process.TID != p.Key.PID {
		p.dropTID(ev.Process.TID)
		if ev.Kind == events.ThreadStart {
			s := m.need(p)
			s.tids = append(s.tids, ev.Process.TID)
		}
	}
	m.complete(ev, p)
	m.say(ev)
}

// dropTIDs removes all threads but the leader.
func (p *Process) dropTIDs() {
	if p.seldom != nil {
		p.seldom.tids = p.seldom.tids[:0]
	}
}

// dropTID removes one thread.
func (p *Process) dropTID(tid int32) {
	if i := slices.Index(p.TIDs(), tid); i >= 0 {
		p.seldom.tids = slices.Delete(p.seldom.tids, i, i+1)
	}
}
