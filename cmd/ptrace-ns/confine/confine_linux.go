package confine

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// keep lists the capabilities that a plan still needs, should the process have them.
func (p Plan) keep() []cap.Value {
	kept := []cap.Value{
		// After a loss all processes are looked at again: /proc/PID/exe and cwd of other
		// users' (proc_pid_readlink asks ptrace_may_access), and a runtime's directory to
		// which its bundle's path is relative.
		cap.SYS_PTRACE,
		// A container's files are written when it starts, for root alone.
		cap.DAC_READ_SEARCH,
	}
	if p.Command { // which may have become another user
		kept = append(kept, cap.KILL)
	}
	if p.Files { // in directories of anyone, sticky ones included
		kept = append(kept, cap.DAC_OVERRIDE, cap.FOWNER, cap.CHOWN)
	}
	return kept
}

// Apply confines the process for good.
func Apply(p Plan) (Result, error) {
	if _, err := callers(); err != nil { // while ambient ones still tell
		return Result{}, err
	}
	had := cap.GetProc()
	if err := unbound(had); err != nil {
		return Result{}, fmt.Errorf("bounding set: not emptied: %w", err)
	}
	if err := become(p.User, had); err != nil {
		return Result{}, err
	}
	left, names, err := reduced(had, p.keep())
	if err != nil {
		return Result{}, err
	}
	// Ambient ones are given to programs that are executed, of which there are none.
	err = errors.Join(cap.ResetAmbient(), left.SetProc())
	if err == nil {
		_, err = cap.Prctlw(unix.PR_SET_NO_NEW_PRIVS, 1)
	}
	if err == nil {
		// Without capabilities it is like any process of its user, who could attach to it
		// and read what it knows of others (ptrace_may_access); nor is that for a core file.
		err = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	if err != nil {
		return Result{}, fmt.Errorf("capabilities: not dropped: %w", err)
	}
	return Result{Capabilities: names, Filter: filter(p)}, nil
}

// unbound empties the bounding set, which is for programs that are executed. For that the kernel asks CAP_SETPCAP
// (cap_prctl_drop, security/commoncap.c).
func unbound(had *cap.Set) error {
	if ok, err := had.GetFlag(cap.Effective, cap.SETPCAP); err != nil || !ok {
		return err
	}
	var all []cap.Value
	for v := range cap.MaxBits() {
		all = append(all, v)
	}
	return cap.DropBound(all...)
}

// reduced returns the set of those that are kept and permitted.
func reduced(had *cap.Set, keep []cap.Value) (*cap.Set, []string, error) {
	left := cap.NewSet()
	var names []string
	for _, v := range keep {
		permitted, err := had.GetFlag(cap.Permitted, v)
		if err != nil {
			return nil, nil, fmt.Errorf("capability %s: %w", v, err)
		}
		if !permitted {
			continue
		}
		names = append(names, strings.ToUpper(v.String()))
		if err := errors.Join(left.SetFlag(cap.Permitted, true, v), left.SetFlag(cap.Effective, true, v)); err != nil {
			return nil, nil, fmt.Errorf("capability %s: %w", v, err)
		}
	}
	return left, names, nil
}

// become changes the user, and keeps what is permitted.
func become(u *User, had *cap.Set) error {
	if u == nil {
		return nil
	}
	for _, v := range []cap.Value{cap.SETUID, cap.SETGID} {
		if ok, err := had.GetFlag(cap.Permitted, v); err != nil || !ok {
			return fmt.Errorf("user %d: not changed to: %s is missing; run as root, or without --user", u.UID, strings.ToUpper(v.String()))
		}
	}
	if err := cap.SetGroups(u.GID, u.Groups...); err != nil {
		return fmt.Errorf("groups of user %d: not changed to: %w", u.UID, err)
	}
	if err := cap.SetUID(u.UID); err != nil {
		return fmt.Errorf("user %d: not changed to: %w", u.UID, err)
	}
	return nil
}
