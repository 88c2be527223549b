package oracle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// admit waits for a newborn to connect and learns who it is. What its creator
// knows of it is set already.
func (w *World) admit(n *node) (*node, error) {
	n.id = w.orders
	w.orders++
	for deadline := time.Now().Add(patience); w.arrived[n.id] == nil; {
		ok, err := w.accept(time.Until(deadline))
		if err == nil && !ok {
			err = errors.New("did not connect")
		}
		if err != nil {
			return nil, fmt.Errorf("newborn %d: %w", n.id, err)
		}
	}
	a := w.arrived[n.id]
	delete(w.arrived, n.id)
	n.conn, n.ID, n.Parent, n.Alive = a.conn, a.ID, n.Under, true
	w.nodes = append(w.nodes, n)

	// The middle of a double fork may be gone, and its number another's.
	fd, err := unix.PidfdOpen(n.PID, unix.PIDFD_NONBLOCK)
	if errors.Is(err, unix.ESRCH) {
		return n, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pidfd of %d: %w", n.PID, err)
	}
	n.pidfd = os.NewFile(uintptr(fd), "pidfd")
	n.Chain, err = readChain(n.PID)
	if s, statErr := statOf(n.PID); err != nil || statErr != nil || s.ID != n.ID {
		n.Chain = nil
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ESRCH) {
			return nil, err
		}
	}
	w.settleIn(n)
	return n, nil
}

// settleIn makes a newborn a member of its namespaces, one of which may be new.
func (w *World) settleIn(n *node) {
	for level := 1; level < len(n.Chain); level++ {
		at := n.Chain[level]
		if level == len(n.Chain)-1 && at.PID == 1 {
			w.spaces = append(w.spaces, &space{init: n, Space: Space{
				Inum: at.Inum, Parent: n.Chain[level-1].Inum, Level: level, Init: n.ID, Creator: n.Creator,
			}})
		}
		// An inum is used again at once: its owner is the last who had it.
		for _, s := range slices.Backward(w.spaces) {
			if s.Inum == at.Inum {
				n.spaces = append(n.spaces, s)
				break
			}
		}
	}
}

// clone has the creator make a child with these flags and PIDs.
func (w *World) clone(creator *node, flags uint64, tids ...int) (bool, error) {
	if creator == nil || w.living() >= crowd {
		return false, nil
	}
	under := creator.ID
	if flags&unix.CLONE_PARENT != 0 {
		under = creator.Parent
	}
	list := strings.Trim(fmt.Sprint(tids), "[]")
	if _, err := creator.call("clone %d %d %s", w.orders, flags, list); err != nil {
		return refused(err)
	}
	n, err := w.admit(&node{Life: Life{Creator: creator.ID, Under: under}, term: creator.term})
	if err != nil {
		return false, err
	}
	w.born(creator, n, "clone3", flags&unix.CLONE_NEWPID != 0)
	return true, nil
}

// born notes how a new namespace came to be, if the newborn is its init.
func (w *World) born(creator, n *node, call string, newPID bool) {
	if n.isInit() {
		n.spaces[len(n.spaces)-1].Via = "unshare"
		if newPID {
			n.spaces[len(n.spaces)-1].Via = call
		} else {
			creator.unshared = false
		}
	}
}

func (w *World) fork(op Op) (bool, error) { return w.clone(w.pick(op.A, (*node).free), 0) }

func (w *World) cloneParent(op Op) (bool, error) {
	flags := uint64(unix.CLONE_PARENT)
	if op.B%3 == 0 {
		flags |= unix.CLONE_NEWPID // as runc makes a container's init
	}
	return w.clone(w.pick(op.A, w.freeAndNotKeeper), flags)
}

func (w *World) newPID(op Op) (bool, error) {
	return w.clone(w.pick(op.A, (*node).free), unix.CLONE_NEWPID)
}

// setTID gives a child the numbers of a process that is no more.
func (w *World) setTID(op Op) (bool, error) {
	creator := w.pick(op.A, func(n *node) bool { return n.free() && !n.strays && !n.unshared })
	if creator == nil {
		return false, nil
	}
	same := func(n *node) []Number {
		if !n.waited || len(n.Chain) < len(creator.Chain) {
			return nil
		}
		for i, at := range creator.Chain {
			if n.Chain[i].Inum != at.Inum {
				return nil
			}
		}
		if extra := len(n.Chain) - len(creator.Chain); extra > 1 || extra == 1 && n.own().PID != 1 {
			return nil
		}
		return n.Chain
	}
	var gone [][]Number
	for _, n := range w.nodes {
		if chain := same(n); chain != nil {
			gone = append(gone, chain)
		}
	}
	if len(gone) == 0 {
		return false, nil
	}
	chain := gone[int(op.B)%len(gone)]
	var flags uint64
	if len(chain) > len(creator.Chain) {
		flags = unix.CLONE_NEWPID
	}
	if flags == 0 && chain[len(chain)-1].PID == 1 {
		return false, nil // PID 1 of a namespace that exists
	}
	var tids []int
	for _, at := range slices.Backward(chain) {
		tids = append(tids, at.PID)
	}
	return w.clone(creator, flags, tids[:1+int(op.C)%len(tids)]...)
}

// vfork makes a child for which its creator waits until it executes or ends.
func (w *World) vfork(op Op) (bool, error) {
	creator := w.pick(op.A, w.freeAndNotKeeper)
	if creator == nil || w.living() >= crowd {
		return false, nil
	}
	if err := creator.send("vfork %d", w.orders); err != nil {
		return false, err
	}
	for arrived := false; !arrived; {
		var err error
		if arrived, err = w.accept(5 * time.Millisecond); err != nil {
			return false, err
		}
		if !arrived {
			_, err = creator.answer(time.Millisecond)
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				return refused(err)
			}
		}
	}
	n, err := w.admit(&node{Life: Life{Creator: creator.ID, Under: creator.ID}, term: creator.term})
	if err != nil {
		return false, err
	}
	w.born(creator, n, "vfork", false)
	creator.waitsFor = n
	return true, nil
}

// doubleFork makes a daemon: the middle ends without waiting for anybody.
func (w *World) doubleFork(op Op) (bool, error) {
	// Where PIDs are few the second fork may fail, and nobody could tell.
	creator := w.pick(op.A, func(n *node) bool { return n.free() && !n.unshared && !w.few })
	if creator == nil || w.living() >= crowd {
		return false, nil
	}
	code := int(op.B) % 64
	if _, err := creator.call("daemon %d %d %d", w.orders, w.orders+1, code); err != nil {
		return refused(err)
	}
	middle, err := w.admit(&node{Life: Life{Creator: creator.ID, Under: creator.ID}, term: creator.term})
	if err != nil {
		return false, err
	}
	leaf, err := w.admit(&node{Life: Life{Creator: middle.ID, Under: middle.ID}, term: creator.term})
	if err != nil {
		return false, err
	}
	if err := w.buryAll([]*node{middle}, Status{Code: code}); err != nil {
		return false, err
	}
	return true, eventually("adoption of a daemon", func() (bool, error) {
		s, err := statOf(leaf.PID)
		return s.ppid != middle.PID, err
	})
}
