//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	ptracens "github.com/ptrace-ns/ptrace-ns/tracer"
)

// costs tells the time that the programs take of one round of each workload, by the
// kernel's run-time statistics: those that only count, and ours.
func (b *bench) costs() error {
	b.printf("\nTime of the programs in one round of a workload, µs (the statistics themselves take some 0.02 a run)\n%-9s %9s %9s %9s\n",
		"workload", "untraced", "floor", "ptrace-ns")
	for _, w := range all {
		alone, err := b.run(w)
		if err != nil {
			return err
		}
		counting, err := b.programTime(w, func() (func() error, error) {
			f, err := openFloor()
			if err != nil {
				return nil, err
			}
			return f.Close, nil
		})
		if err != nil {
			return err
		}
		ours, err := b.programTime(w, attachReader(ptracens.Options{}))
		if err != nil {
			return err
		}
		us := func(d time.Duration) float64 { return float64(d) / float64(w.n) / 1e3 }
		b.printf("%-9s %9.2f %9.3f %9.3f\n", w.name, us(alone.cpu), us(counting), us(ours))
	}
	return nil
}

// attachReader attaches the tracer and reads what it records.
func attachReader(o ptracens.Options) func() (stop func() error, err error) {
	return func() (func() error, error) {
		kernel, err := ptracens.Open(o)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- ptracens.Run(ctx, kernel, discard{}) }()
		return func() error {
			cancel()
			return errors.Join(<-done, kernel.Close())
		}, nil
	}
}

// programTime is the time of all programs that attach brings, while the workload runs.
func (b *bench) programTime(w workload, attach func() (func() error, error)) (took time.Duration, err error) {
	before, err := programIDs()
	if err != nil {
		return 0, err
	}
	stop, err := attach()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	ours, err := programIDs()
	if err != nil {
		return 0, err
	}
	maps.DeleteFunc(ours, func(id ebpf.ProgramID, _ bool) bool { return before[id] })
	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return 0, fmt.Errorf("program statistics: %w", err)
	}
	_, err = b.run(w)
	if err := errors.Join(err, counting.Close()); err != nil {
		return 0, err
	}
	return sumRuntime(ours)
}

func sumRuntime(ids map[ebpf.ProgramID]bool) (sum time.Duration, err error) {
	for id := range ids {
		prog, err := ebpf.NewProgramFromID(id)
		if errors.Is(err, unix.ENOENT) {
			continue // another process's, that has ended
		}
		if err != nil {
			return 0, fmt.Errorf("BPF program %d: %w", id, err)
		}
		stats, err := prog.Stats()
		if err := errors.Join(err, prog.Close()); err != nil {
			return 0, fmt.Errorf("BPF program %d: %w", id, err)
		}
		sum += stats.Runtime
	}
	return sum, nil
}
