//go:build linux

package tracer

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// cgroups knows the path and the container of each cgroup, by what the kernel
// tells when one is made and by a walk at the start.
type cgroups struct {
	known      map[cgroupKey]cgroup
	containers Containers
	parted     []events.Process // containers and their cgroups that are not theirs alone any more
}

// cgroupKey: kernfs ids are unique within one hierarchy only.
type cgroupKey struct {
	hierarchy uint32
	id        uint64
}

type cgroup struct {
	path      string
	container *events.Container
	tenants   container.Tenants // whose it is when it is several containers'
	tries     int               // how often it is still asked whose it is
}

// triesLater is how many execs in a cgroup that is nobody's so far ask again: a runtime
// makes the cgroup before it writes down that it did, and the entrypoint's exec is
// among the first.
const triesLater = 4

func newCgroups(who Containers) *cgroups {
	return &cgroups{known: map[cgroupKey]cgroup{}, containers: who}
}

func (c *cgroups) add(cg events.Cgroup) {
	whose := c.containers.Identify(cg.Path)
	c.known[cgroupKey{cg.Hierarchy, cg.ID}] = cgroup{cg.Path, whose.Container, whose.Tenants, triesLater}
}

// remove forgets a cgroup, and its containers each with the last one of it.
func (c *cgroups) remove(cg events.Cgroup) {
	key := cgroupKey{cg.Hierarchy, cg.ID}
	gone := c.known[key]
	delete(c.known, key)
	if gone.container != nil {
		c.forget(gone.container)
	}
	for _, t := range gone.tenants {
		c.forget(t.Container)
	}
}

func (c *cgroups) forget(gone *events.Container) {
	for _, other := range c.known {
		if container.Same(other.container, gone) || other.tenants.Has(gone) {
			return
		}
	}
	c.containers.Forget(gone)
}

// retry asks again whose the cgroup is, when a process executes something in it, and
// returns what is new of that, else nil.
func (c *cgroups) retry(p *events.Process) *events.Container {
	cg := p.Cgroup
	key := cgroupKey{cg.Hierarchy, cg.ID}
	known, ok := c.known[key]
	if known.tenants != nil {
		c.retryShared(key, known, p)
		return nil
	}
	// What only arguments say is not all that there will be.
	vague := known.container == nil || known.container.Source == "args"
	if !ok || !vague || known.tries == 0 || known.path == "/" {
		return nil
	}
	known.tries--
	whose := c.containers.Identify(known.path)
	found := whose.Container
	if found.Equal(known.container) {
		found = nil
	}
	if found != nil {
		known.container = found
	}
	if whose.Tenants != nil {
		c.share(key, &known, whose.Tenants)
	}
	c.known[key] = known
	return found
}

// again asks again for a container's cgroups when more may be known of it.
func (c *cgroups) again(id string) {
	for key, cg := range c.known {
		if cg.container == nil || cg.container.ID != id || cg.container.Name != "" {
			continue
		}
		switch whose := c.containers.Identify(cg.path); {
		case whose.Tenants != nil:
			c.share(key, &cg, whose.Tenants)
		case whose.Container == nil: // not known yet
			continue
		default:
			cg.container = whose.Container
		}
		c.known[key] = cg
	}
}

// answered takes over a late answer and returns the cgroups that it is about: those of the
// path that was asked for, whose owner another's of the same container may not have.
func (c *cgroups) answered(a container.Answer) (about []events.Cgroup) {
	for key, cg := range c.known {
		if a.Tenants != nil {
			if cg.path == a.Path {
				c.share(key, &cg, a.Tenants)
				c.known[key] = cg
			}
			continue
		}
		if cg.tenants != nil {
			continue
		}
		if cg.path == a.Path || a.Path == "" && container.Same(cg.container, a.Container) {
			cg.container = a.Container
			c.known[key] = cg
			about = append(about, events.Cgroup{Hierarchy: key.hierarchy, ID: key.id, Path: cg.path})
		}
	}
	return about
}

// complete adds the path and the container to a process whose cgroup id is known.
func (c *cgroups) complete(p *events.Process) {
	if p.Cgroup.ID == 0 {
		return
	}
	found := c.known[cgroupKey{p.Cgroup.Hierarchy, p.Cgroup.ID}]
	p.Cgroup.Path, p.Container = found.path, found.container
	if found.tenants != nil {
		p.Container = found.tenants.Of(p)
	}
}

// walk learns the cgroups that are there: those of the unified hierarchy and of
// the given v1 one. What cannot be read stays unknown.
func (c *cgroups) walk(v1 uint32) {
	for _, m := range cgroupMounts(v1) {
		_ = filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil // gone meanwhile, or a file: the next one
			}
			c.learn(m, path)
			return nil
		})
	}
}

func (c *cgroups) learn(m cgroupMount, path string) {
	info, err := os.Lstat(path)
	if err != nil {
		return
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	rel := filepath.Join(m.root, strings.TrimPrefix(path, m.dir))
	c.add(events.Cgroup{Hierarchy: m.hierarchy, ID: st.Ino, Path: filepath.Join("/", rel)})
}
