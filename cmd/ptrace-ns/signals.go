package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// signalError is why a run ended when a signal did it.
type signalError struct{ sig syscall.Signal }

func (e signalError) Error() string { return e.sig.String() }

const (
	// sameWish is how long a signal that comes again says nothing new: timeout(1) sends
	// each twice, to its child and to the process group that both are in.
	sameWish = 500 * time.Millisecond
	// lastMoment is how long what has been begun may take after a second signal: a
	// recording's last frame and its trailer.
	lastMoment = time.Second
)

// interruptible returns a context that the first SIGINT, SIGQUIT, SIGTERM or SIGHUP
// ends. At the next one that is a wish of its own, hurried says that nothing more is to
// be waited for, and soon after it, or at a third one, the program ends by that signal.
// While it lasts a broken pipe is an error of the write: Go would kill the program for
// one on standard output. Notify and not Ignore, because what is ignored stays so in
// the commands that are started.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	hurry := make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, hurryKey{}, hurry))
	ends := make(chan os.Signal, 1)
	pipes := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM)
	// Under nohup it is ignored, which Notify would undo.
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(ends, syscall.SIGHUP)
	}
	signal.Notify(pipes, syscall.SIGPIPE)
	over, finish := context.WithCancel(context.Background())
	go func() {
		select {
		case s := <-ends:
			sig, _ := s.(syscall.Signal)
			cancel(signalError{sig})
			again(ends, over.Done(), hurry)
		case <-over.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(ends)
		signal.Stop(pipes)
		finish()
		cancel(context.Canceled)
	}
}

// again waits for another signal that is a wish of its own, and then ends the program
// unless it is over in a moment.
func again(ends <-chan os.Signal, over <-chan struct{}, hurry chan<- struct{}) {
	same := time.NewTimer(sameWish)
	defer same.Stop()
	for waiting := true; waiting; {
		select {
		case <-ends:
		case <-same.C:
			waiting = false
		case <-over:
			return
		}
	}
	var s os.Signal
	select {
	case s = <-ends:
	case <-over:
		return
	}
	close(hurry)
	select {
	case s = <-ends:
	case <-time.After(lastMoment):
	case <-over:
		return
	}
	endBy(s)
}

// endBy ends the program as if the signal had not been caught.
func endBy(s os.Signal) {
	signal.Reset(s)
	self, err := os.FindProcess(os.Getpid())
	if err == nil && self.Signal(s) != nil {
		err = self.Kill() // where there are no signals
	}
	_ = err // nothing is left to be done about it
}

type hurryKey struct{}

// hurried returns a channel that is closed when the end is wished for a second time;
// nil, which never is, where nobody can.
func hurried(ctx context.Context) <-chan struct{} {
	hurry, _ := ctx.Value(hurryKey{}).(chan struct{})
	return hurry
}

func fdIsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
