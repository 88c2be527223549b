package confine

import (
	"errors"
	"fmt"
	"os"

	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// AsCaller gives up for good what the program has and its caller has not: capabilities
// that are neither root's nor ambient came from the program's own file (capabilities(7)).
// Whoever may execute that file is not to read with them what he names: CAP_DAC_READ_SEARCH
// reads every file. Ambient ones he could give to any program.
func AsCaller() error {
	if os.Geteuid() == 0 {
		return nil
	}
	had, left, gained := cap.GetProc(), cap.NewSet(), false
	for v := range cap.MaxBits() {
		permitted, err := had.GetFlag(cap.Permitted, v)
		if err != nil {
			return fmt.Errorf("capability %s: %w", v, err)
		}
		if !permitted {
			continue
		}
		if ambient, err := cap.GetAmbient(v); err != nil || !ambient {
			gained = true
			continue
		}
		if err := errors.Join(left.SetFlag(cap.Permitted, true, v), left.SetFlag(cap.Effective, true, v), left.SetFlag(cap.Inheritable, true, v)); err != nil {
			return fmt.Errorf("capability %s: %w", v, err)
		}
	}
	if !gained {
		return nil
	}
	if err := left.SetProc(); err != nil {
		return fmt.Errorf("capabilities of the program's file: not dropped: %w", err)
	}
	return nil
}
