//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	ptracens "github.com/ptrace-ns/ptrace-ns/tracer"
)

// programs tells what the kernel itself counted of each BPF program, and how
// large the records are, while processes come and go. Counting costs too, some
// 20 ns a run, so that no slowdown is measured here.
func (b *bench) programs() error {
	b.saying("BPF programs")
	before, err := programIDs()
	if err != nil {
		return err
	}
	kernel, err := ptracens.Open(ptracens.Options{})
	if err != nil {
		return err
	}
	after, err := programIDs()
	if err != nil {
		return errors.Join(err, kernel.Close())
	}
	maps.DeleteFunc(after, func(id ebpf.ProgramID, _ bool) bool { return before[id] })

	counting, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return errors.Join(fmt.Errorf("program statistics: %w", err), kernel.Close())
	}
	err = b.exercise(kernel)
	b.printf("\nBPF programs, by the kernel's run-time statistics\n%-24s %9s %9s\n", "program", "runs", "ns a run")
	err = errors.Join(err, b.printPrograms(after), counting.Close())
	stats, statsErr := kernel.Stats()
	b.printRecords(stats)
	return errors.Join(err, statsErr, kernel.Close())
}

// exercise runs the workloads that make every frequent kind of record, and reads
// what they leave in the ring.
func (b *bench) exercise(kernel *ptracens.Kernel) error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ptracens.Run(ctx, kernel, discard{}) }()
	var errs []error
	for _, name := range []string{"spawn", "thread", "burst"} {
		i := slices.IndexFunc(all, func(w workload) bool { return w.name == name })
		_, err := b.run(all[i])
		errs = append(errs, err)
	}
	cancel()
	return errors.Join(append(errs, <-done)...)
}

type discard struct{}

func (discard) Put(*events.Event) error { return nil }
func (discard) Flush() error            { return nil }

func programIDs() (map[ebpf.ProgramID]bool, error) {
	ids := map[ebpf.ProgramID]bool{}
	for id := ebpf.ProgramID(0); ; {
		next, err := ebpf.ProgramGetNextID(id)
		if errors.Is(err, unix.ENOENT) {
			return ids, nil
		}
		if err != nil {
			return nil, fmt.Errorf("BPF programs: %w", err)
		}
		ids[next] = true
		id = next
	}
}

func (b *bench) printPrograms(ids map[ebpf.ProgramID]bool) error {
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		prog, err := ebpf.NewProgramFromID(id)
		if errors.Is(err, unix.ENOENT) {
			continue // another process's, that has ended
		}
		if err != nil {
			return fmt.Errorf("BPF program %d: %w", id, err)
		}
		name, stats, err := describe(prog)
		err = errors.Join(err, prog.Close())
		if err != nil {
			return err
		}
		if stats.RunCount > 0 {
			b.printf("%-24s %9d %9d\n", name, stats.RunCount, stats.Runtime/time.Duration(stats.RunCount))
		}
	}
	return nil
}

// describe returns the name of the program's function: that of the program itself
// is cut at 15 bytes.
func describe(prog *ebpf.Program) (string, *ebpf.ProgramStats, error) {
	info, err := prog.Info()
	if err != nil {
		return "", nil, fmt.Errorf("BPF program: %w", err)
	}
	stats, err := prog.Stats()
	if err != nil {
		return "", nil, fmt.Errorf("BPF program: %w", err)
	}
	name := info.Name
	if funcs, err := info.FuncInfos(); err == nil && len(funcs) > 0 {
		name = funcs[0].Func.Name
	}
	return name, stats, nil
}

func (b *bench) printRecords(stats ptracens.Stats) {
	b.printf("\nRecords, with the header of 8 bytes that the ring adds\n%-24s %9s %9s\n", "kind", "records", "bytes")
	for _, kind := range slices.Sorted(maps.Keys(stats.ByKind)) {
		if c := stats.ByKind[kind]; c.Received > 0 {
			b.printf("%-24s %9d %9d\n", kind, c.Received, stats.Bytes[kind]/c.Received+8)
		}
	}
}
