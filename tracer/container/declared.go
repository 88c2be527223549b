package container

import (
	"path/filepath"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// maxDeclared bounds how many ids that runtimes were called for are remembered, maxOfOne
// how many calls for one id: it may be another container in each namespace.
const (
	maxDeclared = 1024
	maxOfOne    = 16
)

// declaration is what a runtime was called with: which container it is to make.
type declaration struct {
	id, runtime, bundle, name string
	namespace                 string // containerd's
	root                      string // of the runtime's own state; empty is the usual
	within                    string // id of the container in which the runtime itself runs
	by                        uint32 // uid of who called it
	caller                    events.ProcKey
}

// declared remembers the latest declarations, by id.
type declared struct {
	byID  map[string][]declaration // the latest first
	order []string                 // oldest first
}

// Declare notes that a program was called for a container, and reads its bundle: when the
// container's cgroup is heard of, that may be gone. It counts for the cgroups of who called.
// It returns the cgroupsPath that the bundle says, empty for none or not known.
func (r *Resolver) Declare(call Call, by Caller) (cgroupsPath string) {
	if call.ID == "" || !call.Creates {
		return ""
	}
	d := declaration{id: call.ID, runtime: by.Program, bundle: call.Bundle, name: call.Name, by: by.UID, caller: by.Key}
	if by.Outer == nil {
		d.runtime = first(call.Runtime(by.Program), by.Program)
		d.namespace = call.Namespace
		if filepath.IsAbs(call.Root) {
			d.root = call.Root
		}
	} else {
		// Its paths are those of another root.
		d.within, d.bundle = by.Outer.ID, ""
	}
	if by.Outer == nil {
		d.bundle = r.bundleAt(d.bundle, by)
	}
	d = r.declared.put(d)
	if d.bundle != "" {
		s := state{id: d.id, runtime: managerOf(d.bundle, d.runtime), bundle: r.at(d.bundle), by: d.by}
		if config, err := readSpec(s.bundle); err == nil {
			r.kept.put(s, config)
			return config.Linux.CgroupsPath
		}
	}
	if by.Outer == nil {
		r.missing.put(d.id)
	}
	return ""
}

// put remembers the declaration with what an earlier one for the same container has more.
func (all *declared) put(d declaration) declaration {
	if all.byID == nil {
		all.byID = map[string][]declaration{}
	}
	of, known := all.byID[d.id]
	if !known {
		all.order = append(all.order, d.id)
		if len(all.order) > maxDeclared {
			delete(all.byID, all.order[0])
			all.order = all.order[1:]
		}
	}
	// What conmon and then the runtime are called with is one container; another of the same
	// id has its own bundle, and state elsewhere.
	same := func(o declaration) bool {
		return o.within == d.within && o.namespace == d.namespace && o.by == d.by && agree(o.bundle, d.bundle) && agree(o.root, d.root)
	}
	if i := slices.IndexFunc(of, same); i >= 0 {
		d.name = first(d.name, of[i].name) // conmon was told, the runtime was not
		d.bundle = first(d.bundle, of[i].bundle)
		of = slices.Delete(of, i, i+1)
	}
	at := 0
	if d.by != superuser { // so many of others do not push out root's
		at = slices.IndexFunc(append(of, d), func(o declaration) bool { return o.by != superuser })
	}
	of = slices.Insert(of, at, d)
	all.byID[d.id] = of[:min(len(of), maxOfOne)]
	return d
}

// of returns what is declared within the container, nil for the host, by who is believed,
// in the order of ownFirst, the latest first.
func (all *declared) of(id string, outer *events.Container, who believes) (of []declaration) {
	within := ""
	if outer != nil {
		within = outer.ID
	}
	for _, d := range all.byID[id] {
		if d.within == within && who(d.by) {
			of = append(of, d)
		}
	}
	slices.SortStableFunc(of, func(a, b declaration) int { return ownFirst(a.by, b.by) })
	return of
}

// name returns what a program on the host was told that the container is called, and who
// called it.
func (all *declared) name(c *events.Container, who believes) (name string, by uint32) {
	for _, d := range all.of(c.ID, nil, who) {
		if d.name != "" && agree(d.namespace, c.Namespace) {
			return d.name, d.by
		}
	}
	return "", superuser
}

// tellDeclared returns the container that one of the declarations makes, when the cgroup
// is where its bundle says, else none. Where no bundle can be read, the cgroup bears the id
// and a runtime was called to make it: that much is known, and its source is "args".
func (r *Resolver) tellDeclared(all []declaration, parts []string) (told finding) {
	for _, d := range all {
		c := &events.Container{ID: d.id, Runtime: managerOf(d.bundle, d.runtime), Name: d.name, Namespace: d.namespace, Source: "args"}
		if s, config, ok := r.bundleOf(d, c.Runtime); ok {
			if s.owns(parts, config) {
				s.tell(r, c, config)
				return finding{Container: c, by: d.by}
			}
			continue
		}
		// ctr's cgroup is /NAMESPACE/ID: of equal ids that one.
		inOwn := len(parts) > 1 && parts[len(parts)-2] == d.namespace
		if placed(parts, d.id, "") && (told.Container == nil || inOwn) {
			told = finding{Container: c, by: d.by}
		}
	}
	return told
}

// bundleOf returns the declared bundle and what it says or said; false is nothing.
func (r *Resolver) bundleOf(d declaration, runtime string) (state, *spec, bool) {
	if d.bundle == "" {
		return state{}, nil, false
	}
	s := state{id: d.id, runtime: runtime, bundle: r.at(d.bundle), by: d.by}
	for _, before := range r.kept.of(d.id) {
		if before.bundle == s.bundle && before.by == d.by {
			s.said = before.said
		}
	}
	config, ok := s.config()
	return s, config, ok
}
