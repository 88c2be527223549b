package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// maxChores is how many of the daemons' latest children are kept until it is known for
// whose start they were.
const maxChores = 128

// chore keeps a child of a daemon: what a daemon has others do for a start, networks
// mostly, it does before there is anything of the container.
func (r *Recorder) chore(l *life) {
	if len(r.chores) == maxChores {
		r.chores = append(r.chores[:0], r.chores[1:]...)
	}
	r.chores = append(r.chores, l)
}

// takeChores gives a start, when it is over, those that may have been for it.
func (s *subject) takeChores(all []*life) {
	if s.chores == nil {
		s.chores = slices.Clone(all)
	}
}

// networking are the programs by which daemons make a container's network.
var networking = map[string]bool{
	"docker-proxy": true, "docker-proxy-current": true, "rootlesskit-docker-proxy": true, "iptables": true, "ip6tables": true,
	"iptables-legacy": true, "iptables-nft": true, "xtables-legacy-multi": true, "xtables-nft-multi": true, "nft": true,
	"ip": true, "bridge": true, "conntrack": true, "firewall-cmd": true, "slirp4netns": true, "pasta": true,
}

// findChores finds what a daemon had others do between the client's call and the
// entrypoint. Only time ties them to it: where another start was under way, or another
// client called, it is not known whose they are.
func (p *play) findChores() (found []*life) {
	asker := p.one(client)
	if asker == nil || !asker.is(roleClient) || len(p.subject.chores) == 0 {
		return nil
	}
	from, to := asker.launched(roleClient), p.startEnds()
	if from == nil || to == nil {
		return nil
	}
	within := func(seq uint64) bool { return seq > from.Seq && seq < to.Seq }
	for _, other := range p.index.subjects {
		if other != p.subject && within(other.seq) {
			return nil
		}
	}
	for _, c := range p.index.clients {
		if c.asks() && within(c.at.Seq) && c.parent().Key != asker.key {
			return nil
		}
	}
	family := programOf(asker.image(roleClient)).family
	for _, l := range p.subject.chores {
		boss := p.index.lives[l.parent().Key]
		if !within(l.bornSeq()) || len(l.execs) == 0 || l.is(roleShim) || l.is(roleRuntime) || p.has(l) || boss == nil {
			continue
		}
		if own := programOf(boss.image(roleDaemon)).family; own == family || own == "" || family == "" {
			found = append(found, l)
		}
	}
	return found
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
		i, known := at[image.Comm]
		if !known {
			i = len(t.Phases)
			at[image.Comm] = i
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

func (p *play) choreOf(l *life, image *events.Process) report.Phase {
	f := report.Phase{
		Name: "helper", Section: report.Starting, Part: string(helper), Process: events.Ref{Key: l.key, Comm: image.Comm},
		Program: programName(image), Parent: l.parent(), Args: image.Args, Link: "time", Seq: l.birth.Seq, BeginNS: l.birth.BootNS,
	}
	if networking[f.Program] {
		f.Name = "network"
	}
	return f
}
