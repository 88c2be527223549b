package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// N19, R07: a tracer whose own clock of boot time is years ahead, or hours behind, tells
// the kernel's time, knows who was there before, and counts births.
func TestN19TimeNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	if _, err := os.Stat("/proc/self/ns/time"); err != nil {
		t.Skipf("this kernel has no time namespaces: %v", err)
	}
	up := int64(bootNS() / 1e9)
	for name, offset := range map[string]int64{"ten years ahead": 10 * 365 * 86400, "behind": -up / 2} {
		t.Run(name, func(t *testing.T) {
			before := bootNS()
			// By a child, because before 6.x an exec does not enter the new namespace.
			cmd := exec.Command("unshare", "--time", "--fork", "--boottime", strconv.FormatInt(offset, 10), "--",
				binary(t), "watch", "-o", "json", "--log-level", "error", "--scope", "all", "--", "sh", "-c", "sleep 0.2; true; exit 3")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, _ := cmd.Output()
			equal(t, "exit code", cmd.ProcessState.ExitCode(), 3)
			if said := stderr.String(); !strings.Contains(said, "count identity holds: ") || strings.Contains(said, "none was counted") {
				t.Errorf("summary %s", said)
			}
			checkTimes(t, string(out), before, bootNS())
		})
	}
}

// checkTimes wants all between two moments, in the kernel's boot time, and the test
// itself to be known from /proc.
func checkTimes(t *testing.T, out string, from, until uint64) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) < 5 {
		t.Fatalf("%d lines", len(lines))
	}
	var header struct {
		BootTime time.Time `json:"boot_time"`
		StartNS  uint64    `json:"start_ns"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &header); err != nil {
		t.Fatal(err)
	}
	booted := time.Now().Add(-time.Duration(bootNS()))
	if apart := header.BootTime.Sub(booted).Abs(); apart > time.Minute {
		t.Errorf("boot time %s, want about %s", header.BootTime, booted)
	}
	if header.StartNS < from || header.StartNS > until {
		t.Errorf("started at %d, want between %d and %d", header.StartNS, from, until)
	}
	known := false
	for _, text := range lines[1:] {
		var l line
		if err := json.Unmarshal([]byte(text), &l.Doc); err != nil {
			t.Fatal(err)
		}
		if l.BootNS < from || l.BootNS > until {
			t.Fatalf("an event at %d, want between %d and %d: %s", l.BootNS, from, until, text)
		}
		known = known || l.Event == "snapshot" && l.Process.PID == int32(os.Getpid()) && l.Process.Exe == realPath(t, fmt.Sprintf("/proc/%d/exe", os.Getpid()))
	}
	if !known {
		t.Error("the test's own executable is not known")
	}
}
