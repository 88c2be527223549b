package forest

import (
	"fmt"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func (g *graph) namespaces(roots []*report.Namespace) {
	for _, ns := range roots {
		g.namespace(ns)
	}
}

// namespace writes a PID namespace and those below it and returns its number.
func (g *graph) namespace(ns *report.Namespace) int {
	id := g.add(&g.host, namespaceLabel(ns))
	for _, c := range ns.Children {
		g.join(g.to.edge, id, g.namespace(c))
	}
	return id
}

// namespaceLabel is the namespace's number, its PID 1, who made it and how it stands.
func namespaceLabel(ns *report.Namespace) []string {
	lines := []string{fmt.Sprintf("PID namespace %d, level %d", ns.Info.ID.Inum, ns.Info.Level)}
	if !ns.Init.IsZero() {
		pids := words.Chain(ns.Chain, ">")
		if pids == "" {
			pids = fmt.Sprint(ns.Init.Key.PID)
		}
		lines = append(lines, "init "+pids+" "+words.Name(ns.Init.Comm))
	}
	if ns.Container != nil {
		lines = append(lines, label(ns.Container))
	}
	if !ns.Creator.IsZero() {
		lines = append(lines, "made by "+words.Ref(ns.Creator))
	}
	switch {
	case ns.Over:
		lines = append(lines, "over")
	case ns.Dying:
		lines = append(lines, "dying")
	default:
		lines = append(lines, words.Count(ns.Members, "member", "members"))
	}
	if ns.InitExit != nil {
		lines = append(lines, "its PID 1 "+words.Status(*ns.InitExit))
	}
	return lines
}
