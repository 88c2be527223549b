package oracle

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// lookAtParents notes whose child everybody is now, and why if that has changed.
func (w *World) lookAtParents() error {
	for _, n := range w.nodes {
		if !n.Alive {
			continue
		}
		at, err := statOf(n.PID)
		if err != nil {
			return err
		}
		parent, err := statOf(at.ppid)
		if err != nil {
			return fmt.Errorf("parent of process %d: %w", n.PID, err)
		}
		if parent.ID == n.Parent {
			continue
		}
		reason, err := w.reason(n.Parent, parent.ID)
		if err != nil {
			return err
		}
		n.Parent = parent.ID
		n.Adoptions = append(n.Adoptions, Adoption{To: parent.ID, Reason: reason})
	}
	return nil
}

// reason says why the children of the dead came to the heir: as the init of the
// namespace, or as a subreaper among the ancestors. An init can be both, and then
// it is the nearest subreaper if the way up leads to it (kernel/exit.c).
func (w *World) reason(dead, heir ID) (string, error) {
	chain, err := numbers(heir.PID)
	if err != nil {
		return "", err
	}
	if chain[len(chain)-1].PID != 1 {
		return "subreaper", nil
	}
	if at := w.byID(heir); at != nil && at.isSubreaper && w.leadsTo(dead, at) {
		return "subreaper", nil
	}
	if len(chain) > 1 {
		return "pidns_init", nil
	}
	return "init", nil
}

// leadsTo reports whether an ancestor of the dead is this one, with no other PID
// namespace in between.
func (w *World) leadsTo(dead ID, to *node) bool {
	for n := w.byID(dead); n != nil && n.level() == to.level(); n = w.byID(n.Parent) {
		if n == to {
			return true
		}
	}
	return false
}

func (w *World) byID(id ID) *node {
	for _, n := range slices.Backward(w.nodes) {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// pidMaxPerNamespace reports whether kernel.pid_max is the reader's namespace's own
// (Linux 6.14); before that it is the whole machine's.
func pidMaxPerNamespace() bool {
	var uts unix.Utsname
	var major, minor int
	if unix.Uname(&uts) != nil {
		return false
	}
	if n, _ := fmt.Sscanf(unix.ByteSliceToString(uts.Release[:]), "%d.%d", &major, &minor); n != 2 {
		return false
	}
	return major > 6 || major == 6 && minor >= 14
}
