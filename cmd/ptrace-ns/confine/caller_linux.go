package confine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// callers returns what the caller could give to any program, nil where the program has no
// more than that: capabilities that are neither root's nor ambient came from the program's
// own file (capabilities(7)). It is asked for before anything is given up.
var callers = sync.OnceValues(func() (*cap.Set, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	had, left, gained := cap.GetProc(), cap.NewSet(), false
	for v := range cap.MaxBits() {
		permitted, err := had.GetFlag(cap.Permitted, v)
		if err != nil {
			return nil, fmt.Errorf("capability %s: %w", v, err)
		}
		if !permitted {
			continue
		}
		if ambient, err := cap.GetAmbient(v); err != nil || !ambient {
			gained = true
			continue
		}
		if err := errors.Join(left.SetFlag(cap.Permitted, true, v), left.SetFlag(cap.Effective, true, v), left.SetFlag(cap.Inheritable, true, v)); err != nil {
			return nil, fmt.Errorf("capability %s: %w", v, err)
		}
	}
	if !gained {
		return nil, nil
	}
	return left, nil
})

// AsCaller gives up for good what the program has and its caller has not. Whoever may
// execute the program's file is not to read with its capabilities what he names:
// CAP_DAC_READ_SEARCH reads every file, and searches every directory.
func AsCaller() error {
	left, err := callers()
	if err == nil && left != nil {
		err = left.SetProc()
	}
	if err != nil {
		return fmt.Errorf("capabilities of the program's file: not dropped: %w", err)
	}
	return nil
}

// ByCaller does what has to do with a path that the caller names, with his rights as in
// AsCaller, and has the program's own again afterwards. It is for what do does in its own
// goroutine: capabilities are a thread's.
func ByCaller(do func() error) error {
	left, err := callers()
	if err != nil {
		return fmt.Errorf("capabilities of the program's file: %w", err)
	}
	if left == nil {
		return do()
	}
	runtime.LockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var own, less [2]unix.CapUserData
	if err := unix.Capget(&header, &own[0]); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("capabilities of a thread: not known: %w", err)
	}
	less = own
	for v := range cap.MaxBits() {
		if kept, err := left.GetFlag(cap.Effective, v); err != nil || !kept {
			less[v/32].Effective &^= 1 << (v % 32)
		}
	}
	if err := unix.Capset(&header, &less[0]); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("capabilities of a thread: not lowered: %w", err)
	}
	done := do()
	if err := unix.Capset(&header, &own[0]); err != nil {
		// The thread stays locked, and ends with its goroutine.
		return errors.Join(done, fmt.Errorf("capabilities of a thread: not raised again: %w", err))
	}
	runtime.UnlockOSThread()
	return done
}
