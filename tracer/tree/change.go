package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// cgroupMove folds a move. A process has a place in each hierarchy: only a move in
// the one that the model shows, or out of a root that tells nothing, changes it,
// and what is not said of the container then is not known.
func (m *Model) cgroupMove(ev *events.Event) {
	p := m.subject(ev)
	if d := ev.Cgroup; p != nil && p.State == Live && d != nil {
		atRoot := p.Cgroup.Path == "" || p.Cgroup.Path == "/"
		if atRoot || p.Cgroup.Hierarchy == d.To.Hierarchy {
			p.Cgroup = d.To
			m.setContainer(p, &ev.Process)
		}
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
}

// syscall folds a call of the clone family.
func (m *Model) syscall(ev *events.Event) {
	p := m.subject(ev)
	if d := ev.Syscall; p != nil && d != nil && ev.Kind == events.Subreaper && d.Ret == 0 {
		p.Subreaper = d.Arg != 0
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
			p.tids = append(p.tids, ev.Process.TID)
		}
	}
	m.complete(ev, p)
	m.say(ev)
}

// dropTID removes one thread.
func (p *Process) dropTID(tid int32) {
	if i := slices.Index(p.tids, tid); i >= 0 {
		p.tids = slices.Delete(p.tids, i, i+1)
	}
}
