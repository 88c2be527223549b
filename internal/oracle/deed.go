package oracle

import (
	"fmt"
	"slices"
)

// What processes do to themselves.

func (w *World) living() (count int) {
	for _, n := range w.nodes {
		if n.Alive {
			count++
		}
	}
	return count
}

// pick returns one of the living that are fit, nil when there is none.
func (w *World) pick(which uint8, fit func(*node) bool) *node {
	var some []*node
	for _, n := range w.nodes {
		if n.Alive && fit(n) {
			some = append(some, n)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[int(which)%len(some)]
}

func (w *World) freeAndNotKeeper(n *node) bool { return n.free() && n != w.keeper }

func (w *World) startThread(op Op) (bool, error) {
	n := w.pick(op.A, (*node).free)
	if n == nil {
		return false, nil
	}
	if _, err := n.call("thread"); err != nil {
		return refused(err)
	}
	n.threads++
	return true, nil
}

func (w *World) endThread(op Op) (bool, error) {
	n := w.pick(op.A, func(n *node) bool { return n.free() && n.threads > 0 })
	if n == nil {
		return false, nil
	}
	if _, err := n.call("join"); err != nil {
		return refused(err)
	}
	n.threads--
	return true, n.awaitThreads()
}

// awaitThreads waits until /proc has no thread that has ended: they are gone a
// little after their last instruction.
func (n *node) awaitThreads() error {
	want := 1 + n.threads
	if n.leaderless {
		want++ // the one that gives its place to nobody
	}
	return eventually(fmt.Sprintf("process %d: end of a thread", n.PID), func() (bool, error) {
		tids, err := tasks(n.PID)
		return len(tids) == want, err
	})
}

// endLeader has another thread go on. The memory of one between vfork and exec is
// its parent's, too.
func (w *World) endLeader(op Op) (bool, error) {
	n := w.pick(op.A, func(n *node) bool { return w.freeAndNotKeeper(n) && !n.leaderless && w.waiterOf(n) == nil })
	if n == nil {
		return false, nil
	}
	if _, err := n.call("hand"); err != nil {
		return refused(err)
	}
	n.leaderless = true
	return true, eventually("end of a leader", func() (bool, error) {
		s, err := statOf(n.PID)
		return s.state == 'Z', err
	})
}

// waiterOf returns who waits for its vfork child to execute or end.
func (w *World) waiterOf(child *node) *node {
	i := slices.IndexFunc(w.nodes, func(n *node) bool { return n.waitsFor == child })
	if i < 0 {
		return nil
	}
	return w.nodes[i]
}

// release lets the parent of a vfork child go on, if it lives.
func (w *World) release(child *node) error {
	parent := w.waiterOf(child)
	if parent == nil {
		return nil
	}
	parent.waitsFor = nil
	if !parent.Alive {
		return nil
	}
	_, err := parent.answer(patience)
	return err
}

// exec replaces the image, by the thread that is in charge or by a new one.
func (w *World) exec(op Op) (bool, error) {
	n := w.pick(op.A, w.freeAndNotKeeper)
	if n == nil {
		return false, nil
	}
	verb := "exec"
	if op.Kind == ThreadExec {
		verb = "texec"
	}
	w.orders++
	if _, err := n.call("%s %s tag-%d", verb, w.images[int(op.B)%len(w.images)], w.orders); err != nil {
		return refused(err)
	}
	n.Execs++
	n.threads, n.leaderless = 0, false
	if n.term != ignored {
		n.term = byDefault
	}
	return true, w.release(n)
}

func (w *World) unshare(op Op) (bool, error) {
	n := w.pick(op.A, w.freeAndNotKeeper)
	if n == nil {
		return false, nil
	}
	if _, err := n.call("unshare"); err != nil {
		return refused(err)
	}
	n.unshared, n.strays = true, true
	return true, nil
}

// setns has the children of one born where another lives, or at home again.
func (w *World) setns(op Op) (bool, error) {
	n := w.pick(op.A, w.freeAndNotKeeper)
	if n == nil {
		return false, nil
	}
	into := w.pick(op.B, func(other *node) bool { return other == n || n.sees(other) != 0 && other.level() > n.level() })
	if _, err := n.call("setns %d", into.PID); err != nil {
		return refused(err)
	}
	n.unshared, n.strays = false, into != n
	return true, nil
}

func (w *World) subreaper(op Op) (bool, error) {
	n := w.pick(op.A, (*node).free)
	if n == nil {
		return false, nil
	}
	set := int(op.B) % 2
	if _, err := n.call("subreaper %d", set); err != nil {
		return false, err
	}
	n.isSubreaper = set == 1
	return true, nil
}

func (w *World) disposition(op Op) (bool, error) {
	n := w.pick(op.A, (*node).free)
	if n == nil {
		return false, nil
	}
	how := int(op.B) % dispositions
	if _, err := n.call("on %d %d", sigTerm, how); err != nil {
		return false, err
	}
	n.term = how
	return true, nil
}

func (w *World) rename(op Op) (bool, error) {
	n := w.pick(op.A, (*node).free)
	if n == nil {
		return false, nil
	}
	_, err := n.call("rename name-%d", op.B)
	return err == nil, err
}

// fewPIDs lets a child namespace have so few PIDs that they recycle at once, and uses
// each of them.
func (w *World) fewPIDs(op Op) (bool, error) {
	n := w.pick(op.A, func(n *node) bool { return n.free() && n.level() > 0 })
	if n == nil || !pidMaxPerNamespace() {
		return false, nil
	}
	if _, err := n.call("few %d", 303+int(op.B)%2); err != nil {
		return refused(err)
	}
	w.few = true
	return true, w.useAgain(n)
}

// useAgain has a process make children until there must have been two with one PID.
func (w *World) useAgain(n *node) error {
	for range 5 {
		made, err := w.clone(n, 0)
		if err != nil || !made || n.strays {
			return err
		}
		child := w.nodes[len(w.nodes)-1]
		if err := child.send("exit 0"); err != nil {
			return err
		}
		if err := w.die(child, Status{}, Killer{}); err != nil {
			return err
		}
		if _, err := w.reapBy(n); err != nil {
			return err
		}
	}
	return nil
}
