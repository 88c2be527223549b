//go:build linux

package tracer

import (
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// confidential reports whether kernel lockdown is at its second level, where
// bpf_probe_read_kernel, and nothing else that the programs use, is refused to all (LOCKDOWN_BPF_READ_KERNEL,
// kernel/trace/bpf_trace.c): the verifier then knows no such helper, and says
// "invalid argument". Where securityfs is not mounted it is not known.
func confidential() bool {
	raw, err := os.ReadFile("/sys/kernel/security/lockdown")
	return err == nil && lockdownLevel(string(raw)) == "confidentiality"
}

// lockdownLevel returns the level in brackets: "none [integrity] confidentiality".
func lockdownLevel(levels string) string {
	_, rest, _ := strings.Cut(levels, "[")
	level, _, _ := strings.Cut(rest, "]")
	return level
}

// keepUserReads has the programs' reads of user memory left as they are. The library
// takes a kernel that refuses bpf_probe_read_kernel for one from before 5.5, and makes
// calls of bpf_probe_read of these, too, which lockdown refuses
// (fixupProbeReadKernel in cilium/ebpf's linker.go). It does so with what it takes for
// helper calls: those whose register fields are 0. Of a register only four bits are
// encoded, so that one more makes no difference to the kernel.
func keepUserReads(spec *ebpf.CollectionSpec) {
	for _, program := range spec.Programs {
		for i := range program.Instructions {
			ins := &program.Instructions[i]
			if !ins.IsBuiltinCall() {
				continue
			}
			switch asm.BuiltinFunc(ins.Constant) {
			case asm.FnProbeReadUser, asm.FnProbeReadUserStr:
				ins.Dst |= 1 << 4
			}
		}
	}
}
