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
	for _, c := range p.index.clients {
		if c.at.Seq > at.Seq || !p.waits(c, at) {
			continue
		}
		if p.named(c.image.Args) {
			p.who[client], p.link[c.life] = []*life{c.life}, "arguments"
			return
		}
		waiting = append(waiting, c.life)
	}
	if waiting = p.alike(waiting); len(waiting) == 1 {
		p.who[client], p.link[waiting[0]] = waiting, "time"
	}
}

// waits reports whether a client was asking such a daemon for a container then.
func (p *play) waits(c call, at *events.Event) bool {
	if c.role != roleClient || c.exit != nil && c.exit.Seq < at.Seq || !slices.Contains(asking, c.verb) {
		return false
	}
	own, family := programOf(c.image).family, p.family()
	return own == "" || family == "" || own == family
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
	for _, c := range p.index.clients {
		if from != nil && c.at.Seq < from.Seq || p.init.exit != nil && c.at.Seq > p.init.exit.Seq || !slices.Contains(stopping, c.verb) {
			continue
		}
		if p.named(c.image.Args) && !p.has(c.life) && len(p.who[stopper]) < maxBeside {
			p.who[stopper], p.link[c.life] = append(p.who[stopper], c.life), "arguments"
		}
	}
}

// begun is the first event of the start that the kernel's records tie to it.
func (p *play) begun() *events.Event {
	for _, who := range []part{starter, shim, runtime, initial} {
		if who == shim && !p.ownShim() {
			continue
		}
		if l := p.one(who); l != nil && l.seenBorn() {
			if at := l.launched(roleOf(l, who)); at != nil {
				return at
			}
		}
	}
	return nil
}
