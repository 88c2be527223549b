package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A PID of nobody who is known is no parent, and not the idle task either.
func TestRecallUnknownParent(t *testing.T) {
	m := New(Options{})
	key := events.ProcKey{PID: 7, Start: 70}
	ev := &events.Event{Seq: 1, BootNS: 80, Kind: events.OOM, Process: events.Process{
		Key: key, TID: 7, Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 7}}, Parent: events.Ref{Key: events.ProcKey{PID: 3}},
	}}
	m.Recall(ev)
	p, ok := m.Process(key)
	if !ok || p.State != Live || m.Certainty(p) != Unknown {
		t.Fatalf("process %+v, parent %v", p, m.Certainty(p))
	}
	if _, ok := p.Parent(); ok || m.Stats().Known != 1 {
		t.Errorf("%d processes are known", m.Stats().Known)
	}
	if ev.Process.Parent.Key.PID != 3 {
		t.Error("the event was changed")
	}
}

// What the records of a stream leave out, what followed from them says.
func TestRecallDerivedAlone(t *testing.T) {
	k := newKernel(true)
	sub := k.fork(k.init, 0)
	k.becomeSubreaper(sub)
	a := k.fork(sub, 0)
	init := k.fork(a, cloneNewPID)
	k.log[len(k.log)-1].Fork.Syscall = "clone3"
	member := k.fork(init, 0)
	k.exit(a, killed)
	k.contain(init, "c1")
	k.execIn(init, "app", "c1")
	told := apply(t, New(Options{}), k.log)
	first := len(told)
	k.exit(init, events.ExitStatus{Code: 4})
	told = apply(t, New(Options{}), k.log)
	m, raw := New(Options{}), New(Options{})
	recall := func(all []*events.Event) {
		for _, ev := range all {
			if ev.Kind.Derived() {
				m.Recall(ev)
				if p := m.find(ev.Process.Key); ev.Kind == events.PidnsReap && (p == nil || p.few().reapedIn == nil) {
					t.Errorf("%v is not known to be killed by the end of its namespace", ev.Process.Key)
				}
			} else {
				raw.Recall(ev)
			}
		}
	}
	recall(told[:first])
	p, ok := m.Process(init.key)
	if !ok || p.State != Live || len(p.Adoptions()) != 1 || p.Adoptions()[0].To.Key != sub.key || p.Adoptions()[0].Reason != events.ReparentSubreaper {
		t.Fatalf("the init is %+v", p)
	}
	wantParent(t, m, init, sub, Inferred) // for much is missing
	ns := p.Namespace()
	if !ns.Born || ns.Via != "clone3" || ns.Creator.Key != a.key || ns.ID != init.ns.id || ns.Init.Key != init.key {
		t.Errorf("the namespace is %+v", ns)
	}
	if p.Container == nil || m.containers["c1"].init != init.key {
		t.Errorf("container %+v, %v", p.Container, m.containers)
	}
	recall(told[first:])
	if end, ok := p.End(); !ok || end.Status.Code != 4 || p.State != Exited {
		t.Errorf("the init is %v, ended %+v", p.State, end)
	}
	if v, ok := m.Process(member.key); ok && v.State == Live {
		t.Error("a member lives in a namespace that is no more")
	}
	for _, m := range []*Model{m, raw} {
		if n := len(namespaces(m)); n != 1 || len(m.containers) != 0 {
			t.Errorf("%d namespaces, containers %v", n, m.containers)
		}
	}
}

// What lines of a recording do not have is found: a namespace's identity in what was
// told of its birth, and the parent that waits in its exit and holds no PID any more.
func TestRecallFindsWhatLinesLack(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	k.log[len(k.log)-1].Process.PidnsOwner = 77
	member := k.fork(init, 0)
	k.die(init, killed) // its member is not killed yet
	k.log = append(k.log, &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1}})
	k.emit(events.OOM, member)
	r := newRecaller(t)
	r.thin = asRead
	for _, ev := range k.log {
		r.apply(ev)
	}
	wantParent(t, r.told, member, init, Confirmed)
	wantParent(t, r.by, member, init, Confirmed)
	p, _ := r.by.Process(member.key)
	if ns := p.Namespace(); ns.ID != init.ns.id || ns.UserNS != 77 || r.by.nsByID[init.ns.id.ID] != ns {
		t.Errorf("the namespace is %+v", ns)
	}
}

// The end of a namespace that was lost is told late, when a PID is another's or a look
// finds nobody: its inode number may be another namespace's by then, even one of which
// no PID 1 was seen.
func TestRecallLateEndOfRecycledInum(t *testing.T) {
	k := newKernel(false)
	old := k.fork(k.init, cloneNewPID)
	outer := k.fork(k.init, cloneNewPID)
	n := len(k.log)
	k.exit(old, events.ExitStatus{})
	member := k.fork(k.fork(outer, cloneNewPID), 0)
	if member.ns.id != old.ns.id || member.ns.level == old.ns.level {
		t.Fatal("the inum was not recycled one level deeper")
	}
	birth := k.log[len(k.log)-1]
	k.maxPID, k.lastPID = 2, 1
	heir := k.fork(k.init, 0) // takes the old init's PID
	if heir.key.PID != old.key.PID {
		t.Fatal("the PID was not recycled")
	}
	k.log = append(k.log[:n], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 3}}, birth, k.log[len(k.log)-1])
	r := newRecaller(t)
	for _, ev := range k.log {
		r.apply(ev)
	}
	if _, ok := r.told.Process(member.key); !ok {
		t.Fatal("the member is not known")
	}
	r.wantEqual("after the late end")
}
