package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

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
