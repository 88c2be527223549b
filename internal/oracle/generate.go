package oracle

import (
	"slices"

	"pgregory.net/rapid"
)

// weights say how often each kind of operation is drawn: births and deaths must
// keep a crowd alive, and most namespaces should live for a while.
var weights = [kinds]int{
	Rest: 1, Fork: 6, Vfork: 3, CloneParent: 3, NewPID: 3, SetTID: 4, DoubleFork: 3,
	StartThread: 3, EndThread: 2, EndLeader: 2, Exec: 3, ThreadExec: 2, Unshare: 3, Setns: 4,
	Subreaper: 3, Disposition: 2, Kill: 5, Stop: 2, Exit: 3, ThreadExit: 2, Rename: 1, Reap: 6,
	FewPIDs: 1, Fault: 2, ParentDeath: 2,
}

// Workload draws a list of operations.
func Workload() *rapid.Generator[[]Op] {
	// The first of a bag are drawn more often than the last: one of each comes first.
	var bag []Kind
	for round := range slices.Max(weights[:]) {
		for kind, weight := range weights {
			if weight > round {
				bag = append(bag, Kind(kind))
			}
		}
	}
	kind, which := rapid.SampledFrom(bag), rapid.Uint8()
	op := rapid.Custom(func(t *rapid.T) Op {
		return Op{kind.Draw(t, "kind"), which.Draw(t, "a"), which.Draw(t, "b"), which.Draw(t, "c")}
	})
	return rapid.SliceOfN(op, 60, 180)
}
