package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// maxChores is how many of the daemons' latest children, and of their clients, are kept
// until it is known for whose start they were.
const maxChores = 128

// latest adds to the latest, of which the oldest goes.
func latest(all []*life, l *life) []*life {
	if len(all) == maxChores {
		all = append(all[:0], all[1:]...)
	}
	return append(all, l)
}

// takeChores gives a start, when it is over, the latest children of daemons: what a
// daemon has others do for a start, networks mostly, it does before there is anything of
// the container. Who called daemons meanwhile may have had it done as well.
func (s *subject) takeChores(r *Recorder) {
	if s.chores == nil {
		s.chores, s.callers = slices.Clone(r.chores), slices.Clone(r.callers)
	}
}

// networking are the programs by which daemons make a container's network.
var networking = map[string]bool{
	"docker-proxy": true, "docker-proxy-current": true, "rootlesskit-docker-proxy": true, "iptables": true, "ip6tables": true,
	"iptables-legacy": true, "iptables-nft": true, "xtables-legacy-multi": true, "xtables-nft-multi": true, "nft": true,
	"ip": true, "bridge": true, "conntrack": true, "firewall-cmd": true, "slirp4netns": true, "pasta": true,
}

// findChores finds what a daemon had others do between the client's call and the
// entrypoint. Only time ties most of them to it: where another start was under way, or
// another client called, it is not known whose they are. A proxy's address may be known.
func (p *play) findChores() {
	asker := p.one(client)
	if asker == nil || !asker.is(roleClient) || len(p.subject.chores) == 0 {
		return
	}
	from, to := asker.launched(roleClient), p.startEnds()
	if from == nil || to == nil {
		return
	}
	within := func(seq uint64) bool { return seq > from.Seq && seq < to.Seq }
	family := programOf(asker.image(roleClient)).family
	for _, l := range p.subject.chores {
		boss := p.index.lives[l.parent().Key]
		if l.last.Serves != nil && !p.servedBy(l) || !within(l.bornSeq()) || len(l.execs) == 0 || l.is(roleShim) || l.is(roleRuntime) || p.has(l) || boss == nil {
			continue
		}
		if own := programOf(boss.image(roleDaemon)).family; own == family || own == "" || family == "" {
			p.chores = append(p.chores, l)
		}
	}
	called := func(l *life) bool {
		own := programOf(l.image(roleClient)).family
		return !isOne(l, asker) && (own == family || own == "" || family == "") && l.disturbs(from.Seq, to.Seq)
	}
	if len(p.chores) > 0 && (p.others(within) || slices.ContainsFunc(p.callers, called)) {
		p.chores, p.busy = slices.DeleteFunc(p.chores, func(l *life) bool { return !p.servedBy(l) }), true
	}
}

// servedBy reports whether the process is known to work for this container.
func (p *play) servedBy(l *life) bool { return container.Same(l.last.Serves, p.init.last.Container) }

// others reports whether another start was under way.
func (p *play) others(within func(seq uint64) bool) bool {
	return slices.ContainsFunc(p.index.subjects, func(s *subject) bool { return s != p.subject && within(s.seq) })
}

// isOne reports whether two clients are one call: a plugin is called by its program.
func isOne(a, b *life) bool {
	return a == b || a.parent().Key == b.key || b.parent().Key == a.key
}

// disturbs reports whether the client called for something by which a daemon may have
// others do something between two moments. Who asked for a container before may wait for
// its end since.
func (l *life) disturbs(from, to uint64) bool {
	image := l.image(roleClient)
	at := l.launched(roleClient)
	if at == nil || at.Seq > to || l.exit != nil && l.exit.Seq < from || onlyLooks(image.Args) {
		return false
	}
	c := commandOf(image, roleClient)
	return at.Seq > from || !c.asks()
}

// startEnds is the event by which the start is over, well or not; nil is not seen.
func (p *play) startEnds() *events.Event {
	if at := entrypoint(p.init); at != nil {
		return at
	}
	return p.init.exit
}

// tellChores tells them, those of one program as one phase: from the first one's birth to
// the last one's end, or a moment where one of them stays.
func (p *play) tellChores(t *report.Timeline) {
	at := map[string]int{}
	for _, l := range p.chores {
		image := l.image(anyRole)
		key := image.Comm + "\x00" + calledAs(image)
		i, known := at[key]
		if !known {
			i = len(t.Phases)
			at[key] = i
			t.Phases = append(t.Phases, p.choreOf(l, image))
		}
		f := &t.Phases[i]
		f.Count++
		switch {
		case l.exit == nil || l.exit.Seq > p.startEnds().Seq:
			f.Moment, f.EndNS = true, 0
		case !f.Moment:
			f.EndNS = max(f.EndNS, l.exit.BootNS, f.BeginNS)
		}
	}
}

// calledAs is the word that a process was called by: a daemon that has itself do something
// says so there.
func calledAs(image *events.Process) string {
	for word := range image.Args.All {
		return string(word)
	}
	return ""
}

func (p *play) choreOf(l *life, image *events.Process) report.Phase {
	f := report.Phase{
		Name: "helper", Section: report.Starting, Part: string(helper), Process: events.Ref{Key: l.key, Comm: image.Comm},
		Program: programName(image), Parent: l.parent(), Args: image.Args, Link: "time", Seq: l.birth.Seq, BeginNS: l.birth.BootNS,
	}
	if p.servedBy(l) {
		f.Link = "arguments"
	}
	if networking[f.Program] {
		f.Name = "network"
	}
	return f
}
