package phases

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// tell makes the timeline of one subject.
func (x *index) tell(s *subject) *report.Timeline {
	p := x.stage(s)
	p.told = p.turn()
	last := &s.init.last
	t := &report.Timeline{
		ID: p.id, Container: clone(last.Container), Runtime: p.family(), Genealogy: p.genealogy(), Pidns: s.ns, Shared: s.shared,
		Init: last.Ref(), Chain: last.Chain, Args: last.Args, Parent: s.init.parent(), Reaped: s.reaped, Guests: s.guests, Gone: s.gone != nil,
	}
	if c := last.Container; c != nil && c.Runtime != "" {
		t.Runtime = c.Runtime
	}
	if t.ID == "" {
		t.ID = strconv.FormatUint(uint64(s.ns.ID.Inum), 10)
	}
	t.Creator = s.init.creator()
	if made := s.init.first(events.PidnsCreate); made != nil && !made.Pidns.Creator.IsZero() {
		t.Creator = made.Pidns.Creator
	}
	for _, n := range x.namesOf(last.Container) {
		if n.name != last.Container.Name && !slices.Contains(t.Also, n.name) {
			t.Also = append(t.Also, n.name)
		}
	}
	t.NeverRan = p.neverRan()
	p.phases(t)
	p.start(t)
	p.end(t)
	p.above(t)
	p.absences(t)
	return t
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// start fills in what is known of the start as a whole.
func (p *play) start(t *report.Timeline) {
	for i := range t.Phases {
		if f := &t.Phases[i]; f.Section == report.Starting && (t.BeganNS == 0 || f.BeginNS < t.BeganNS) {
			t.BeganNS = f.BeginNS
		}
	}
	if !p.init.seenBorn() {
		t.BeganNS = 0
	}
	if at := entrypoint(p.init); at != nil {
		t.RunsNS, t.Args = at.BootNS, at.Process.Args
		t.Namespaces, t.Joined = p.namespaces(&at.Process)
	} else if t.NeverRan {
		t.Namespaces, t.Joined = p.namespaces(&p.init.last)
		t.Namespaces = append(t.Namespaces, p.unsharedLate(t.Namespaces)...)
	}
	for _, ev := range p.init.facts {
		if ev.Kind == events.Reparent {
			t.Adopted = ev.Reparent
			t.Parent = ev.Reparent.To
		}
	}
}

// above finds who is above the init, as far as that is known.
func (p *play) above(t *report.Timeline) {
	if !p.init.seenBorn() {
		t.SeenNS = p.init.firstNS
	}
	for r := t.Parent; !r.IsZero() && len(t.Above) < maxMakers; {
		one := report.Ancestor{Ref: r}
		l := p.index.lives[r.Key]
		if l == nil {
			t.Above = append(t.Above, one)
			return
		}
		one.Role = container.RoleOf(&l.last).Words
		t.Above = append(t.Above, one)
		if r = l.last.Parent; r.Key == one.Key {
			return
		}
	}
}

func (p *play) end(t *report.Timeline) {
	if end := p.init.exit; end != nil {
		t.EndedNS = end.BootNS
		if end.Exit != nil {
			t.Exit, t.Killer = &end.Exit.Status, end.Exit.Killer
		}
	}
}

// phases applies the rules.
func (p *play) phases(t *report.Timeline) {
	told := map[string]bool{}
	for i := range rules {
		rule := &rules[i]
		if told[rule.name] || !p.meets(rule, true) {
			continue
		}
		for _, l := range p.who[rule.from.who] {
			if rule.verb != "" && !p.calledWith(l, rule) {
				continue
			}
			for _, ev := range p.marks(l, rule.from.who, rule.from.at) {
				if f := p.phase(rule, l, ev); f.Name != "reaped" || f.Count > 0 || f.EndNS == 0 {
					t.Phases = append(t.Phases, f)
				}
				told[rule.name] = true
			}
		}
	}
	p.tellChores(t)
	slices.SortStableFunc(t.Phases, func(a, b report.Phase) int { return cmp.Compare(a.Seq, b.Seq) })
}

// calledWith reports whether the process was called with the rule's verb, when that
// is that rule's: a start before the entrypoint, a kill while the container runs.
func (p *play) calledWith(l *life, rule *rule) bool {
	r := roleOf(l, rule.from.who)
	return commandOf(l.image(r), r).verb == rule.verb
}

func (p *play) phase(rule *rule, l *life, ev *events.Event) report.Phase {
	image := l.image(roleOf(l, rule.from.who))
	if l == p.init {
		image = p.initImage(rule, ev)
	}
	f := report.Phase{
		Name: rule.name, Section: rule.section, Part: string(rule.from.who), Link: p.link[l],
		Process: events.Ref{Key: l.key, Comm: image.Comm}, Program: programName(image), Args: image.Args,
		Parent: parentAt(l, ev), Seq: ev.Seq, BeginNS: ev.BootNS, Moment: rule.until == nil,
	}
	if c := l.creator(); c.Key != f.Parent.Key && rule.from.at != entry && rule.from.at <= starts {
		f.Creator = c
	}
	if end := p.until(rule, l, ev); end != nil {
		// Times are taken before the order is: a later event may show an earlier one.
		f.EndNS = max(end.BootNS, f.BeginNS)
		if end.Exit != nil {
			f.Exit = &end.Exit.Status
		}
		if end.Reparent != nil {
			f.Reparent = end.Reparent
		}
	}
	if rule.verb == "kill" && image.Args.Status == events.Complete {
		c := commandOf(image, roleRuntime)
		f.Sends = c.sends()
	}
	p.detail(&f, rule, ev)
	return f
}

// parentAt is whose child the process was at that moment.
func parentAt(l *life, ev *events.Event) events.Ref {
	parent := l.parent()
	for _, moved := range l.facts {
		// What confirms comes later in the stream, with the time of what it confirms.
		if moved.Kind == events.Reparent && (moved.Seq < ev.Seq || moved.Reparent.Confirmed && moved.BootNS < ev.BootNS) {
			parent = moved.Reparent.To
		}
	}
	return parent
}

// initImage is what the init was at that moment, as far as that is told.
func (p *play) initImage(rule *rule, ev *events.Event) *events.Process {
	switch rule.from.at {
	case entry:
		return &ev.Process
	case born, pidnsMade, pivoted, adopted, cgroupEnter, bornInside, unshared:
		c := ev.Process
		if birth := p.init.birth; c.Exe == "" && birth != nil {
			c.Exe, c.Args = birth.Process.Exe, birth.Process.Args
		}
		return &c
	}
	return &p.init.last
}

// until is the earliest of the rule's ends that comes after its beginning. The ends
// of the process itself are looked for in the process at hand.
func (p *play) until(rule *rule, l *life, from *events.Event) *events.Event {
	var found *events.Event
	for _, end := range rule.until {
		others := p.who[end.who]
		if end.who == rule.from.who {
			others = []*life{l}
		}
		for _, other := range others {
			for _, ev := range p.marks(other, end.who, end.at) {
				if ev.Seq > from.Seq && (found == nil || ev.Seq < found.Seq) {
					found = ev
				}
			}
		}
	}
	return found
}

func (p *play) detail(f *report.Phase, rule *rule, ev *events.Event) {
	switch ev.Kind {
	case events.Reparent:
		f.Reparent = ev.Reparent
	case events.Unshare:
		f.Flags = ev.Syscall.Flags & cloneNew
	case events.PidnsCreate:
		f.Via = ev.Pidns.Via
		if p.init.seenBorn() {
			f.Flags = p.init.birth.Fork.Flags & cloneNew
		}
		if !ev.Pidns.Creator.IsZero() {
			f.Creator = ev.Pidns.Creator
		}
	case events.CgroupMkdir, events.CgroupRmdir, events.CgroupMove:
		f.Cgroup = ev.Cgroup.To.Path
	case events.PivotRoot:
		f.NewRoot = ev.Syscall.NewRoot
	case events.Signal:
		f.Signal = ev.Signal
	case events.Exit:
		if ev.Exit != nil {
			f.Exit, f.Killer = &ev.Exit.Status, ev.Exit.Killer
		}
	}
	if rule.from.at == bornInside {
		f.Cgroup = ev.Process.Cgroup.Path
	}
	switch end := p.init.exit; {
	case f.Name == "reaped":
		f.Exit, f.Killer, f.Count = nil, nil, len(p.reaped)
	case rule.early == aliveYet && (end == nil || ev.Seq < end.Seq), rule.early == notYetTold && ev.Seq < p.told:
		f.Section = report.Running
	}
}
