package phases

import (
	"slices"

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

// naming returns the processes of a role, with a verb, whose arguments name this
// container and no later one of the same name.
func (p *play) naming(all []*life, r role) []*life {
	if p.id == "" {
		return nil
	}
	from, to := p.span()
	var found []*life
	for _, l := range all {
		at := l.launched(r)
		if at == nil || at.Seq < from || at.Seq >= to || p.has(l) || len(found) == maxBeside {
			continue
		}
		if args := l.image(r).Args; verbOf(args, r) != "" && hasArg(args, p.id) {
			found = append(found, l)
		}
	}
	return found
}

// span is the part of the stream in which the container's name means this one.
func (p *play) span() (from, to uint64) {
	from, to = p.seq, ^uint64(0)
	for _, s := range p.index.subjects {
		if s.seq > p.seq && s.seq < to && p.sameName(s) {
			to = s.seq
		}
	}
	return from, to
}

func (p *play) sameName(s *subject) bool {
	other := &play{subject: s, index: p.index, who: map[part][]*life{initial: {s.init}}}
	if l := p.index.related(s.init, cast[0]); l != nil {
		other.who[runtime] = []*life{l}
	}
	return other.name() == p.id
}
