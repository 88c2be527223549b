package html

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/account"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// About is what a report says of its recording besides what the events tell.
type About struct {
	File    string // its name
	Whole   bool   // it has its end, which counts Lost
	Lost    uint64 // kernel events that found no room
	Damage  string // what is wrong with it; empty is nothing
	Skipped string // what a newer program wrote; empty is nothing
}

// Page is a sink that makes a report of a stream. What it keeps of an event is a row of
// numbers, and each text once.
type Page struct {
	// Progress is told, while Write works, how many of how many parts are done; nil is
	// nobody.
	Progress func(done, all int)

	header *events.Header
	model  *tree.Model
	starts *phases.Recorder
	nowNS  uint64 // CLOCK_BOOTTIME of the latest event

	data    document
	strings map[string]int32
	known   map[events.ProcKey]int32
	inside  map[string]int32 // containers by id
	spaces  map[spaceKey]int32
	lastSeq uint64
	lastNS  int64
}

// keep is how many exited processes have their story told: those that ended last.
const keep = 1 << 20

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
		header: h, model: tree.New(tree.Options{Keep: keep}), starts: phases.New(), nowNS: h.StartNS, strings: map[string]int32{}, known: map[events.ProcKey]int32{},
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

// Put takes one event of a stream that was told before.
func (p *Page) Put(ev *events.Event) error {
	p.model.Recall(ev)
	p.nowNS = max(p.nowNS, ev.BootNS)
	p.row(ev)
	return p.starts.Put(ev)
}

func (p *Page) row(ev *events.Event) {
	t := p.since(ev.BootNS)
	p.data.Meta.End = max(p.data.Meta.End, t)
	if ev.Lost != nil {
		p.data.Meta.Gaps = append(p.data.Meta.Gaps, gap{Since: p.since(ev.Lost.SinceNS), At: max(t, p.since(ev.Lost.UntilNS)), Count: ev.Lost.Count})
	}
	who, other, where := p.process(ev.Process.Ref()), p.process(second(ev)), p.container(ev.Process.Container)
	p.describe(who, &ev.Process)
	r := &p.data.Events
	if len(r.Seq) == mostEvents {
		p.data.Meta.Beyond++
		return
	}
	r.Seq, p.lastSeq = append(r.Seq, ev.Seq-p.lastSeq), ev.Seq
	r.Time, p.lastNS = append(r.Time, t-p.lastNS), t
	r.Kind = append(r.Kind, int32(ev.Kind)-1)
	r.CPU = append(r.CPU, ev.CPU)
	r.Process = append(r.Process, who)
	r.Other = append(r.Other, other)
	r.Container = append(r.Container, where)
	r.What = append(r.What, p.text(text.What(ev, text.Options{Unicode: true})))
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

// Write writes the report. The page takes no more events.
func (p *Page) Write(w io.Writer, about About) error {
	told, all := 0, p.Processes()+p.Processes()/encoding+1
	defer p.tell(all, all)
	m := &p.data.Meta
	m.File, m.Damage, m.Skipped = safe.String(about.File), safe.String(about.Damage), safe.String(about.Skipped)
	m.Whole, m.Lost = about.Whole, about.Lost
	p.namespaces(picture.NamespacesOf(p.model, p.nowNS, func(*tree.Process) bool { return true }), -1)
	covered := picture.Covered(p.header)
	for l := range picture.Lives(p.model, p.nowNS) {
		covered.Explain(p.model, l)
		if err := p.life(l); err != nil {
			return err
		}
		told++
		p.tell(min(told, all-1), all)
	}
	for _, t := range p.starts.Timelines() {
		p.start(account.Of(t))
	}
	return write(w, &p.data)
}

// encoding is how many processes' stories are told in the time in which one is encoded.
const encoding = 8

func (p *Page) tell(done, all int) {
	if p.Progress != nil {
		p.Progress(done, all)
	}
}
