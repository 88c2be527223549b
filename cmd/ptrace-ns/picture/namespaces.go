package picture

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Namespaces returns the hierarchy of PID namespaces; nowNS is the moment, in
// CLOCK_BOOTTIME, from which their ages are counted.
func Namespaces(m *tree.Model, nowNS uint64) []*report.Namespace {
	members := map[*tree.Namespace]int{}
	for p := range m.Processes() {
		members[p.Namespace()]++
	}
	known := map[*tree.Namespace]*report.Namespace{}
	var roots []*report.Namespace
	for ns := range m.Namespaces() {
		r := namespace(m, ns, nowNS)
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
			r.Args = i.Args
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
