package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// After a gap the births that waited are told before the pass, those too that came
// after it: they are not in it and live.
func TestBornAfterThePassToldBefore(t *testing.T) {
	k := newKernel(true)
	ghost := k.fork(k.init, 0)
	n := len(k.log)
	k.exit(ghost, killed)
	k.log = append(k.log[:n], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1}})
	n = len(k.log)
	k.snapshot()
	pass := k.log[n:]
	k.log = k.log[:n:n]
	young := k.fork(k.init, 0)
	m := New(Options{})
	apply(t, m, append(k.log, pass...))
	if p, _ := m.Process(young.key); p.State != Live {
		t.Errorf("who was born after the pass is %v", p.State)
	}
	if p, _ := m.Process(ghost.key); p.State != Gone {
		t.Errorf("who ended in the gap is %v", p.State)
	}
}

// A process is told once a pass.
func TestTwiceInAPass(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	k.log = nil
	k.emit(events.Snapshot, a)
	k.emit(events.Snapshot, a)
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
	_, told := fold(t, k.log)
	only(t, told, events.Snapshot)
}

// A namespace of which only the dead were ever seen did not end here.
func TestNamespaceOfZombiesIsNotTold(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	k.log = nil
	z := k.emit(events.Snapshot, init)
	z.Process.Zombie, z.Exit = true, &events.ExitDetail{Status: killed}
	end := &events.Event{Kind: events.SnapshotEnd, BootNS: k.now}
	k.log = append(k.log, end)
	m, _ := fold(t, k.log)
	if n := len(namespaces(m)); n != 2 {
		t.Fatalf("%d namespaces are known, want that of the zombie and the one above", n)
	}
	k.emit(events.Snapshot, k.init)
	k.log = append(k.log, end)
	m, told := fold(t, k.log)
	if n := len(of(told, events.PidnsDestroy)); n != 0 {
		t.Errorf("%d ends told", n)
	}
	if n := len(namespaces(m)); n != 1 {
		t.Errorf("%d namespaces are left, want the initial one", n)
	}
}

// Who is not in a recorded pass is gone only when all was read since the loss.
func TestRecallPassInPart(t *testing.T) {
	for missing, want := range map[int]State{-1: Gone, 2: Gone, 5: Live} {
		k := newKernel(true)
		a := k.fork(k.init, 0)
		b := k.fork(k.init, 0)
		k.log = append(k.log, &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1}})
		a.dead = true
		k.snapshot()
		k.emit(events.OOM, k.init)
		told := apply(t, New(Options{}), k.log)
		if len(told) != 7 || told[2].Process.Key != b.key || told[3].Kind != events.Lost || told[5].Kind != events.Snapshot {
			t.Fatalf("told %v", kinds(told))
		}
		m := New(Options{})
		for i, ev := range told {
			if i != missing {
				m.Recall(ev)
			}
		}
		p, _ := m.Process(a.key)
		if p.State != want {
			t.Errorf("without %d: who is not in the pass is %v, want %v", missing, p.State, want)
		}
		if sure := m.Certainty(p); want == Live && sure != Inferred {
			t.Errorf("his parent is %v", sure)
		}
	}
}
