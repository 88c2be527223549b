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
	roots := hierarchy(m, m.Namespaces(), func(ns *tree.Namespace) *report.Namespace { return namespace(m, ns, nowNS) })
	addHeld(m, roots)
	return roots
}

// addHeld puts the namespaces in which no process lives, but of which some know that
// their children are to be born there, below those of these processes: unshare takes the
// caller's own for the parent (copy_pid_ns, kernel/pid_namespace.c), and none can be
// entered before it has a PID 1 (pidns_for_children_get).
func addHeld(m *tree.Model, roots []*report.Namespace) {
	known, held := map[uint32]*report.Namespace{}, map[uint32]*report.Namespace{}
	var note func([]*report.Namespace)
	note = func(all []*report.Namespace) {
		for _, ns := range all {
			known[ns.Info.ID.Inum] = ns
			note(ns.Children)
		}
	}
	note(roots)
	for p := range m.All() {
		ns := p.Namespace()
		if ns == nil || !ns.Dead() {
			continue
		}
		if _, shown := known[ns.ID.Inum]; !shown {
			known[ns.ID.Inum] = nil // over, and its number is taken while somebody holds it
		}
	}
	for p := range m.Processes() {
		inum := p.NS().PIDForChildren
		up := known[p.Chain().Own().NS.Inum]
		if _, shown := known[inum]; shown || inum == 0 || up == nil {
			continue
		}
		ns := held[inum]
		if ns == nil {
			ns = &report.Namespace{Info: events.NSInfo{ID: events.NSID{Inum: inum}, Level: up.Info.Level + 1, Parent: up.Info.ID}}
			held[inum] = ns
			up.Children = append(up.Children, ns)
		}
		ns.Holders = append(ns.Holders, p.Ref())
	}
}

// NamespacesEver is Namespaces with those that are over, as long as the model knows one
// of their processes.
func NamespacesEver(m *tree.Model, nowNS uint64) []*report.Namespace {
	roots := NamespacesOf(m, nowNS, func(*tree.Process) bool { return true })
	addHeld(m, roots)
	return roots
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
		return ended(m, ns, ends[ns], nowNS)
	})
}

// ended is a namespace as it is now or, when nothing is left of it, as it was at its
// end: at lastNS, 0 for not known, or when its PID 1 waited no longer.
func ended(m *tree.Model, ns *tree.Namespace, lastNS, nowNS uint64) *report.Namespace {
	if ns.Level == 0 || !ns.Dead() || ns.Unreaped > 0 || ns.Waits() || m.Looked() && !ns.Left() {
		return namespace(m, ns, nowNS)
	}
	end := max(lastNS, ns.LeftNS())
	r := namespace(m, ns, end)
	r.Over, r.EndNS = true, end
	if !m.Looked() {
		r.Unsure = len(ns.Strays())
	}
	return r
}

// hierarchy puts namespaces, of which outer ones come first, below one another.
func hierarchy(m *tree.Model, all iter.Seq[*tree.Namespace], describe func(*tree.Namespace) *report.Namespace) []*report.Namespace {
	members, inside := population(m), containers(m)
	known := map[*tree.Namespace]*report.Namespace{}
	var roots []*report.Namespace
	for ns := range all {
		r := describe(ns)
		r.Members, r.Containers = members[ns], inside[ns]
		known[ns] = r
		if up := known[ns.Parent]; up != nil {
			up.Children = append(up.Children, r)
		} else {
			roots = append(roots, r)
		}
	}
	return roots
}

// containers lists, for each PID namespace, the containers that its members are in, its
// init's first: those of a pod may share one.
func containers(m *tree.Model) map[*tree.Namespace][]*events.Container {
	all := map[*tree.Namespace][]*events.Container{}
	for p := range m.Processes() {
		ns, c := p.Namespace(), p.Container
		if ns == nil || c == nil || slices.ContainsFunc(all[ns], c.Equal) {
			continue
		}
		if init, ok := ns.InitProcess(); ok && init == p {
			all[ns] = slices.Insert(all[ns], 0, c)
		} else {
			all[ns] = append(all[ns], c)
		}
	}
	return all
}

func namespace(m *tree.Model, ns *tree.Namespace, nowNS uint64) *report.Namespace {
	r := &report.Namespace{
		Info: ns.Info(), Init: ns.Init, Creator: ns.Creator, Via: ns.Via,
		Visible: ns.Members, Unreaped: ns.Unreaped, Dying: ns.Dying(),
	}
	if ns.Born {
		r.BornNS = ns.BornNS
	}
	if init, ok := ns.InitProcess(); ok {
		r.Init, r.Chain, r.Container = init.Ref(), init.Chain(), init.Container
		r.InitWaits, r.HasUID, r.UID = init.Ending(), init.HasIDs, init.UID
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
	r.Killed = ns.Killed()
	if end := ns.EmptyNS(); end > r.DyingNS {
		r.ReapNS = end - r.DyingNS
	}
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
	for _, a := range ns.Awaited() {
		if !slices.ContainsFunc(r.WaitingFor, func(w report.Waiting) bool { return w.Process.Key == a.Process.Key }) {
			r.WaitingFor = append(r.WaitingFor, report.Waiting{Process: a.Process, Parent: a.Parent, Zombie: true})
		}
	}
	return r
}

// hostInit finds the init of the initial namespace where only others name it: by
// its number, which there is the host's.
func hostInit(m *tree.Model, ns *tree.Namespace) (events.Ref, events.PIDChain) {
	p, ok := m.ByPID(1) // which nobody has after it
	if !ok {
		return events.Ref{}, nil
	}
	return p.Ref(), events.PIDChain{{NS: ns.ID, PID: 1}}
}
