//go:build linux

package tracer

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestSeccomp: strict mode ends a process without a signal that could be seen, a filter
// with one, and the exit says of both who it was.
func TestSeccomp(t *testing.T) {
	kerneltest.RequireBPF(t)
	helper := kerneltest.CompileHelper(t, "seccomp")
	for _, c := range []struct {
		how    string
		signal syscall.Signal // 0: no killer
		sent   int
	}{
		{"strict", syscall.SIGKILL, 0}, {"filter", syscall.SIGSYS, 1}, {"exit", 0, 0},
	} {
		t.Run(c.how, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			cmd := exec.Command(helper, c.how)
			all := live(t, Options{Signals: ^uint64(0)}, func() {
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // its status is looked at below
			})
			pid := cmd.Process.Pid
			if got := cmd.ProcessState.Sys().(syscall.WaitStatus); c.signal != 0 && got.Signal() != c.signal || c.signal == 0 && got.ExitStatus() != 3 {
				t.Fatalf("helper: %v", cmd.ProcessState)
			}
			if n := len(of(all, events.Signal, pid)); n != c.sent {
				t.Errorf("signals: %d told, want %d", n, c.sent)
			}
			k := only(t, all, events.Exit, pid).Exit.Killer
			switch {
			case c.signal == 0 && k != nil:
				t.Errorf("killer: %+v, want none", k)
			case c.signal != 0 && (k == nil || k.Why != events.WhySeccomp || k.Origin != events.OriginKernel || k.Signal != int32(c.signal) || c.sent == 0 && !k.Sender.IsZero()):
				t.Errorf("killer: %+v, want seccomp by %s", k, c.signal)
			}
		})
	}
}
