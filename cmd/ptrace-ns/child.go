package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
)

// grace is how long a command that was told to end may take before it is left
// alone.
const grace = 2 * time.Second

// child is the command that watch starts and follows.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed at its end
	// settled is closed when it has ended or, being told to, did not want to.
	settled chan struct{}
	// linger is what is waited for between the command's end and that of the tracing;
	// nil is nothing. It returns when the context ends.
	linger func(context.Context)
}

// findCommand looks the command up before anything is attached, with the codes
// of a shell.
func findCommand(args []string) (*child, error) {
	var path string
	err := confine.ByCaller(func() (err error) {
		path, err = exec.LookPath(args[0])
		return err
	})
	if err != nil {
		return nil, startError(err)
	}
	cmd := exec.Command(path)
	cmd.Args = args
	// The first use of a process makes the os package try pidfds with a child of
	// its own. Here it is over before tracing begins, which is what counts.
	_, _ = os.FindProcess(os.Getpid())
	return &child{cmd: cmd, done: make(chan struct{}), settled: make(chan struct{})}, nil
}

func startError(err error) error {
	code := exitNotRunning
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = exitNotFound
	}
	return &exitError{Code: code, Err: fmt.Errorf("command not started: %w", err)}
}

func (c *child) start(in io.Reader, out, errOut io.Writer) error {
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = in, out, errOut
	if err := unslackened(c.cmd.Start); err != nil {
		return startError(err)
	}
	go func() {
		// How it ended is read from ProcessState; an error of Wait adds nothing.
		_ = c.cmd.Wait()
		close(c.done)
	}()
	return nil
}

// lifetime returns a context that ends with the command. When ctx ends before,
// the command is told, and gets its chance to end. The command's exit is recorded
// before it can be waited for, so that a tracer that reads what was recorded when
// the context ends misses nothing of it.
func (c *child) lifetime(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		c.settle(ctx)
		close(c.settled)
		if c.linger != nil {
			c.linger(ctx)
		}
		cancel()
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
	case <-hurried(ctx):
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
		if (sig == syscall.SIGINT || sig == syscall.SIGQUIT) && isTerminal(c.cmd.Stdin) {
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

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && fdIsTerminal(f)
}
