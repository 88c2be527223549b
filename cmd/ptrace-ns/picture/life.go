package picture

import (
	"bytes"
	"iter"
	"math"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Life returns what is known of one process. Nothing that the model will write to is in it.
func Life(m *tree.Model, p *tree.Process, nowNS uint64) *report.Life {
	l := life(m, p, nowNS, population(m), math.MaxInt)
	l.Process = l.Process.Clone()
	for i := range l.Images {
		l.Images[i].Args.Raw = bytes.Clone(l.Images[i].Args.Raw)
	}
	if l.Pidns != nil {
		l.Pidns.Args.Raw = bytes.Clone(l.Pidns.Args.Raw)
	}
	return l
}

// near is how many ancestors each of all lives has: a recording may have a hundred
// thousand processes below one another.
const near = 32

// Lives yields what is known of every process, of those that have ended, too, parents
// before children. Of the ancestors only the nearest are in it.
func Lives(m *tree.Model, nowNS uint64) iter.Seq[*report.Life] {
	return func(yield func(*report.Life) bool) {
		members := population(m)
		for p := range m.All() {
			if !yield(life(m, p, nowNS, members, near)) {
				return
			}
		}
	}
}

// population counts who lives in each PID namespace and in none below it.
func population(m *tree.Model) map[*tree.Namespace]int {
	members := map[*tree.Namespace]int{}
	for p := range m.Processes() {
		members[p.Namespace()]++
	}
	return members
}

func life(m *tree.Model, p *tree.Process, nowNS uint64, members map[*tree.Namespace]int, ancestors int) *report.Life {
	l := &report.Life{Node: *newNode(m, p), Unknown: unknown(p)}
	birth := p.Birth()
	switch {
	case birth.Seen:
		l.Birth = &report.Birth{BootNS: birth.AtNS, Creator: birth.Creator, CreatorTID: birth.TID, Parent: birth.Under, Flags: birth.Flags}
	case p.State != tree.Placeholder:
		l.Unborn = report.BeforeLook
	}
	for up, ok := p.Parent(); ok && len(l.Ancestors) < ancestors; up, ok = up.Parent() {
		l.Ancestors = append(l.Ancestors, report.Ancestor{Ref: up.Ref(), Role: Role(up), Container: up.Container})
	}
	for _, i := range p.Images() {
		executed := i.AtNS
		if birth.Seen && executed < birth.AtNS {
			executed = 0 // by its creator, before it was born
		}
		l.Images = append(l.Images, report.Image{
			BootNS: executed, Exe: i.Exe, Args: i.Args, Filename: i.Filename, Interpreter: i.Interpreter, OldTID: i.OldTID,
		})
	}
	if ns := p.Namespace(); ns != nil {
		l.Pidns = ended(m, ns, ns.EmptyNS(), nowNS)
		l.Pidns.Members = members[ns]
		l.Entered = entry(p, ns)
	}
	l.Role, l.Apart = ownRole(p), apart(p)
	addMoves(l, p)
	for c := range p.Children() {
		if c.State == tree.Live {
			l.Children = append(l.Children, c.Ref())
		}
	}
	return l
}

// entry tells whether a process came into its namespace from outside. An orphan never
// gets a parent outside unless it had one: that of others is the PID 1.
func entry(p *tree.Process, ns *tree.Namespace) *report.Entry {
	switch parent, ok := p.Parent(); {
	case ns.Level == 0 || p.Chain().Own().PID == 1:
		return nil
	case p.Birth().Entered:
		return &report.Entry{Creator: p.Birth().Creator, Setns: p.Birth().Setns}
	case p.Birth().Seen || !ok || parent.Namespace() == nil:
		return nil
	case parent.Chain().Level() < ns.Level || parent.Chain()[ns.Level].NS != ns.ID:
		return &report.Entry{}
	}
	return nil
}

// apart compares the namespaces of a process with those of its parent and of the PID 1
// beside it.
func apart(p *tree.Process) *report.Apart {
	parent, ok := p.Parent()
	if !ok {
		return nil
	}
	names := report.Differing(p.NS(), parent.NS())
	if len(names) == 0 {
		return nil
	}
	a := &report.Apart{Names: names, Parent: parent.Ref()}
	ns := p.Namespace()
	if ns == nil || ns.Level == 0 {
		return a
	}
	if init, ok := ns.InitProcess(); ok && init != p && init.NS().Mnt != 0 && len(report.Differing(p.NS(), init.NS())) == 0 {
		a.Shared = init.Ref()
	}
	return a
}

// unknown names what of a life nobody saw. Changes of parent are not among it once one
// is told.
func unknown(p *tree.Process) []string {
	var all []string
	if !p.Birth().Seen {
		all = append(all, "birth", "creator")
		if len(p.Adoptions()) == 0 {
			all = append(all, "reparented")
		}
		all = append(all, "images")
	}
	if p.State == tree.Gone || p.State == tree.Zombie {
		all = append(all, "ended")
	}
	if end, ok := p.End(); ok && end.Status.Signal != 0 && end.Killer == nil || p.State == tree.Gone {
		all = append(all, "killer")
	}
	return all
}

// concernsParent are the kinds that are told of the children, too.
var concernsParent = map[events.Kind]bool{
	events.Exec: true, events.Exit: true, events.ContainerStart: true, events.ContainerExit: true, events.PidnsDestroy: true,
}

// Concerns reports whether an event belongs to the story of a process: it is about
// the process, its children or its namespace.
func Concerns(ev *events.Event, key events.ProcKey) bool {
	switch {
	case ev.Process.Key == key:
		return ev.Kind != events.Snapshot
	case ev.Process.Parent.Key == key && concernsParent[ev.Kind]:
		return true
	case ev.Kind == events.Fork:
		return ev.Fork != nil && (ev.Fork.Creator.Key == key || ev.Process.Parent.Key == key)
	case ev.Reparent != nil:
		return ev.Reparent.To.Key == key || ev.Reparent.From.Key == key
	case ev.Pidns != nil:
		return ev.Pidns.Init.Key == key || ev.Pidns.Creator.Key == key
	}
	return ev.Kind == events.Lost
}
