package recording

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// tell passes on an event, and before it whoever it names.
func (s *Scope) tell(ev *events.Event, l *life) error {
	if err := s.introduce(ev); err != nil {
		return err
	}
	if l != nil {
		if err := s.introduceHost(ev, l); err != nil {
			return err
		}
		if err := s.late(l); err != nil {
			return err
		}
	}
	return s.pass(ev, l)
}

// pass gives an event on, of one who only gives context without what is his own.
func (s *Scope) pass(ev *events.Event, l *life) error {
	if l != nil && l.before && l.mark == named && !s.within(&ev.Process) {
		p := &ev.Process
		p.Args, p.Env, p.Cwd = events.Args{}, events.Args{}, ""
	}
	return s.next.Put(ev)
}

// introduce passes on what is kept of those whom an event names.
func (s *Scope) introduce(ev *events.Event) error {
	for _, key := range names(ev) {
		l := s.procs[key]
		if l == nil {
			continue
		}
		s.mark(l, named)
		if err := s.late(l); err != nil {
			return err
		}
	}
	return nil
}

// introduceHost passes on what is kept of the init of the container that the process was
// put into: where the PID namespace is not the container's own, no event names it. It is
// the eldest of those that were there.
func (s *Scope) introduceHost(ev *events.Event, l *life) error {
	c := ev.Process.Container
	if !s.o.Containers || l.placed || ev.Process.Role != container.Exec || c == nil {
		return nil
	}
	l.placed = true
	var eldest *life
	for _, l := range s.procs {
		if l.before && container.Same(l.of, c) && (eldest == nil || l.key.Start < eldest.key.Start) {
			eldest = l
		}
	}
	if eldest == nil {
		return nil
	}
	s.mark(eldest, named)
	return s.late(eldest)
}

// late passes on what was not when it came. Those above come first.
func (s *Scope) late(l *life) error {
	kept := l.kept
	l.kept = nil // at once: a circle of names must end
	for _, ev := range kept {
		if err := s.tell(ev, l); err != nil {
			return err
		}
	}
	return nil
}

// name marks whom an event names, so that what of them still waits is passed on in
// its place.
func (s *Scope) name(ev *events.Event) {
	for _, key := range names(ev) {
		if l := s.procs[key]; l != nil && l.mark == undecided {
			s.mark(l, named)
		}
	}
}

// names lists the processes that an event names beside its own.
func names(ev *events.Event) []events.ProcKey {
	all := []events.ProcKey{ev.Process.Parent.Key}
	if d := ev.Fork; d != nil {
		all = append(all, d.Creator.Key)
	}
	if d := ev.Exit; d != nil {
		all = append(all, d.Reaper.Key)
		if k := d.Killer; k != nil {
			all = append(all, k.Sender.Key)
			for _, r := range k.OneOf {
				all = append(all, r.Key)
			}
		}
	}
	if d := ev.Signal; d != nil {
		all = append(all, d.Sender.Key)
	}
	if d := ev.Pidns; d != nil {
		all = append(all, d.Creator.Key, d.Init.Key)
	}
	if d := ev.Reparent; d != nil {
		all = append(all, d.From.Key, d.To.Key)
	}
	return all
}
