//go:build linux

package tracer

import (
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
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
	judged := has(membersOf(t, kernel, "ns_common"), "ns_id")
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		t.Run(name, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			loaded := loadAlone(t, opts, name)
			checkVerified(t, name, loaded.Programs[name], judged)
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

// mostVerified is how many instructions the verifier may go through for one program:
// some twice what it takes on Linux 6.18. Launching is mostly
// waiting for it, and a loop whose ways it cannot join costs tenfold unnoticed.
var mostVerified = map[string]uint32{
	"sched_process_exec": 60_000, "signal_generate": 15_000, bpf.ProgShowSender: 60_000, bpf.ProgShowMaker: 60_000,
}

// checkVerified judges kernels from 6.18 on, which are told by ns_common.ns_id. Others join
// ways by other rules: 6.1 goes through 158,759 for sched_process_exec. What they took is only
// told, and the verifier's own limit of a million judges.
func checkVerified(t *testing.T, name string, prog *ebpf.Program, judged bool) {
	t.Helper()
	info, err := prog.Info()
	if err != nil {
		t.Fatal(err)
	}
	n, ok := info.VerifiedInstructions()
	if !ok {
		t.Fatal("the kernel does not tell how many instructions it verified; Linux from 5.16 does")
	}
	most := mostVerified[name]
	if most == 0 {
		most = 10_000
	}
	t.Logf("%d instructions verified, at most %d", n, most)
	if judged && n > most {
		t.Errorf("%d instructions verified, want at most %d", n, most)
	}
}

// has looks into members without a name, too: in 6.18 ns_id shares its room in a union.
func has(members []btf.Member, name string) bool {
	return slices.ContainsFunc(members, func(m btf.Member) bool {
		if m.Name != "" {
			return m.Name == name
		}
		switch inner := btf.UnderlyingType(m.Type).(type) {
		case *btf.Struct:
			return has(inner.Members, name)
		case *btf.Union:
			return has(inner.Members, name)
		}
		return false
	})
}

func membersOf(t *testing.T, kernel *btf.Spec, name string) []btf.Member {
	t.Helper()
	var s *btf.Struct
	if err := kernel.TypeByName(name, &s); err != nil {
		t.Fatal(err)
	}
	return s.Members
}
