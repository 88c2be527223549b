package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// life is what is kept of one process: the events about it that can begin or end a
// phase.
type life struct {
	key   events.ProcKey
	birth *events.Event // fork, or the snapshot that showed it; nil when neither came
	execs []*events.Event
	exit  *events.Event
	facts []*events.Event // of the kinds in factKinds
	// signals are the latest that it got.
	signals []*events.Event
	last    events.Process // as last told, for what other events do not repeat
	holds   events.Namespaces
	firstNS uint64 // of the first event about it

	roles   []role
	kept    bool // something needs it after its end
	placed  bool // into which container it was put is looked up
	subject *subject
}

// Bounds on what one process can make the recorder keep.
const (
	maxExecs   = 16
	maxFacts   = 64
	maxSignals = 32
)

// factKinds are the events that are kept besides births, execs, signals and ends.
var factKinds = map[events.Kind]bool{
	events.CgroupMove: true, events.CgroupMkdir: true, events.CgroupRmdir: true, events.Unshare: true,
	events.PivotRoot: true, events.PidnsCreate: true, events.PidnsEnter: true, events.Reparent: true,
	events.ContainerStart: true,
}

// note keeps the event.
func (l *life) note(ev *events.Event) {
	if !ev.Process.Full {
		// A live tracer's short events have more than a recording's: what the process
		// runs, but not its arguments. The same is told of both.
		short := *ev
		short.Process.Exe, short.Process.Args, short.Process.Cgroup = "", events.Args{}, events.Cgroup{}
		ev = &short
	}
	if l.firstNS == 0 {
		l.firstNS = ev.BootNS
	}
	l.learn(&ev.Process)
	if ev.Kind == events.Exec || l.birth == nil && ev.Kind != events.Exit {
		l.runs(&ev.Process)
	}
	switch {
	case ev.Kind == events.Fork || ev.Kind == events.Snapshot:
		if l.birth == nil {
			l.birth = ev.Clone()
		}
	case ev.Kind == events.Exec && len(l.execs) < maxExecs:
		l.execs = append(l.execs, ev.Clone())
	case ev.Kind == events.Exit:
		if l.exit == nil {
			l.exit = ev.Clone()
		}
	case ev.Kind == events.Signal:
		if len(l.signals) == maxSignals {
			l.signals = append(l.signals[:0], l.signals[1:]...)
		}
		l.signals = append(l.signals, ev.Clone())
	case factKinds[ev.Kind] && len(l.facts) < maxFacts:
		l.facts = append(l.facts, ev.Clone())
	}
}

// learn keeps the newest of what is told of the process, and what is not repeated.
func (l *life) learn(p *events.Process) {
	old := &l.last
	c := p.Clone()
	if c.Exe == "" && c.Args.Status == events.Absent {
		c.Exe, c.Args = old.Exe, old.Args
	}
	if c.Container == nil || old.Container != nil && old.Container.ID == c.Container.ID && c.Container.Name == "" {
		c.Container = old.Container
	}
	if c.Serves == nil && c.Role == old.Role {
		c.Serves = old.Serves
	}
	if len(c.Chain) == 0 {
		c.Chain = old.Chain
	}
	if c.Parent.IsZero() || c.Parent.Key.PID == old.Parent.Key.PID && c.Parent.Key.Start == 0 {
		c.Parent = old.Parent
	}
	if !c.Full {
		c.NS = old.NS
	}
	l.last = c
}

// seenBorn reports whether the stream has its birth.
func (l *life) seenBorn() bool { return l.birth != nil && l.birth.Kind == events.Fork }

// parent is whose child it was born as, or was when it was first seen.
func (l *life) parent() events.Ref {
	if l.birth == nil {
		return l.last.Parent
	}
	return l.birth.Process.Parent
}

// creator is who called clone; zero where that is not known.
func (l *life) creator() events.Ref {
	if !l.seenBorn() {
		return events.Ref{}
	}
	if c := l.birth.Fork.Creator; !c.IsZero() {
		return c
	}
	return l.parent()
}

// bornSeq is where it begins in the stream; 0 where that is not known.
func (l *life) bornSeq() uint64 {
	if !l.seenBorn() {
		return 0
	}
	return l.birth.Seq
}

// image returns the process as it ran the first program of the role, else as it was
// last told.
func (l *life) image(r role) *events.Process {
	for _, ev := range l.execs {
		if r != anyRole && programOf(&ev.Process).role == r {
			return &ev.Process
		}
	}
	return &l.last
}

// launched is the event by which it began to run a program of the role: its birth,
// where that exec is its first, else the exec. A shell that becomes the runtime was
// something else before.
func (l *life) launched(r role) *events.Event {
	for i, ev := range l.execs {
		if programOf(&ev.Process).role != r {
			continue
		}
		if i == 0 && l.seenBorn() {
			return l.birth
		}
		return ev
	}
	if l.seenBorn() {
		return l.birth
	}
	return nil
}

// is reports whether it ran a program of that role.
func (l *life) is(r role) bool { return slices.Contains(l.roles, r) }

// runs notes the role of the program that the event shows.
func (l *life) runs(p *events.Process) {
	if p.Exe == "" && p.Comm == "" {
		return
	}
	if r := programOf(p).role; r != anyRole && !l.is(r) {
		l.roles = append(l.roles, r)
	}
}

// matters reports whether what it did may belong to a container's life, by what it
// ran.
func (l *life) matters() bool {
	for _, ev := range l.execs {
		switch r := programOf(&ev.Process).role; {
		case r == roleDaemon, commandOf(&ev.Process, r).verb != "":
			return true
		// A monitor that starts another in its place has no verb.
		case r == roleShim && container.RoleOf(&ev.Process).Call.Creates:
			return true
		}
	}
	return false
}

// first returns the first fact of that kind.
func (l *life) first(kind events.Kind) *events.Event {
	for _, ev := range l.facts {
		if ev.Kind == kind {
			return ev
		}
	}
	return nil
}

// isInit reports whether it is the PID 1 of a child PID namespace.
func isInit(p *events.Process) bool { return p.Chain.Level() > 0 && p.Chain.Own().PID == 1 }
