package container

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Resolver completes containers, and finds those that their cgroup's path alone does
// not name, from what runtimes keep on disk. It asks no daemon and no network. What it
// has no file for stays as it is. One goroutine at a time may use it.
type Resolver struct {
	root     string
	declared declared
	kept     kept
	missing  missing
	docker   dockerFiles
	owner    func(cgroup string) uint32
	now      func() time.Time
	surveyed bool // the states of what ran before are read
}

// NewResolver reads below root, the host's "/" but for tests.
func NewResolver(root string) *Resolver {
	r := &Resolver{root: root, now: time.Now}
	r.owner = r.cgroupOwner
	return r
}

// Forget drops what is remembered of a container that is gone.
func (r *Resolver) Forget(c *events.Container) {
	r.kept.forget(c)
	delete(r.docker, c.ID)
}

func (r *Resolver) at(path string) string { return filepath.Join(r.root, path) }

// Identify returns whose the cgroup of that path is, with all that is written of them.
func (r *Resolver) Identify(path string) Found { return r.identify(path).found() }

func (r *Resolver) identify(path string) finding {
	parts := split(path)
	if c, depth := fromParts(parts); c != nil {
		if inner := r.backed(parts, depth, c); inner.Container != nil {
			return inner
		}
		return r.completeIn(parts[:depth], c)
	}
	return r.backed(parts, 0, nil)
}

// completeIn returns c, whose cgroup is there, with what is written of it. Of nested
// containers only the outermost has its state on this host's disk.
func (r *Resolver) completeIn(parts []string, c *events.Container) finding {
	if c.Outer == nil {
		return r.complete(c, r.ofCgroup(parts))
	}
	full := *c
	for n := range parts { // the innermost comes last: the one around it lies above
		if found, depth := fromParts(parts[:n]); found != nil && found.ID == c.Outer.ID {
			full.Outer = r.completeIn(parts[:depth], c.Outer).Container
			break
		}
	}
	return finding{Container: &full, by: superuser}
}

// complete returns c with what those who are believed have written of it.
func (r *Resolver) complete(c *events.Container, who believes) finding {
	full := *c
	for _, s := range r.states(c.ID, c.Namespace, who) {
		if ns := namespaceOf(s.bundle); !s.fits(c.Runtime) || ns != "" && c.Namespace != "" && ns != c.Namespace {
			continue
		}
		if config, ok := s.config(); ok {
			s.tell(r, &full, config)
			return finding{Container: &full, by: s.by}
		}
	}
	if c.Runtime == "docker" || c.Runtime == "" {
		r.tellDocker(&full, nil)
	}
	by := uint32(superuser)
	if full.Name == "" {
		if full.Name, by = r.declared.name(&full, who); full.Name != "" {
			full.Source = "args"
		}
	}
	return finding{Container: &full, by: by}
}

// backed looks for a container whose cgroup is one of the elements from the deepest
// down to, and without, the first ones. Its name alone proves nothing: the runtime's
// state has to say that this is the container's cgroup, whatever its name. Inside another
// container only what a runtime there was seen to be called with can.
func (r *Resolver) backed(parts []string, from int, outer *events.Container) finding {
	for n := len(parts); n > from; n-- {
		who := r.ofCgroup(parts[:n])
		ids := idsIn(parts[n-1])
		if outer == nil {
			ids = append(ids, r.elsewhere(parts[:n], ids)...)
		}
		var all []finding
		for _, id := range ids {
			if found := r.backedBy(id, parts[:n], outer, who); found.Container != nil {
				all = append(all, found)
			}
			if len(all) == maxTenants {
				break
			}
		}
		switch {
		case len(all) > 1:
			return r.shared(all, who)
		case len(all) == 1 && outer != nil:
			all[0].Outer = r.completeIn(parts[:from], outer).Container
			return all[0]
		case len(all) == 1:
			return all[0]
		}
	}
	return finding{}
}

// backedBy returns the container of that id when the cgroup is its own. What arguments say
// does not stop the look at what the runtime wrote.
func (r *Resolver) backedBy(id string, parts []string, outer *events.Container, who believes) finding {
	declared := r.tellDeclared(r.declared.of(id, outer, who), parts)
	if outer != nil || declared.Container != nil && declared.Source == "state" {
		return declared
	}
	if c := r.written(id, parts, who); c.Container != nil {
		return c
	}
	return declared
}

// shared returns what is found of a cgroup that is several containers'.
func (r *Resolver) shared(all []finding, who believes) (found finding) {
	for _, one := range all {
		found.tenants = append(found.tenants, r.tenant(one, who))
	}
	return found
}

// written returns the container of that id whose cgroup this is by the files of a
// runtime.
func (r *Resolver) written(id string, parts []string, who believes) finding {
	for _, s := range r.states(id, "", who) {
		if config, ok := s.config(); ok && s.owns(parts, config) {
			c := of(id, s.runtime)
			s.tell(r, c, config)
			return finding{Container: c, by: s.by}
		}
	}
	return finding{}
}

// idsIn returns what an element can have as a container's id: itself, or, of a scope,
// what follows the runtime's prefix. Units of other kinds hold none.
func idsIn(element string) (ids []string) {
	if part := strings.Split(element, ":"); len(part) == 3 {
		element = part[2]
	}
	for _, kind := range []string{".slice", ".service", ".socket", ".mount", ".swap"} {
		if strings.HasSuffix(element, kind) {
			return nil
		}
	}
	if name, ok := strings.CutSuffix(element, ".scope"); ok {
		_, element, _ = strings.Cut(name, "-")
	}
	if validID(element) {
		ids = append(ids, element)
	}
	return ids
}

// placed reports whether a bundle's cgroupsPath (runtime-spec, config-linux.md) leads
// to the cgroup: a path, whose first part a hierarchy may lie deeper below; systemd's
// SLICE:PREFIX:NAME; or nothing, then runc and crun take the id.
func placed(parts []string, id, cgroupsPath string) bool {
	last := parts[len(parts)-1]
	if part := strings.Split(cgroupsPath, ":"); len(part) == 3 {
		return last == part[1]+"-"+part[2]+".scope" || last == cgroupsPath
	}
	if cgroupsPath == "" {
		return last == id || strings.HasSuffix(last, "-"+id+".scope")
	}
	return strings.HasSuffix("/"+strings.Join(parts, "/"), "/"+strings.Trim(cgroupsPath, "/"))
}

// tellStored adds the names that containers/storage has of Podman's and CRI-O's
// containers: beside the bundle's own directory, else in the usual place.
func (r *Resolver) tellStored(c *events.Container, bundle string) {
	const usual = "/var/lib/containers/storage/overlay-containers"
	for _, file := range []string{
		filepath.Join(bundle, "../../containers.json"),
		filepath.Join(bundle, "../../volatile-containers.json"),
		r.at(usual + "/containers.json"),
	} {
		var all []stored
		if readJSON(file, &all) != nil {
			continue
		}
		for _, e := range all {
			if e.ID != c.ID {
				continue
			}
			var more struct {
				Image string `json:"image-name"`
				Pod   string `json:"pod-name"`
			}
			_ = json.Unmarshal([]byte(e.Metadata), &more) // what it lacks stays unknown
			if c.Name == "" && len(e.Names) > 0 {
				c.Name = clipped(e.Names[0])
			}
			c.Image = first(c.Image, clipped(more.Image))
			c.Source = "state"
			return
		}
	}
}
