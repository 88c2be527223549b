// Package scene takes immutable pictures of the model for a screen: the rows of the
// process tree and, beside them, what the model does not keep: how busy a process is
// and the latest lines of what happened.
//
// Who holds a Scene shares nothing with the model that changes. The package knows
// events and the model; it has no clock and knows no terminal and no key.
package scene

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Scene is the machine at one moment. Nobody changes it.
type Scene struct {
	// Rows are the processes, each before those below it.
	Rows  []Row
	NowNS uint64 // CLOCK_BOOTTIME
	// Seen is how many events were told until then, Lost how many found no room.
	Seen, Lost uint64
	// Rate is how many events a second come, of late.
	Rate   float64
	Living int
	// Wanted is how many of the living are wanted; all of them where nothing was asked for.
	Wanted int
	// Said is all that was said beside, the latest last.
	Said []string
	Reel *Reel // nil where the scene is live
}

// Row is a process and its place in one scene.
type Row struct {
	*Process
	// Up is the index of the nearest row above it in the tree, -1 for none.
	Up int32
	// Hit says that the filter wants it; without a filter that is all.
	Hit bool
}

// Process is what a scene shows of one. Scenes share it until something happens to the
// process: then it is another one.
type Process struct {
	Key       events.ProcKey
	Parent    events.Ref     // zero is not known
	Creator   events.ProcKey // who called clone; zero is not seen
	State     report.State
	Kthread   bool
	Chain     events.PIDChain
	Comm, Exe string
	Args      events.Args
	Container *events.Container
	Role      string // what it is for, in a few words; empty is nothing
	// BornNS is when it was forked; 0 is that it was there before.
	BornNS  uint64
	Adopted *report.Adoption // the latest change of its parent, nil for none
	End     *End             // nil while it lives or when nobody saw
	rate    rate
}

// Rate is how many events a second are about the process, of late.
func (p *Process) Rate(nowNS uint64) float64 { return p.rate.at(nowNS) }

// End says how a process ended.
type End struct {
	Status           events.ExitStatus
	AtNS, LifetimeNS uint64 // 0 is not known
	Killer           *events.Killer
}

// Line is something that happened, in words that are fit for a terminal.
type Line struct {
	Key    events.ProcKey   // of the process that it is about
	Others []events.ProcKey // of those that it concerns as well
	Text   string
}

// Detail is all that is known of one process.
type Detail struct {
	Life  *report.Life
	Story string // the life in sentences, one a line
	// Threads says how many threads it has or had, and as of when; empty is not known.
	Threads string
	// Events are the latest in which it had a part, Dropped how many before are not kept.
	Events  []string
	Dropped uint64
	NowNS   uint64
}

// Reel is where in a recording the scene is.
type Reel struct {
	FromNS, ToNS, AtNS uint64
	// At is how many of the Total events are told.
	At, Total int
	Playing   bool
	Speed     float64
	// Marks says of equal parts of the time what they hold.
	Marks []Mark
}

// Mark is a set of what happens in a part of a recording.
type Mark uint8

// What can be stepped to.
const (
	AnyEvent Mark = 1 << iota
	Death
	Reparenting
)

// MarkOf says what an event counts as.
func MarkOf(ev *events.Event) Mark {
	switch ev.Kind {
	case events.Snapshot:
		return 0
	case events.Exit:
		return AnyEvent | Death
	case events.Reparent:
		return AnyEvent | Reparenting
	}
	return AnyEvent
}
