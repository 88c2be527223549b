package container

import (
	"path/filepath"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// maxDeclared bounds how many calls of runtimes are remembered.
const maxDeclared = 1024

// declaration is what a runtime was called with: which container it is to make.
type declaration struct {
	id, runtime, bundle, name string
	root                      string // of the runtime's own state; empty is the usual
	within                    string // id of the container in which the runtime itself runs
}

// declared remembers the latest declarations, by id.
type declared struct {
	byID  map[string]declaration
	order []string // oldest first
}

// Declare notes that a program was called for a container. Cwd is its working
// directory, by which a relative bundle is found, empty when not known; outer is the
// container that it runs in, nil on the host.
func (r *Resolver) Declare(call Call, program, cwd string, outer *events.Container) {
	if call.ID == "" || !call.Creates {
		return
	}
	d := declaration{id: call.ID, runtime: program, bundle: call.Bundle, name: call.Name}
	if outer == nil && filepath.IsAbs(call.Root) {
		d.root = call.Root
	}
	if outer != nil {
		// Its paths are those of another root.
		d.within, d.bundle = outer.ID, ""
	}
	switch {
	case outer != nil || filepath.IsAbs(d.bundle):
	case cwd != "":
		d.bundle = filepath.Join(cwd, d.bundle)
	default:
		d.bundle = ""
	}
	if before, ok := r.declared.byID[d.id]; ok && before.within == d.within {
		d.name = first(d.name, before.name) // conmon was told, the runtime was not
		d.bundle = first(d.bundle, before.bundle)
	}
	r.declared.put(d)
}

func (all *declared) put(d declaration) {
	if all.byID == nil {
		all.byID = map[string]declaration{}
	}
	if _, known := all.byID[d.id]; !known {
		all.order = append(all.order, d.id)
		if len(all.order) > maxDeclared {
			delete(all.byID, all.order[0])
			all.order = all.order[1:]
		}
	}
	all.byID[d.id] = d
}

func (all *declared) get(id string, outer *events.Container) (declaration, bool) {
	d, ok := all.byID[id]
	if outer == nil {
		return d, ok && d.within == ""
	}
	return d, ok && d.within == outer.ID
}

// tellDeclared returns the container that the declaration makes, when the cgroup is
// where its bundle says. Where the bundle cannot be read, the cgroup bears the id and
// a runtime was called to make it: that much is known, and its source is "args".
func (r *Resolver) tellDeclared(d declaration, parts []string) *events.Container {
	c := &events.Container{ID: d.id, Runtime: managerOf(d.bundle, d.runtime), Name: d.name, Source: "args"}
	s := state{id: d.id, runtime: c.Runtime, bundle: r.at(d.bundle)}
	config, err := readSpec(s.bundle)
	switch {
	case d.bundle == "" || err != nil:
		if !placed(parts, d.id, "") {
			return nil
		}
		return c
	case !s.owns(parts, config):
		return nil
	}
	s.tell(r, c, config)
	return c
}
