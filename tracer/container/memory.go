package container

import (
	"slices"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// maxKnown bounds how many ids are remembered.
const maxKnown = 4096

// memory remembers containers until they are gone. An id is unique in one of containerd's
// namespaces only, so there may be several of one id.
type memory map[string][]*remembered

type remembered struct {
	container *events.Container
	by        uint32    // who says so: another's of the same id is another container
	asked     bool      // a daemon was asked for it
	looked    time.Time // for a new name
}

// Same reports whether both can be the same container. Ids that users choose, unlike those
// of 64 digits, are unique only in one namespace of containerd and of one runtime.
func Same(a, b *events.Container) bool {
	return a != nil && b != nil && a.ID == b.ID && agree(a.Namespace, b.Namespace) && (isID(a.ID) || agree(a.Runtime, b.Runtime))
}

// agree reports whether both can be the same, of which either may be unknown.
func agree(a, b string) bool { return a == b || a == "" || b == "" }

// find returns what is remembered of the container as somebody says it is, nil where that
// is nothing, or where what is known of c fits several.
func (m memory) find(c *events.Container, by uint32) *remembered {
	var fits []*remembered
	for _, r := range m[c.ID] {
		if r.by != by || !Same(r.container, c) {
			continue
		}
		if r.container.Namespace == c.Namespace {
			return r
		}
		fits = append(fits, r)
	}
	if len(fits) != 1 {
		return nil
	}
	return fits[0]
}

// keep remembers what was found unless better is known, and returns what is remembered then.
func (m memory) keep(found finding) *remembered {
	c := found.Container
	r := m.find(c, found.by)
	switch {
	case r == nil:
		if len(m) >= maxKnown {
			clear(m) // what still runs is asked for again
		}
		r = &remembered{container: c, by: found.by}
		m[c.ID] = append(m[c.ID], r)
	case worth(c) >= worth(r.container):
		r.container = c
	}
	return r
}

func (m memory) forget(c *events.Container) {
	left := slices.DeleteFunc(m[c.ID], func(r *remembered) bool { return Same(r.container, c) })
	if len(left) == 0 {
		delete(m, c.ID)
		return
	}
	m[c.ID] = left
}

// worth orders what is known of a container by its source.
func worth(c *events.Container) int {
	return slices.Index([]string{"cgroup", "args", "state", "api"}, c.Source)
}

// merged returns what is known with what only the cgroup's path tells.
func merged(known, path *events.Container) *events.Container {
	if path.PodUID == known.PodUID && path.PodQoS == known.PodQoS || path.PodUID == "" {
		return known
	}
	c := *known
	c.PodUID, c.PodQoS = first(path.PodUID, known.PodUID), first(path.PodQoS, known.PodQoS)
	return &c
}
