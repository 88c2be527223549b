package main

import (
	"context"
	"errors"
	"sync"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// kernel is the live kernel behind the seam.
type kernel struct {
	*tracer.Kernel
	who    *container.Lookup
	header *events.Header
	model  *tree.Model
	mu     sync.Mutex // held while an event is told
}

func openLive(_ context.Context, o liveOptions) (tracing, error) {
	who, err := lookup(o.RuntimeAPI)
	if err != nil {
		return nil, err
	}
	k, err := tracer.Open(tracer.Options{
		Containers:  who,
		BufferBytes: o.BufferBytes,
		MaxArgs:     o.MaxArgs,
		Env:         o.Env != envOff,
		Signals:     o.Signals,
		Threads:     o.Threads,
		Syscalls:    o.Syscalls,
		CgroupDirs:  o.CgroupDirs,
		Latency:     o.Latency,
		Follow:      o.follow(),
	})
	if err != nil {
		who.Close()
		return nil, impossible(err)
	}
	lightly()
	leaner()
	header, err := k.Header()
	if err != nil {
		who.Close()
		return nil, errors.Join(err, k.Close())
	}
	return &kernel{Kernel: k, who: who, header: header, model: tree.New(tree.Options{Keep: o.Keep})}, nil
}

// follow is who is recorded, nil for all.
func (o liveOptions) follow() *tracer.Follow {
	if len(o.FollowPIDs) == 0 && !o.FollowOwn {
		return nil
	}
	return &tracer.Follow{PIDs: o.FollowPIDs, Own: o.FollowOwn}
}

// smallestBuffer is the least BufferBytes that goes with the other options.
func smallestBuffer(o liveOptions) int {
	return tracer.Options{MaxArgs: o.MaxArgs, Env: o.Env != envOff}.MinBuffer()
}

// impossible gives the error its exit code when it says that tracing is not
// possible here.
func impossible(err error) error {
	var notPossible *tracer.NotPossibleError
	if errors.As(err, &notPossible) {
		return &exitError{Code: exitImpossible, Err: err}
	}
	return err
}

func (k *kernel) Close() error {
	k.who.Close()
	return k.Kernel.Close()
}

// Unanswered is why nothing is from a container engine that was to be asked.
func (k *kernel) Unanswered() error { return k.who.Unanswered() }

func (k *kernel) Header() *events.Header { return k.header }

func (k *kernel) NowNS() uint64 { return tracer.Now() }

func (k *kernel) Model() *tree.Model { return k.model }

func (k *kernel) Run(ctx context.Context, sinks ...events.Sink) error {
	return tracer.Run(ctx, k.Kernel, &locked{&k.mu, tracer.DeriveLive(k.model, sinks...)})
}

func (k *kernel) Look(see func(*tree.Model) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return see(k.model)
}

// locked is a sink that others can wait for.
type locked struct {
	mu   *sync.Mutex
	next events.Sink
}

func (l *locked) Put(ev *events.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next.Put(ev)
}

func (l *locked) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next.Flush()
}

func (l *locked) Restless() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.next.(tracer.Restless)
	return ok && r.Restless()
}

func (k *kernel) Summary() (summary, error) {
	stats, err := k.Stats()
	if err != nil {
		return summary{}, err
	}
	s := summary{ByKind: map[events.Kind]counts{}, Mispredicted: k.model.Stats().Mispredicted, BirthsNewtask: stats.BirthsNewtask, BirthsFork: stats.BirthsFork}
	for kind, c := range stats.ByKind {
		s.ByKind[kind] = counts(c)
	}
	return s, nil
}

func (k *kernel) Partial() bool { return !k.InInitialPidns() }
