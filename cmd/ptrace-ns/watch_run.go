package main

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/jsonl"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// outputs are the sinks of a run and what is read from them at its end.
type outputs struct {
	all   events.Sink
	shown *counter
	file  *eventFile // nil without a file
	// again is called from time to time while no event is told, last at the end; nil
	// is nothing to do.
	again, last func(*tree.Model) error
	interval    time.Duration
}

// run traces until a signal, the timeout, enough events, a closed pipe or the
// command's end.
func (w *watch) run(ctx context.Context) error { return w.traced(ctx, w.outputs) }

// traced is a run whose events go the way that route makes.
func (w *watch) traced(ctx context.Context, route func(*events.Header, *eventFile) (*outputs, error)) (err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	file, err := w.createFile()
	if err != nil {
		return err
	}
	if w.output == "text" && w.app.outTTY {
		w.app.quietLog()
	}
	live, err := w.app.open(ctx, w.live)
	if err != nil {
		// Nothing is in it, and it would be in the way of the next attempt.
		return errors.Join(err, file.discard())
	}
	defer func() { err = first(err, live.Close()) }()
	w.nowNS = live.NowNS
	if live.Partial() {
		w.app.log.Warn().Msg(partialWatch)
	}
	if w.timed {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.timeout)
		defer cancel()
	}
	header := *live.Header()
	header.Version, header.Options = readBuild().Version, w.asked
	follows, err := noteFollowing(live, &header)
	if err != nil {
		return err
	}
	file.begin(&header)
	defer file.abandon()
	out, err := route(&header, file)
	if err != nil {
		return ended(err)
	}
	began := time.Now()
	if err := w.trace(ctx, live, out); err != nil {
		return err
	}
	if out.last != nil {
		if err := ended(live.Look(out.last)); err != nil {
			return err
		}
	}
	s, err := live.Summary()
	if err != nil {
		return err
	}
	file.close(s.trailer())
	if still, err := live.Follows(); err == nil && follows && !still {
		w.app.log.Warn().Msg(followingEnded)
	}
	return w.finish(s, out, time.Since(began))
}

// trace runs the stream, with the command in it when there is one.
func (w *watch) trace(ctx context.Context, live tracing, out *outputs) error {
	if w.child != nil {
		childOut := w.app.out
		if w.output == "json" {
			childOut = w.app.err
		}
		// The summary's count of births is for this command above all.
		live.AwaitBirths()
		if err := confine.ByCaller(func() error { return w.child.start(w.app.in, childOut, w.app.err) }); err != nil {
			return err
		}
		var stop context.CancelFunc
		ctx, stop = w.child.lifetime(ctx)
		defer stop()
	}
	// The command has the rights of the caller, and no others are given up before it runs.
	if err := w.app.confined(w.plan()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	last := &untilError{next: out.all, end: cancel}
	quiet := func() {}
	if out.interval > 0 {
		again := func(m *tree.Model) error {
			if !last.begun {
				return nil
			}
			return errors.Join(last.Flush(), out.again(m))
		}
		quiet = every(out.interval, func() error { return live.Look(again) }, func(error) { cancel() })
	}
	err := ended(live.Run(ctx, last))
	quiet() // the sinks are this goroutine's alone again
	if last.err == nil || errors.Is(last.err, selection.ErrEnough) {
		last.err = out.all.Flush()
	}
	return errors.Join(err, ended(last.err))
}

// finish tells what was counted and chooses the exit code: a failure first, then
// the command's own.
func (w *watch) finish(s summary, out *outputs, took time.Duration) error {
	if !w.quiet {
		if err := s.print(w.app.err, out.shown, took); err != nil && !errors.Is(err, syscall.EPIPE) {
			return err
		}
	}
	w.warnOfNothing(out)
	if err := s.check(); err != nil {
		return err
	}
	if out.file != nil && out.file.err != nil {
		return &exitError{Code: exitFailed} // it was told when it happened
	}
	if w.child == nil {
		return nil
	}
	<-w.child.settled
	return w.child.status()
}

// warnOfNothing says why nothing of a container was among what descends from a
// command: its processes are children of daemons and shims.
func (w *watch) warnOfNothing(out *outputs) {
	asked := w.newPidns || len(w.pidns) > 0 || len(w.containers) > 0 || w.chosen.any()
	if w.child != nil && w.followsCommand() && asked && out.shown.total() == 0 {
		w.app.log.Warn().Msg("nothing that descends from the command was in a container or namespace that was asked for: containers do not descend from the client that asks for them, see --scope containers")
	}
}

// outputs builds the way of an event, from its end: views, kinds, filters.
func (w *watch) outputs(h *events.Header, file *eventFile) (*outputs, error) {
	view, err := w.view(h)
	if err != nil {
		return nil, err
	}
	out := &outputs{shown: &counter{next: view}}
	screen := events.Sink(out.shown)
	if w.limited {
		screen = selection.Limit(screen, w.maxEvents)
	}
	stream := selection.Kinds(events.Sink(file), w.stream)
	if w.within != nil {
		screen, stream = w.within(h, screen), w.within(h, stream)
	}
	screen = selection.Kinds(screen, w.screen)
	if w.output == "text" {
		screen = selection.Where(screen, selection.NotConfirming)
	}
	if !w.repeats {
		screen = selection.Where(screen, selection.NotRepeated)
	}
	sinks := []events.Sink{nsLog{w.app.log}, screen}
	if file != nil {
		out.file = file
		// Before the screen, which may be the one to end the stream.
		sinks = []events.Sink{nsLog{w.app.log}, stream, screen}
	}
	if w.tree {
		show := w.newTreeShow(h.StartNS)
		out.again, out.last, out.interval = show.show, show.last, w.interval
		sinks = append(sinks[:1:1], append([]events.Sink{&show.followed}, sinks[1:]...)...)
	}
	out.all = w.followed(selection.Where(selection.Tee(sinks...), w.wanted...), int32(h.TracerPID))
	if len(w.pids) > 0 && !w.recorded {
		out.all = selection.Present(out.all, w.pids)
	}
	if len(w.containers) > 0 && !w.recorded {
		out.all = selection.Unknown(out.all, w.containers, w.unknownContainer)
	}
	if w.live.Env == envNames {
		out.all = selection.EnvNames(out.all)
	}
	return out, nil
}

// followed narrows the stream to a command, or to processes and their descendants.
func (w *watch) followed(next events.Sink, tracer int32) events.Sink {
	switch {
	case w.child != nil && w.followsCommand():
		return selection.NewFollow(next, nil, tracer)
	case w.child != nil && w.scope == scopeContainers:
		scope := recording.NewScope(next, recording.ScopeOptions{Maker: tracer, Containers: true, Live: true})
		return selection.Acquainted(scope, w.wanted...)
	case w.child == nil && w.follow:
		return selection.NewFollow(next, w.pids, 0)
	}
	return next
}

func (w *watch) unknownContainer(id string) {
	w.app.log.Warn().Str("container", safe.String(id)).Msg("no such container is known: only one that starts from now on can match")
}

func (w *watch) view(h *events.Header) (events.Sink, error) {
	if w.output == "json" {
		view, err := jsonl.New(w.app.out, h, w.members)
		if err == nil && w.line != nil {
			view.Recorded(w.line)
		}
		return view, err
	}
	o := text.Options{
		Color:   w.app.coloured(w.color),
		Unicode: w.app.unicode(),
		Zone:    time.Local,
		Late:    w.tree, // above a tree alone they would say nothing
	}
	if len(w.fields) > 0 {
		return text.NewTable(w.app.out, h, o, w.fields), nil
	}
	return text.New(w.app.out, h, o), nil
}
