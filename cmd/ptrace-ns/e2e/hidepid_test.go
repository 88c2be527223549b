package e2e

import (
	"os"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestHidepid: where /proc hides other users' processes, what it would have told of those
// that were there is absent and not wrong, doctor says so, and CAP_SYS_PTRACE mends it.
// That they are there, and what happens from then on, the kernel tells.
func TestHidepid(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	kerneltest.RequireTool(t, "unshare")
	hidden := func(caps ...string) []string {
		mount := []string{"unshare", "--mount", "sh", "-c", `mount -t proc -o hidepid=invisible proc /proc && exec "$@"`, "sh"}
		return slices.Concat(mount, nobody(caps...))
	}
	for _, c := range []struct {
		name   string
		caps   []string
		told   bool
		status string
	}{
		{"hidden", []string{"bpf", "perfmon"}, false, "missing"},
		{"with CAP_SYS_PTRACE", []string{"bpf", "perfmon", "sys_ptrace"}, true, "found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, found := doctor(t, hidden(c.caps...)...)
			equal(t, "doctor's /proc", statusOf(t, found, "proc", "").Status, c.status)
			tr := startUnder(t, hidden(c.caps...))
			there := tr.wait("this test", kind("snapshot"), pid(os.Getpid())).Process
			equal(t, "its arguments are told", len(there.Args) > 0, c.told)
			equal(t, "its executable is told", there.Exe != "", c.told)
			equal(t, "its name is told", there.Comm != "", true)
			traces(tr)
		})
	}
}
