package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/progress"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// playback is a recording as a source of events. It goes on behind what is damaged,
// as far as anything whole is there, and remembers that it was.
type playback struct {
	path   string
	file   io.ReadCloser
	reader *record.Reader
	damage error
	tail   *tail            // nil where the file does not grow
	bar    *progress.Reader // nil where nobody sees it
	warn   func(text string)
}

// takeRecording takes the recording that is a command's first argument, and returns
// the others.
func takeRecording(cmd *cobra.Command, args []string, path *string) (rest []string, err error) {
	if len(args) == 0 {
		return nil, usageError("recording missing: a file, or - for standard input; see %s --help", cmd.CommandPath())
	}
	*path = args[0]
	return args[1:], nil
}

// takeContainer takes the container that may be a command's last argument.
func takeContainer(cmd *cobra.Command, args []string, container *string) error {
	if len(args) == 0 {
		return nil
	}
	if *container = args[0]; *container == "" {
		return usageError("container is empty")
	}
	return noArgs(cmd, args[1:])
}

// onlyRecording is for commands with a recording as their one argument.
func onlyRecording(path *string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		rest, err := takeRecording(cmd, args, path)
		if err != nil {
			return err
		}
		return noArgs(cmd, rest)
	}
}

// openRecording opens a file, or standard input for "-", and reads the header. With
// growing its end is waited for: until ctx ends or the recorder has.
func (a *app) openRecording(ctx context.Context, path string, growing bool) (*playback, error) {
	p := &playback{path: path, file: io.NopCloser(a.in)}
	// Not with what the program's file may have given it: the path is the caller's, and so
	// is that of what is written.
	if err := confine.AsCaller(); err != nil {
		return nil, err
	}
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("recording: %w", err)
		}
		p.file = f
		if info, err := f.Stat(); err == nil && a.errTTY && !growing && info.Mode().IsRegular() {
			p.bar = progress.NewReader(f, info.Size(), a.err)
			p.file = p.bar
		}
	}
	var r io.Reader = p.file
	if growing {
		p.tail = newTail(ctx, p.file)
		r = p.tail
	}
	var err error
	if p.reader, err = record.NewReader(r, record.ReadOptions{Growing: growing}); err != nil {
		return nil, errors.Join(p.broken(err), p.file.Close())
	}
	p.warn = func(text string) { a.log.Warn().Msg(safe.String(path) + " " + text) }
	if text := laterPart(p.reader.Header()); text != "" {
		p.warn("is " + text)
	}
	return p, nil
}

// thinned says of lines that somebody filtered what is not there, once.
func (p *playback) thinned() {
	t := p.reader.Thinned()
	if t.Header {
		p.warn("has no header: what was recorded, and where, is not known")
	}
	if t.Events > 0 {
		p.warn("lacks " + words.Count(int(min(t.Events, math.MaxInt)), "event", "events") + " that were recorded: somebody took them out")
	}
	p.warn = func(string) {}
}

// laterPart says of a file that goes on where another ended what is not in it; nothing
// of any other.
func laterPart(h *events.Header) string {
	part, _ := h.Options[record.OptionPart].(int64)
	before, _ := h.Options[record.OptionContinues].(string)
	left, _ := h.Options[record.OptionLeftOut].(int64)
	if part < 2 || before == "" {
		return ""
	}
	text := fmt.Sprintf("part %d of a recording: what happened before is in %s", part, safe.String(before))
	if left > 0 {
		text += fmt.Sprintf(", and so are %d of the processes that lived then, for which it had no room", left)
	}
	return text
}

// Next returns the next event that is whole.
func (p *playback) Next(ctx context.Context) (*events.Event, error) {
	for {
		ev, err := p.reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			p.thinned()
		}
		if err == nil || errors.Is(err, io.EOF) {
			return ev, err
		}
		if p.tail != nil && ctx.Err() != nil {
			return nil, ctx.Err() // it is no damage that nobody waits any more
		}
		var damaged *record.DamagedError
		if !errors.As(err, &damaged) {
			return nil, err
		}
		if p.damage == nil {
			p.damage = p.broken(err)
		}
		if !damaged.Resumable {
			return nil, io.EOF
		}
	}
}

// broken gives a recording's damage its exit code.
func (p *playback) broken(err error) error {
	err = fmt.Errorf("%s: %w", p.path, err)
	var damaged *record.DamagedError
	if errors.As(err, &damaged) {
		return &exitError{Code: exitDamaged, Err: err}
	}
	return err
}

// run gives the events to the sink, as a tracer does.
func (p *playback) run(ctx context.Context, src events.Source, sink events.Sink) error {
	if p.tail != nil {
		p.tail.idle = sink.Flush
	}
	for {
		ev, err := src.Next(ctx)
		if err == nil && ev == nil {
			err = sink.Flush()
		} else if err == nil {
			err = sink.Put(ev)
		}
		if err != nil {
			return errors.Join(ended(err), sink.Flush())
		}
	}
}

// paced gives events at the pace at which they happened, or at a multiple of it.
type paced struct {
	src   events.Source
	speed float64
	wait  func(context.Context, time.Time) error // until then

	held    *events.Event // to be given when its time has come
	due     time.Time
	began   time.Time // of the first event that was no snapshot
	beganNS uint64
}

func (p *paced) Next(ctx context.Context) (*events.Event, error) {
	if ev := p.held; ev != nil {
		p.held = nil
		return ev, p.wait(ctx, p.due)
	}
	ev, err := p.src.Next(ctx)
	if err != nil || ev == nil || ev.Kind == events.Snapshot {
		return ev, err
	}
	if p.began.IsZero() {
		p.began, p.beganNS = time.Now(), ev.BootNS
	}
	if ev.BootNS > p.beganNS {
		p.due = p.began.Add(time.Duration(float64(ev.BootNS-p.beganNS) / p.speed))
		if time.Now().Before(p.due) {
			p.held = ev // it stays valid: the source is not asked again before
			return nil, nil
		}
	}
	return ev, nil
}

// waitUntil returns at that time, or with the context's error.
func waitUntil(ctx context.Context, due time.Time) error {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
