// Package picture takes what the commands show from the model: trees of processes,
// the hierarchy of PID namespaces, the life of one process. It reads the model and
// nothing else, and knows no output.
package picture

import (
	"cmp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Selection says which processes are in the picture.
type Selection struct {
	// Wanted chooses them; nil is all.
	Wanted func(*tree.Process) bool
	Below  bool // also all that descends from a wanted one
	Above  bool // also all ancestors of a wanted one
	Ended  bool // also those that have ended and were reaped, as far as known
	// Context says that a parent that is not selected is shown, once, above those that it
	// adopted, of which there may be hundreds, and a daemon above what it forked.
	Context bool
	// Threads gives the threads of a process; nil shows none.
	Threads func(events.ProcKey) []report.Thread
	// Jobs is what ps tells of each besides: of one look, which the model does not keep.
	Jobs map[events.ProcKey]*events.Job
}

// Forest returns the selected processes as trees. One whose parent is not selected
// is a root, and roots that are only there for others come last.
func Forest(m *tree.Model, s Selection) []*report.Node {
	wanted := s.choose(m)
	nodes := make(map[*tree.Process]*report.Node, len(wanted))
	var roots []*report.Node
	for p := range m.All() {
		if !wanted[p] {
			continue
		}
		n := s.node(m, p)
		nodes[p] = n
		parent, ok := p.Parent()
		if ok && nodes[parent] == nil && s.Context && (adopted(p, parent) || Label(parent) != "") {
			nodes[parent] = &report.Node{Process: parent.Describe(), Label: Label(parent), Context: true}
			roots = append(roots, nodes[parent])
		}
		switch {
		case !ok:
			roots = append(roots, n)
		case nodes[parent] == nil:
			said := parent.Describe()
			n.Outside = &said
			roots = append(roots, n)
		default:
			nodes[parent].Children = append(nodes[parent].Children, n)
		}
	}
	for _, n := range nodes {
		byAge(n.Children)
	}
	return byAge(roots)
}

// adopted reports whether the process has its parent since another one died.
func adopted(p, parent *tree.Process) bool {
	all := p.Adoptions()
	return len(all) > 0 && all[len(all)-1].To.Key == parent.Key
}

// byAge puts the oldest first: the model has them in the order in which they came
// to their parent.
func byAge(all []*report.Node) []*report.Node {
	slices.SortFunc(all, func(a, b *report.Node) int {
		if a.Context != b.Context {
			if a.Context {
				return 1
			}
			return -1
		}
		x, y := a.Process.Key, b.Process.Key
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.PID, y.PID))
	})
	return all
}

// choose walks parents before children, so that one pass finds what is below.
func (s Selection) choose(m *tree.Model) map[*tree.Process]bool {
	chosen := map[*tree.Process]bool{}
	for p := range m.All() {
		if !s.Ended && (p.State == tree.Exited || p.State == tree.Gone) && !HoldsLiving(p) && !p.Ending() {
			continue
		}
		parent, ok := p.Parent()
		if s.Wanted == nil || s.Wanted(p) || s.Below && ok && chosen[parent] {
			chosen[p] = true
		}
	}
	if !s.Above {
		return chosen
	}
	for p := range chosen {
		for up, ok := p.Parent(); ok && !chosen[up]; up, ok = up.Parent() {
			chosen[up] = true
		}
	}
	return chosen
}

// HoldsLiving reports whether an ended process still has a child that lives: a
// namespace's PID 1 that waits for its members.
func HoldsLiving(p *tree.Process) bool {
	for c := range p.Children() {
		if c.State == tree.Live {
			return true
		}
	}
	return false
}

var states = map[tree.State]report.State{
	tree.Placeholder: report.Unseen, tree.Live: report.Live, tree.Zombie: report.Zombie,
	tree.Gone: report.Gone, tree.Exited: report.Exited,
}

func (s Selection) node(m *tree.Model, p *tree.Process) *report.Node {
	n := newNode(m, p)
	n.Process.Job = s.Jobs[p.Key]
	if s.Threads != nil && n.State == report.Live {
		n.Threads = s.Threads(p.Key)
	}
	return n
}

var certainties = map[tree.Certainty]report.Certainty{
	tree.Unknown: report.Unknown, tree.Inferred: report.Inferred, tree.Predicted: report.Predicted, tree.Confirmed: report.Confirmed,
}

// State says how far a process is in its life.
func State(p *tree.Process) report.State {
	if p.Ending() {
		return report.Ending
	}
	return states[p.State]
}

func newNode(m *tree.Model, p *tree.Process) *report.Node {
	n := &report.Node{Process: p.Describe(), State: State(p), Label: Label(p), Certainty: certainties[m.Told(p)]}
	if len(n.Process.Chain) == 0 {
		n.Process.Chain = chainBelow(p)
	}
	if end, ok := p.End(); ok {
		n.Exit, n.LifetimeNS, n.Killer = &end.Status, end.LifetimeNS, end.Killer
	}
	n.ReparentedBefore = p.DroppedAdoptions()
	for _, a := range p.Adoptions() {
		n.Reparented = append(n.Reparented, report.Adoption{
			BootNS: a.AtNS, EndNS: a.EndNS, AfterNS: a.AfterNS,
			ReparentDetail: events.ReparentDetail{
				From: a.From, To: a.To, Reason: a.Reason, FromExit: a.FromExit, Confirmed: a.Confirmed,
			},
		})
	}
	return n
}

// chainBelow gives a process that was never seen itself its place when a child
// tells it: a child lives in its parent's PID namespace or in one below, so that
// the parent of one that is in the initial namespace is there, too.
func chainBelow(p *tree.Process) events.PIDChain {
	for c := range p.Children() {
		if chain := c.Chain(); len(chain) == 1 {
			return events.PIDChain{{NS: chain[0].NS, PID: p.Key.PID}}
		}
	}
	return nil
}
