package recording

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	// window is how long an event waits for its process to turn out to matter: from
	// the fork of a runtime to the birth of the PID namespace that it makes.
	window = 2 * time.Second
	// waiting is how many events wait at most; when there are more, the oldest goes.
	waiting = 1 << 16
	// remembered is how many ended processes that matter are still known: events that
	// follow from their end name them.
	remembered = 4096
	// awaited is of how many namespaces that are empty it is told how their PID 1 ends.
	awaited = 255
)

// ScopeOptions say what is looked for.
type ScopeOptions struct {
	// Maker is the PID whose children are the command; 0 is none.
	Maker int32
	// Containers wants, beside the command, whatever begins or ends meanwhile.
	Containers bool
	// Live is for those who look on: no event waits. What belongs is passed on at once;
	// of those who turn out to matter later only what is said below is told, late.
	Live bool
	// Now is the clock by which events wait; nil is time.Now.
	Now func() time.Time
}

// Scope passes on what belongs to a start. Wholly in are
//
//   - the command and all that descends from it.
//
// With Containers also
//
//   - what container software, daemons and shims that were there before included,
//     forks meanwhile, and all that descends from that;
//   - each PID namespace that is born meanwhile, with all its members, and who enters
//     one that is there;
//   - one that was there before, with all its members, when somebody who is wholly in
//     or container software gives its PID 1 a signal;
//   - of any other whose PID 1 ends, that end and its victims', not their lives;
//   - each container that starts, and the end of each;
//   - who was born meanwhile and is a creator or parent above the PID 1 of a new
//     namespace, by birth: its own events.
//
// Where there is a command, of the namespaces that are born or entered only those that may
// be its doing: whose maker or member is wholly in, or container software. What a
// neighbour's unshare makes is out; what another client has the same daemons do cannot
// be told apart, and is in.
//
// Whoever an event names (parent, creator, sender, heir), the init of a container into
// which somebody is put, and all above them are told too, as far as known: one who was
// there before without his arguments, environment and directory, for he only gives context.
//
// Nobody knows at a fork that a namespace will be born below it. So each event waits
// for a while, and is dropped when it leaves and its process still does not matter. The
// order of the stream stays, but for this: of those who turn out to matter later, the
// snapshot, or the fork and the latest exec, come right before the first event that
// names them, with their own times. From there on all are numbered anew.
type Scope struct {
	next  events.Sink
	o     ScopeOptions
	procs map[events.ProcKey]*life
	ns    map[events.NSID]bool // that are in, with all members
	// dying are others, whose PID 1 has ended: their end is in.
	dying map[events.NSID]bool
	// over are PID 1s whose namespace was told to be empty, the latest: how they end is in.
	over  []events.ProcKey
	queue queue
	dead  []events.ProcKey
	gaps  gaps
	// unstarted are new namespaces whose PID 1 has not executed anything.
	unstarted map[events.ProcKey]bool
	starting  atomic.Int64
}

// NewScope returns a sink that passes on to next what belongs to a start.
func NewScope(next events.Sink, o ScopeOptions) *Scope {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Scope{
		next: &ascend{next: next}, o: o, procs: map[events.ProcKey]*life{}, ns: map[events.NSID]bool{}, dying: map[events.NSID]bool{},
		unstarted: map[events.ProcKey]bool{},
	}
}

// Known returns how many processes it remembers.
func (s *Scope) Known() int { return len(s.procs) }

// Starting returns how many PID namespaces were born whose PID 1 has executed
// nothing yet. It may be called at any time.
func (s *Scope) Starting() int { return int(s.starting.Load()) }

// Put takes an event, and passes on those whose time to wait is over.
func (s *Scope) Put(ev *events.Event) error {
	s.observe(ev)
	if s.o.Live {
		return s.decide(ev.Clone())
	}
	now := s.o.Now()
	s.queue.push(waiter{ev.Clone(), now})
	if l := s.procs[subject(ev)]; l != nil {
		l.queued++
	}
	return s.release(now)
}

// Flush passes on those whose time to wait is over, then flushes.
func (s *Scope) Flush() error {
	if err := s.release(s.o.Now()); err != nil {
		return err
	}
	return s.next.Flush()
}

// Finish decides about all that still wait: nothing more will come.
func (s *Scope) Finish() error {
	for s.queue.len() > 0 {
		if err := s.leave(s.queue.pop().ev); err != nil {
			return err
		}
	}
	return s.next.Flush()
}

func (s *Scope) release(now time.Time) error {
	for n := s.queue.len(); n > 0 && (n > waiting || now.Sub(s.queue.first().since) >= window); n-- {
		if err := s.leave(s.queue.pop().ev); err != nil {
			return err
		}
	}
	return nil
}

// decide is leave for an event that did not wait.
func (s *Scope) decide(ev *events.Event) error {
	if l := s.procs[subject(ev)]; l != nil {
		l.queued++
	}
	return s.leave(ev)
}

// leave passes an event on or drops it.
func (s *Scope) leave(ev *events.Event) error {
	l := s.procs[subject(ev)]
	var err error
	if s.belongs(ev, l) {
		err = s.tell(ev, l)
	} else if l != nil {
		l.keep(ev)
	}
	if l != nil {
		l.queued--
		s.forget(l)
	}
	if ev.Kind == events.PidnsDestroy {
		if s.ns[ev.Pidns.NS.ID] || s.dying[ev.Pidns.NS.ID] {
			s.over = append(s.over[max(0, len(s.over)-awaited):], ev.Pidns.Init.Key)
		}
		delete(s.ns, ev.Pidns.NS.ID)
		delete(s.dying, ev.Pidns.NS.ID)
	}
	return err
}

// belongs says whether the event is in the recording.
func (s *Scope) belongs(ev *events.Event, l *life) bool {
	switch {
	case ev.Kind == events.Lost:
		return true
	case s.o.Containers && (s.within(&ev.Process) || ev.Pidns != nil && s.ns[ev.Pidns.NS.ID] || s.isEnd(ev, l)):
		return true
	case l == nil:
		return s.o.Containers && (ev.Kind == events.CgroupMkdir || ev.Kind == events.CgroupRmdir || ev.Kind == events.ContainerKnown && s.hasServant(ev))
	case l.mark == named:
		return ev.Kind != events.ThreadStart && ev.Kind != events.ThreadExit
	}
	return l.mark == whole
}

// hasServant reports whether the program that turned out to work for a container is in.
func (s *Scope) hasServant(ev *events.Event) bool {
	l := s.procs[ev.Servant.Key]
	return ev.Servant.IsZero() || l != nil && l.mark != undecided
}

// isEnd reports whether the event is of the end of a namespace or container that is
// else not in.
func (s *Scope) isEnd(ev *events.Event, l *life) bool {
	switch ev.Kind {
	case events.ContainerExit:
		return true
	case events.PidnsReap, events.PidnsDestroy:
		return ev.Pidns != nil && s.dying[ev.Pidns.NS.ID]
	case events.PidnsWait:
		return ev.Pidns != nil && slices.Contains(s.over, ev.Pidns.Init.Key)
	case events.Exit:
		return l != nil && l.victim
	}
	return false
}

// within reports whether the process is a member of a namespace that is in.
func (s *Scope) within(p *events.Process) bool {
	for _, e := range p.Chain {
		if s.ns[e.NS] {
			return true
		}
	}
	return false
}

// subject is whose event it is: that of a namespace's end is its PID 1's.
func subject(ev *events.Event) events.ProcKey {
	if ev.Process.Key.IsZero() && ev.Pidns != nil {
		return ev.Pidns.Init.Key
	}
	return ev.Process.Key
}
