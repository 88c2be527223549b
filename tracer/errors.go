//go:build linux

package tracer

import "errors"

// ErrTypes is in an error that says that the kernel's type information is there and cannot
// be parsed.
var ErrTypes = errors.New("type information that cannot be parsed")

// NotPossibleError says that tracing cannot be done here, and what would mend it.
type NotPossibleError struct {
	Missing string // what is missing, as a clause
	Fix     string // what to do
	Err     error  // the kernel's own word, when there was one
}

// Error returns one sentence.
func (e *NotPossibleError) Error() string {
	s := "tracing is not possible here: " + e.Missing
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

// Unwrap returns the kernel's error.
func (e *NotPossibleError) Unwrap() error { return e.Err }
