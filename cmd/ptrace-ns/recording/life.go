package recording

import (
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// mark says how far a process matters.
type mark uint8

const (
	undecided mark = iota
	named          // its own events
	whole          // and all that descends from it
)

// life is what a scope knows of a process.
type life struct {
	key    events.ProcKey
	mark   mark
	before bool // it was there when recording began, or was found after a gap
	// software makes containers: what it forks from now on is in.
	software bool
	ended    bool
	placed   bool // somebody put into a container, whose init is told
	victim   bool // of the end of a namespace that is else not in
	walked   bool // those above it are marked
	// by has creator and parent at birth.
	by  [2]events.ProcKey
	own events.NSID // its own PID namespace
	// of is the container in which it was when recording began.
	of *events.Container
	// kept is what one who reads of it first must know, and was not passed on: the
	// snapshot, or fork and latest exec.
	kept   []*events.Event
	queued int // events that wait
	seen   int // how many gaps there were at its latest event
}

// keep holds what of a dropped event may be told later.
func (l *life) keep(ev *events.Event) {
	switch ev.Kind {
	case events.Snapshot, events.Fork:
		l.kept = append(l.kept[:0], ev)
	case events.Exec:
		if n := len(l.kept); n > 1 {
			l.kept = l.kept[:1]
		}
		l.kept = append(l.kept, ev)
	case events.Exit:
		l.kept = nil
	}
}

// forget drops a process that has ended: at once when it does not matter, else when
// many others have ended after it.
func (s *Scope) forget(l *life) {
	switch {
	case !l.ended || l.queued > 0:
	case l.mark == undecided:
		delete(s.procs, l.key)
	default:
		s.dead = append(s.dead, l.key)
		if len(s.dead) > remembered {
			if old := s.procs[s.dead[0]]; old != nil && old.queued == 0 {
				delete(s.procs, old.key)
			}
			s.dead = s.dead[1:]
		}
	}
}

// waiter is an event that waits, and since when.
type waiter struct {
	ev    *events.Event
	since time.Time
}

// queue is first in, first out.
type queue struct {
	all  []waiter
	head int
}

func (q *queue) len() int       { return len(q.all) - q.head }
func (q *queue) first() *waiter { return &q.all[q.head] }

func (q *queue) push(w waiter) { q.all = append(q.all, w) }

func (q *queue) pop() waiter {
	w := q.all[q.head]
	q.all[q.head] = waiter{}
	if q.head++; q.head == len(q.all) || q.head >= 4096 && q.head > len(q.all)/2 {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	return w
}
