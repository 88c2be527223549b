package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestRealTimeFlood: who sends himself real-time signals as fast as he can fills the ring
// as by forking, since each waits for itself and is recorded. None is told, for nothing
// came of them; what found no room is told and counted.
func TestRealTimeFlood(t *testing.T) {
	kerneltest.RequireBPF(t)
	const signals = 200_000
	flood := kerneltest.CompileHelper(t, "flood")
	got := tell(t, nil, "watch", "-o", "json", "--log-level", "error", "--buffer", "64KiB", "--", flood, "200000")
	equal(t, "exit code", got.code, 0)
	held := regexp.MustCompile(`count identity holds: (\d+) emitted`).FindStringSubmatch(got.err)
	if held == nil || number(t, held[1]) < signals {
		t.Errorf("fewer than %d records, or they do not add up: %s", signals, got.err)
	}
	if n := strings.Count(got.out, "SIGRTMIN"); n != 0 {
		t.Errorf("%d lines tell of signals that did nothing", n)
	}
	lost := strings.Contains(got.out, `"event":"lost"`)
	if saysNone := strings.Contains(got.err, ", 0 lost, in "); saysNone == lost {
		t.Errorf("a loss is told: %t, and the summary is %s", lost, got.err)
	}
}
