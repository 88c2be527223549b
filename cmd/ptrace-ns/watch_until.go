package main

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func first(err, then error) error {
	if err != nil {
		return err
	}
	return then
}

// untilError ends the run at a sink's first error and takes what still comes: the
// tracer reads all that it has counted, or the counts would not add up.
type untilError struct {
	next events.Sink
	end  context.CancelFunc
	err  error
	// begun says that there was an idle moment: what was there before is told.
	begun bool
}

func (u *untilError) Put(ev *events.Event) error {
	if u.err == nil {
		u.note(u.next.Put(ev))
	}
	return nil
}

func (u *untilError) Flush() error {
	u.begun = true
	if u.err == nil {
		u.note(u.next.Flush())
	}
	return nil
}

func (u *untilError) note(err error) {
	if u.err = err; err != nil {
		u.end()
	}
}

// ended keeps only the errors that are no orderly end.
func ended(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var kept []error
		for _, err := range all.Unwrap() {
			if err = ended(err); err != nil {
				kept = append(kept, err)
			}
		}
		if len(kept) < len(all.Unwrap()) {
			return errors.Join(kept...)
		}
		return err
	}
	for _, orderly := range []error{selection.ErrEnough, context.Canceled, context.DeadlineExceeded, io.EOF, syscall.EPIPE} {
		if errors.Is(err, orderly) {
			return nil
		}
	}
	return err
}
