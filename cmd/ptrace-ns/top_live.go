package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
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
func (o *topOptions) live(ctx context.Context, a *app, v tui.Options) (err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	a.quietLog()
	live, err := a.open(ctx, liveOptions{BufferBytes: int(o.buffer), Signals: deadly, Keep: keptForTop})
	if err != nil {
		return err
	}
	defer func() { err = first(err, live.Close()) }()
	if err := a.confined(confine.Plan{}); err != nil {
		return err
	}
	v.BootTime = live.Header().BootTimeNS
	if live.Partial() {
		v.Notice = partialWatch
	}
	src := &present{live: live, stage: newStage(v, live.Header().StartNS), bootTime: v.BootTime}
	tracing, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- guarded(func() error { return live.Run(tracing, src.stage) }) }()
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
	if shown != nil {
		return shown
	}
	s, err := live.Summary()
	if err != nil {
		return err
	}
	return s.check()
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
	live     tracing
	stage    *scene.Stage
	bootTime int64
	seen     uint64 // events in the last scene
	at       time.Time
	filter   *scene.Filter
}

// restless is how long a scene is good for when nothing happens: ages go on.
const restless = 500 * time.Millisecond

func (p *present) nowNS() uint64 { return uint64(time.Now().UnixNano() - p.bootTime) }

// Look implements tui.Source.
func (p *present) Look(f *scene.Filter) *scene.Scene {
	seen, now := p.stage.Seen(), time.Now()
	if seen == p.seen && f == p.filter && now.Sub(p.at) < restless {
		return nil
	}
	p.seen, p.filter, p.at = seen, f, now
	sc, err := p.stage.Look(p.look, p.nowNS(), f)
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
		d = p.stage.Detail(m, key, p.nowNS())
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
func (p *present) Namespaces() (lines []string) {
	_ = p.look(func(m *tree.Model) error {
		lines = p.stage.Namespaces(m, p.nowNS())
		return nil
	})
	return lines
}

// Deaths implements tui.Source.
func (p *present) Deaths() (lines []scene.Line) {
	_ = p.look(func(*tree.Model) error {
		lines = p.stage.Deaths()
		return nil
	})
	return lines
}
