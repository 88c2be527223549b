package phases

import (
	"bytes"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// findClient finds who asked a daemon, which no kernel record ties to what the daemon
// then does: the client whose arguments name the container, or else the only one
// that was asking at that moment for such a thing.
func (p *play) findClient() {
	at := p.begun()
	if p.one(client) != nil || p.one(daemon) == nil || at == nil {
		return
	}
	var waiting []*life
	for _, l := range p.index.clients {
		if !p.waits(l, at) {
			continue
		}
		if p.named(l.image(roleClient).Args) {
			p.who[client], p.link[l] = []*life{l}, "arguments"
			return
		}
		waiting = append(waiting, l)
	}
	if waiting = p.alike(waiting); len(waiting) == 1 {
		p.who[client], p.link[waiting[0]] = waiting, "time"
	}
}

// waits reports whether a client was asking such a daemon for a container then.
func (p *play) waits(l *life, at *events.Event) bool {
	image, from := l.image(roleClient), l.launched(roleClient)
	if !l.is(roleClient) || from == nil || from.Seq > at.Seq || l.exit != nil && l.exit.Seq < at.Seq {
		return false
	}
	own, family := programOf(image).family, p.family()
	return slices.Contains(asking, verbOf(image.Args, roleClient)) && (own == "" || family == "" || own == family)
}

// alike are those of several clients that asked for this container's image and
// command, where any did.
func (p *play) alike(all []*life) []*life {
	entry, c := entrypoint(p.init), p.init.last.Container
	for _, fits := range []func(events.Args) bool{
		func(a events.Args) bool { return c != nil && c.Image != "" && hasArg(a, c.Image) },
		func(a events.Args) bool {
			return entry != nil && len(entry.Process.Args.Raw) > 0 && bytes.HasSuffix(a.Raw, entry.Process.Args.Raw)
		},
	} {
		var found []*life
		for _, l := range all {
			if fits(l.image(roleClient).Args) {
				found = append(found, l)
			}
		}
		if len(found) > 0 {
			all = found
		}
	}
	return all
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
