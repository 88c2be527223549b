package tree

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A thread that unshares or enters a PID namespace does so for itself: its children tell
// of it, and the process's own namespaces stay.
func TestThreadsApart(t *testing.T) {
	m := newMover(t)
	other := m.fork(m.init, cloneNewPID)
	worker := m.p.key.PID + 1
	var first *task
	born := func(tid int32, flags uint64) {
		child := m.fork(m.p, flags)
		ev := m.lastBirth(child)
		ev.Fork.CreatorTID = tid
		if first == nil {
			first = child
		}
	}
	m.unshare(m.p)
	born(worker, 0)
	born(worker, 0)
	made := m.p.children.id.Inum
	m.setns(m.p, other)
	born(worker+1, 0)
	m.setns(m.p, m.p)
	born(worker, 0)
	born(worker+2, cloneNewPID)
	p := m.process()
	var got []string
	for _, a := range p.Apart() {
		got = append(got, fmt.Sprintf("%d %d %s", a.TID-worker, a.Pidns, a.Call))
	}
	want := []string{fmt.Sprintf("0 %d unshare", made), fmt.Sprintf("1 %d setns", other.ns.id.Inum)}
	if !slices.Equal(got, want) {
		t.Fatalf("threads apart %q, want %q", got, want)
	}
	if a := p.Apart()[0]; a.At.Child.Key != first.key {
		t.Errorf("seen by the birth of %v, want %v", a.At.Child, first.key)
	}
	if moves, _ := p.Moves(); len(moves) != 0 {
		t.Errorf("moves of the process: %+v, want none", moves)
	}
	model, _ := fold(t, m.log)
	if child, ok := model.Process(first.key); !ok || child.Birth().TID != worker {
		t.Errorf("the first child's creator is thread %d, want %d", child.Birth().TID, worker)
	}
}

// Of many threads the first are kept.
func TestThreadsApartBound(t *testing.T) {
	m := newMover(t)
	m.unshare(m.p)
	for i := range int32(keptApart + 5) {
		m.lastBirth(m.fork(m.p, 0)).Fork.CreatorTID = m.p.key.PID + 1 + i
	}
	all := m.process().Apart()
	if len(all) != keptApart || all[0].TID != m.p.key.PID+1 {
		t.Errorf("%d threads apart are kept, want the first %d", len(all), keptApart)
	}
}

// lastBirth returns the newborn's fork.
func (m *mover) lastBirth(child *task) *events.Event {
	m.t.Helper()
	for _, ev := range slices.Backward(m.log) {
		if ev.Kind == events.Fork && ev.Process.Key == child.key {
			return ev
		}
	}
	m.t.Fatal("the birth is not told")
	return nil
}
