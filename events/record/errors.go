package record

import (
	"errors"
	"fmt"
)

// DamagedError says where a recording is no longer what was written. All whole
// records before that place have been given.
type DamagedError struct {
	Offset  int64  // byte of the file at which the damaged frame or line begins
	LastSeq uint64 // seq of the last event given, 0 for none
	// CutOff says that the recording ends here without its trailer, or in the midst
	// of a frame or line.
	CutOff bool
	// Resumable says that the next call of Next goes on with the next whole frame.
	Resumable bool
	Err       error
}

func (e *DamagedError) Error() string {
	if errors.Is(e.Err, errEmpty) {
		return "recording is " + e.Err.Error()
	}
	what := "damaged"
	if e.CutOff {
		what = "cut off"
	}
	after := "before its first event"
	if e.LastSeq > 0 {
		after = fmt.Sprintf("after event %d", e.LastSeq)
	}
	return fmt.Sprintf("recording is %s at byte %d, %s: %v", what, e.Offset, after, e.Err)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }
