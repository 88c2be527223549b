package container

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// kept remembers what was read of bundles: one that lives for a moment is gone when its
// container's cgroup is heard of. The file itself counts as long as it is there.
type kept struct {
	byID  map[string][]state
	order []string // ids, oldest first
}

// maxKept bounds how many ids are remembered, maxKeptPath how long a cgroup's path.
const (
	maxKept     = 1024
	maxKeptPath = 4096
)

// put remembers what the bundle of the state says.
func (k *kept) put(s state, config *spec) {
	if config == s.said || s.bundle == "" || len(config.Linux.CgroupsPath) > maxKeptPath {
		return
	}
	s.said = config.essence(s.id)
	s.annotations = nil // they are in what it said
	if k.byID == nil {
		k.byID = map[string][]state{}
	}
	all, known := k.byID[s.id]
	if !known {
		k.order = append(k.order, s.id)
		if len(k.order) > maxKept {
			delete(k.byID, k.order[0])
			k.order = k.order[1:]
		}
	}
	all = slices.DeleteFunc(all, func(o state) bool { return o.bundle == s.bundle && o.by == s.by })
	if len(all) == maxOfOne { // of root's only when there are no others
		at := max(slices.IndexFunc(all, func(o state) bool { return o.by != superuser }), 0)
		all = slices.Delete(all, at, at+1)
	}
	k.byID[s.id] = append(all, s)
}

func (k *kept) of(id string) []state { return k.byID[id] }

// forget drops what the bundles of the container said.
func (k *kept) forget(c *events.Container) {
	all, known := k.byID[c.ID]
	if !known {
		return
	}
	all = slices.DeleteFunc(all, func(s state) bool { return agree(namespaceOf(s.bundle), c.Namespace) })
	if len(all) > 0 {
		k.byID[c.ID] = all
		return
	}
	delete(k.byID, c.ID)
	k.order = slices.DeleteFunc(k.order, func(id string) bool { return id == c.ID })
}

// essence is what is ever asked of a container's configuration, as large as it may be.
func (s *spec) essence(id string) *spec {
	e := &spec{Annotations: essential(s.Annotations)}
	e.Linux.CgroupsPath = strings.Clone(s.Linux.CgroupsPath)
	for _, m := range s.Mounts {
		if strings.Contains(m.Source, "/containers/"+id+"/") && len(m.Source) <= maxKeptPath {
			m.Source = strings.Clone(m.Source)
			e.Mounts = append(e.Mounts, m)
			break
		}
	}
	return e
}
