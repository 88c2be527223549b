package picture

import (
	"iter"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Life returns what is known of one process.
func Life(m *tree.Model, p *tree.Process, nowNS uint64) *report.Life {
	return life(m, p, nowNS, population(m))
}

// Lives yields what is known of every process, of those that have ended, too, parents
// before children.
func Lives(m *tree.Model, nowNS uint64) iter.Seq[*report.Life] {
	return func(yield func(*report.Life) bool) {
		members := population(m)
		for p := range m.All() {
			if !yield(life(m, p, nowNS, members)) {
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

func life(m *tree.Model, p *tree.Process, nowNS uint64, members map[*tree.Namespace]int) *report.Life {
	l := &report.Life{Node: *newNode(p), Unknown: unknown(p)}
	if p.Birth.Seen {
		l.Birth = &report.Birth{BootNS: p.Birth.AtNS, Creator: p.Birth.Creator, Parent: p.Birth.Under, Flags: p.Birth.Flags}
	}
	for up, ok := p.Parent(); ok; up, ok = up.Parent() {
		l.Ancestors = append(l.Ancestors, report.Ancestor{Ref: up.Ref(), Role: Role(up), Container: up.Container})
	}
	for _, i := range p.Images() {
		l.Images = append(l.Images, report.Image{
			BootNS: i.AtNS, Exe: i.Exe, Args: i.Args, Filename: i.Filename, Interpreter: i.Interpreter,
		})
	}
	if ns := p.Namespace(); ns != nil {
		l.Pidns = namespace(m, ns, nowNS)
		l.Pidns.Members = members[ns]
	}
	for c := range p.Children() {
		if c.State == tree.Live {
			l.Children = append(l.Children, c.Ref())
		}
	}
	return l
}

// unknown names what of a life was before anybody looked.
func unknown(p *tree.Process) []string {
	var all []string
	if !p.Birth.Seen {
		all = append(all, "birth", "creator", "reparented", "images")
	}
	if p.State == tree.Gone || p.State == tree.Zombie {
		all = append(all, "ended")
	}
	if end, ok := p.End(); ok && end.Status.Signal != 0 && end.Killer == nil || p.State == tree.Gone {
		all = append(all, "killer")
	}
	return all
}

// Concerns reports whether an event belongs to the story of a process: it is about
// the process, its children or its namespace.
func Concerns(ev *events.Event, key events.ProcKey) bool {
	switch {
	case ev.Process.Key == key:
		return ev.Kind != events.Snapshot
	case ev.Kind == events.Fork:
		return ev.Fork != nil && (ev.Fork.Creator.Key == key || ev.Process.Parent.Key == key)
	case ev.Reparent != nil:
		return ev.Reparent.To.Key == key || ev.Reparent.From.Key == key
	case ev.Pidns != nil:
		return ev.Pidns.Init.Key == key || ev.Pidns.Creator.Key == key
	}
	return ev.Kind == events.Lost
}
