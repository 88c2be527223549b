package ndjson

import (
	"math"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Trailer is the last line of a recording: what was written and what the tracer
// counted. A stream that is watched has none.
type Trailer struct {
	// Events is how many lines of events there are, ByKind the same by kind.
	Events uint64
	ByKind map[events.Kind]uint64
	// Lost is how many kernel events found no room, those missed included.
	Lost uint64
	// LostUnknown says that nobody knows that: of a copy that ends before its original.
	LostUnknown bool
	// Kernel is where the kernel's events went; nil when nobody counted.
	Kernel map[events.Kind]Counts
	// Process births, counted at two places of the kernel that do not know of each
	// other (tracer.Stats).
	BirthsNewtask, BirthsFork uint64
	// Mispredicted are new parents that turned out otherwise than told at first.
	Mispredicted uint64
}

// Counts is where the kernel events of one kind went.
type Counts struct {
	Emitted  uint64 // wanted to be told, counted in the kernel
	Received uint64 // read from the ring buffer
	Dropped  uint64 // found no room in it
	Missed   uint64 // not even begun
	Filtered uint64 // left out in the kernel: of others than those who are followed
}

// TrailerEvent is the trailer's "event".
const TrailerEvent = "trailer"

// OptionTrailer is the option of a recording's header that says that a trailer ends its
// lines, so that an end without one is a cut.
const OptionTrailer = "trailer"

// AppendTrailer appends the last line of a recording, newline included.
func AppendTrailer(b []byte, t *Trailer) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.string("event", TrailerEvent)
	e.uint("events", t.Events)
	e.byKind("by_event", t.ByKind)
	if !t.LostUnknown {
		e.uint("lost", t.Lost)
	}
	if t.Kernel != nil {
		e.kernelCounts(t.Kernel)
		births := e.open("births")
		e.uint("task_newtask", t.BirthsNewtask)
		e.uint("sched_process_fork", t.BirthsFork)
		e.close(births)
	}
	e.known("mispredicted", t.Mispredicted)
	e.close(outer)
	return append(e.b, '\n')
}

// MaxTrailer is the most bytes that the last line of a recording takes: of all kinds,
// with the largest counts.
var MaxTrailer = func() int {
	const most = math.MaxUint64
	t := Trailer{
		Events: most, ByKind: map[events.Kind]uint64{}, Lost: most, Kernel: map[events.Kind]Counts{},
		BirthsNewtask: most, BirthsFork: most, Mispredicted: most,
	}
	for k := events.KindUnknown; k <= events.Lost; k++ {
		t.ByKind[k], t.Kernel[k] = most, Counts{most, most, most, most, most}
	}
	return len(AppendTrailer(nil, &t))
}()

// byKind writes counts in the kinds' own order, which a range over the map would
// not give.
func (e *encoder) byKind(name string, counts map[events.Kind]uint64) {
	outer := e.open(name)
	for k := events.KindUnknown; k <= events.Lost; k++ {
		e.known(k.String(), counts[k])
	}
	e.close(outer)
}

func (e *encoder) kernelCounts(all map[events.Kind]Counts) {
	outer := e.open("kernel")
	for k := events.KindUnknown; k <= events.Lost; k++ {
		c, ok := all[k]
		if !ok {
			continue
		}
		kind := e.open(k.String())
		e.uint("emitted", c.Emitted)
		e.uint("received", c.Received)
		e.uint("dropped", c.Dropped)
		e.uint("missed", c.Missed)
		e.known("filtered", c.Filtered)
		e.close(kind)
	}
	e.close(outer)
}

// Trailer reads the last line of a recording, its newline optional.
func (d *Decoder) Trailer(line []byte, t *Trailer) error {
	*t = Trailer{LostUnknown: true}
	d.reset(line)
	d.early, d.mute = false, false
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "event":
			if string(d.bytes()) != TrailerEvent {
				d.fail("no trailer")
			}
		case "events":
			t.Events = d.uint64()
		case "by_event":
			t.ByKind = d.byEvent()
		case "lost":
			t.Lost, t.LostUnknown = d.uint64(), false
		case "kernel":
			t.Kernel = d.kernelCounts()
		case "births":
			d.births(t)
		case "mispredicted":
			t.Mispredicted = d.uint64()
		default:
			d.pass("trailer", key)
		}
	}
	return d.end()
}

func (d *Decoder) births(t *Trailer) {
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "task_newtask":
			t.BirthsNewtask = d.uint64()
		case "sched_process_fork":
			t.BirthsFork = d.uint64()
		default:
			d.pass("births", key)
		}
	}
}

func (d *Decoder) kernelCounts() map[events.Kind]Counts {
	all := map[events.Kind]Counts{}
	for key := d.open(); key != nil; key = d.next() {
		kind, ok := kindOf[string(key)]
		if !ok {
			d.pass("kernel", key)
			continue
		}
		var c Counts
		for key := d.open(); key != nil; key = d.next() {
			switch string(key) {
			case "emitted":
				c.Emitted = d.uint64()
			case "received":
				c.Received = d.uint64()
			case "dropped":
				c.Dropped = d.uint64()
			case "missed":
				c.Missed = d.uint64()
			case "filtered":
				c.Filtered = d.uint64()
			default:
				d.pass("kernel."+kind.String(), key)
			}
		}
		all[kind] = c
	}
	return all
}
