package phases

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// name is what the arguments of those who made it call the container. Its own id
// comes before that.
func (p *play) name() string {
	if c := p.init.last.Container; c != nil && c.ID != "" {
		return c.ID
	}
	if l := p.one(runtime); l != nil {
		if call := container.RoleOf(l.image(roleRuntime)).Call; call.Creates && call.ID != "" {
			return call.ID
		}
	}
	if l := p.one(shim); l != nil && p.init.seenBorn() {
		return container.RoleOf(l.image(roleShim)).Call.ID
	}
	return ""
}

// genealogy is the line of programs that the shim belongs to, or the runtime.
func (p *play) genealogy() string {
	for _, who := range []part{shim, runtime} {
		if l := p.one(who); l != nil {
			if line := container.RoleOf(l.image(roleOf(l, who))).Genealogy; line != "" {
				return line
			}
		}
	}
	return ""
}

// helpers are the runtime's children that are no stages, and those of the init
// before its entrypoint: hooks, mostly.
func (p *play) helpers() []*life {
	all := slices.Clone(p.subject.helpers)
	if maker := p.one(runtime); maker != nil && maker.is(roleRuntime) {
		for _, l := range p.index.children[maker.key] {
			if !p.has(l) && l.subject == nil && !slices.Contains(all, l) && len(all) < maxBeside {
				all = append(all, l)
			}
		}
	}
	slices.SortFunc(all, inOrder)
	return all
}

// calls returns those who were called for this container, and not for a later one of
// the same name.
func (p *play) calls(who part) (found []*life) {
	if p.id == "" {
		return nil
	}
	to := p.nextOfName()
	for _, c := range p.index.byID[who][p.id] {
		if c.at.Seq >= p.seq && c.at.Seq < to && !p.has(c.life) && p.isOurs(&c) && len(found) < maxBeside {
			found = append(found, c.life)
		}
	}
	return found
}

// isOurs reports whether the call can be for this container, of which an id may be the same
// in another of containerd's namespaces, or in another place of a runtime's state.
func (p *play) isOurs(c *call) bool {
	own, ns := p.namespace(), container.RoleOf(c.image).Call.Namespace
	if !agree(ns, own) {
		return false
	}
	switch c.role {
	case roleRuntime:
		return agree(stateOf(c.image), p.index.keptIn(p.subject))
	case roleEngine:
		return p.sameUser(c.image)
	}
	return true
}

// agree reports whether both can be the same, of which either may be unknown.
func agree(a, b string) bool { return a == b || a == "" || b == "" }

// stateOf is where the runtime keeps the state of containers, by what it was called with or
// by its default for who called it (runc(8), crun(1)); empty is not known.
func stateOf(image *events.Process) string {
	r := container.RoleOf(image)
	switch root := r.Call.Root; {
	case strings.HasPrefix(root, "/var/run/"):
		return strings.TrimPrefix(path.Clean(root), "/var")
	case root != "":
		return path.Clean(root)
	case r.Program == "" || !image.HasIDs:
		return ""
	case image.UID == 0:
		return "/run/" + r.Program
	}
	return "/run/user/" + strconv.FormatUint(uint64(image.UID), 10) + "/" + r.Program
}

// keptIn is where the state of a container is, by the runtime that made it; empty is not known.
func (x *index) keptIn(s *subject) string {
	if l := x.related(s.init, cast[0]); l != nil && l.is(roleRuntime) {
		return stateOf(l.image(roleRuntime))
	}
	return ""
}

// sameUser reports whether a process can be of the user whose container it is: those of an
// engine without a daemon are not another user's.
func (p *play) sameUser(image *events.Process) bool {
	l := p.one(runtime)
	if l == nil || !l.is(roleRuntime) {
		return true
	}
	own := l.image(roleRuntime)
	return !own.HasIDs || !image.HasIDs || own.UID == image.UID
}

// nextOfName is where in the stream the next container of this name begins.
func (p *play) nextOfName() uint64 {
	own, in := p.namespace(), p.index.keptIn(p.subject)
	for _, s := range p.index.names[p.id] {
		if s.seq > p.seq && agree(own, s.namespace()) && agree(in, p.index.keptIn(s)) {
			return s.seq
		}
	}
	return ^uint64(0)
}

// namespace is containerd's, where it is known.
func (s *subject) namespace() string {
	if c := s.init.last.Container; c != nil {
		return c.Namespace
	}
	return ""
}

// nameOf is what a subject is called, before it is known who has which part.
func (x *index) nameOf(s *subject) string {
	p := &play{subject: s, index: x, who: map[part][]*life{initial: {s.init}}}
	if l := x.related(s.init, cast[0]); l != nil {
		p.who[runtime] = []*life{l}
	}
	return p.name()
}
