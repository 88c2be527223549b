//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// census counts, in the kernel, the processes and threads that are made by those whose name
// begins with the same eight bytes.
type census struct{ floor }

func openCensus(comm string) (*census, error) {
	c := &census{}
	if err := c.attach(comm); err != nil {
		return nil, errors.Join(fmt.Errorf("counting births: %w", err), c.Close())
	}
	return c, nil
}

func (c *census) attach(comm string) (err error) {
	if c.counts, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}); err != nil {
		return err
	}
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "census", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "sched_process_fork",
		License: "GPL", Instructions: append(ifCalled(comm), countOne(c.counts.FD())...),
	})
	if err != nil {
		return err
	}
	c.programs = append(c.programs, p)
	l, err := link.AttachTracing(link.TracingOptions{Program: p})
	if err != nil {
		return err
	}
	c.links = append(c.links, l)
	return nil
}

// ifCalled goes on where the name of who runs begins so, and to "out" where it does not.
func ifCalled(comm string) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, -24),
		asm.Mov.Imm(asm.R2, 16),
		asm.FnGetCurrentComm.Call(),
		asm.LoadMem(asm.R1, asm.RFP, -24, asm.DWord),
		asm.LoadImm(asm.R2, int64(binary.NativeEndian.Uint64([]byte(comm))), asm.DWord),
		asm.JNE.Reg(asm.R1, asm.R2, "out"),
	}
}

// births returns how many there were.
func (c *census) births() (n uint64, err error) {
	var each []uint64
	if err := c.counts.Lookup(uint32(0), &each); err != nil {
		return 0, fmt.Errorf("births: %w", err)
	}
	for _, of := range each {
		n += of
	}
	return n, nil
}
