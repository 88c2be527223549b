package kerneltest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// InitIsHidden reports whether this kernel keeps the machine's PID 1 from BPF, as the
// kernel of a sandbox may: proven by a walk of iter/task that finds others and not it.
// Such a kernel runs no program while PID 1 is running either, so that nobody sees
// whom it forks.
func InitIsHidden(t testing.TB) bool {
	t.Helper()
	hidden, err := initIsHidden()
	if err != nil {
		t.Fatalf("iter/task: %v", err)
	}
	return hidden
}

var initIsHidden = sync.OnceValues(func() (bool, error) {
	leaders, err := walk()
	if err != nil {
		return false, err
	}
	if len(leaders) == 0 {
		return false, errors.New("it lists nobody")
	}
	return !bytes.Contains(leaders, []byte{'1'}), nil
})

// walk returns, for each task that iter/task shows, a 1 where its thread group is that
// of PID 1, and else a 0.
func walk() ([]byte, error) {
	offset, err := tgidOffset()
	if err != nil {
		return nil, err
	}
	// r6 is the iterator's context: a pointer to its meta data, whose first member is
	// the sequence file, and then the task.
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceIter, AttachTo: "task", License: "GPL",
		Instructions: asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			asm.LoadMem(asm.R7, asm.R6, 8, asm.DWord),
			asm.JEq.Imm(asm.R7, 0, "end"),
			asm.LoadMem(asm.R7, asm.R7, offset, asm.Word),
			asm.StoreImm(asm.RFP, -8, '0', asm.Byte),
			asm.JNE.Imm(asm.R7, 1, "write"),
			asm.StoreImm(asm.RFP, -8, '1', asm.Byte),
			asm.LoadMem(asm.R1, asm.R6, 0, asm.DWord).WithSymbol("write"),
			asm.LoadMem(asm.R1, asm.R1, 0, asm.DWord),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -8),
			asm.Mov.Imm(asm.R3, 1),
			asm.FnSeqWrite.Call(),
			asm.Mov.Imm(asm.R0, 0).WithSymbol("end"),
			asm.Return(),
		},
	})
	if err != nil {
		return nil, err
	}
	defer prog.Close()
	iter, err := link.AttachIter(link.IterOptions{Program: prog})
	if err != nil {
		return nil, err
	}
	defer iter.Close()
	file, err := iter.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// tgidOffset finds the thread group's id in the running kernel's task_struct.
func tgidOffset() (int16, error) {
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, err
	}
	var task *btf.Struct
	if err := kernel.TypeByName("task_struct", &task); err != nil {
		return 0, err
	}
	for _, m := range task.Members {
		if m.Name == "tgid" {
			return int16(m.Offset.Bytes()), nil
		}
	}
	return 0, fmt.Errorf("task_struct has no member tgid")
}
