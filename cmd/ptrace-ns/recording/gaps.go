package recording

import "github.com/ptrace-ns/ptrace-ns/events"

// gaps follows losses, and the looks at all processes that come after them.
type gaps struct {
	told    int
	looking bool // all are looked at after a gap
}

// settled takes the kind of each event, and reports true at the first one behind a look
// that followed a gap: who was not seen since the gap has ended in it.
func (g *gaps) settled(kind events.Kind) bool {
	switch {
	case kind == events.Lost:
		g.told++
		g.looking = false
	case kind == events.Snapshot:
		g.looking = g.told > 0
	case g.looking:
		g.looking = false
		return true
	}
	return false
}
