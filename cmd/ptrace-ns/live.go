package main

import (
	"context"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// This file is the seam to the live kernel: what watch asks of it and what it
// gives. live_linux.go is the only file that knows the tracer.

// envMode says how much of the environment is told at exec.
type envMode string

const (
	envOff    envMode = ""
	envNames  envMode = "names"
	envValues envMode = "values"
)

// liveOptions is what must be known before the programs are attached.
type liveOptions struct {
	BufferBytes int     // ring buffer, a power of two of pages
	MaxArgs     int     // bytes of an argument vector; 0 is the usual, or what the buffer has room for
	Env         envMode // with names, too, values are read; selection.EnvNames cuts them
	Signals     uint64  // bit n-1 is signal n; the init of a child namespace gets all but SIGCHLD told
	Threads     bool    // thread_start and thread_exit
	Syscalls    bool    // unshare, setns, clone_failed, subreaper, pivot_root
	CgroupDirs  bool    // cgroup_mkdir and cgroup_rmdir
	Latency     bool    // the reader is woken for each record
	FollowPIDs  []int32 // with FollowOwn: whom the kernel half records, and what descends from them; none is all
	FollowOwn   bool    // the children of this process
	RuntimeAPI  string  // off, auto, or an engine's socket
	Keep        int     // how many exited processes the model keeps; 0 is its own choice
}

// tracing is an attached tracer. Its sinks see every event, derived ones
// included, in the order of the stream.
type tracing interface {
	// Header is the stream's first line; Version and Options are the caller's.
	Header() *events.Header
	// NowNS is CLOCK_BOOTTIME: the wall clock may be set while it traces.
	NowNS() uint64
	// AwaitBirths returns once births are counted, some milliseconds after attaching.
	AwaitBirths()
	// Run gives events to the sinks until the context has ended and what was
	// recorded before is told, or until a sink returns an error. It flushes the
	// sinks at idle moments.
	Run(context.Context, ...events.Sink) error
	// Model is what the events come to. It may be read in a sink, between its calls
	// by Look, and after Run.
	Model() *tree.Model
	// Look calls see while no event is being told.
	Look(see func(*tree.Model) error) error
	// Summary holds the counters, final after Run.
	Summary() (summary, error)
	// Partial reports that it runs in a child PID namespace.
	Partial() bool
	// Follows reports whether the kernel half leaves out who is not followed.
	Follows() (bool, error)
	// Close detaches everything.
	Close() error
}

// attached opens the live kernel for do and closes it behind it. The context that do
// gets ends with an interrupt, after the timeout, if there is one, or by its cancel.
func (a *app) attached(ctx context.Context, o liveOptions, timeout time.Duration, do func(context.Context, context.CancelFunc, tracing) error) (err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	live, err := a.open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = first(err, live.Close()) }()
	if live.Partial() {
		a.log.Warn().Msg(partialWatch)
	}
	if err := a.confined(confine.Plan{}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if timeout > 0 {
		var expire context.CancelFunc
		ctx, expire = context.WithTimeout(ctx, timeout)
		defer expire()
	}
	return do(ctx, cancel, live)
}

// partialWatch is the warning of one who knows less of what was there before.
const partialWatch = "this program runs in a child PID namespace: it tells all that happens from now on, but of what was there before only the processes of that namespace; -p and all PIDs are the host's numbers"
