package main

import (
	"errors"
	"fmt"
)

// The exit codes of the contract. A command's own status comes as it is.
const (
	exitFailed     = 1
	exitUsage      = 2
	exitImpossible = 3
	exitDamaged    = 4
	exitIdentity   = 5
	exitDegraded   = 6 // of doctor alone
	exitNotRunning = 126
	exitNotFound   = 127
)

// exitError is an error that knows its exit code. Without Err there is nothing
// to say: the code is a command's own.
type exitError struct {
	Code int
	Err  error
}

func (e *exitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

func (e *exitError) Unwrap() error { return e.Err }

func usageError(format string, args ...any) error {
	return &exitError{Code: exitUsage, Err: fmt.Errorf(format, args...)}
}

// exitCode returns the code that an error ends the program with.
func exitCode(err error) int {
	var coded *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.Code
	}
	return exitFailed
}

// message returns what main logs of an error, "" for nothing.
func message(err error) string {
	var coded *exitError
	if err == nil || errors.As(err, &coded) && coded.Err == nil {
		return ""
	}
	return err.Error()
}
