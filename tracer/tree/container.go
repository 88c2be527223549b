package tree

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A container begins when its init executes its entrypoint, and ends with that
// init. Who the init is follows from the kernel's facts alone: it is the first
// process in the container's cgroup that executes something and was not made by
// another process of the same container.

// noteContainer remembers the init of a container that a snapshot found running.
// The runtime's own process, still to become the init, is not it yet.
func (m *Model) noteContainer(p *Process) {
	c := p.Container
	if c == nil || c.ID == "" || p.State != Live || isRuntime(p.Comm) || !m.mayBegin(p) {
		return
	}
	if known, ok := m.containers[containerKey(c)]; !ok || older(p.Key, known) {
		m.containers[containerKey(c)] = p.Key
		if before := m.procs[known]; ok && before != nil && before.duty == &dutyInit {
			before.duty = nil // an older one is the init
		}
		m.assume(p)
	}
}

// onlyForked reports whether the process was born and has executed nothing since: what
// it does not run yet is no entrypoint, whatever it is called.
func (p *Process) onlyForked() bool {
	i := p.Image()
	return p.Birth.Seen && (i == nil || i.AtNS <= p.Birth.AtNS)
}

// beginContainer tells the container whose entrypoint the exec is.
func (m *Model) beginContainer(p *Process, ev *events.Event) {
	if p == nil || p.State != Live || p.Container == nil || p.Container.ID == "" || isRuntime(p.Comm) {
		return
	}
	if _, begun := m.containers[containerKey(p.Container)]; begun || !m.mayBegin(p) {
		return
	}
	m.containers[containerKey(p.Container)] = p.Key
	start := m.derive(events.ContainerStart, p)
	start.Process, start.Exec = ev.Process, ev.Exec
	start.Process.Container = p.Container
	m.say(start)
}

// endContainer tells the end of the container whose init the process was.
func (m *Model) endContainer(p *Process, d *events.ExitDetail) {
	if !m.isContainerInit(p) {
		return
	}
	delete(m.containers, containerKey(p.Container))
	m.derivedExit = *d
	end := m.derive(events.ContainerExit, p)
	end.Exit = &m.derivedExit
	m.say(end)
	m.derivedExit.Killer = nil
}

func (m *Model) isContainerInit(p *Process) bool {
	return p.Container != nil && m.containers[containerKey(p.Container)] == p.Key
}

// containerKey is what is unique: an id of 64 digits, else one in its namespace of
// containerd, which is known as soon as such a container is.
func containerKey(c *events.Container) string {
	if len(c.ID) == 64 || c.Namespace == "" {
		return c.ID
	}
	return c.Namespace + "/" + c.ID
}

// mayBegin reports whether the process came into its container from outside: it is
// the PID 1 of a namespace or, where the namespace is another's, not the child of a
// process of the same container, as hooks and all later processes are.
func (m *Model) mayBegin(p *Process) bool {
	if p.isInit() && p.Chain.Level() > 0 {
		return true
	}
	if ns := p.ns; ns != nil && ns.init != nil && containerID(ns.init) == p.Container.ID {
		return false
	}
	parent, ok := p.Parent()
	return ok && containerID(parent) != p.Container.ID
}

// isRuntime reports whether the name is that of an OCI runtime's own process, which
// may be in the container's cgroup before it executes the entrypoint. Where runc or crun
// executes a sealed copy of itself, older kernels name it after that, in 15 bytes:
// memfd:runc_cloned… and memfd:crun_cloned….
func isRuntime(comm string) bool {
	return comm == "runc" || strings.HasPrefix(comm, "runc:[") || comm == "crun" || strings.HasPrefix(comm, "youki") ||
		comm == "memfd:runc_clon" || comm == "memfd:crun_clon"
}
