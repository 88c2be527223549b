package tree

import (
	"fmt"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// BenchmarkFind measures what is found of a few processes beside a crowd: those of a
// container, and a namespace's members.
func BenchmarkFind(b *testing.B) {
	for _, n := range sizes[:3] {
		c := newCrowd(n)
		box := events.NSID{Inum: 7, ID: 7}
		var init *Process
		for nr := range int32(3) {
			key := events.ProcKey{PID: c.pid + 1 + nr, Start: c.now}
			ev := &events.Event{Kind: events.Fork, BootNS: c.now, Fork: &events.ForkDetail{}, Process: events.Process{
				Key: key, Comm: "box", Full: true, Parent: c.init, Cgroup: events.Cgroup{ID: 9}, Container: &events.Container{ID: "box"},
				Chain: events.PIDChain{{NS: c.chain[0].NS, PID: key.PID}, {NS: box, PID: nr + 1}},
			}}
			if err := c.m.Apply(ev, c.tell); err != nil {
				b.Fatal(err)
			}
			if nr == 0 {
				init, _ = c.m.Process(key)
			}
		}
		b.Run(fmt.Sprintf("container/live=%d", n), func(b *testing.B) {
			known := [2]*events.Event{}
			for i := range known {
				known[i] = &events.Event{Kind: events.ContainerKnown, Process: events.Process{Container: &events.Container{ID: "box", Name: fmt.Sprint(i)}}}
			}
			for i := range b.N {
				if err := c.m.Apply(known[i%2], c.tell); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("members/live=%d", n), func(b *testing.B) {
			found := 0
			for range b.N {
				for range c.m.Blockers(init.ns) {
					found++
				}
			}
			if found != 2*b.N {
				b.Errorf("%d found in %d rounds, want 2 in each", found, b.N)
			}
		})
	}
}
