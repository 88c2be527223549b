package report

import "github.com/ptrace-ns/ptrace-ns/events"

// Section is the part of a container's life that a phase belongs to.
type Section string

// The sections of a timeline.
const (
	Starting Section = "start"
	Running  Section = "run"
	Stopping Section = "end"
)

// Timeline is the life of one container, or of a PID namespace that is no
// container's, as the phases that a stream of events shows.
type Timeline struct {
	// ID is what selects it: the container's id, else the name that the runtime's
	// arguments give it, else the PID namespace's inum.
	ID        string
	Container *events.Container // nil where it is none or not known to be one
	// Also are its other names in the stream, oldest first: docker rename gives another.
	Also []string
	// Runtime names who made it: docker, containerd, podman, runc, unshare …; empty
	// is not known.
	Runtime string
	// Genealogy is the line of programs that made it: docker-1.x, containerd-shim-v2,
	// conmon …; empty is not known.
	Genealogy string
	// Pidns is the namespace that its init lives in, which is another's where Shared.
	Pidns  events.NSInfo
	Shared bool
	Init   events.Ref
	Chain  events.PIDChain // of the init
	Args   events.Args     // of the entrypoint, or of what the init ran when first seen
	// Namespaces names those that were made for the init, and Joined those that it has,
	// its maker has not, and somebody had before.
	Namespaces, Joined []string
	Creator            events.Ref // who made the PID namespace or the init; zero is not known
	Parent             events.Ref // of the init, as last known
	// Adopted is why that is its parent, where another was before.
	Adopted *events.ReparentDetail

	Phases []Phase   // in the order in which they began
	Absent []Absence // phases that such a start has and the stream does not show

	BeganNS uint64 // the first sign of it; 0 where that was before the stream
	RunsNS  uint64 // the entrypoint's exec; 0 is not seen
	// NeverRan says that the init ended before it executed anything: the start failed.
	NeverRan bool
	// SeenNS is when it was first seen, where its start was before that; else 0.
	SeenNS uint64
	// Above are the parent and those above it, as last known, with what they are for.
	Above   []Ancestor
	EndedNS uint64 // the init's end; 0 is not seen
	Exit    *events.ExitStatus
	Killer  *events.Killer
	Reaped  []events.Ref // members that the kernel killed after its init's end
	// Guests are, of those reaped, the processes of other containers in its PID namespace.
	Guests map[events.ProcKey]*events.Container
	Gone   bool // nothing lives in its PID namespace any more
}

// Phase is one step of a start or an end, and the process that did it.
type Phase struct {
	Name    string
	Section Section
	// Part is what the process is in this start: client, daemon, starter, shim,
	// runtime, stage0, stage1, init …
	Part    string
	Process events.Ref
	Program string     // name of the executable; empty is not known
	Parent  events.Ref // of the process at its birth; zero is not known
	Creator events.Ref // who called clone; zero where that is the parent
	Args    events.Args
	// Link says what ties the process to this container where no record of the
	// kernel does: "arguments", which name the container, or "time", as the only one
	// that was asking then, or that was run while only one was.
	Link string

	Seq     uint64 // of the event with which it begins
	BeginNS uint64 // CLOCK_BOOTTIME
	EndNS   uint64 // not before BeginNS; 0 where its end is not seen
	Moment  bool   // it has no length

	// The rest is set where the phase has it.
	Reparent *events.ReparentDetail
	Flags    uint64 // clone flags of the namespaces unshared
	Via      string // how the PID namespace was made
	Cgroup   string
	NewRoot  string
	Signal   *events.SignalDetail
	Sends    int32 // the signal that a runtime was called to send; 0 is not known
	Exit     *events.ExitStatus
	Killer   *events.Killer // of an exit by a signal, as far as it is known
	// Count is how many processes it was: those that the kernel killed, or those of one
	// program that a daemon ran, of which Process is the first.
	Count int
}

// Refused reports whether a client's status says that it was refused itself, and nothing
// ran that could have ended so: 125 of docker-run(1) and podman-run(1).
func Refused(program string, status events.ExitStatus) bool {
	switch program {
	case "docker", "docker-current", "podman", "nerdctl":
		return status.Code == 125
	}
	return false
}

// Absence is a phase that the stream does not show.
type Absence struct {
	Phase string
	// Why is "before", for what was before the stream began, "not_recorded", for
	// kinds of events that were not asked for, "lost", where events found no room,
	// "others", where it may as well have been for others, or "not_seen".
	Why string
}

// Difference is what one start has and another has not.
type Difference struct {
	A, B    *Timeline
	Changes []Change
	// Unknown are phases of which one stream does not show whether the start had them.
	Unknown []Change
	// Timings are phases of both that took a different time.
	Timings []Timing
	// Compared is how many phases both have.
	Compared int
}

// Same reports whether both have the same sequence, whatever time it took.
func (d *Difference) Same() bool { return len(d.Changes) == 0 }

// Change is one difference between two starts.
type Change struct {
	Phase string
	// What is added, missing, order, or the name of what is not the same: process,
	// arguments, parent, creator, namespaces, reparented …
	What string
	// A and B are the two values, with ids, PIDs and names of their own replaced by
	// what they stand for; empty where there is none.
	A, B string
}

// Timing is a phase that took a different time in two starts.
type Timing struct {
	Phase    string
	ANS, BNS uint64
}

// Ratio returns how many times as long it took in B as in A; 0 where A took none.
func (t Timing) Ratio() float64 {
	if t.ANS == 0 {
		return 0
	}
	return float64(t.BNS) / float64(t.ANS)
}

// Account tells a container's life in sentences.
type Account struct {
	Timeline  *Timeline
	Sentences []Sentence
	// Unknown names what the stream does not show: asked, start, parent, killer …
	Unknown []string
}

// Sentence is one sentence, fit for a terminal, without its full stop.
type Sentence struct {
	About string // start, parent, end, reaped
	Text  string
}
