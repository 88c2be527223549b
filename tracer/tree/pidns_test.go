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

// N05: one inum after the other, many namespaces.
func TestN05RecycledInum(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		m := New(Options{Keep: 16})
		apply(t, m, k.log)
		const rounds = 1000
		var created, destroyed int
		inums := map[uint32]bool{}
		for range rounds {
			k.log = k.log[:0]
			p := k.fork(k.init, cloneNewPID)
			k.fork(p, 0)
			k.exit(p, events.ExitStatus{})
			for _, e := range apply(t, m, k.log) {
				switch e.Kind {
				case events.PidnsCreate:
					created++
					inums[e.Pidns.NS.ID.Inum] = true
				case events.PidnsDestroy:
					destroyed++
				}
			}
			k.tasks = k.tasks[:1]
		}
		if created != rounds || destroyed != rounds || len(inums) != 1 {
			t.Errorf("%d created, %d destroyed, %d inums", created, destroyed, len(inums))
		}
		if s := m.Stats(); s.Known > 32 || len(namespaces(m)) != 1 {
			t.Errorf("%d known, %d namespaces", s.Known, len(namespaces(m)))
		}
	})
}

// A number 1 in a known inum is a new namespace although the old one's end was
// lost.
func TestN05RecycledInumAfterLoss(t *testing.T) {
	k := newKernel(false)
	old := k.fork(k.init, cloneNewPID)
	n := len(k.log)
	k.exit(old, events.ExitStatus{})
	k.log = k.log[:n] // lost
	fresh := k.fork(k.init, cloneNewPID)
	if fresh.ns.id != old.ns.id {
		t.Fatal("the inum was not recycled")
	}
	m, told := fold(t, k.log)
	if n := len(of(told, events.PidnsCreate)); n != 2 {
		t.Errorf("%d created, want 2", n)
	}
	a, _ := m.Process(old.key)
	b, _ := m.Process(fresh.key)
	if a.Namespace() == b.Namespace() {
		t.Error("two namespaces were merged")
	}
}

// A number's owner ended in a gap, and members of the next owner came before its
// PID 1: they are found to be its own once a pass has shown them all.
func TestN05RejoinAfterPass(t *testing.T) {
	k := newKernel(false)
	old := k.fork(k.init, cloneNewPID)
	n := len(k.log)
	k.exit(old, events.ExitStatus{})
	fresh := k.fork(k.init, cloneNewPID)
	member := k.fork(fresh, 0)
	inner := k.fork(member, cloneNewPID)
	k.log = append(k.log[:n], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 4}})
	k.exec(member, "/bin/member")
	k.exec(inner, "/bin/inner")
	m := New(Options{})
	apply(t, m, k.log)
	wrong, _ := m.Process(member.key)
	if wrong.Namespace().Init.Key != old.key {
		t.Fatal("the member is not taken for one of the number's former owner")
	}
	n = len(k.log)
	k.snapshot()
	told := apply(t, m, k.log[n:])
	for _, p := range []*task{fresh, member, inner} {
		at, _ := m.Process(p.key)
		if ns := at.Namespace(); ns.Init.Key != p.ns.reaper.key || ns.Members != p.ns.members {
			t.Errorf("%v is in the namespace of %v with %d members, want %v with %d", p.key, ns.Init, ns.Members, p.ns.reaper.key, p.ns.members)
		}
	}
	if at, _ := m.Process(inner.key); at.Namespace().Parent.Init.Key != fresh.key {
		t.Errorf("the inner namespace is within that of %v", at.Namespace().Parent.Init)
	}
	if end := only(t, told, events.PidnsDestroy); end.Pidns.Init.Key != old.key {
		t.Errorf("the namespace of %v is told to have ended", end.Pidns.Init)
	}
	if n := len(namespaces(m)); n != 3 {
		t.Errorf("%d namespaces, want the initial, the fresh and the inner", n)
	}
	r := newRecaller(t)
	k.emit(events.OOM, k.init) // with which the recorded pass is over
	for _, ev := range k.log {
		r.apply(ev)
	}
	r.wantEqual("after the pass")
}

// N06: injected processes belong to the outside until they have children.
func TestN06Injected(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	shim := k.fork(k.init, 0)
	shim.subreaper = true
	injector := k.fork(shim, 0)
	injector.children = init.ns
	injected := k.fork(injector, 0)
	child := k.fork(injected, 0)
	k.exit(injector, events.ExitStatus{})
	m, told := fold(t, k.log)
	e := only(t, told, events.PidnsEnter)
	if e.Process.Key != injected.key || e.Pidns.Via != "setns" || e.Pidns.NS.ID != init.ns.id ||
		e.Pidns.Init.Key != init.key || e.Pidns.Creator.Key != injector.key {
		t.Errorf("enter is %+v of %v", e.Pidns, e.Process.Key)
	}
	r := only(t, told, events.Reparent)
	if r.Process.Key != injected.key || r.Reparent.To.Key != shim.key || r.Reparent.Reason != events.ReparentSubreaper {
		t.Errorf("reparent is %+v", r.Reparent)
	}
	wantParent(t, m, injected, shim, Predicted)

	n := len(k.log)
	k.exit(injected, events.ExitStatus{})
	told = apply(t, m, k.log[n:])
	moves := of(told, events.Reparent)
	if len(moves) != 2 || moves[0].Process.Key != injected.key || !moves[0].Reparent.Confirmed {
		t.Fatalf("its own record confirms its parent, then its child moves: %v", kinds(moves))
	}
	r = moves[1]
	if r.Reparent.To.Key != init.key || r.Reparent.Reason != events.ReparentPidnsInit {
		t.Errorf("reparent is %+v", r.Reparent)
	}
	wantParent(t, m, child, init, Predicted)
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

// A second child of the one that unshared comes into a namespace that is there,
// but not by setns.
func TestEnterOwnUnshared(t *testing.T) {
	k := newKernel(true)
	un := k.fork(k.init, 0)
	k.unshare(un)
	k.fork(un, 0)
	second := k.fork(un, 0)
	_, told := fold(t, k.log)
	if e := only(t, told, events.PidnsEnter); e.Process.Key != second.key || e.Pidns.Via != "" {
		t.Errorf("enter via %q", e.Pidns.Via)
	}
}

// N08: two levels down at once, every level is there.
func TestN08TwoLevelsDown(t *testing.T) {
	both(t, func(t *testing.T, k *kernel) {
		outer := k.fork(k.init, cloneNewPID)
		inner := k.fork(outer, cloneNewPID)
		k.log = k.log[:2] // nothing of the two was seen
		enter := k.fork(k.init, 0)
		enter.children = inner.ns
		p := k.fork(enter, 0)
		m, told := fold(t, k.log)
		if e := only(t, told, events.PidnsEnter); e.Pidns.NS.Level != 2 || e.Pidns.NS.Parent != outer.ns.id {
			t.Errorf("enter is %+v", e.Pidns)
		}
		if n := len(of(told, events.PidnsCreate)); n != 0 {
			t.Errorf("%d created, and none was", n)
		}
		node, _ := m.Process(p.key)
		if ns := node.Namespace(); ns.Parent == nil || ns.Parent.ID != outer.ns.id || len(namespaces(m)) != 3 {
			t.Errorf("namespace is %+v of %d", ns, len(namespaces(m)))
		}
	})
}
