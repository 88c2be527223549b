package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// run tells what is in the file.
func (r *replay) run(ctx context.Context) (err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	r.app.quietLog()
	if r.timed {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	p, err := r.app.openRecording(ctx, r.path, r.growing)
	if err != nil {
		return err
	}
	defer func() { err = first(err, p.file.Close()) }()
	if p.bar != nil && (r.app.outTTY || r.speed > 0) {
		p.bar.Hide() // the events are there to see
	}
	header := p.reader.Header()
	file, err := r.createFile()
	if err != nil {
		return err
	}
	file.begin(header)
	defer file.abandon()
	r.line = p.reader.Line
	out, err := r.outputs(header, file)
	if err != nil {
		return ended(err)
	}
	var src events.Source = p
	if r.speed > 0 {
		src = &paced{src: p, speed: r.speed, wait: waitUntil}
	}
	seen, all := map[int32]bool{}, out.all
	if len(r.pids) > 0 {
		all = sighted{all, seen}
	}
	if err := ended(p.run(ctx, src, all)); err != nil {
		return err
	}
	return r.finish(ctx, p, out, seen)
}

// sighted notes which PIDs a recording names as its events' processes and parents.
type sighted struct {
	next events.Sink
	pids map[int32]bool
}

func (s sighted) Put(ev *events.Event) error {
	s.pids[ev.Process.Key.PID], s.pids[ev.Process.Parent.Key.PID] = true, true
	return s.next.Put(ev)
}

func (s sighted) Flush() error { return s.next.Flush() }

// finish tells what there was, and what of it could not be read.
func (r *replay) finish(ctx context.Context, p *playback, out *outputs, seen map[int32]bool) error {
	trailer, whole := p.reader.Trailer()
	r.end(ctx, p, out.file)
	if !r.quiet {
		if err := replayed(r.app.err, out.shown, trailer, whole); err != nil && !errors.Is(err, syscall.EPIPE) {
			return err
		}
	}
	if text := passedOver(p.reader.Skipped()); text != "" {
		r.app.log.Warn().Msg("a newer program wrote this recording; passed over: " + text)
	}
	if p.damage != nil {
		return p.damage
	}
	if out.file != nil && out.file.err != nil {
		return &exitError{Code: exitFailed} // it was told when it happened
	}
	for _, pid := range r.pids {
		if !seen[pid] {
			return fmt.Errorf("process %d: %w in this recording", pid, selection.ErrNoProcess)
		}
	}
	return nil
}

// end ends the copy. One of a recording that is damaged, or whose reading was interrupted,
// is not all there. What was lost of one that was not read to its end is not known.
func (r *replay) end(ctx context.Context, p *playback, copied *eventFile) {
	trailer, whole := p.reader.Trailer()
	switch {
	case p.damage != nil, !whole && !r.growing && errors.Is(ctx.Err(), context.Canceled):
		copied.abandon()
	case whole:
		copied.close(trailer)
	default:
		copied.close(record.Trailer{LostUnknown: true})
	}
}

// replayed writes the line at the end.
func replayed(w io.Writer, shown *counter, t record.Trailer, whole bool) error {
	noun, lost := "events", "what was lost is not known"
	if shown.total() == 1 {
		noun = "event"
	}
	if whole {
		if !t.LostUnknown {
			lost = fmt.Sprintf("%d lost", t.Lost)
		}
		lost = fmt.Sprintf("%d recorded, %s", t.Events, lost)
	}
	_, err := fmt.Fprintf(w, "%d %s%s, %s\n", shown.total(), noun, shown.byKind(), lost)
	return err
}

// passedOver names what this program does not know, with how often it came.
func passedOver(s record.Skipped) string {
	var all []string
	for what, seen := range s.Kinds {
		all = append(all, words.Count(int(seen), "event", "events")+" "+safe.String(what))
	}
	for what, seen := range s.Fields {
		all = append(all, fmt.Sprintf("%s (%d×)", safe.String(what), seen))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
