package scene

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// maxFading is how many of those that have ended are shown at most, about: where more
// end, nobody reads them for as long.
const maxFading = 1000

// Options say what the lines of what happened look like, and what is shown.
type Options struct {
	Unicode  bool  // else ASCII stands for arrows
	BootTime int64 // wall clock at CLOCK_BOOTTIME 0
	Zone     *time.Location
	// FromNS is when what is told began, CLOCK_BOOTTIME.
	FromNS uint64
	// Covered is what is told, for why a birth was not seen; nil is one look.
	Covered *picture.Coverage
	// FadeNS is for how long a process stays after its end, where not too many do.
	FadeNS uint64
	// Only says which processes are wanted, beside any filter; nil is all. It is asked
	// while no event is told, or of one that is.
	Only func(events.ProcKey) bool
}

// Stage is the sink beside the model that scenes are taken of. But for Seen, its
// methods must not be called at the same time.
type Stage struct {
	Options
	seen   atomic.Uint64
	lost   uint64
	rate   rate
	ends   rate
	procs  map[events.ProcKey]*aside
	told   uint64 // lines
	deaths ring
	said   []string
	size   int   // of the last scene
	top    aside // stands above its first row
	// crowded is how many of procs are too many.
	crowded int
	// passes counts the looks at all processes: with the end of one the model may know
	// more of any. passing says that one is on.
	passes  uint32
	passing bool
}

// aside is what is kept of a process beside the model.
type aside struct {
	key  events.ProcKey
	rate rate
	// next is of the row below it in the last scene, which mostly is there again: to
	// look all of them up anew was half of what a scene costs.
	next *aside
	past past
	// changes counts the events about it: what was made of it before is out of date.
	changes uint64
	made    *Process // as of made changes and passes; nil is none
	asOf    uint64
	pass    uint32
}

// NewStage returns a stage on which nothing has happened.
func NewStage(o Options) *Stage {
	began := rate{sinceNS: o.FromNS}
	return &Stage{
		Options: o, rate: began, ends: began, procs: map[events.ProcKey]*aside{},
		deaths: ring{room: keptDeaths},
	}
}

// Seen returns how many events were told.
func (s *Stage) Seen() uint64 { return s.seen.Load() }

// Put takes one event.
func (s *Stage) Put(ev *events.Event) error {
	s.seen.Add(1)
	key := ev.Process.Key
	a := s.aside(key)
	a.changes++
	if ev.Kind == events.Snapshot {
		s.passing = true
		return nil
	}
	s.passed()
	if ev.Lost != nil {
		s.lost += ev.Lost.Count
	}
	if ev.Kind == events.Fork {
		a.rate.sinceNS = ev.BootNS
	}
	s.rate.add(ev.BootNS)
	a.rate.add(ev.BootNS)
	if ev.Kind == events.Exit {
		s.ends.add(ev.BootNS)
	}
	s.tell(ev, a)
	return nil
}

// tell keeps the line of an event with all whom it concerns.
func (s *Stage) tell(ev *events.Event, a *aside) {
	s.told++
	text := text.Line(ev, s.BootTime, text.Options{Unicode: s.Unicode, Zone: s.Zone})
	t, concerned := told{s.told, text}, others(ev)
	a.past.own.add(t, keptOwn)
	for _, key := range concerned {
		s.aside(key).past.others.add(t, keptOthers)
	}
	if deadly(ev) && s.wanted(a.key, concerned) {
		s.deaths.add(Line{Key: a.key, Others: concerned, Text: text})
	}
}

// wanted reports whether one of those whom an event concerns is.
func (s *Stage) wanted(key events.ProcKey, others []events.ProcKey) bool {
	return s.Only == nil || s.Only(key) || slices.ContainsFunc(others, s.Only)
}

// Say has the next scene tell the user something that concerns no process. It must not
// be called while a scene is taken.
func (s *Stage) Say(text string) { s.said = append(s.said, text) }

// Flush has nothing to write: a scene shows all that was put.
func (s *Stage) Flush() error {
	s.passed()
	return nil
}

func (s *Stage) passed() {
	if s.passing {
		s.passes++
		s.passing = false
	}
}

func (s *Stage) aside(key events.ProcKey) *aside {
	a := s.procs[key]
	if a == nil {
		a = &aside{key: key, rate: rate{sinceNS: s.FromNS}}
		s.procs[key] = a
	}
	return a
}

// below is aside for the row that comes below that of the last one.
func (s *Stage) below(last *aside, key events.ProcKey) *aside {
	if last.next == nil || last.next.key != key {
		last.next = s.aside(key)
	}
	return last.next
}

// sweep forgets of whom the model knows nothing, once these may be as many as the rest.
func (s *Stage) sweep(m *tree.Model) {
	if len(s.procs) < s.crowded {
		return
	}
	for key := range s.procs {
		if _, ok := m.Process(key); !ok {
			delete(s.procs, key)
		}
	}
	s.crowded = 2*len(s.procs) + 4096
}
