package phases

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// index is what the recorder kept, by what is looked for in it.
type index struct {
	*Recorder
	clients  []call
	byID     map[part]map[string][]call // the runtime and the shim called for a container
	children map[events.ProcKey][]*life // of kept parents, by birth
	names    map[string][]*subject      // those of an id, as they begin in the stream
	ids      []string                   // of all containers, sorted
	called   map[string][]called        // what containers are called, beside their ids
}

// call is a process called with a command that matters.
type call struct {
	*life
	role  role
	at    *events.Event
	image *events.Process
	command
}

func (r *Recorder) index() *index {
	r.findQuiet()
	x := &index{
		Recorder: r, children: map[events.ProcKey][]*life{}, names: map[string][]*subject{},
		byID: map[part]map[string][]call{beside: {}, cleanup: {}}, called: map[string][]called{},
	}
	for _, l := range r.lives {
		x.addCalls(l)
		if p := l.parent().Key; l.seenBorn() && p.PID != 0 {
			x.children[p] = append(x.children[p], l)
		}
	}
	inOrderOfCalls := func(a, b call) int { return inOrder(a.life, b.life) }
	slices.SortFunc(x.clients, inOrderOfCalls)
	for _, ids := range x.byID {
		for _, all := range ids {
			slices.SortFunc(all, inOrderOfCalls)
		}
	}
	for _, all := range x.children {
		slices.SortFunc(all, inOrder)
	}
	for _, s := range r.subjects {
		if name := x.nameOf(s); name != "" {
			x.names[name] = append(x.names[name], s)
		}
	}
	for _, all := range r.namings {
		for _, n := range all {
			x.called[n.name] = append(x.called[n.name], n)
		}
	}
	x.ids = slices.Sorted(maps.Keys(x.names))
	return x
}

func (x *index) addCalls(l *life) {
	for _, r := range l.roles {
		image := l.image(r)
		c := call{l, r, l.launched(r), image, commandOf(image, r)}
		// At its birth it runs what its parent does, which is no call.
		if c.at == nil || c.verb == "" {
			continue
		}
		switch id := container.RoleOf(image).Call.ID; {
		case r == roleEngine && c.verb == "cleanup":
			x.byID[cleanup][id] = append(x.byID[cleanup][id], c)
		case r == roleClient || r == roleEngine:
			x.clients = append(x.clients, c)
		case r == roleRuntime && id != "":
			x.byID[beside][id] = append(x.byID[beside][id], c)
		case r == roleShim && id != "":
			x.byID[cleanup][id] = append(x.byID[cleanup][id], c)
		}
	}
}

// inOrder is the order of birth in the stream, then that of identity.
func inOrder(a, b *life) int {
	return cmp.Or(cmp.Compare(a.bornSeq(), b.bornSeq()), cmp.Compare(a.key.Start, b.key.Start), cmp.Compare(a.key.PID, b.key.PID))
}
