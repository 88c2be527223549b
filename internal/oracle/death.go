package oracle

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	sigTerm = int(unix.SIGTERM)
	sigKill = int(unix.SIGKILL)
	sigStop = int(unix.SIGSTOP)
	sigCont = int(unix.SIGCONT)
	sigSegv = int(unix.SIGSEGV)
)

// exit ends a process by itself: by the thread in charge or by a new one.
func (w *World) exit(op Op) (bool, error) {
	n := w.pick(op.A, w.freeAndNotKeeper)
	if n == nil {
		return false, nil
	}
	verb := "exit"
	if op.Kind == ThreadExit {
		if n.strays {
			return false, nil // no thread can be born
		}
		verb = "texit"
	}
	code := int(op.B) % 256
	if err := n.send("%s %d", verb, code); err != nil {
		return false, err
	}
	return true, w.die(n, Status{Code: code}, Killer{})
}

// fault has a process kill itself, by the kernel's hand: also an init, whom no SIGSEGV of
// others in its namespace would reach (force_sig_info_to_task, kernel/signal.c).
func (w *World) fault(op Op) (bool, error) {
	n := w.pick(op.A, w.freeAndNotKeeper)
	if n == nil {
		return false, nil
	}
	if err := n.send("fault"); err != nil {
		return false, err
	}
	return true, w.die(n, Status{Signal: sigSegv}, Killer{Origin: "kernel", Sender: n.ID})
}

// parentDeath has a process exit whose youngest child has asked for SIGKILL then. The
// signal comes when the thread that is the parent ends (forget_original_parent,
// kernel/exit.c), so the process has one alone; and what an init leaves it is reaped.
func (w *World) parentDeath(op Op) (bool, error) {
	n := w.pick(op.A, func(n *node) bool {
		return w.freeAndNotKeeper(n) && !n.isInit() && !n.strays && !n.unshared && !n.leaderless && n.threads == 0
	})
	made, err := w.clone(n, 0)
	if err != nil || !made {
		return false, err
	}
	child := w.nodes[len(w.nodes)-1]
	if _, err := child.call("pdeath %d", sigKill); err != nil {
		return false, err
	}
	code := int(op.B) % 256
	if err := n.send("exit %d", code); err != nil {
		return false, err
	}
	n.Killer, child.Killer = Killer{}, Killer{Origin: "kernel", Sender: n.ID, ParentDeath: true}
	return true, w.buryAll([]*node{n, child}, Status{Code: code})
}

// die notes the death of a process and, when it is an init, of all that lives in
// its namespace, and waits for them.
func (w *World) die(n *node, how Status, by Killer) error {
	victims := []*node{n}
	if n.isInit() {
		s := n.spaces[len(n.spaces)-1]
		for _, other := range w.nodes {
			if other != n && other.Alive && other.in(s) {
				other.Killer, other.Reaped = Killer{Origin: "pidns_reap", Sender: n.ID}, true
				victims = append(victims, other)
			}
		}
	}
	n.Killer = by
	return w.buryAll(victims, how)
}

// buryAll waits until the victims are dead and their children are others'. The
// first has ended by itself, the rest by the kernel's SIGKILL.
func (w *World) buryAll(victims []*node, how Status) error {
	for _, v := range victims {
		if err := v.awaitEnd(); err != nil {
			return err
		}
		v.Alive, v.Status = false, Status{Signal: sigKill}
	}
	victims[0].Status = how
	for _, v := range slices.Backward(victims) {
		if v.pidfd == nil {
			continue
		}
		ended := func() (bool, error) { return w.ended(v) }
		if err := eventually(fmt.Sprintf("end of %d", v.PID), ended); err != nil {
			return err
		}
	}
	for _, v := range victims {
		if err := w.release(v); err != nil {
			return err
		}
	}
	return nil
}

// ended reports whether the process is a zombie, gone, or an init that waits for a
// member that only a parent outside can reap.
func (w *World) ended(n *node) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(n.pidfd.Fd()), Events: unix.POLLIN}}
	count, err := unix.Poll(fds, 1)
	if err == unix.EINTR {
		return false, nil
	}
	return count == 1 || n.isInit() && w.blocked(n), err
}

func (w *World) blocked(init *node) bool {
	s := init.spaces[len(init.spaces)-1]
	return slices.ContainsFunc(w.zombies(), func(z zombie) bool {
		parent := w.holder(z.ppid)
		return z.node != init && z.in(s) && (parent == nil || !parent.in(s))
	})
}

// holder returns who has the PID: the last who was born with it, nil for a stranger.
func (w *World) holder(pid int) *node {
	for _, n := range slices.Backward(w.nodes) {
		if n.PID == pid && !n.waited {
			return n
		}
	}
	return nil
}

// zombie is one of the dead that is still there, and whose child it is.
type zombie struct {
	*node
	ppid int
}

func (w *World) zombies() (all []zombie) {
	for i, n := range w.nodes {
		if n.Alive || n.waited {
			continue
		}
		at, err := statOf(n.PID)
		// Who was born last with that identity is it, if two were in one tick.
		again := func(later *node) bool { return later.ID == n.ID }
		if err == nil && at.ID == n.ID && at.state == 'Z' && !slices.ContainsFunc(w.nodes[i+1:], again) {
			all = append(all, zombie{n, at.ppid})
		}
	}
	return all
}

// reap has a parent of somebody dead wait for all of those, and compares how they ended.
func (w *World) reap(op Op) (bool, error) {
	dead := w.zombies()
	if len(dead) == 0 {
		return false, nil
	}
	n := w.holder(dead[int(op.A)%len(dead)].ppid)
	if n == nil || !n.free() {
		return false, nil
	}
	return w.reapBy(n)
}

// reapBy has a process wait for its dead children.
func (w *World) reapBy(n *node) (bool, error) {
	dead := slices.DeleteFunc(w.zombies(), func(z zombie) bool { return z.ppid != n.PID })
	list, err := n.call("reap")
	if err != nil {
		return false, err
	}
	for entry := range strings.FieldsSeq(list) {
		var pid, code, status int
		if _, err := fmt.Sscanf(entry, "%d:%d:%d", &pid, &code, &status); err != nil {
			return false, fmt.Errorf("reaped child %q: %w", entry, err)
		}
		how := Status{Code: status}
		if code != cldExited {
			how = Status{Signal: status}
		}
		if err := w.wasReaped(n, pid, how, dead); err != nil {
			return false, err
		}
	}
	return list != "", nil
}

// wasReaped compares how a child ended with what is known. An init that was blocked
// may have become a zombie since these were looked for.
func (w *World) wasReaped(parent *node, pid int, how Status, dead []zombie) error {
	i := slices.IndexFunc(dead, func(z zombie) bool { return parent.sees(z.node) == pid })
	if i < 0 {
		// Of the middle of a double fork the number may not be known.
		i = slices.IndexFunc(dead, func(z zombie) bool { return z.Chain == nil && z.Status == how && !z.waited })
	}
	var child *node
	if i >= 0 {
		child = dead[i].node
	} else if child = w.late(parent, pid); child == nil {
		return fmt.Errorf("process %d reaped %d: not known", parent.PID, pid)
	}
	if child.Status != how {
		return fmt.Errorf("process %d ended with %+v: %+v was expected", child.PID, how, child.Status)
	}
	child.waited = true
	return nil
}

// late returns the init that was dead for long and could not be reaped before.
func (w *World) late(parent *node, pid int) *node {
	for _, n := range slices.Backward(w.nodes) {
		if !n.Alive && !n.waited && n.isInit() && parent.sees(n) == pid {
			return n
		}
	}
	return nil
}

// cldExited is CLD_EXITED (include/uapi/asm-generic/siginfo.h).
const cldExited = 1
