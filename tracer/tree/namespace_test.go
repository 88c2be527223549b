package tree

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// both runs a test on kernels with and without namespace identities.
func both(t *testing.T, f func(t *testing.T, k *kernel)) {
	for _, withID := range []bool{true, false} {
		t.Run(fmt.Sprintf("ids=%v", withID), func(t *testing.T) { f(t, newKernel(withID)) })
	}
}

func namespaces(m *Model) []*Namespace { return slices.Collect(m.Namespaces()) }

// N01: created by whom, who was PID 1, who was reaped, and how it ended.
func TestN01UnshareAndReap(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		un := k.fork(k.init, 0)
		k.unshare(un)
		sh := k.fork(un, 0)
		s1, s2 := k.fork(sh, 0), k.fork(sh, 0)
		k.exit(sh, events.ExitStatus{Code: 3})
		k.exit(un, events.ExitStatus{Code: 3})
		m, told := fold(t, k.log)
		want := []string{
			"snapshot", "fork", "fork", "pidns_create", "fork", "fork", "exit",
			"signal", "pidns_reap", "signal", "pidns_reap", "exit", "exit", "pidns_destroy", "exit",
		}
		if got := kinds(told); !slices.Equal(got, want) {
			t.Fatalf("told %v\nwant %v", got, want)
		}
		c := told[3]
		if c.Process.Key != sh.key || c.Cause != 3 || c.Pidns.Via != "unshare" || c.Pidns.Creator.Key != un.key ||
			c.Pidns.NS.ID != sh.ns.id || c.Pidns.NS.Level != 1 || c.Pidns.NS.Parent != k.root.id {
			t.Errorf("create is %+v of %v", c.Pidns, c.Process.Key)
		}
		for i, victim := range []*task{s1, s2} {
			r := told[8+2*i]
			if r.Process.Key != victim.key || r.Pidns.Init.Key != sh.key || r.Cause != r.Seq-1 {
				t.Errorf("reap is %+v of %v", r.Pidns, r.Process.Key)
			}
			x := told[11+i]
			if kl := x.Exit.Killer; kl == nil || kl.Origin != events.OriginPidnsReap || kl.Sender.Key != sh.key {
				t.Errorf("killer is %+v", kl)
			}
		}
		d := told[13]
		if d.Process.Key != sh.key || d.Cause != 13 || d.Pidns.Reaped != 2 || len(d.Pidns.SurvivorsKilled) != 2 ||
			d.Pidns.Exit == nil || d.Pidns.Exit.Code != 3 || d.Pidns.ReapNS != told[12].BootNS-told[6].BootNS ||
			d.Pidns.LifetimeNS != d.BootNS-c.BootNS {
			t.Errorf("destroy is %+v of %v", d.Pidns, d.Process.Key)
		}
		if n := len(namespaces(m)); n != 1 {
			t.Errorf("%d namespaces left", n)
		}
	})
}

// N02: the kill may come before the init's own exit record, and nobody is killed
// twice.
func TestN02MultiThreadedInit(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	a := k.fork(init, 0)
	s := k.emit(events.Signal, a)
	s.Signal = &events.SignalDetail{Signal: sigKill, Sender: init.ref(), Origin: events.OriginPidnsReap, NSID: init.ns.id}
	k.log = append(k.log, s)
	init.ns.dying = true
	k.die(a, killed)
	k.die(init, events.ExitStatus{})
	_, told := fold(t, k.log)
	if n := len(of(told, events.PidnsReap)); n != 1 {
		t.Errorf("%d reaps told, want 1", n)
	}
	d := only(t, told, events.PidnsDestroy)
	if d.Pidns.Reaped != 1 || d.Pidns.ReapNS != 0 || d.Pidns.Exit == nil || d.Cause != d.Seq-1 {
		t.Errorf("destroy is %+v", d.Pidns)
	}
}

// N03: inner members die of the outer death, and each namespace ends once.
func TestN03Nested(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		outer := k.fork(k.init, cloneNewPID)
		mid := k.fork(outer, 0)
		inner := k.fork(mid, cloneNewPID)
		k.fork(inner, 0)
		k.exit(outer, killed)
		_, told := fold(t, k.log)
		reaps := of(told, events.PidnsReap)
		if len(reaps) != 3 {
			t.Fatalf("%d reaped, want 3", len(reaps))
		}
		for _, r := range reaps {
			if r.Pidns.Init.Key != outer.key {
				t.Errorf("%v reaped by %v", r.Process.Key, r.Pidns.Init)
			}
		}
		ends := of(told, events.PidnsDestroy)
		if len(ends) != 2 {
			t.Fatalf("%d ended, want 2", len(ends))
		}
		if in := ends[0].Pidns; in.Init.Key != inner.key || in.Reaped != 0 || *in.Exit != killed || in.NS.Level != 2 {
			t.Errorf("inner end is %+v", in)
		}
		if out := ends[1].Pidns; out.Init.Key != outer.key || out.Reaped != 3 {
			t.Errorf("outer end is %+v", out)
		}
	})
}

// N04: as deep as the kernel goes.
func TestN04Deep(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		p := k.init
		var first *task
		for range events.MaxLevels - 1 {
			p = k.fork(p, cloneNewPID)
			if first == nil {
				first = p
			}
		}
		m, told := fold(t, k.log)
		if n := len(of(told, events.PidnsCreate)); n != 32 {
			t.Errorf("%d created", n)
		}
		node, _ := m.Process(p.key)
		if ns := node.Namespace(); ns == nil || ns.Level != 32 || len(namespaces(m)) != 33 {
			t.Errorf("namespace is %+v of %d", ns, len(namespaces(m)))
		}
		k.exit(first, events.ExitStatus{})
		_, told = fold(t, k.log)
		if n := len(of(told, events.PidnsDestroy)); n != 32 {
			t.Errorf("%d destroyed", n)
		}
	})
}

// N07: the namespace ends with its only process.
func TestN07FirstChildExits(t *testing.T) {
	k := newKernel(false)
	un := k.fork(k.init, 0)
	k.unshare(un)
	a := k.fork(un, 0)
	k.exit(a, events.ExitStatus{})
	if k.fork(un, 0) != nil {
		t.Fatal("the test's kernel forks into a dead namespace")
	}
	_, told := fold(t, k.log)
	d := only(t, told, events.PidnsDestroy)
	if d.Pidns.Reaped != 0 || d.Pidns.ReapNS != 0 || d.Process.Key != a.key {
		t.Errorf("destroy is %+v", d.Pidns)
	}
}
