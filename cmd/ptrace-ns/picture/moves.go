package picture

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// addMoves tells how the process changed its own namespaces, and since when it is a
// subreaper.
func addMoves(l *report.Life, p *tree.Process) {
	moves, before := p.Moves()
	told := false
	for _, mv := range moves {
		r := report.Move{Call: mv.Call, Flags: mv.Flags, After: sight(mv.After), At: sight(mv.At), Exact: mv.Seen()}
		for _, c := range mv.Changes {
			r.Changes = append(r.Changes, report.NSChange{Name: c.Name, From: c.From, To: c.To})
		}
		l.Moves = append(l.Moves, r)
		told = told || slices.ContainsFunc(mv.Changes, func(c tree.Change) bool {
			return c.Name == "pid_for_children" && c.To == p.NS().PIDForChildren
		})
	}
	l.MovesBefore, l.ThreadMoves = before, p.ThreadMoves()
	for _, a := range p.Apart() {
		l.ThreadsApart = append(l.ThreadsApart, report.ThreadApart{TID: a.TID, Pidns: a.Pidns, Call: a.Call, At: sight(a.At)})
	}
	if born := p.NS().PIDForChildren; born != 0 && p.NS().PID != 0 && born != p.NS().PID && !told {
		l.ChildrenPidns = born
	}
	if r := p.Reaping(); r.FromNS != 0 {
		l.Reaping = &report.Reaping{
			AfterNS: r.AfterNS, FromNS: r.FromNS, UntilNS: r.UntilNS, BeganCall: r.BeganCall, EndedCall: r.EndedCall,
		}
	}
}

func sight(s tree.Sight) report.Sight {
	return report.Sight{BootNS: s.AtNS, Kind: s.Kind, Child: s.Child}
}
