package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// grace is how long a command that was told to end may take before it is left
// alone.
const grace = 2 * time.Second

// child is the command that watch starts and follows.
type child struct {
	cmd   *exec.Cmd
	now   func() uint64
	done  chan struct{}
	endNS atomic.Uint64 // CLOCK_BOOTTIME after its end, 0 before
	// settled is closed when it has ended or, being told to, did not want to.
	settled chan struct{}
}

// findCommand looks the command up before anything is attached, with the codes
// of a shell.
func findCommand(args []string) (*child, error) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return nil, startError(err)
	}
	cmd := exec.Command(path)
	cmd.Args = args
	return &child{cmd: cmd, done: make(chan struct{}), settled: make(chan struct{})}, nil
}

func startError(err error) error {
	code := exitNotRunning
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = exitNotFound
	}
	return &exitError{Code: code, Err: fmt.Errorf("command not started: %w", err)}
}

func (c *child) start(in io.Reader, out, errOut io.Writer, now func() uint64) error {
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr, c.now = in, out, errOut, now
	if err := c.cmd.Start(); err != nil {
		return startError(err)
	}
	go func() {
		// How it ended is read from ProcessState; an error of Wait adds nothing.
		_ = c.cmd.Wait()
		c.endNS.Store(c.now())
		close(c.done)
	}()
	return nil
}

// outlive returns a context that ends after ctx, when the command had its chance
// to end and its end could be told.
func (c *child) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		c.settle(ctx)
		close(c.settled)
		select {
		case <-longer.Done():
		case <-time.After(grace): // the stream ends by itself before, see untilEnd
			cancel()
		}
	}()
	return longer, cancel
}

func (c *child) settle(ctx context.Context) {
	select {
	case <-c.done:
		return
	case <-ctx.Done():
	}
	c.tell(ctx)
	select {
	case <-c.done:
	case <-time.After(grace):
	}
}

// tell passes on the signal that ended ctx, SIGTERM at a timeout. What a terminal
// sends, it has sent to the command too.
func (c *child) tell(ctx context.Context) {
	sig := syscall.SIGTERM
	var caught signalError
	if errors.As(context.Cause(ctx), &caught) {
		sig = caught.sig
		if sig == syscall.SIGINT && isTerminal(c.cmd.Stdin) {
			return
		}
	}
	// It may have ended just now, which is what was wanted.
	_ = c.cmd.Process.Signal(sig)
}

// status is the command's own exit code as a shell would give it.
func (c *child) status() error {
	select {
	case <-c.done:
	default:
		return &exitError{Code: exitFailed, Err: fmt.Errorf("command %d still runs, untraced", c.cmd.Process.Pid)}
	}
	code := c.cmd.ProcessState.ExitCode()
	if ws, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		code = 128 + int(ws.Signal())
	}
	if code == 0 {
		return nil
	}
	return &exitError{Code: code}
}

// untilEnd ends the stream when all that happened before the command's end has
// been told: at the first event that is later, or when nothing more comes.
type untilEnd struct {
	next  events.Sink
	child *child
	idle  int
}

func (u *untilEnd) Put(ev *events.Event) error {
	end := u.child.endNS.Load()
	// A snapshot's and a gap's time is that of their being told.
	if end != 0 && ev.BootNS > end && ev.Kind != events.Snapshot && ev.Kind != events.Lost {
		return selection.ErrEnough
	}
	return u.next.Put(ev)
}

func (u *untilEnd) Flush() error {
	if err := u.next.Flush(); err != nil {
		return err
	}
	if u.child.endNS.Load() == 0 {
		return nil
	}
	// The first idle moment may have begun before the end.
	if u.idle++; u.idle > 1 {
		return selection.ErrEnough
	}
	return nil
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && fdIsTerminal(f)
}
