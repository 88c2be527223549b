package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// signalError is why a run ended when a signal did it.
type signalError struct{ sig syscall.Signal }

func (e signalError) Error() string { return e.sig.String() }

// interruptible returns a context that the first SIGINT, SIGQUIT, SIGTERM or SIGHUP
// ends; the next one ends the program at once. While it lasts a broken pipe is an error
// of the write: Go would kill the program for one on standard output. Notify and
// not Ignore, because what is ignored stays so in the commands that are started.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	ends := make(chan os.Signal, 1)
	pipes := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM)
	// Under nohup it is ignored, which Notify would undo.
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(ends, syscall.SIGHUP)
	}
	signal.Notify(pipes, syscall.SIGPIPE)
	go func() {
		select {
		case s := <-ends:
			signal.Stop(ends)
			sig, _ := s.(syscall.Signal)
			cancel(signalError{sig})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(ends)
		signal.Stop(pipes)
		cancel(context.Canceled)
	}
}

func fdIsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
