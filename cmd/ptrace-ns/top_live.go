package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// keptForTop is how many exited processes are kept: of more than fade at a time the
// lineage can be read. Each scene passes by them all.
const keptForTop = 4 << 10

// live shows what happens now.
func (c *choice) live(ctx context.Context, v tui.Options) (err error) {
	a := c.app
	ctx, stop := interruptible(ctx)
	defer stop()
	a.quietLog()
	file, err := c.createFile()
	if err != nil {
		return err
	}
	live, err := a.open(ctx, c.watch.live)
	if err != nil {
		return errors.Join(err, file.discard())
	}
	defer func() { err = first(err, live.Close()) }()
	header := *live.Header()
	header.Version, header.Options = readBuild().Version, c.asked
	file.begin(&header)
	defer file.abandon()
	v.BootTime = header.BootTimeNS
	if live.Partial() {
		v.Notice = partialWatch
	}
	src := &present{live: live, stage: newStage(v, header.StartNS, picture.Covered(live.Header())), choice: c}
	src.stage.Only = c.only()
	if file != nil { // the screen is the view's: it tells at once, and the log at the end
		file.failed = func(err error) { src.stage.Say("event file given up: " + err.Error()) }
	}
	v.Nobody = c.nobody()
	if err := c.show(ctx, src, v, c.route(&header, file, src.stage.Say)); err != nil {
		return err
	}
	s, err := live.Summary()
	if err != nil {
		return err
	}
	file.close(s.trailer())
	return c.outcome(s, file)
}

// outcome chooses the error, and so the exit code, as watch does: that the counts do not
// hold before all else, a failed file, then the command's own end.
func (c *choice) outcome(s summary, file *eventFile) error {
	if err := s.check(); err != nil {
		return err
	}
	if file != nil && file.err != nil {
		return file.err
	}
	if c.child == nil {
		return nil
	}
	<-c.child.settled
	return c.child.status()
}

// show traces and shows until one of these ends, and the other with it.
func (c *choice) show(ctx context.Context, src *present, v tui.Options, route events.Sink) error {
	tracing, cancel := context.WithCancel(ctx)
	defer cancel()
	run := tracing
	if c.child != nil {
		// One looks at what a command has left behind for as long as one likes.
		c.child.linger = func(ctx context.Context) { <-ctx.Done() }
		src.live.AwaitBirths()
		if err := c.child.start(nil, nil, nil); err != nil {
			return err
		}
		var stop context.CancelFunc
		run, stop = c.child.lifetime(tracing)
		defer stop()
	}
	if err := c.app.confined(c.plan()); err != nil {
		return err
	}
	over := make(chan error, 1)
	go func() { over <- guarded(func() error { return src.live.Run(run, route, src.stage) }) }()
	// What ends the tracing ends the view; then it is for the tracing to end.
	broken := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		broken <- <-over
	}()
	shown := ended(tui.Run(ctx, src, v, broken))
	cancel()
	<-done
	select {
	case err := <-broken: // the view did not take it
		shown = first(shown, ended(err))
	default:
	}
	return shown
}

// guarded makes an error of a panic: it would end the program with the terminal as the
// view has set it.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("tracing broke down: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// present is the live kernel as a source of scenes.
type present struct {
	live   tracing
	choice *choice
	stage  *scene.Stage
	seen   uint64 // events in the last scene
	at     time.Time
	filter *scene.Filter
}

// restless is how long a scene is good for when nothing happens: ages go on.
const restless = 500 * time.Millisecond

// Look implements tui.Source.
func (p *present) Look(f *scene.Filter) *scene.Scene {
	seen, now := p.stage.Seen(), time.Now()
	if seen == p.seen && f == p.filter && now.Sub(p.at) < restless {
		return nil
	}
	p.seen, p.filter, p.at = seen, f, now
	sc, err := p.stage.Look(func(see func(*tree.Model) error) error {
		return p.look(func(m *tree.Model) error {
			p.choice.tidy(m)
			return see(m)
		})
	}, p.live.NowNS(), f)
	if err != nil {
		return nil
	}
	return sc
}

// look waits for the tracing to have a model.
func (p *present) look(see func(*tree.Model) error) error {
	return p.live.Look(func(m *tree.Model) error {
		if m == nil {
			return errNoModel
		}
		return see(m)
	})
}

var errNoModel = fmt.Errorf("no event was read yet")

// Seen implements tui.Source.
func (p *present) Seen() uint64 { return p.stage.Seen() }

// Detail implements tui.Source.
func (p *present) Detail(key events.ProcKey) (d *scene.Detail) {
	_ = p.look(func(m *tree.Model) error {
		d = p.stage.Detail(m, key, p.live.NowNS())
		return nil
	})
	if d != nil && d.Life.State == report.Live {
		if n := threadsNow(key); n > 0 {
			d.Threads = strconv.FormatUint(n, 10)
		}
	}
	return d
}

// Namespaces implements tui.Source.
func (p *present) Namespaces(width int) (lines []string) {
	_ = p.look(func(m *tree.Model) error {
		lines = p.stage.Namespaces(m, p.live.NowNS(), width)
		return nil
	})
	return lines
}

// Deaths implements tui.Source.
func (p *present) Deaths(f *scene.Filter) []scene.Line {
	lines, err := p.stage.Deaths(p.look, p.live.NowNS(), f)
	if err != nil {
		return nil
	}
	return lines
}
