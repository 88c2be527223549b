package forest

import (
	"io"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Grouped writes the processes of each PID namespace as trees of their own, outer
// namespaces first. A namespace without a process of these trees is left out.
func Grouped(w io.Writer, namespaces []*report.Namespace, roots []*report.Node, o Options) error {
	p := newPrinter(o)
	p.gap()
	p.jobHeadings(roots)
	g := groups{}
	for _, n := range roots {
		g.add(n, nil)
	}
	p.groups(namespaces, g)
	_, err := w.Write(p.out.Bytes())
	return err
}

// groups holds the roots of each namespace.
type groups map[events.NSID][]*report.Node

// add puts a copy of the process below the copy of its parent, or among the roots
// of its namespace when that is not its parent's.
func (g groups) add(n, parent *report.Node) {
	alone := *n
	alone.Children = nil
	own := n.Process.Chain.Own().NS
	if parent != nil && parent.Process.Chain.Own().NS == own {
		parent.Children = append(parent.Children, &alone)
	} else {
		if parent != nil {
			alone.Outside = &parent.Process
		}
		g[own] = append(g[own], &alone)
	}
	for _, c := range n.Children {
		g.add(c, &alone)
	}
}

func (p *printer) groups(namespaces []*report.Namespace, g groups) {
	for _, ns := range namespaces {
		if roots := p.shown(g[ns.Info.ID]); len(roots) > 0 {
			p.heading(ns, living(g[ns.Info.ID]))
			for i, n := range roots {
				mark, more := p.joints(i == len(roots)-1)
				// Beside its namespace nothing is taken for said of a root's parent.
				elsewhere := &report.Node{Process: events.Process{Chain: n.Process.Chain}}
				p.tree(n, elsewhere, mark, more)
			}
		}
		p.groups(ns.Children, g)
	}
}

// living counts those of the trees that live, kernel threads that are not shown
// included.
func living(all []*report.Node) (n int) {
	for _, one := range all {
		n += living(one.Children)
		if one.State == report.Live {
			n++
		}
	}
	return n
}

// heading tells the namespace, and how many of its processes are below.
func (p *printer) heading(ns *report.Namespace, here int) {
	text := "PID namespace " + strconv.FormatUint(uint64(ns.Info.ID.Inum), 10)
	if ns.Info.Level == 0 {
		text += ", the initial one"
	} else {
		text += ", level " + strconv.Itoa(ns.Info.Level) + " in " + strconv.FormatUint(uint64(ns.Info.Parent.Inum), 10)
	}
	text += ", "
	if here != ns.Members {
		text += strconv.Itoa(here) + " of "
	}
	text += words.Count(ns.Members, "process", "processes")
	if ns.Dying {
		text += ", dying"
	}
	p.piece(bold, text)
	p.endLine()
}
