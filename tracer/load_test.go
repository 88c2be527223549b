//go:build linux

package tracer

import (
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestEachProgramLoads by itself, in the variant that this kernel's BTF asks for.
func TestEachProgramLoads(t *testing.T) {
	kerneltest.RequireBPF(t)
	spec, err := bpf.Spec()
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Syscalls: true, Threads: true, Env: true}
	if err := chooseVariants(spec, kernel, opts); err != nil {
		t.Fatal(err)
	}
	if len(spec.Programs) < 11 {
		t.Fatalf("programs: %d, want at least those that are always attached", len(spec.Programs))
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		t.Run(name, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			loaded := loadAlone(t, opts, name)
			if name == bpf.ProgSnapshot {
				return // an iterator is attached to be read
			}
			l, err := attach(name, loaded.Programs[name])
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
