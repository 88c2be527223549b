package tree

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A container begins when its init executes its entrypoint, and ends with that
// init. Who the init is follows from the kernel's facts alone: it is the first
// process in the container's cgroup that executes something and was not made by
// another process of the same container.

// begun is the init of a container that has begun. One that was told to be so stays it:
// told is false of those that were found running.
type begun struct {
	init events.ProcKey
	told bool
}

// noteContainer remembers the init of a container that was found running. The runtime's
// own process, still to become the init, is not it yet.
func (m *Model) noteContainer(p *Process) {
	c := p.Container
	if c == nil || c.ID == "" || p.State != Live || p.isStillRuntime() || !m.mayBegin(p) {
		return
	}
	known, ok := m.containers[containerKey(c)]
	if !ok || m.displaces(p, known) || !known.told && !m.brought(m.find(known.init)) && older(p.Key, known.init) {
		m.makeInit(p, begun{init: p.Key})
		m.assume(p)
	}
}

// makeInit makes the process the init of its container, and nobody else.
func (m *Model) makeInit(p *Process, as begun) {
	key := containerKey(p.Container)
	if before := m.find(m.containers[key].init); before != nil && before != p && before.few().duty == &dutyInit {
		before.seldom.duty = nil
	}
	m.containers[key] = as
}

// displaces reports whether the process is the init of its container rather than the one
// that was found running: others may be in the cgroup for longer than the container is.
func (m *Model) displaces(p *Process, known begun) bool {
	return !known.told && m.brought(p) && !m.brought(m.find(known.init))
}

// brought reports whether the process is the PID 1 of a child namespace and was not made
// by another of its container.
func (m *Model) brought(p *Process) bool {
	if p == nil || !p.isInit() || p.ns.Level == 0 {
		return false
	}
	parent, ok := p.Parent()
	return !ok || containerID(parent) != containerID(p)
}

// onlyForked reports whether the process was born and has executed nothing since: what
// it does not run yet is no entrypoint, whatever it is called.
func (p *Process) onlyForked() bool {
	i := p.Image()
	return p.birth.seen && (i == nil || i.AtNS <= p.birth.atNS)
}

// runsRuntime reports whether the process runs a runtime yet. One that a snapshot found in
// the entrypoint, ahead of the record of that exec, had the runtime's name until the rename
// that is a part of it: a rename after the snapshot is of a later exec.
func (p *Process) runsRuntime() bool {
	return p != nil && (p.role() == roleRuntime || p.held != nil && isRuntime(p.held.detail.OldComm) && p.held.ev.BootNS < p.passNS)
}

// beginContainer tells the container whose entrypoint the exec is. Who was found to be its
// init begins it where the exec leaves the runtime: not with what it executes later.
func (m *Model) beginContainer(p *Process, ev *events.Event, leavesRuntime bool) {
	if p == nil || p.State != Live || p.Container == nil || p.Container.ID == "" || p.isStillRuntime() {
		return
	}
	known, ok := m.containers[containerKey(p.Container)]
	begins := !ok || m.displaces(p, known) || known.init == p.Key && !known.told && leavesRuntime
	if !begins || !m.mayBegin(p) {
		return
	}
	m.makeInit(p, begun{p.Key, true})
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
	return p.Container != nil && m.containers[containerKey(p.Container)].init == p.Key
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
// process of the same container, as hooks and all later processes are, nor of one in the
// same cgroup, of which it may not be known yet.
func (m *Model) mayBegin(p *Process) bool {
	if p.isInit() && p.ns.Level > 0 {
		return true
	}
	if ns := p.ns; ns != nil && ns.init != nil && containerID(ns.init) == p.Container.ID {
		return false
	}
	parent, ok := p.Parent()
	return ok && containerID(parent) != p.Container.ID &&
		(parent.Cgroup().ID == 0 || parent.Cgroup().ID != p.Cgroup().ID || parent.Cgroup().Hierarchy != p.Cgroup().Hierarchy)
}

// isStillRuntime reports whether the process runs a runtime that is in the container's
// cgroup before the entrypoint is. A stage that runs as /proc/self/exe is called exe until
// it renames itself; a PID 1 of that role may be an entrypoint, as lxc-start is.
func (p *Process) isStillRuntime() bool {
	return isRuntime(p.Comm) || p.role() == roleRuntime && !p.isInit()
}

// isRuntime reports whether the name is that of an OCI runtime's own process, which
// may be in the container's cgroup before it executes the entrypoint. Where runc or crun
// executes a sealed copy of itself, older kernels name it after that, in 15 bytes:
// memfd:runc_cloned… and memfd:crun_cloned….
func isRuntime(comm string) bool {
	return comm == "runc" || strings.HasPrefix(comm, "runc:[") || comm == "crun" || strings.HasPrefix(comm, "youki") ||
		comm == "memfd:runc_clon" || comm == "memfd:crun_clon"
}
