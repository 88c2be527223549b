package picture

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Namespaces returns the hierarchy of PID namespaces; nowNS is the moment, in
// CLOCK_BOOTTIME, from which their ages are counted.
func Namespaces(m *tree.Model, nowNS uint64) []*report.Namespace {
	return hierarchy(m, m.Namespaces(), func(ns *tree.Namespace) *report.Namespace { return namespace(m, ns, nowNS) })
}

// NamespacesOf returns the hierarchy of the PID namespaces that the wanted processes
// live or lived in, those above included. One that is over is in it as long as the
// model knows one of its processes.
func NamespacesOf(m *tree.Model, nowNS uint64, wanted func(*tree.Process) bool) []*report.Namespace {
	ends := map[*tree.Namespace]uint64{} // the latest end of a member
	for p := range m.All() {
		if !wanted(p) {
			continue
		}
		end, _ := p.End()
		for ns := p.Namespace(); ns != nil; ns = ns.Parent {
			ends[ns] = max(ends[ns], end.AtNS)
		}
	}
	chosen := slices.SortedFunc(maps.Keys(ends), func(a, b *tree.Namespace) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Init.Key.Start, b.Init.Key.Start), cmp.Compare(a.ID.Inum, b.ID.Inum))
	})
	return hierarchy(m, slices.Values(chosen), func(ns *tree.Namespace) *report.Namespace {
		if ns.Level > 0 && ns.Dead() && ns.Unreaped == 0 {
			r := namespace(m, ns, ends[ns])
			r.Over, r.EndNS = true, ends[ns]
			return r
		}
		return namespace(m, ns, nowNS)
	})
}

// hierarchy puts namespaces, of which outer ones come first, below one another.
func hierarchy(m *tree.Model, all iter.Seq[*tree.Namespace], describe func(*tree.Namespace) *report.Namespace) []*report.Namespace {
	members := population(m)
	known := map[*tree.Namespace]*report.Namespace{}
	var roots []*report.Namespace
	for ns := range all {
		r := describe(ns)
		r.Members = members[ns]
		known[ns] = r
		if up := known[ns.Parent]; up != nil {
			up.Children = append(up.Children, r)
		} else {
			roots = append(roots, r)
		}
	}
	return roots
}

func namespace(m *tree.Model, ns *tree.Namespace, nowNS uint64) *report.Namespace {
	r := &report.Namespace{
		Info: ns.Info(), Init: ns.Init, Creator: ns.Creator, Via: ns.Via,
		Visible: ns.Members, Unreaped: ns.Unreaped, Dying: ns.Dying(),
	}
	if init, ok := ns.InitProcess(); ok {
		r.Init, r.Chain, r.Container = init.Ref(), init.Chain, init.Container
		if i := init.Image(); i != nil {
			r.Args, r.Exe = i.Args, i.Exe
		}
	} else if ns.Level == 0 && ns.Init.IsZero() {
		r.Init, r.Chain = hostInit(m, ns)
	}
	if start := r.Init.Key.Start; !r.Init.IsZero() && start < nowNS {
		r.AgeNS = nowNS - start
	}
	if !r.Dying {
		return r
	}
	r.DyingNS, _ = ns.EndedNS()
	if status, ok := ns.Exit(); ok {
		r.InitExit = &status
	}
	for p := range m.Blockers(ns) {
		w := report.Waiting{Process: p.Ref(), Zombie: p.State == tree.Zombie}
		if parent, ok := p.Parent(); ok {
			w.Parent = parent.Ref()
		}
		r.WaitingFor = append(r.WaitingFor, w)
	}
	return r
}

// hostInit finds the init of the initial namespace where only others name it: by
// its number, which there is the host's.
func hostInit(m *tree.Model, ns *tree.Namespace) (events.Ref, events.PIDChain) {
	for p := range m.All() {
		if p.Key.PID == 1 {
			return p.Ref(), events.PIDChain{{NS: ns.ID, PID: 1}}
		}
	}
	return events.Ref{}, nil
}
