package phases

import (
	"bytes"
	"slices"
	"strings"

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
	var waiting []call
	for _, c := range p.index.clients {
		if c.at.Seq > at.Seq || !p.waits(c, at) {
			continue
		}
		if p.named(&c) {
			p.who[client], p.link[c.life] = []*life{c.life}, "arguments"
			return
		}
		waiting = append(waiting, c)
	}
	if waiting = p.alike(waiting); len(waiting) == 1 {
		l := waiting[0].life
		p.who[client], p.link[l] = []*life{l}, "time"
	}
}

// waits reports whether a client was asking such a daemon for a container then, and
// not for another one.
func (p *play) waits(c call, at *events.Event) bool {
	if c.role != roleClient || c.exit != nil && c.exit.Seq < at.Seq || !c.asks() || !p.isOf(c) {
		return false
	}
	own := p.init.last.Container
	named := own != nil && own.Name != "" || c.place > 0 && p.id != ""
	return !named || len(c.targets()) == 0 || p.named(&c)
}

// isOf reports whether the client is of those who have this container made, as far as
// that is known.
func (p *play) isOf(c call) bool {
	if !p.inNamespace(c) || c.role == roleEngine && !p.sameUser(c.image) {
		return false
	}
	own, family, runtime := programOf(c.image).family, p.family(), ""
	if known := p.init.last.Container; known != nil {
		runtime = known.Runtime
	}
	// Of a monitor only its client tells whose it is.
	l := p.one(shim)
	monitored := l != nil && programOf(l.image(roleShim)).family == ""
	return own == "" || own == family || own == runtime || family == "" && runtime == "" || monitored && runtime == ""
}

// inNamespace reports whether a client of containerd means the container's namespace. One that
// names none means "default", unless its environment has another: that counts where the id
// is in one namespace only.
func (p *play) inNamespace(c call) bool {
	name := programName(c.image)
	own, said := p.namespace(), c.flag("n", "namespace")
	if name != "ctr" && name != "nerdctl" || own == "" {
		return true
	}
	if said == "" {
		return own == "default" || len(p.index.names[p.id]) < 2
	}
	return said == own
}

// alike are those of several clients that asked for this container's image and
// command, where any did. One that has another ask in its place counts once.
func (p *play) alike(all []call) []call {
	callers := map[events.ProcKey]bool{}
	for _, c := range all {
		callers[c.key] = true
	}
	all = slices.DeleteFunc(all, func(c call) bool { return callers[c.parent().Key] })
	entry, own := entrypoint(p.init), p.init.last.Container
	for _, fits := range []func(*call) bool{
		func(c *call) bool { return own != nil && own.Image != "" && slices.Contains(c.words, own.Image) },
		func(c *call) bool {
			return entry != nil && len(entry.Process.Args.Raw) > 0 && bytes.HasSuffix(c.image.Args.Raw, entry.Process.Args.Raw)
		},
	} {
		var found []call
		for _, c := range all {
			if fits(&c) {
				found = append(found, c)
			}
		}
		if len(found) > 0 {
			all = found
		}
	}
	return all
}

// named reports whether the command names the container.
func (p *play) named(c *call) bool {
	return slices.ContainsFunc(c.targets(), func(word string) bool { return p.means(word, c) })
}

// means reports whether a word of a call names the container as engines take it: its id, its
// name, one that it had before docker rename included, or, where short, a beginning of the id that no other's has (moby,
// daemon/container.go, GetContainer). Others are those of this stream.
func (p *play) means(word string, c *call) bool {
	own := p.init.last.Container
	switch {
	case word == "" || p.id == "" && own == nil:
		return false
	case word == p.id || p.isCalled(word, c.at.Seq):
		return true
	case !c.short || len(p.index.called[word]) > 0 || !strings.HasPrefix(p.id, word):
		return false
	}
	ids := p.index.ids
	i, _ := slices.BinarySearch(ids, word)
	return i+1 >= len(ids) || !strings.HasPrefix(ids[i+1], word)
}

// findStoppers finds the clients that asked, by name, for its end while it ran, and
// those that asked for another signal to be sent to it.
func (p *play) findStoppers() {
	from := entrypoint(p.init)
	for _, c := range p.index.clients {
		who := sender
		if c.ends() {
			who = stopper
		} else if c.verb != "kill" {
			continue
		}
		if from != nil && c.at.Seq < from.Seq || p.init.exit != nil && c.at.Seq > p.init.exit.Seq {
			continue
		}
		if len(p.who[who]) < maxBeside && p.named(&c) && p.isOf(c) && !p.has(c.life) {
			p.who[who], p.link[c.life] = append(p.who[who], c.life), "arguments"
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
