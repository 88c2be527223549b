package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// live is the tracer behind the seam.
type live struct {
	kernel *tracer.Kernel
	header *events.Header
	stats  tracer.Stats
}

func openLive(_ context.Context, o liveOptions) (tracing, error) {
	opts := tracer.Options{
		BufferBytes: o.BufferBytes, MaxArgs: o.MaxArgs, Env: o.Env != envOff, Signals: o.Signals,
		Threads: o.Threads, Syscalls: o.Syscalls, CgroupDirs: o.CgroupDirs,
	}
	if err := opts.Check(); err != nil {
		return nil, &exitError{Code: exitUsage, Err: err}
	}
	kernel, err := tracer.Open(opts)
	var impossible *tracer.NotPossibleError
	if errors.As(err, &impossible) {
		return nil, &exitError{Code: exitImpossible, Err: impossible}
	}
	if err != nil {
		return nil, err
	}
	header, err := kernel.Header()
	if err != nil {
		return nil, errors.Join(err, kernel.Close())
	}
	return &live{kernel: kernel, header: header}, nil
}

func (l *live) Header() *events.Header { return l.header }

func (l *live) Now() uint64 { return tracer.Now() }

func (l *live) Run(ctx context.Context, sinks ...events.Sink) error {
	err := tracer.Run(ctx, l.kernel, tracer.Derive(tree.New(tree.Options{}), sinks...))
	stats, statsErr := l.kernel.Stats()
	if statsErr != nil {
		return errors.Join(err, fmt.Errorf("summary: %w", statsErr))
	}
	l.stats = stats
	return err
}

func (l *live) Summary() summary {
	s := summary{
		ByKind:        map[events.Kind]counts{},
		BirthsNewtask: l.stats.BirthsNewtask,
		BirthsFork:    l.stats.BirthsFork,
	}
	for kind, c := range l.stats.ByKind {
		s.ByKind[kind] = counts(c)
	}
	return s
}

func (l *live) Close() error { return l.kernel.Close() }
