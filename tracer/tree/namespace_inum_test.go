package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

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
