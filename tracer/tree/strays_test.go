package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// N06: of members whose parents live outside the latest that ended are remembered, as many
// as are said to be, oldest first.
func TestN06LatestStrays(t *testing.T) {
	for _, n := range []int{2, keptStrays, keptStrays + 3} {
		k := newKernel(true)
		init := k.fork(k.init, cloneNewPID)
		outside := k.fork(k.init, 0)
		outside.children = init.ns
		var ended []events.ProcKey
		for range n {
			p := k.fork(outside, 0)
			k.die(p, killed)
			ended = append(ended, p.key)
		}
		k.die(init, killed)
		m := New(Options{})
		m.Looks()
		apply(t, m, k.log)
		dead, ok := m.MaybeUnreaped(init.key)
		if want := ended[max(0, n-64):]; !ok || !slices.Equal(dead, want) {
			t.Errorf("of %d: %d may be unreaped, want the latest %d", n, len(dead), len(want))
		}
	}
}
