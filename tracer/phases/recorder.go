package phases

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Recorder is a Sink that keeps of a stream what belongs to the lives of containers
// and PID namespaces. What it keeps grows with their number and with the number of
// live processes, not with that of all processes there ever were.
type Recorder struct {
	lives    map[events.ProcKey]*life
	subjects []*subject
	byNS     map[uint32]*subject // by inum: the newest to have it
	seen     map[events.Kind]bool
	lastNS   uint64
	held     holders
	chores   []*life             // the latest children of daemons
	callers  []*life             // the latest clients of daemons
	ended    *life               // the latest to end
	namings  map[string][]called // by the container's id, in the order of the stream
}

// New returns an empty recorder.
func New() *Recorder {
	return &Recorder{lives: map[events.ProcKey]*life{}, byNS: map[uint32]*subject{}, seen: map[events.Kind]bool{}, held: holders{}, namings: map[string][]called{}}
}

// Flush implements events.Sink; there is nothing to write.
func (r *Recorder) Flush() error { return nil }

// Put implements events.Sink. It never fails.
func (r *Recorder) Put(ev *events.Event) error {
	r.seen[ev.Kind] = true
	r.lastNS = max(r.lastNS, ev.BootNS)
	if ev.Kind == events.Lost || ev.Kind == events.SnapshotEnd || ev.Kind == events.ThreadStart || ev.Kind == events.ThreadExit {
		return nil
	}
	if ev.Kind == events.PidnsDestroy {
		r.destroyed(ev)
		return nil
	}
	if l := r.lives[ev.Servant.Key]; l != nil && ev.Kind == events.ContainerKnown {
		l.last.Serves = ev.Process.Container.Clone()
	}
	if ev.Process.Key.PID == 0 {
		return nil
	}
	// The end of a container comes after that of its init, which nobody may have needed.
	if ev.Kind == events.ContainerExit && r.ended != nil && r.ended.key == ev.Process.Key {
		r.lives[r.ended.key] = r.ended
	}
	l := r.life(ev.Process.Key)
	r.notesName(l, ev)
	l.note(ev)
	switch ev.Kind {
	case events.Fork:
		r.forked(l)
	case events.Exec:
		if l.is(roleClient) {
			r.callers = latest(r.callers, l)
		}
	case events.PidnsEnter:
		r.enters(l, ev)
	case events.PidnsReap:
		if s := r.byNS[ev.Pidns.NS.ID.Inum]; s != nil {
			s.reaps(l)
		}
	}
	r.note(l, ev)
	r.visits(l, ev)
	r.holds(l, ev)
	if l.subject != nil && (ev.Kind == events.ContainerStart || ev.Kind == events.Exit) {
		l.subject.takeChores(r)
	}
	if ev.Kind == events.Exit {
		r.held.drop(l)
		r.forget(l)
		r.ended = l
	}
	return nil
}

// note finds the subject whose init the process is.
func (r *Recorder) note(l *life, ev *events.Event) {
	if l.subject != nil {
		if ev.Kind == events.PidnsCreate {
			l.subject.ns = ev.Pidns.NS
			r.keepMakers(l)
		}
		return
	}
	if !l.begins(ev) && !isInit(&ev.Process) {
		return
	}
	s := newSubject(l, &ev.Process, ev.Seq)
	if ev.Kind == events.PidnsCreate {
		s.ns = ev.Pidns.NS
	}
	r.subjects = append(r.subjects, s)
	if !s.shared {
		r.byNS[s.ns.ID.Inum] = s
	}
	r.keepMakers(l)
}

// holds notes the namespaces that the process is in and, of an init up to its
// entrypoint, whose they were first.
func (r *Recorder) holds(l *life, ev *events.Event) {
	if ev.Process.Full {
		r.held.take(l, ev.Process.NS)
	}
	if set := r.held[l.holds]; set != nil && l.subject != nil && (ev.Process.Full || ev.Kind == events.ContainerStart) {
		l.subject.owners = set.owners
	}
}

func (r *Recorder) life(key events.ProcKey) *life {
	l, ok := r.lives[key]
	if !ok {
		l = &life{key: key}
		r.lives[key] = l
	}
	return l
}

// maxMakers is how far above an init its makers are looked for: stages, runtime,
// shim and daemon, twice in a nested runtime.
const maxMakers = 8

// keepMakers keeps the processes that made the init, and those that made them.
func (r *Recorder) keepMakers(l *life) {
	for range maxMakers {
		for _, ref := range []events.Ref{l.creator(), l.parent()} {
			if maker, ok := r.lives[ref.Key]; ok {
				maker.kept = true
				if c, ok := r.lives[maker.creator().Key]; ok {
					c.kept = true
				}
			}
		}
		up, ok := r.lives[l.parent().Key]
		if !ok || up == l {
			return
		}
		l = up
	}
}

// forked keeps the first child of an entrypoint, the helpers before it, and the latest
// children of daemons.
func (r *Recorder) forked(l *life) {
	parent, ok := r.lives[l.parent().Key]
	if ok && parent.is(roleDaemon) {
		r.chores = latest(r.chores, l)
	}
	if !ok || parent.subject == nil {
		return
	}
	s := parent.subject
	switch {
	case entrypoint(parent) == nil:
		if parent.seenBorn() && len(s.helpers) < maxBeside {
			s.helpers, l.kept = append(s.helpers, l), true
		}
	case s.child == nil:
		s.child, l.kept = l, true
	}
}

// enters keeps who was born into a container's namespace from outside.
func (r *Recorder) enters(l *life, ev *events.Event) {
	s := r.byNS[ev.Pidns.NS.ID.Inum]
	if s == nil || len(s.entered) >= maxBeside {
		return
	}
	s.entered, l.kept = append(s.entered, l), true
}

func (r *Recorder) destroyed(ev *events.Event) {
	if ev.Pidns == nil {
		return
	}
	s := r.byNS[ev.Pidns.NS.ID.Inum]
	if s == nil || s.init.key != ev.Pidns.Init.Key && !ev.Pidns.Init.IsZero() {
		return
	}
	s.gone = ev.Clone()
	if len(ev.Pidns.SurvivorsKilled) > len(s.reaped) {
		s.reaped = s.gone.Pidns.SurvivorsKilled
	}
	// The number is free for the next namespace.
	delete(r.byNS, ev.Pidns.NS.ID.Inum)
}

// forget drops a process that has ended and that nothing needs.
func (r *Recorder) forget(l *life) {
	if l.kept || l.subject != nil || l.matters() {
		return
	}
	// A runtime's helpers are known by their parent, and its first stage ends
	// before the container is known.
	if parent, ok := r.lives[l.parent().Key]; ok && parent.is(roleRuntime) && (parent.kept || parent.matters()) {
		return
	}
	delete(r.lives, l.key)
}

// Kept returns how many processes are kept: the live ones and those that belong to a
// container.
func (r *Recorder) Kept() int { return len(r.lives) }

// Timelines returns all containers and PID namespaces of the stream, in the order in
// which they were first seen.
func (r *Recorder) Timelines() []*report.Timeline {
	all := make([]*report.Timeline, 0, len(r.subjects))
	index := r.index()
	for _, s := range r.subjects {
		all = append(all, index.tell(s))
	}
	return all
}
