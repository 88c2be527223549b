package html

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Told is what the page shows besides the events.
type Told struct {
	File  string // name of the recording
	NowNS uint64 // CLOCK_BOOTTIME of the last event
	Lives iter.Seq[*report.Life]
	// Namespaces is the hierarchy, those that are over included.
	Namespaces []*report.Namespace
	Starts     []*report.Account
	Whole      bool   // the recording has its end, which counts Lost
	Lost       uint64 // kernel events that found no room
	Damage     string // what is wrong with the recording; empty is nothing
	Skipped    string // what a newer program wrote; empty is nothing
}

// Page is a sink that keeps the events of a stream for a report. What it keeps is a
// row of numbers an event, and each text once.
type Page struct {
	header  *events.Header
	data    document
	strings map[string]int32
	known   map[events.ProcKey]int32
	inside  map[string]int32 // containers by id
	spaces  map[spaceKey]int32
	lastSeq uint64
	lastNS  int64
}

// spaceKey tells PID namespaces apart: an inum is used again at once.
type spaceKey struct {
	inum uint32
	init events.ProcKey
}

// mostEvents is how many events the table has: beyond them a browser needs more
// memory than people have.
const mostEvents = 1 << 20

// New returns a page for the stream with that header.
func New(h *events.Header) *Page {
	p := &Page{
		header: h, strings: map[string]int32{}, known: map[events.ProcKey]int32{},
		inside: map[string]int32{}, spaces: map[spaceKey]int32{},
	}
	p.text("")
	for _, k := range events.Kinds() { // from 1 on, without a hole
		p.data.Kinds = append(p.data.Kinds, k.String())
	}
	wall := h.BootTimeNS + int64(h.StartNS)
	p.data.Meta = meta{
		Host: safe.String(h.Host), Kernel: safe.String(h.Kernel), Version: safe.String(h.Version), Pidns: h.PidnsInum,
		StartMS: wall / 1e6, StartNS: wall % 1e6, Options: options(h.Options),
	}
	return p
}

func options(all map[string]any) []string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		told = append(told, safe.String(name+" "+fmt.Sprint(all[name])))
	}
	return told
}

// text returns the number of a string that is safe already.
func (p *Page) text(s string) int32 {
	n, ok := p.strings[s]
	if !ok {
		n = int32(len(p.data.Strings))
		s = strings.Clone(s) // it may be a view of an event
		p.strings[s] = n
		p.data.Strings = append(p.data.Strings, s)
	}
	return n
}

// since is a time of CLOCK_BOOTTIME since recording began.
func (p *Page) since(bootNS uint64) int64 { return int64(bootNS - p.header.StartNS) }

// Put keeps one event.
func (p *Page) Put(ev *events.Event) error {
	t := p.since(ev.BootNS)
	p.data.Meta.End = max(p.data.Meta.End, t)
	if ev.Lost != nil {
		p.data.Meta.Gaps = append(p.data.Meta.Gaps, gap{Since: p.since(ev.Lost.SinceNS), At: t, Count: ev.Lost.Count})
	}
	who, other, where := p.process(ev.Process.Ref()), p.process(second(ev)), p.container(ev.Process.Container)
	p.describe(who, &ev.Process)
	r := &p.data.Events
	if len(r.Seq) == mostEvents {
		p.data.Meta.Beyond++
		return nil
	}
	r.Seq, p.lastSeq = append(r.Seq, ev.Seq-p.lastSeq), ev.Seq
	r.Time, p.lastNS = append(r.Time, t-p.lastNS), t
	r.Kind = append(r.Kind, int32(ev.Kind)-1)
	r.CPU = append(r.CPU, ev.CPU)
	r.Process = append(r.Process, who)
	r.Other = append(r.Other, other)
	r.Container = append(r.Container, where)
	r.What = append(r.What, p.text(text.What(ev, text.Options{Unicode: true})))
	return nil
}

// Flush does nothing: the page is written at the end.
func (p *Page) Flush() error { return nil }

// Events is how many events there were.
func (p *Page) Events() uint64 { return uint64(len(p.data.Events.Seq)) + p.data.Meta.Beyond }

// Processes is how many processes they name.
func (p *Page) Processes() int { return len(p.data.Processes.ID) }

// second is the process besides the one that an event is about.
func second(ev *events.Event) events.Ref {
	switch {
	case ev.Fork != nil:
		return ev.Fork.Creator
	case ev.Signal != nil:
		return ev.Signal.Sender
	case ev.Reparent != nil:
		return ev.Reparent.To
	case ev.Kind == events.PidnsReap && ev.Pidns != nil:
		return ev.Pidns.Init
	case ev.Pidns != nil:
		return ev.Pidns.Creator
	case ev.Exit != nil && ev.Exit.Killer != nil:
		return ev.Exit.Killer.Sender
	}
	return events.Ref{}
}

// process returns the number of a process; -1 of none.
func (p *Page) process(r events.Ref) int32 {
	if r.IsZero() {
		return -1
	}
	n, ok := p.known[r.Key]
	if ok {
		return n
	}
	c := &p.data.Processes
	n = int32(len(c.ID))
	p.known[r.Key] = n
	c.ID = append(c.ID, r.Key.String())
	c.Start = append(c.Start, p.since(r.Key.Start))
	c.Life = append(c.Life, 0)
	c.Name = append(c.Name, p.text(words.Name(r.Comm)))
	for _, column := range []*[]int32{&c.Command, &c.Image, &c.Chain, &c.Label, &c.Exit, &c.Killer} {
		*column = append(*column, 0)
	}
	for _, column := range []*[]int32{&c.Parent, &c.Creator, &c.Namespace, &c.Container, &c.KilledBy} {
		*column = append(*column, -1)
	}
	c.State = append(c.State, p.text(string(report.Unseen)))
	c.Flags = append(c.Flags, flagUnknown)
	c.Story = append(c.Story, []int32{})
	c.Facts = append(c.Facts, []int32{})
	return n
}

// describe keeps of an event what is all there is of a process that the model has
// forgotten by the end.
func (p *Page) describe(n int32, about *events.Process) {
	if n < 0 {
		return
	}
	c := &p.data.Processes
	if about.Comm != "" {
		c.Name[n] = p.text(words.Name(about.Comm))
	}
	if len(about.Chain) > 1 {
		c.Chain[n] = p.text(words.Chain(about.Chain, "→"))
	}
}

func (p *Page) container(from *events.Container) int32 {
	if from == nil {
		return -1
	}
	n, ok := p.inside[from.ID]
	if !ok {
		n = int32(len(p.data.Containers))
		p.inside[strings.Clone(from.ID)] = n
		p.data.Containers = append(p.data.Containers, container{})
	}
	// What is known of it grows.
	if c := &p.data.Containers[n]; !ok || c.Image == "" || c.Runtime == "" || c.Label != words.Container(from) {
		pod := from.Pod
		if pod != "" && from.PodNS != "" {
			pod = from.PodNS + "/" + pod
		}
		*c = container{
			ID: safeCopy(from.ID), Label: strings.Clone(words.Container(from)), Runtime: safeCopy(from.Runtime),
			Image: safeCopy(from.Image), Pod: safeCopy(words.Or(pod, from.PodUID)),
		}
	}
	return n
}

func safeCopy(s string) string { return strings.Clone(safe.String(s)) }

// Write writes the report: the events that were put, and what is told of them.
func (p *Page) Write(w io.Writer, told Told) error {
	m := &p.data.Meta
	m.File, m.Damage, m.Skipped = safe.String(told.File), safe.String(told.Damage), safe.String(told.Skipped)
	m.Whole, m.Lost = told.Whole, told.Lost
	p.namespaces(told.Namespaces, -1)
	for l := range told.Lives {
		if err := p.life(l, told.NowNS); err != nil {
			return err
		}
	}
	for _, a := range told.Starts {
		p.start(a)
	}
	return write(w, &p.data)
}
