package tree

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// mover is a process whose namespaces the test changes.
type mover struct {
	*kernel
	t *testing.T
	p *task
}

func newMover(t *testing.T) *mover {
	m := &mover{kernel: newKernel(true), t: t}
	m.p = m.fork(m.init, 0)
	m.last().Process.NS.Mnt, m.last().Process.NS.Net = 10, 20
	return m
}

func (m *mover) last() *events.Event { return m.log[len(m.log)-1] }

// call is a system call that succeeds, by the leader or another thread.
func (m *mover) call(kind events.Kind, flags uint64, thread int32) uint64 {
	ev := m.emit(kind, m.p)
	ev.Process.TID += thread
	ev.Syscall = &events.SyscallDetail{Name: kind.String(), Flags: flags, Arg: int64(flags)}
	return ev.BootNS
}

// shown is an exec that shows namespaces.
func (m *mover) shown(mnt, net uint32) uint64 {
	ev := m.exec(m.p, "/bin/p")
	ev.Process.NS.Mnt, ev.Process.NS.Net = mnt, net
	return ev.BootNS
}

func (m *mover) process() *Process {
	m.t.Helper()
	model, _ := fold(m.t, m.log)
	p, ok := model.Process(m.p.key)
	if !ok {
		m.t.Fatal("the process is not known")
	}
	return p
}

// want compares moves in short: the call, the kinds of both sights, what changed.
func (m *mover) want(want ...string) []Move {
	m.t.Helper()
	moves, _ := m.process().Moves()
	var got []string
	for _, mv := range moves {
		got = append(got, fmt.Sprintf("%s %s-%s %v", mv.Call, mv.After.Kind, mv.At.Kind, mv.Changes))
	}
	if !slices.Equal(got, want) {
		m.t.Errorf("got  %q\nwant %q", got, want)
	}
	return moves
}

// A call that was seen has its moment, and what a later record shows of it.
func TestMoveByCall(t *testing.T) {
	m := newMover(t)
	at := m.call(events.Unshare, cloneNewNS|0x200, 0)
	m.shown(11, 20)
	if moves := m.want("unshare unknown-unshare [{mnt 10 11}]"); moves[0].At.AtNS != at || moves[0].Flags != cloneNewNS || !moves[0].Seen() {
		t.Errorf("got %+v", moves[0])
	}
	// Of two the last one made it so, but for the one that may have been of any kind.
	m.call(events.Setns, cloneNewNet, 0)
	m.call(events.Unshare, cloneNewNet, 0)
	m.shown(11, 21)
	m.call(events.Setns, 0, 0)
	m.shown(12, 21)
	m.want("unshare unknown-unshare [{mnt 10 11}]", "setns unknown-setns []", "unshare unknown-unshare [{net 20 21}]", "setns unknown-setns [{mnt 11 12}]")
}

func TestMoveByOneOfTwo(t *testing.T) {
	m := newMover(t)
	m.call(events.Unshare, cloneNewNS, 0)
	m.call(events.Setns, 0, 0)
	m.shown(11, 20)
	m.want("unshare unknown-unshare []", "setns unknown-setns []", " fork-exec [{mnt 10 11}]")
}

// What no call explains came between two records; a call of another thread does not.
func TestMoveUnseen(t *testing.T) {
	m := newMover(t)
	born := m.last().BootNS
	m.call(events.Unshare, 0x200, 0) // CLONE_FS alone makes no namespace
	m.call(events.Unshare, cloneNewNS, 1)
	at := m.shown(11, 21)
	moves := m.want(" fork-exec [{mnt 10 11} {net 20 21}]")
	if mv := moves[0]; mv.After.AtNS != born || mv.At.AtNS != at || mv.Seen() {
		t.Errorf("got %+v", mv)
	}
	if n := m.process().ThreadMoves(); n != 1 {
		t.Errorf("%d calls of threads, want 1", n)
	}
	m.call(events.Unshare, cloneNewNS, 0)
	m.last().Syscall.Ret = -1
	m.shown(11, 21)
	m.want(" fork-exec [{mnt 10 11} {net 20 21}]")
}

// Where children are born tells which call it was.
func TestMoveOfTheChildren(t *testing.T) {
	m := newMover(t)
	other := m.fork(m.init, cloneNewPID)
	m.unshare(m.p)
	first := m.fork(m.p, 0)
	own, made, others := m.p.ns.id.Inum, m.p.children.id.Inum, other.ns.id.Inum
	unshared := fmt.Sprintf("unshare fork-fork [{pid_for_children %d %d}]", own, made)
	if moves := m.want(unshared); moves[0].At.Child.Key != first.key {
		t.Errorf("seen by %v, want %v", moves[0].At.Child, first.key)
	}
	m.setns(m.p, other)
	m.fork(m.p, 0)
	m.setns(m.p, m.p)
	m.fork(m.p, 0)
	m.want(unshared, fmt.Sprintf("setns fork-fork [{pid_for_children %d %d}]", made, others),
		fmt.Sprintf("setns fork-fork [{pid_for_children %d %d}]", others, own))
}

// Once records were lost, a birth does not tell the call.
func TestMoveAfterLoss(t *testing.T) {
	m := newMover(t)
	m.log = append(m.log, &events.Event{Kind: events.Lost, BootNS: m.now, Lost: &events.LostDetail{Count: 1}})
	m.unshare(m.p)
	m.fork(m.p, 0)
	m.want(fmt.Sprintf(" fork-fork [{pid_for_children %d %d}]", m.p.ns.id.Inum, m.p.children.id.Inum))
}

// A record that waited while a later one was read does not take anything back.
func TestMoveOlderRecord(t *testing.T) {
	m := newMover(t)
	m.shown(10, 20)
	m.last().BootNS -= 1
	older := *m.last()
	m.shown(11, 20)
	m.log = append(m.log, &older)
	m.want(" exec-exec [{mnt 10 11}]")
	if p := m.process(); p.NS().Mnt != 11 {
		t.Errorf("mnt is %d, want 11", p.NS().Mnt)
	}
}

func TestMovesKept(t *testing.T) {
	m := newMover(t)
	for range keptMoves + 3 {
		m.call(events.Unshare, cloneNewNS, 0)
	}
	if moves, before := m.process().Moves(); len(moves) != keptMoves || before != 3 {
		t.Errorf("%d are kept and %d were before", len(moves), before)
	}
}

func TestReaping(t *testing.T) {
	m := newMover(t)
	born := m.last().BootNS
	want := func(want Reaping) {
		t.Helper()
		if got := m.process().Reaping(); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	want(Reaping{})
	m.p.subreaper = true
	seen := m.shown(10, 20)
	want(Reaping{AfterNS: born, FromNS: seen})
	m.p.subreaper = false
	until := m.call(events.Subreaper, 0, 0)
	want(Reaping{AfterNS: born, FromNS: seen, UntilNS: until, EndedCall: true})
	m.p.subreaper = true
	called := m.call(events.Subreaper, 1, 0)
	m.shown(10, 20)
	want(Reaping{AfterNS: seen, FromNS: called, BeganCall: true})
}

// Who gets an orphan as its subreaper is one, and was before.
func TestReapingByAdoption(t *testing.T) {
	m := newMover(t)
	born := m.last().BootNS
	child := m.fork(m.p, 0)
	m.becomeSubreaper(m.p)
	m.fork(child, 0)
	m.exit(child, events.ExitStatus{})
	ended := m.last().BootNS
	got := m.process().Reaping()
	if got.FromNS != ended || got.AfterNS < born || got.BeganCall {
		t.Errorf("got %+v, want it seen at %d", got, ended)
	}
}
