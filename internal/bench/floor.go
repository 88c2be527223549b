//go:build linux

package main

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// floor is the least that any BPF tracer costs: programs on the three tracepoints that
// add one to a counter, and no reader. What a tracer costs above it is the tracer's own.
type floor struct {
	counts   *ebpf.Map
	programs []*ebpf.Program
	links    []link.Link
}

func openFloor() (*floor, error) {
	f := &floor{}
	if err := f.attach(); err != nil {
		return nil, errors.Join(fmt.Errorf("counting programs: %w", err), f.Close())
	}
	return f, nil
}

func (f *floor) attach() (err error) {
	if f.counts, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}); err != nil {
		return err
	}
	for _, tracepoint := range []string{"sched_process_fork", "sched_process_exec", "sched_process_exit"} {
		p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Name: "floor", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: tracepoint,
			License: "GPL", Instructions: countOne(f.counts.FD()),
		})
		if err != nil {
			return err
		}
		f.programs = append(f.programs, p)
		l, err := link.AttachTracing(link.TracingOptions{Program: p})
		if err != nil {
			return err
		}
		f.links = append(f.links, l)
	}
	return nil
}

// countOne adds one to the first value of the map.
func countOne(counts int) asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.LoadMapPtr(asm.R1, counts),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}
}

func (f *floor) Close() error {
	var errs []error
	for _, l := range f.links {
		errs = append(errs, l.Close())
	}
	for _, p := range f.programs {
		errs = append(errs, p.Close())
	}
	if f.counts != nil {
		errs = append(errs, f.counts.Close())
	}
	return errors.Join(errs...)
}
