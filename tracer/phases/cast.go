package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// part is what a process is in one start.
type part string

const (
	client  part = "client"
	daemon  part = "daemon"
	starter part = "starter" // the shim's first process, which leaves the shim behind
	shim    part = "shim"
	runtime part = "runtime" // the init's first parent
	stage0  part = "stage0"
	stage1  part = "stage1"
	initial part = "init"
	helper  part = "helper" // other children of the runtime, or of the init before its entrypoint
	first   part = "first_child"
	entered part = "entered"
	beside  part = "command" // the runtime called again for the same container: start, kill, delete
	cleanup part = "cleanup" // a shim, or the engine by its shim, called to clean up
	stopper part = "stopper" // a client that asks for the end
	sender  part = "sender"  // a client that asks for a signal to be sent
)

// relation is how the one who has a part is found from one who has another.
type relation uint8

const (
	parentOf  relation = iota // its parent at birth
	keeperOf                  // its last parent of the role, where the birth was not seen
	creatorOf                 // who called clone, where that is not the parent
	aboveOf                   // the nearest ancestor of the role
)

// casting says who has a part.
type casting struct {
	part part
	how  relation
	of   part
	role role
}

// cast is tried in this order; the first that finds somebody counts. Each rests on
// the kernel's record of parents and creators. runc's stages are made by one another
// with CLONE_PARENT, so that all are children of the runtime.
var cast = []casting{
	{runtime, parentOf, initial, anyRole},
	{stage1, creatorOf, initial, anyRole},
	{stage0, creatorOf, stage1, anyRole},
	{shim, parentOf, runtime, roleShim},
	{shim, keeperOf, initial, roleShim},
	{starter, parentOf, shim, roleShim},
	{daemon, parentOf, starter, roleDaemon},
	{daemon, parentOf, shim, roleDaemon},
	{daemon, parentOf, runtime, roleDaemon},
	{client, aboveOf, starter, roleEngine},
	{client, aboveOf, shim, roleEngine},
	{client, aboveOf, runtime, roleEngine},
}

// play is one start with its cast.
type play struct {
	*subject
	index *index
	who   map[part][]*life
	id    string
	link  map[*life]string
	// chores are what a daemon had others do meanwhile.
	chores []*life
	// busy says that they may as well have been for others, and are left out.
	busy bool
	// cgroup is the container's, in one hierarchy; without a path it is not known.
	cgroup events.Cgroup
	// told is where the end begins.
	told uint64
}

// stage finds who has which part in the subject's start.
func (x *index) stage(s *subject) *play {
	p := &play{subject: s, index: x, who: map[part][]*life{initial: {s.init}}, link: map[*life]string{}}
	for _, c := range cast {
		if len(p.who[c.part]) > 0 || len(p.who[c.of]) == 0 {
			continue
		}
		if l := x.related(p.who[c.of][0], c); l != nil && !p.has(l) {
			p.who[c.part] = []*life{l}
		}
	}
	p.id = p.name()
	if !p.ownShim() {
		p.who[starter] = p.sharers()
	}
	if s.child != nil {
		p.who[first] = []*life{s.child}
	}
	p.who[entered] = s.visitors()
	p.who[helper] = p.helpers()
	p.who[beside], p.who[cleanup] = p.calls(beside), p.calls(cleanup)
	p.findCgroup()
	p.findClient()
	p.findStoppers()
	p.findChores()
	return p
}

// ownShim reports whether the shim was started for this container. A pod's is called
// with the sandbox's id, and was there before the pod's other containers.
func (p *play) ownShim() bool {
	l := p.one(shim)
	if l == nil {
		return true
	}
	id := container.RoleOf(l.image(roleShim)).Call.ID
	return id == "" || p.id == "" || id == p.id
}

// sharers are the shim's process that was to start one for this container, and found
// that the pod has one.
func (p *play) sharers() []*life {
	var found []*life
	for _, c := range p.index.byID[cleanup][p.id] {
		if c.verb == "start" && c.at.Seq < p.init.bornSeq() {
			found = []*life{c.life}
		}
	}
	return found
}

func (p *play) one(who part) *life {
	if len(p.who[who]) == 0 {
		return nil
	}
	return p.who[who][0]
}

func (p *play) has(l *life) bool {
	for _, all := range p.who {
		if slices.Contains(all, l) {
			return true
		}
	}
	return false
}

func (x *index) related(l *life, c casting) *life {
	var found *life
	switch c.how {
	case parentOf:
		if l.seenBorn() {
			found = x.lives[l.parent().Key]
		}
	case keeperOf:
		if !l.seenBorn() {
			found = x.keeper(l, c.role)
		}
	case creatorOf:
		if made := l.creator(); made.Key != l.parent().Key {
			found = x.lives[made.Key]
		}
	case aboveOf:
		for range maxMakers {
			if l = x.lives[l.parent().Key]; l == nil || l.is(c.role) {
				break
			}
		}
		found = l
	}
	if found == nil || c.role != anyRole && !found.is(c.role) {
		return nil
	}
	return found
}

// keeper is its parent, or the one that it had before: a shim that was killed has left it
// to another.
func (x *index) keeper(l *life, r role) *life {
	for _, ref := range []events.Ref{l.last.Parent, l.parent()} {
		if found := x.lives[ref.Key]; found != nil && found.is(r) {
			return found
		}
	}
	return nil
}

// family names the runtime of containers by who made it, "" where that is not known:
// for whom the shim works, whose shim it is, the program itself.
func (p *play) family() string {
	if l := p.one(shim); l != nil {
		if family := shimNamespaces[container.RoleOf(l.image(roleShim)).Call.Namespace]; family != "" {
			return family
		}
	}
	for _, who := range []part{client, shim, daemon, runtime} {
		l := p.one(who)
		if l == nil || who == client && p.link[l] == "time" {
			continue
		}
		if family := programOf(l.image(roleOf(l, who))).family; family != "" {
			return family
		}
	}
	return ""
}

// roleOf is the role of the program by which a process has its part.
func roleOf(l *life, who part) role {
	switch who {
	case client, stopper, sender:
		if l.is(roleEngine) {
			return roleEngine
		}
		return roleClient
	case cleanup:
		if l.is(roleEngine) {
			return roleEngine
		}
		return roleShim
	case starter, shim:
		return roleShim
	case runtime:
		if l.is(roleMaker) && !l.is(roleRuntime) {
			return roleMaker
		}
		return roleRuntime
	case stage0, stage1, beside:
		return roleRuntime
	case daemon:
		return roleDaemon
	}
	return anyRole
}
