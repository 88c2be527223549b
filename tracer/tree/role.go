package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// duty is what a process is for in the making and keeping of containers. Nearly
// all have none.
type duty struct {
	role, genealogy string
	serves          *events.Container
}

// The roles that follow from what a process does and not from its program, and those
// of the programs that put processes into containers.
const (
	roleInit    = "init"
	roleExec    = "exec"
	roleShim    = "shim"
	roleMonitor = "monitor"
	roleRuntime = "runtime"
)

func (p *Process) role() string {
	if d := p.few().duty; d != nil {
		return d.role
	}
	return ""
}

// takeDuty keeps the role that a record gives the program. A process that came into
// its container from outside stays what it is, whatever it executes.
func (m *Model) takeDuty(p *Process, said *events.Process) {
	switch {
	case said.Role != "":
		m.assign(p, &duty{said.Role, said.Genealogy, said.Serves.Clone()})
	case p.role() != roleInit && p.role() != roleExec:
		m.assign(p, nil)
	}
}

// assign gives a process a duty, or none.
func (m *Model) assign(p *Process, d *duty) {
	if p.few().duty == d {
		return
	}
	if m.need(p).duty = d; d != nil && d.serves != nil && p.State == Live {
		m.servants[p] = struct{}{}
	} else {
		delete(m.servants, p)
	}
}

// inheritDuty gives a newborn the role of a runtime that cloned it: the stages of runc
// are copies of it.
func (m *Model) inheritDuty(p *Process, said *events.Process, creator events.ProcKey) {
	if said.Role != "" {
		m.takeDuty(p, said)
	} else if c := m.find(creator); c != nil && c.role() == roleRuntime {
		m.assign(p, c.seldom.duty)
	}
}

// assume gives a process the role that it has in its container: its init, or put into
// it later by a runtime. One whose program has a role of its own keeps that.
func (m *Model) assume(p *Process) {
	if p.few().duty != nil || p.Container == nil || p.Container.ID == "" || isRuntime(p.Comm) {
		return
	}
	of, begun := m.containers[containerKey(p.Container)]
	switch {
	case !begun && m.mayBegin(p), begun && (of.init == p.Key || m.displaces(p, of)):
		m.need(p).duty = &dutyInit
	case begun && m.putByRuntime(p):
		m.need(p).duty = &dutyExec
	}
}

var dutyInit, dutyExec = duty{role: roleInit}, duty{role: roleExec}

// putByRuntime reports whether a shim, a monitor or a runtime outside the container is
// the parent under which it was born.
func (m *Model) putByRuntime(p *Process) bool {
	under := p.parent
	if p.birth.seen {
		under = m.find(p.Birth().Under.Key)
	}
	if under == nil || containerID(under) == p.Container.ID {
		return false
	}
	role := under.role()
	return role == roleShim || role == roleMonitor || role == roleRuntime
}

// assumeAll is assume for those that a pass has found, once all are there.
func (m *Model) assumeAll() {
	for p := range m.Processes() {
		if p.Container != nil {
			m.assume(p)
		}
	}
}

// to is the same duty for that container.
func (d *duty) to(c *events.Container) *duty { return &duty{d.role, d.genealogy, c} }

// show tells the role in an event about the process.
func (d *duty) show(to *events.Process) {
	if d != nil && to.Role == "" {
		to.Role, to.Genealogy, to.Serves = d.role, d.genealogy, d.serves
	}
}
