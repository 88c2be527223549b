package tracks

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Identity is what is known of a process besides what happens on its track.
type Identity struct {
	Key events.ProcKey
	// Above is its parent at first sight; zero is not known.
	Above   events.ProcKey
	Comm    string
	Args    events.Args // the latest
	Inner   []int32     // its PIDs below the initial namespace, outermost first
	UID     uint32      // where HasIDs
	HasIDs  bool
	Kthread bool
}

// know takes over what an event tells of the process that it is about.
func (t *Track) know(p *events.Process) {
	i := &t.Identity
	if i.Above.IsZero() {
		i.Above = p.Parent.Key
	}
	if p.Args.Known() {
		i.Args = p.Args
		i.Args.Raw = slices.Clone(p.Args.Raw) // the event is reused
	}
	if len(p.Chain) > 1 && len(i.Inner) == 0 {
		for _, e := range p.Chain[1:] {
			i.Inner = append(i.Inner, e.PID)
		}
	}
	if p.HasIDs {
		i.UID, i.HasIDs = p.UID, true
	}
	i.Kthread = i.Kthread || p.Kthread
}

// ByStart sorts the tracks of processes by when these were born: whoever has a PID at
// the birth of another is then the last before that one who had it, and so a parent
// comes before its children and stands for its PID as long as they are born.
func ByStart(all []*Track) []*Track {
	var procs []*Track
	for _, t := range all {
		if t.Kind == Process {
			procs = append(procs, t)
		}
	}
	slices.SortStableFunc(procs, func(a, b *Track) int {
		switch x, y := a.Identity.Key.Start, b.Identity.Key.Start; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return procs
}
