package main

import (
	"context"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// recorder is a run of record, its options checked and understood.
type recorder struct {
	*watch
	more *recordOptions
	kept *recording.Scope // nil where everything is kept
}

const (
	// often is how often events that wait are looked at though none comes.
	often = 500 * time.Millisecond
	// patience bounds how long a container may take to start once the command has
	// ended.
	patience = time.Minute
)

// route builds the way of an event, from its end: file, scope.
func (r *recorder) route(h *events.Header, file *eventFile) (*outputs, error) {
	// Counted is what is in the file: what a full disk took was not recorded.
	file.written = &counter{}
	out := &outputs{file: file, shown: file.written}
	out.all = selection.Where(selection.Kinds(&onlyFile{eventFile: file, ends: r.child == nil}, r.stream), r.wanted...)
	if r.more.scope != scopeAll {
		o := recording.ScopeOptions{Containers: r.more.scope == scopeContainers}
		if r.child != nil {
			o.Maker = int32(h.TracerPID)
		}
		r.kept = recording.NewScope(out.all, o)
		out.all = selection.Acquainted(r.kept, r.wanted...)
		file.drain = r.kept.Finish
	}
	if len(r.containers) > 0 {
		out.all = selection.Unknown(out.all, r.containers, r.unknownContainer)
	}
	if r.live.Env == envNames {
		out.all = selection.EnvNames(out.all)
	}
	// The way is flushed before again is called.
	out.again, out.interval = func(*tree.Model) error { return nil }, often
	return out, nil
}

// linger waits, after the command's end, until it is quiet: for the time to settle,
// which begins anew while a container is starting.
func (r *recorder) linger(ctx context.Context) {
	last := time.Now().Add(patience)
	until := time.Now().Add(r.more.settle)
	for now := time.Now(); now.Before(until) && now.Before(last.Add(r.more.settle)); now = time.Now() {
		if r.kept != nil && r.kept.Starting() > 0 && now.Before(last) {
			until = now.Add(r.more.settle)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(often/10, time.Until(until))):
		}
	}
}

// onlyFile is a file beside which there is nothing: with it the run ends, unless a
// command is to be waited for.
type onlyFile struct {
	*eventFile
	ends bool
}

func (o *onlyFile) Put(ev *events.Event) error {
	if err := o.eventFile.Put(ev); err != nil {
		return err
	}
	return o.ended()
}

func (o *onlyFile) Flush() error {
	if err := o.eventFile.Flush(); err != nil {
		return err
	}
	return o.ended()
}

func (o *onlyFile) ended() error {
	if o.ends && o.err != nil {
		return selection.ErrEnough
	}
	return nil
}
