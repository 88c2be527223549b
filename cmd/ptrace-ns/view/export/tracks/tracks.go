// Package tracks turns the event stream into what trace viewers draw: a track for each
// process, thread, container and PID namespace, slices and instants on it, and flows
// between them. Perfetto's and Chrome's formats are two spellings of it.
//
// All text in it is fit for a terminal: what came from the kernel is in a shell's quotes
// where it needs any (package words), so that the very bytes can be had again. It knows
// events, and no format.
package tracks

import "github.com/ptrace-ns/ptrace-ns/events"

// Kind says what a track stands for.
type Kind uint8

// The kinds of tracks. Machine is the one for what is no process's: lost events, say.
const (
	Machine Kind = iota
	Namespace
	Container
	Process
	Thread
)

// Track is one line of a viewer. Name and Parent are final when the stream has ended:
// which container a process is in may be known late.
type Track struct {
	ID     int // from 1, in the order in which they were first named
	Kind   Kind
	Parent *Track // nil is none
	Name   string
	PID    int32 // host's; Process, Thread
	TID    int32 // host's; Thread
	// Identity is of a Process.
	Identity Identity

	at        uint64 // of the last mark: none goes back
	open      int    // slices that have not ended
	lives     bool   // its life's slice was begun
	namespace *Track
	container *events.Container
	inside    []*Track // the containers in a namespace
}

// Phase says what a mark does.
type Phase uint8

// The phases of a mark.
const (
	Begin Phase = iota
	End
	Instant
)

// Mark is one event on a track. It is valid only during the call that hands it over.
// On one track marks never go back in time, and slices end in the reverse of the order
// in which they began.
type Mark struct {
	Track    *Track
	At       uint64 // CLOCK_BOOTTIME nanoseconds
	Phase    Phase
	Category string // empty at an End
	Name     string // empty at an End
	Facts    []Fact
	// Out and In are the flow that begins and the one that ends here; 0 is none.
	Out, In uint64
}

// Fact is one thing that is said of a mark: a text, or a number where Text is empty.
type Fact struct {
	Name, Text string
	Number     int64
}

// Recorder is a Sink that hands over marks as they come, in the stream's order.
type Recorder struct {
	put      func(*Mark) error
	err      error
	all      []*Track
	machine  *Track
	procs    map[events.ProcKey]*Track
	threads  map[threadKey]*Track
	pidns    map[events.NSID]*Track
	inside   map[insideKey]*Track
	told     map[events.ProcKey]bool // whose killer has a flow
	lastFlow uint64
	lastNS   uint64
}

type threadKey struct {
	process events.ProcKey
	tid     int32
}

// insideKey is a container in one PID namespace: a container may have processes in
// several, and several containers share one.
type insideKey struct {
	namespace *Track
	id        string
}

// New returns a Recorder. The header is that of the stream.
func New(h *events.Header, put func(*Mark) error) *Recorder {
	r := &Recorder{
		put: put, procs: map[events.ProcKey]*Track{}, threads: map[threadKey]*Track{},
		pidns: map[events.NSID]*Track{}, inside: map[insideKey]*Track{}, told: map[events.ProcKey]bool{},
		lastNS: h.StartNS,
	}
	r.machine = r.track(Machine, "machine")
	r.instant(r.machine, h.StartNS, "recording", "recording began", []Fact{
		word("host", h.Host), word("kernel", h.Kernel), word("boot_id", h.BootID), word("recorder", h.Version),
	})
	return r
}

// Put takes one event. It returns the first error of the function that takes the marks.
func (r *Recorder) Put(ev *events.Event) error {
	r.lastNS = max(r.lastNS, ev.BootNS)
	r.event(ev)
	return r.err
}

// Flush implements events.Sink; nothing is held back.
func (r *Recorder) Flush() error { return r.err }

// Finish gives each process its place and returns all tracks, parents before those
// below them, and the time of the last event. Slices still open are those of what had
// not ended.
func (r *Recorder) Finish() ([]*Track, uint64) {
	for _, t := range r.all {
		if t.Kind != Process {
			continue
		}
		if t.Parent = t.namespace; t.namespace != nil && t.container != nil {
			t.Parent = r.containerIn(t.namespace, t.container)
		}
	}
	sorted := make([]*Track, 0, len(r.all))
	for kind := Machine; kind <= Thread; kind++ {
		for _, t := range r.all { // outer namespaces were named before inner ones
			if t.Kind == kind {
				sorted = append(sorted, t)
			}
		}
	}
	return sorted, r.lastNS
}

func (r *Recorder) track(k Kind, name string) *Track {
	t := &Track{ID: len(r.all) + 1, Kind: k, Name: name}
	r.all = append(r.all, t)
	return t
}
