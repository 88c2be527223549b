package tracer

import (
	"context"
	"errors"
	"io"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Run hands every event of the source to each sink in turn, and flushes the sinks
// whenever the source has nothing more for the moment. It returns nil when the
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
			continue
		}
		for _, s := range sinks {
			if err := s.Put(ev); err != nil {
				return err
			}
		}
	}
}

func flush(sinks []events.Sink) error {
	var all []error
	for _, s := range sinks {
		all = append(all, s.Flush())
	}
	return errors.Join(all...)
}
