package recording

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// observe learns from an event as it comes: who matters from now on.
func (s *Scope) observe(ev *events.Event) {
	s.sweep(ev.Kind)
	l := s.known(ev)
	if l == nil {
		return
	}
	switch ev.Kind {
	case events.Fork:
		s.born(l, ev)
	case events.Exec:
		s.executed(l, ev)
	case events.Exit:
		l.ended = true
		s.started(l.key)
		s.dies(l, ev)
	case events.Signal:
		s.signalled(ev)
	case events.PidnsReap:
		l.victim = ev.Pidns != nil && s.dying[ev.Pidns.NS.ID]
	case events.PidnsCreate, events.PidnsEnter:
		s.entered(l, ev)
	case events.ContainerStart:
		if s.o.Containers {
			s.mark(l, whole)
		}
	}
	if s.belongs(ev, l) {
		s.name(ev)
	}
}

// known returns what is known of an event's process, from its first event on.
func (s *Scope) known(ev *events.Event) *life {
	key := subject(ev)
	if key.IsZero() {
		return nil
	}
	l := s.procs[key]
	if ev.Kind == events.PidnsWait {
		return l // what ended long ago is not remembered for it
	}
	if l == nil {
		l = &life{key: key, before: ev.Kind != events.Fork}
		s.procs[key] = l
	}
	l.seen = s.gaps.told
	if n := len(ev.Process.Chain); n > 0 && !ev.Process.Key.IsZero() {
		l.own = ev.Process.Chain.Own().NS
	}
	if ev.Kind == events.Snapshot {
		l.software = s.isSoftware(&ev.Process)
		l.ended = ev.Process.Zombie
		l.of = ev.Process.Container.Clone()
		// Born in a gap.
		if parent := s.procs[ev.Process.Parent.Key]; parent != nil && parent.mark == whole && !parent.before {
			s.mark(l, whole)
		}
	}
	return l
}

// sweep forgets, when the look at all processes that follows a gap is over, those who
// do not matter and were not seen since: their end was lost.
func (s *Scope) sweep(kind events.Kind) {
	if !s.gaps.settled(kind) {
		return
	}
	for key, l := range s.procs {
		if l.seen < s.gaps.told && l.mark == undecided && l.queued == 0 {
			delete(s.procs, key)
		}
	}
}

// born decides about a process by those who made it.
func (s *Scope) born(l *life, ev *events.Event) {
	l.by = [2]events.ProcKey{ev.Process.Parent.Key}
	if ev.Fork != nil {
		l.by[1] = ev.Fork.Creator.Key
	}
	for _, key := range l.by {
		by := s.procs[key]
		if key.PID != 0 && key.PID == s.o.Maker || by != nil && (by.mark == whole || s.o.Containers && by.software) {
			l.mark = whole
		}
	}
	if s.o.Containers && s.within(&ev.Process) {
		l.mark = whole
	}
}

// executed finds container software by what it runs.
func (s *Scope) executed(l *life, ev *events.Event) {
	s.started(l.key)
	if l.software = s.isSoftware(&ev.Process); l.software && s.o.Containers && !l.before {
		s.mark(l, whole)
	}
}

// dies notes the end of a namespace that was there before.
func (s *Scope) dies(l *life, ev *events.Event) {
	if own := ev.Process.Chain.Own().NS; l.before && ev.Process.NSInit && ev.Process.Chain.Level() > 0 && s.o.Containers {
		l.victim = true
		if !own.IsZero() {
			s.dying[own] = true
		}
	}
}

// signalled takes in a namespace whose PID 1 is told something from outside, by one
// who may do so for the command.
func (s *Scope) signalled(ev *events.Event) {
	d := ev.Signal
	if d == nil || !d.TargetIsInit || d.Sender.IsZero() {
		return
	}
	own := ev.Process.Chain.Own().NS
	if sender := s.procs[d.Sender.Key]; s.concerned(d.Sender.Key) && (sender == nil || sender.own != own) {
		s.include(own)
	}
}

// entered takes in a new namespace with those who made it, or who enters an old one.
func (s *Scope) entered(l *life, ev *events.Event) {
	if !s.o.Containers || l.mark < whole && !slices.ContainsFunc(append(l.by[:], ev.Pidns.Creator.Key), s.concerned) {
		return
	}
	s.mark(l, whole)
	if ev.Kind == events.PidnsCreate {
		s.include(ev.Pidns.NS.ID)
		if !l.ended && !s.unstarted[l.key] {
			s.unstarted[l.key] = true
			s.starting.Add(1)
		}
	}
	s.makers(l)
}

// concerned reports whether what a process does to a namespace may be the command's
// doing; without a command all that is done is looked for.
func (s *Scope) concerned(key events.ProcKey) bool {
	by := s.procs[key]
	return s.o.Maker == 0 || by != nil && (by.mark == whole || by.software)
}

func (s *Scope) include(ns events.NSID) {
	if s.o.Containers && !ns.IsZero() {
		s.ns[ns] = true
	}
}

// started notes that a new namespace's PID 1 runs what it was made for, or nothing
// more.
func (s *Scope) started(key events.ProcKey) {
	if s.unstarted[key] {
		delete(s.unstarted, key)
		s.starting.Add(-1)
	}
}

// makers marks those born meanwhile above a process, by birth.
func (s *Scope) makers(l *life) {
	for _, key := range l.by {
		by := s.procs[key]
		if by == nil || by.before || by.walked || by.key.Start >= l.key.Start {
			continue
		}
		by.walked = true
		s.mark(by, named)
		s.makers(by)
	}
}

// mark raises a process, and with a whole one those who descend from it and are
// known. It looks at all that are: it is for the few who turn out to matter, not for
// those who do from birth.
func (s *Scope) mark(l *life, m mark) {
	if l.mark >= m {
		return
	}
	l.mark = m
	if m < whole {
		return
	}
	for _, child := range s.procs {
		if child.mark < whole && (child.by[0] == l.key || child.by[1] == l.key) {
			s.mark(child, whole)
		}
	}
}
