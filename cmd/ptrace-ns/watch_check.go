package main

import (
	"fmt"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/jsonl"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// maxArgsLimit is what one record of the ring buffer can hold beside the rest.
const maxArgsLimit = 256 << 10

// watch is a run of the command, its options checked and understood.
type watch struct {
	*watchOptions
	app    *app
	live   liveOptions
	nowNS  func() uint64 // CLOCK_BOOTTIME, of the tracer
	asked  map[string]any
	wanted []selection.Predicate
	screen selection.KindSet
	stream selection.KindSet
	// repeats says that signals are shown that pidns_reap tells again.
	repeats bool
	members *jsonl.Fields
	child   *child
	// recorded says that the events are of a recording: what is not in it is no
	// mistake of the caller.
	recorded  bool
	redaction *recording.Redaction
	limits    recording.Options // of the file; its path and name are elsewhere
	// line is the line that the event at hand was read from, in a recording.
	line func() []byte
	// within lets a part of a recording pass; nil is all of it.
	within func(*events.Header, events.Sink) events.Sink
}

// check turns flags into a run. All that can be wrong with them is found here.
func (o *watchOptions) check(a *app) (*watch, error) {
	w := &watch{watchOptions: o, app: a}
	for _, step := range []func() error{
		w.checkOutput, w.checkScope, w.checkKinds, w.checkKernel, w.checkFilter, w.checkFile, w.checkCommand,
	} {
		if err := step(); err != nil {
			if exitCode(err) == exitFailed {
				err = &exitError{Code: exitUsage, Err: err}
			}
			return nil, err
		}
	}
	return w, nil
}

func (w *watch) checkOutput() error {
	if w.output != "text" && w.output != "json" {
		return fmt.Errorf("output %q is unknown; there are text and json", w.output)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, w.color) {
		return fmt.Errorf("color %q is unknown; there are auto, always and never", w.color)
	}
	if w.recoloured && w.output == "json" {
		return fmt.Errorf("--color is for text and does not go with -o json")
	}
	for _, name := range w.fields {
		if err := selection.CheckField(name); err != nil {
			return err
		}
	}
	if len(w.fields) > 0 {
		w.members = jsonl.ParseFields(w.fields)
	}
	if w.intervalled && !w.tree {
		return fmt.Errorf("--interval needs --tree")
	}
	if w.intervalled && w.interval <= 0 {
		return fmt.Errorf("--interval %s is no time at all", w.interval)
	}
	if w.tree {
		w.live.Keep = keptForTree
	}
	if w.limited && w.maxEvents == 0 {
		return fmt.Errorf("--max-events must be at least 1")
	}
	if w.timed && w.timeout <= 0 {
		return fmt.Errorf("--timeout %s is not in the future", w.timeout)
	}
	return nil
}

func (w *watch) checkScope() error {
	switch {
	case w.scope != "" && len(w.command) == 0:
		return fmt.Errorf("--scope needs -- CMD")
	case w.scope != "" && !slices.Contains(scopes, w.scope):
		return fmt.Errorf("scope %q is unknown; there are command, containers and all", w.scope)
	case w.follow && len(w.pids) == 0 && len(w.command) == 0:
		return fmt.Errorf("--follow needs -p PID or -- CMD to follow")
	case len(w.command) > 0 && len(w.pids) > 0:
		return fmt.Errorf("-p does not go with -- CMD, which is followed itself")
	case w.host && (len(w.pidns) > 0 || w.newPidns || len(w.containers) > 0):
		return fmt.Errorf("--host leaves out what --pidns, --new-pidns and -c ask for")
	}
	for _, pid := range w.pids {
		if pid <= 0 {
			return fmt.Errorf("pid %d is no process", pid)
		}
	}
	w.checkFollow()
	if len(w.pids) > 0 && !w.follow {
		w.wanted = append(w.wanted, selection.PIDs(w.pids))
	}
	if len(w.pidns) > 0 {
		inums := make([]uint32, len(w.pidns))
		for i, n := range w.pidns {
			if inums[i] = uint32(n); n == 0 || uint(inums[i]) != n {
				return fmt.Errorf("pidns %d is no namespace's inode number", n)
			}
		}
		w.wanted = append(w.wanted, selection.InPidns(inums))
	}
	if w.newPidns {
		w.wanted = append(w.wanted, selection.NewPidns())
	}
	if w.host {
		w.wanted = append(w.wanted, selection.OnHost)
	}
	in, err := w.chosen.check(w.containers)
	if w.host && len(in) > 0 {
		return fmt.Errorf("--host leaves out what -c, --pod, -n, --image, --runtime and --new-containers ask for")
	}
	w.wanted = append(w.wanted, in...)
	return err
}

func (w *watch) checkKinds() error {
	base := selection.AllKinds &^ (selection.ThreadKinds | selection.SyscallKinds | selection.CgroupKinds)
	if w.threads {
		base |= selection.ThreadKinds
	}
	if w.syscalls {
		base |= selection.SyscallKinds
	}
	var err error
	if w.stream, err = selection.ParseKinds(w.events, base); err != nil {
		return err
	}
	w.screen, w.repeats = w.stream, true
	if w.output == "text" {
		if w.screen, err = selection.ParseKinds(w.events, base&^selection.ContextKinds); err != nil {
			return err
		}
		w.repeats = slices.Contains(w.events, "signal") || slices.Contains(w.events, "+signal")
	}
	if w.stream&selection.SyscallKinds != 0 && !w.syscalls {
		return fmt.Errorf("events of system calls need --syscalls, which slows every system call of the machine")
	}
	w.live.Threads = w.stream&selection.ThreadKinds != 0
	w.live.CgroupDirs = w.stream&selection.CgroupKinds != 0
	w.live.Syscalls = w.syscalls
	return nil
}

func (w *watch) checkKernel() error {
	switch env := envMode(w.env); env {
	case envOff, envNames, envValues:
		w.live.Env = env
	default:
		return fmt.Errorf("env %q is unknown; there are names and values", w.env)
	}
	if err := w.checkSizes(); err != nil {
		return err
	}
	for _, name := range w.signals {
		if name == "all" {
			w.live.Signals = names.AllSignals
			continue
		}
		n, ok := names.ParseSignal(name)
		if !ok {
			return fmt.Errorf("signal %q is unknown", name)
		}
		w.live.Signals |= names.SignalBit(n)
	}
	return nil
}

// checkSizes comes when the environment's mode is known, which needs room too.
func (w *watch) checkSizes() error {
	if !w.buffer.powerOfTwo() {
		return fmt.Errorf("buffer of %s is not a power of two", w.buffer)
	}
	if w.maxArgs < 1 || w.maxArgs > maxArgsLimit {
		return fmt.Errorf("max-args of %s is not between 1 and %s", w.maxArgs, size(maxArgsLimit))
	}
	w.live.BufferBytes, w.live.Latency = int(w.buffer), w.latency
	if w.argsLimited {
		w.live.MaxArgs = int(w.maxArgs)
	}
	switch least := size(smallestBuffer(w.live)); {
	case w.buffer >= least:
		return nil
	case w.argsLimited:
		return fmt.Errorf("buffer of %s is too small for max-args of %s: the smallest that fits is %s", w.buffer, w.maxArgs, least)
	default:
		return fmt.Errorf("buffer of %s is too small: the smallest is %s", w.buffer, least)
	}
}

func (w *watch) checkFilter() error {
	if w.filter == "" {
		return nil
	}
	f, err := selection.NewFilter(w.filter)
	if err != nil {
		return err
	}
	w.wanted = append(w.wanted, f.Wants)
	return nil
}

func (w *watch) checkCommand() error {
	if len(w.command) == 0 {
		return nil
	}
	var err error
	w.child, err = findCommand(w.command)
	return err
}
