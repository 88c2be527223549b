package recording

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// causes is how many of the latest events a later one can name as its cause.
const causes = 1 << 16

// ascend numbers events anew where one comes later than its number says, so that a
// recording's numbers rise from line to line. A number that is missing still says
// that something is: before an event that comes late there is always one. A cause
// that was not passed on is not named.
type ascend struct {
	next   events.Sink
	last   uint64 // given
	newest uint64 // of the events as they were told
	shift  uint64
	passed []numbered // the latest, by the number that they had
	at     int        // of the oldest, once all are in use
	late   map[uint64]uint64
}

type numbered struct{ was, is uint64 }

func (a *ascend) Put(ev *events.Event) error {
	said := *ev
	said.Cause = a.numberOf(ev.Cause)
	if ev.Seq > a.newest {
		a.newest = ev.Seq
		a.shift = max(a.shift, a.last+1-min(ev.Seq, a.last+1))
		said.Seq = ev.Seq + a.shift
		a.note(numbered{ev.Seq, said.Seq})
	} else {
		said.Seq = a.last + 2
		if a.late == nil {
			a.late = map[uint64]uint64{}
		}
		a.late[ev.Seq] = said.Seq
	}
	a.last = said.Seq
	return a.next.Put(&said)
}

func (a *ascend) Flush() error { return a.next.Flush() }

func (a *ascend) note(n numbered) {
	if len(a.passed) < causes {
		a.passed = append(a.passed, n)
		return
	}
	a.passed[a.at] = n
	a.at = (a.at + 1) % causes
}

// numberOf returns the number that an event has now; 0 where it was not passed on.
func (a *ascend) numberOf(was uint64) uint64 {
	if is, ok := a.late[was]; ok {
		return is
	}
	// A ring's two parts are sorted, each by itself.
	for _, part := range [][]numbered{a.passed[:a.at], a.passed[a.at:]} {
		i, found := slices.BinarySearchFunc(part, was, func(n numbered, was uint64) int {
			switch {
			case n.was < was:
				return -1
			case n.was > was:
				return 1
			}
			return 0
		})
		if found {
			return part[i].is
		}
	}
	return 0
}
