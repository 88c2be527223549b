//go:build linux

package tracer

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// A runtime may be called for a container in a cgroup that is another's already: the two
// are there at once, or the second after the first, when somebody else has kept the cgroup.
// From that call on each process in it is told as the container's that its runtime and its
// PID namespace say, or nobody's.

// called takes note of a call to make the container, whose bundle says this cgroupsPath: its
// cgroups that were another's, or nobody's, are asked for again. It returns those that are
// its own by now.
func (c *cgroups) called(id, cgroupsPath string) (own []events.Process) {
	answers := map[string]container.Found{} // a path is a cgroup in each hierarchy
	for key, cg := range c.known {
		if cg.container != nil && cg.container.ID == id || !container.Placed(cg.path, id, cgroupsPath) {
			continue
		}
		cg.tries = triesLater
		whose, asked := answers[cg.path]
		if !asked {
			whose = c.containers.Identify(cg.path)
			answers[cg.path] = whose
		}
		switch {
		case whose.Tenants != nil:
			c.share(key, &cg, whose.Tenants)
		case cg.container == nil && cg.tenants == nil && whose.Container != nil:
			cg.container = whose.Container
			own = append(own, events.Process{Container: cg.container, Cgroup: events.Cgroup{Hierarchy: key.hierarchy, ID: key.id, Path: cg.path}})
		}
		c.known[key] = cg
	}
	return own
}

// retryShared asks again for what tells the containers of the cgroup apart, when a process
// executes something that may be what the runtime has written down meanwhile.
func (c *cgroups) retryShared(key cgroupKey, cg cgroup, p *events.Process) {
	if cg.tries == 0 || !cg.tenants.Doubt(p) {
		return
	}
	if !p.NSInit { // a PID namespace has one PID 1 and any number of others
		cg.tries--
	}
	if tenants := c.containers.Identify(cg.path).Tenants; tenants != nil {
		c.share(key, &cg, tenants)
	}
	c.known[key] = cg
}

// share makes the cgroup that of several containers. Who was told to be in the only one so
// far may not be: see tellParted.
func (c *cgroups) share(key cgroupKey, cg *cgroup, among container.Tenants) {
	if cg.container != nil {
		at := events.Cgroup{Hierarchy: key.hierarchy, ID: key.id, Path: cg.path}
		c.parted = append(c.parted, events.Process{Container: cg.container, Cgroup: at})
	}
	among.Learn(cg.tenants)
	cg.container, cg.tenants = nil, among
}

// tellParted hands on, for each cgroup that has turned out to be several containers', that it
// was told to be one's alone.
func (k *Kernel) tellParted(put func(item)) (some bool) {
	for _, p := range k.cgroups.parted {
		ev := containerKnown(p.Container, p.Cgroup, max(k.lastNS, k.startNS))
		ev.Shared = true
		put(item{event: ev})
		some = true
	}
	k.cgroups.parted = k.cgroups.parted[:0]
	return some
}
