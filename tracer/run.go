package tracer

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Restless is what a sink may be, too: while it says so it wants an idle moment every
// 50 ms, though nothing happens.
type Restless interface{ Restless() bool }

// Run hands every event of the source to each sink in turn, and flushes the sinks
// whenever the source has nothing more for the moment, and again every 50 ms while one
// of them is Restless. It returns nil when the
// source ends or the context does, else the first error of a source or sink.
func Run(ctx context.Context, src events.Source, sinks ...events.Sink) error {
	err := pump(ctx, src, sinks)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, flush(sinks))
}

func pump(ctx context.Context, src events.Source, sinks []events.Sink) error {
	for {
		ev, err := src.Next(ctx)
		if err != nil {
			return err
		}
		if ev == nil {
			if err := flush(sinks); err != nil {
				return err
			}
			if s, ok := src.(interface{ stayAwake(bool) }); ok {
				s.stayAwake(slices.ContainsFunc(sinks, restless))
			}
			continue
		}
		for _, s := range sinks {
			if err := s.Put(ev); err != nil {
				return err
			}
		}
	}
}

func restless(s events.Sink) bool {
	r, ok := s.(Restless)
	return ok && r.Restless()
}

func flush(sinks []events.Sink) error {
	var all []error
	for _, s := range sinks {
		all = append(all, s.Flush())
	}
	return errors.Join(all...)
}
