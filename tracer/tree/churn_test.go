package tree

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// containerLife is a container from its shim to its end: a namespace and one in it,
// an orphan that a subreaper gets, one that PID 1 gets, a process put in from outside
// who is reaped late, signals outlived and deadly.
func (k *kernel) containerLife(n int) (init, nested *task, stray Unreaped) {
	daemon := k.fork(k.init, 0)
	shim := k.fork(daemon, 0)
	k.becomeSubreaper(shim)
	runc := k.fork(shim, 0)
	k.exec(runc, "/usr/bin/runc", "runc", "create")
	init = k.fork(runc, cloneNewPID)
	k.exit(runc, events.ExitStatus{})
	init.container = &events.Container{ID: fmt.Sprintf("%064d", n), Runtime: "runc"}
	k.exec(init, "/bin/sh", "sh")
	worker := k.fork(init, 0)
	k.fork(worker, 0)
	k.exit(worker, events.ExitStatus{Code: 1})
	nested = k.fork(init, cloneNewPID)
	k.fork(nested, 0)
	outside := k.fork(shim, 0)
	outside.children = init.ns
	put := k.fork(outside, 0)
	for range 2 * keptPriors {
		k.kill(shim, init, 15).Signal.Result = events.SignalIgnored
	}
	k.kill(shim, init, sigKill)
	k.exit(init, killed)
	k.exit(outside, events.ExitStatus{})
	k.exit(shim, killed)
	k.exit(daemon, events.ExitStatus{})
	return init, nested, Unreaped{put.key, k.init.key.PID}
}

// TestContainerChurnIsFlat is TestChurnIsFlat for all that is kept besides processes:
// namespaces, containers, changes of parent, signals, members that wait to be reaped.
func TestContainerChurnIsFlat(t *testing.T) {
	for _, looks := range []bool{false, true} {
		t.Run(fmt.Sprintf("looks=%v", looks), func(t *testing.T) {
			k := newKernel(true)
			m := New(Options{})
			if looks {
				m.Looks()
			}
			tell := func(*events.Event) error { return nil }
			round := func(n int) {
				init, nested, stray := k.containerLife(n)
				for _, ev := range k.log {
					if err := m.Apply(ev, tell); err != nil {
						t.Fatal(err)
					}
				}
				k.log = k.log[:0]
				k.tasks = slices.DeleteFunc(k.tasks, func(t *task) bool { return t.dead })
				if looks {
					if err := m.SawWaiting(init.key, []Unreaped{stray}, k.now, tell); err != nil {
						t.Fatal(err)
					}
					if p, ok := m.Process(init.key); !ok || len(p.Namespace().Awaited()) != 1 {
						t.Fatalf("round %d: known %v, awaits nobody", n, ok)
					}
					for _, left := range []*task{nested, init} {
						if err := m.SawLeft(left.key, true, k.now, tell); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			rounds := 0
			churn := func(times int) uint64 {
				for range times {
					rounds++
					round(rounds)
				}
				return heap()
			}
			before := churn(DefaultKeep)
			known := m.Stats()
			after := churn(4 * DefaultKeep)
			if after > before+before/4+64<<10 {
				t.Errorf("heap grew from %d to %d bytes", before, after)
			}
			if s := m.Stats(); s.Known != known.Known || s.Live != 1 || s.Mispredicted+s.Refused+s.Vanished > 0 {
				t.Errorf("stats are %+v, were %+v", s, known)
			}
			namespaces := slices.Collect(m.Namespaces())
			for name, n := range map[string]int{
				"namespaces": len(namespaces) - 1, "by inum": len(m.nsByInum) - 1, "by id": len(m.nsByID) - 1, "containers": len(m.containers),
			} {
				if n != 0 {
					t.Errorf("%d %s are left", n, name)
				}
			}
			runtime.KeepAlive(m)
		})
	}
}
