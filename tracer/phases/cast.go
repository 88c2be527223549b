package phases

import (
	"cmp"
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
	cleanup part = "cleanup" // a shim called to clean up
	stopper part = "stopper" // a client that asks for the end
)

// relation is how the one who has a part is found from one who has another.
type relation uint8

const (
	parentOf  relation = iota // its parent at birth
	keeperOf                  // its parent now, or at its end, where the birth was not seen
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
}

// index is what the recorder kept, by what is looked for in it.
type index struct {
	*Recorder
	runtimes, shims, clients []*life
	children                 map[events.ProcKey][]*life // of kept parents, by birth
}

func (r *Recorder) index() *index {
	x := &index{Recorder: r, children: map[events.ProcKey][]*life{}}
	for _, l := range r.lives {
		if l.is(roleRuntime) {
			x.runtimes = append(x.runtimes, l)
		}
		if l.is(roleShim) {
			x.shims = append(x.shims, l)
		}
		if l.is(roleClient) || l.is(roleEngine) {
			x.clients = append(x.clients, l)
		}
		if p := l.parent().Key; l.seenBorn() && p.PID != 0 {
			x.children[p] = append(x.children[p], l)
		}
	}
	for _, all := range [][]*life{x.runtimes, x.shims, x.clients} {
		slices.SortFunc(all, inOrder)
	}
	for _, all := range x.children {
		slices.SortFunc(all, inOrder)
	}
	return x
}

// inOrder is the order of birth in the stream, then that of identity.
func inOrder(a, b *life) int {
	return cmp.Or(cmp.Compare(a.bornSeq(), b.bornSeq()), cmp.Compare(a.key.Start, b.key.Start), cmp.Compare(a.key.PID, b.key.PID))
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
	if s.child != nil {
		p.who[first] = []*life{s.child}
	}
	p.who[entered] = s.entered
	p.who[helper] = p.helpers()
	p.who[beside] = p.naming(x.runtimes, roleRuntime)
	p.who[cleanup] = p.naming(x.shims, roleShim)
	p.findClient()
	p.findStoppers()
	return p
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
			found = x.lives[l.last.Parent.Key]
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

// findClient finds who asked a daemon, which no kernel record ties to what the daemon
// then does: the client whose arguments name the container, or else the only one
// that was asking at that moment.
func (p *play) findClient() {
	at := p.begun()
	if p.one(client) != nil || p.one(daemon) == nil || at == nil {
		return
	}
	var waiting []*life
	family := p.family()
	for _, l := range p.index.clients {
		image, from := l.image(roleClient), l.launched(roleClient)
		args := image.Args
		if !l.is(roleClient) || from == nil || from.Seq > at.Seq || l.exit != nil && l.exit.Seq < at.Seq || !slices.Contains(asking, verbOf(args, roleClient)) {
			continue
		}
		if own := programOf(image).family; own != "" && family != "" && own != family {
			continue
		}
		if p.named(args) {
			p.who[client], p.link[l] = []*life{l}, "arguments"
			return
		}
		waiting = append(waiting, l)
	}
	if len(waiting) == 1 {
		p.who[client], p.link[waiting[0]] = waiting, "time"
	}
}

// named reports whether arguments name the container, as clients do: by its name, its
// id, or the beginning of that which they print.
func (p *play) named(args events.Args) bool {
	c := p.init.last.Container
	return p.id != "" && hasArg(args, p.id) || c != nil && c.Name != "" && hasArg(args, c.Name) ||
		len(p.id) > shortID && hasArg(args, p.id[:shortID])
}

// shortID is how much of an id clients print.
const shortID = 12

// findStoppers finds the clients that asked, by name, for its end while it ran.
func (p *play) findStoppers() {
	from := entrypoint(p.init)
	for _, l := range p.index.clients {
		r := roleOf(l, client)
		at, args := l.launched(r), l.image(r).Args
		if at == nil || from != nil && at.Seq < from.Seq || p.init.exit != nil && at.Seq > p.init.exit.Seq || p.has(l) {
			continue
		}
		if slices.Contains(stopping, verbOf(args, r)) && p.named(args) && len(p.who[stopper]) < maxBeside {
			p.who[stopper], p.link[l] = append(p.who[stopper], l), "arguments"
		}
	}
}

// begun is the first event of the start that the kernel's records tie to it.
func (p *play) begun() *events.Event {
	for _, who := range []part{starter, shim, runtime, initial} {
		if l := p.one(who); l != nil {
			if at := l.launched(roleOf(l, who)); at != nil && l.seenBorn() {
				return at
			}
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
	case client, stopper:
		if l.is(roleEngine) {
			return roleEngine
		}
		return roleClient
	case starter, shim, cleanup:
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
