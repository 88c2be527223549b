package phases

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// subject is a container, or a PID namespace that is none's.
type subject struct {
	init    *life
	ns      events.NSInfo
	shared  bool // the namespace was there before it
	owners  owners
	seq     uint64
	child   *life // the first that the entrypoint forked
	helpers []*life
	entered []*life
	chores  []*life // the latest children of daemons when its start was over
	callers []*life // the latest clients of daemons then
	reaped  []events.Ref
	guests  map[events.ProcKey]*events.Container // of those reaped that were another container's
	gone    *events.Event
}

// maxBeside bounds the helpers and the entered processes kept of one container.
const maxBeside = 64

// reaps notes who was killed with the PID 1 of the namespace, and whose it was: a
// container that shares the namespace has its own.
func (s *subject) reaps(l *life) {
	s.reaped = append(s.reaped, l.last.Ref())
	if !s.isGuest(l) {
		return
	}
	if s.guests == nil {
		s.guests = map[events.ProcKey]*events.Container{}
	}
	s.guests[l.key] = l.last.Container
}

// isGuest reports whether a process of its PID namespace is another container's.
func (s *subject) isGuest(l *life) bool {
	own, c := s.init.last.Container, l.last.Container
	return own != nil && c != nil && c.ID != own.ID
}

// begins reports whether the event shows the init of a container. One that was there
// before has the role in every event but the snapshot, whose processes are not all told yet.
func (l *life) begins(ev *events.Event) bool {
	switch ev.Kind {
	case events.ContainerStart, events.ContainerExit:
		return true
	case events.Snapshot:
		return false
	}
	c := ev.Process.Container
	return !l.seenBorn() && ev.Process.Role == container.Init && c != nil && c.ID != ""
}

// visitors are those who were put into the container's PID namespace, but for those of
// another container that shares it.
func (s *subject) visitors() (found []*life) {
	for _, l := range s.entered {
		if !s.isGuest(l) {
			found = append(found, l)
		}
	}
	return found
}
