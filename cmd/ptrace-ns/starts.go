package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// startSource is where a container's start is read from, and which container is
// meant; timeline and explain share it.
type startSource struct {
	live      bool
	timeout   time.Duration
	path      string
	container string
}

const liveStarts = `With --live it attaches, waits until a container has started and ended (the one
that CONTAINER names, or the first that starts), and then prints. An interrupt or
--timeout prints what is known by then.`

func (s *startSource) flags(f *pflag.FlagSet) {
	f.BoolVar(&s.live, "live", false, "attach and wait, in place of reading a recording")
	f.DurationVar(&s.timeout, "timeout", 0, "with --live: end after `DURATION`, e.g. 90s")
}

// take reads FILE [CONTAINER], or with --live [CONTAINER].
func (s *startSource) take(cmd *cobra.Command, args []string) error {
	if !s.live {
		if len(args) == 0 {
			return usageError("recording missing: a file, - for standard input, or --live; see %s --help", cmd.CommandPath())
		}
		s.path, args = args[0], args[1:]
	} else if len(args) > 0 {
		// A name that is waited for for ever is no answer to a mistaken flag.
		if info, err := statByCaller(args[0]); err == nil && info.Mode().IsRegular() {
			return usageError("%s is a file: FILE or --live, not both", safe.String(args[0]))
		}
	}
	return takeContainer(cmd, args, &s.container)
}

func (s *startSource) check(timed bool) error {
	switch {
	case timed && !s.live:
		return usageError("--timeout needs --live")
	case timed && s.timeout <= 0:
		return usageError("--timeout %s is not in the future", s.timeout)
	}
	return nil
}

// starts is what was read: the containers, and what their times rest on.
type starts struct {
	all []*report.Timeline
	// fruitless are those who asked for a container of which no process came to be.
	fruitless []report.Phase
	hidden    []report.Phase // shims of containers whose processes are not the host's
	bootTime  int64
	tracer    int32 // who recorded it; what it was told to run is its child
	// damage is the error of a recording that is not whole, told after what is.
	damage error
}

func (s *startSource) read(ctx context.Context, a *app) (*starts, error) {
	if s.live {
		return s.watch(ctx, a)
	}
	return a.readStarts(ctx, s.path)
}

// readStarts reads a recording to its end.
func (a *app) readStarts(ctx context.Context, path string) (_ *starts, err error) {
	p, err := a.openRecording(ctx, path, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = first(err, p.file.Close()) }()
	r := phases.New()
	if err := p.run(ctx, p, r); err != nil {
		return nil, err
	}
	h := p.reader.Header()
	return &starts{all: r.Timelines(), fruitless: r.Fruitless(), hidden: r.Hidden(), bootTime: h.BootTimeNS, tracer: int32(h.TracerPID), damage: p.damage}, nil
}

// watch attaches, and reads until the container has ended.
func (s *startSource) watch(ctx context.Context, a *app) (found *starts, err error) {
	o := liveOptions{Signals: deadly, Syscalls: true, CgroupDirs: true}
	return found, a.attached(ctx, o, s.timeout, func(ctx context.Context, cancel context.CancelFunc, live tracing) error {
		a.log.Info().Msg("attached; waiting for a container to start and end, or for an interrupt")
		waiting := &awaitEnd{Recorder: phases.New(), container: s.container, ended: cancel}
		if err := ended(live.Run(ctx, waiting)); err != nil {
			return err
		}
		found = &starts{all: waiting.Timelines(), fruitless: waiting.Fruitless(), hidden: waiting.Hidden(), bootTime: live.Header().BootTimeNS}
		return nil
	})
}

// deadly are the signals told of processes that are no PID 1: SIGKILL and SIGTERM.
const deadly = 1<<(9-1) | 1<<(15-1)

// settle is for those who clean up behind a container that has ended. Tests shorten it.
var settle = time.Second

// awaitEnd records until the container has ended, and a while more.
type awaitEnd struct {
	*phases.Recorder
	container string
	ended     func()
	look      bool // something ended since the last look
	done      bool
}

func (w *awaitEnd) Put(ev *events.Event) error {
	w.look = w.look || ev.Kind == events.Exit || ev.Kind == events.PidnsDestroy
	return w.Recorder.Put(ev)
}

// Flush looks, at an idle moment, whether it is over.
func (w *awaitEnd) Flush() error {
	if w.done || !w.look {
		return nil
	}
	w.look = false
	for _, t := range w.Timelines() {
		wanted := t.BeganNS != 0
		if w.container != "" {
			wanted = phases.Selects(t, w.container)
		}
		if wanted && phases.Ended(t) {
			w.done = true
			time.AfterFunc(settle, w.ended)
		}
	}
	return nil
}

// tellOthers says, where nobody said which, what else there was to choose from: what began
// inside the one that was chosen, by the command that shows it, and what beside it.
func (s *starts) tellOthers(a *app, command string, o *startSource, chosen *report.Timeline) {
	if o.container != "" {
		return
	}
	var inside, beside []*report.Timeline
	for _, t := range s.begun() {
		switch {
		case t == chosen:
		case isInside(t, chosen):
			inside = append(inside, t)
		default:
			beside = append(beside, t)
		}
	}
	for i, t := range inside {
		if i == maxKnown {
			a.log.Info().Msgf("%d more began inside it", len(inside)-i)
			break
		}
		a.log.Info().Msg(safe.String(nameOf(t)) + " began inside it" + o.command(command, s.own(t)))
	}
	if len(beside) > 0 {
		a.log.Info().Msg("others started at that time; CONTAINER chooses: " + s.known(beside))
	}
}

// isInside reports whether one lives in a PID namespace below the other's own.
func isInside(t, outer *report.Timeline) bool {
	return !outer.Shared && t.Pidns.ID != outer.Pidns.ID && slices.ContainsFunc(t.Chain, func(e events.PIDEntry) bool { return e.NS == outer.Pidns.ID })
}

// command is how a container's start is shown by its name; nothing of what was seen live,
// or read from a pipe, and is gone.
func (s *startSource) command(name, container string) string {
	if s.live || s.path == "-" {
		return ""
	}
	args := events.ArgsOf("ptrace-ns", name, s.path, container)
	return ": " + string(words.AppendArgs(nil, args, ""))
}

// isFile reports whether a path is there, or is standard input.
func isFile(path string) bool {
	_, err := statByCaller(path)
	return path == "-" || err == nil
}
