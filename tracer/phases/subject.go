package phases

import (
	"cmp"
	"slices"

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

// newSubject makes the process the init of one.
func newSubject(l *life, p *events.Process, seq uint64) *subject {
	s := &subject{init: l, seq: seq, shared: !isInit(p)}
	if l.birth != nil {
		s.seq = l.birth.Seq
	}
	s.ns = events.NSInfo{ID: p.Chain.Own().NS, Level: max(p.Chain.Level(), 0)}
	l.subject, l.kept = s, true
	return s
}

// of returns the newest subject that is the container, nil for none.
func (r *Recorder) of(c *events.Container) *subject {
	for _, s := range slices.Backward(r.subjects) {
		if container.Same(s.init.last.Container, c) {
			return s
		}
	}
	return nil
}

// visits keeps who was put into a container that has no PID namespace of its own: no event
// tells of entering one.
func (r *Recorder) visits(l *life, ev *events.Event) {
	if ev.Process.Role != container.Exec || l.placed || l.subject != nil || l.last.Container == nil {
		return
	}
	l.placed = true
	if r.of(l.last.Container) == nil {
		r.findQuiet()
	}
	if s := r.of(l.last.Container); s != nil && s.shared && len(s.entered) < maxBeside {
		s.entered, l.kept = append(s.entered, l), true
	}
}

// findQuiet makes subjects of the containers that were there before, have no PID 1 of their
// own, and did nothing since: the init is the eldest that came from outside.
func (r *Recorder) findQuiet() {
	var all []*life
	for _, l := range r.lives {
		if c := l.last.Container; c != nil && c.ID != "" && l.subject == nil && l.birth != nil && !l.seenBorn() && l.last.Role != container.Exec && !l.is(roleRuntime) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b *life) int {
		return cmp.Or(cmp.Compare(a.key.Start, b.key.Start), cmp.Compare(a.key.PID, b.key.PID))
	})
	for _, l := range all {
		c, parent := l.last.Container, r.lives[l.parent().Key]
		if r.of(c) != nil || parent != nil && container.Same(parent.last.Container, c) {
			continue
		}
		s := newSubject(l, &l.last, 0)
		at, _ := slices.BinarySearchFunc(r.subjects, s, func(a, b *subject) int { return cmp.Compare(a.seq, b.seq) })
		r.subjects = slices.Insert(r.subjects, at, s)
	}
}

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
	return own != nil && c != nil && !container.Same(own, c)
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
