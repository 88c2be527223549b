//go:build linux

package tracer

import (
	"os"
	"strings"
)

// confidential reports whether kernel lockdown is at its second level, where
// bpf_probe_read_kernel is refused to all (LOCKDOWN_BPF_READ_KERNEL,
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
