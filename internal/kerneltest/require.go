package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// requireEnv turns every skip into a failure, so that CI cannot pass by testing
// nothing.
const requireEnv = "PTRACE_NS_REQUIRE_KERNEL"

// missing ends the test for a lack that was proven: as skipped, or as failed
// where everything is required.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(requireEnv) == "1" {
		t.Fatalf(format+" (and "+requireEnv+"=1)", args...)
	}
	t.Skipf(format, args...)
}

// RequireRoot skips the test unless it runs as root with CAP_SYS_ADMIN: a root
// that was stripped of its capabilities can make no namespace.
func RequireRoot(t testing.TB) {
	t.Helper()
	if uid := os.Geteuid(); uid != 0 {
		missing(t, "root needed, uid is %d", uid)
	}
	caps, err := effectiveCaps()
	if err != nil {
		t.Fatal(err)
	}
	if caps&(1<<unix.CAP_SYS_ADMIN) == 0 {
		missing(t, "CAP_SYS_ADMIN needed, effective capabilities are %#x", caps)
	}
}

// RequireBPF skips the test unless the kernel lets it use BPF with CO-RE, and
// checks at its end that neither it nor what it tested left anything behind.
func RequireBPF(t testing.TB) {
	t.Helper()
	RequireRoot(t)
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		missing(t, "BTF needed: %v", err)
	}
	ring, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(os.Getpagesize())})
	switch {
	case err == nil:
		ring.Close()
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		missing(t, "BPF ring buffer needed: %v", err)
	default:
		t.Fatalf("BPF ring buffer: %v", err)
	}
	CheckLeaks(t)
}

// RequireTool returns the path of a program, or skips the test where it is not
// installed.
func RequireTool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "tool needed: %v", err)
	}
	return path
}

// RequireDocker returns the path of docker, or skips the test where it is not
// installed or its daemon does not answer.
func RequireDocker(t testing.TB) string {
	t.Helper()
	docker := RequireTool(t, "docker")
	out, err := exec.Command(docker, "version", "--format", "{{.Server.Version}}").CombinedOutput()
	if err != nil {
		missing(t, "docker daemon needed: %v: %s", err, out)
	}
	return docker
}

func effectiveCaps() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("capabilities: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		}
	}
	return 0, errors.New("capabilities: no CapEff in /proc/self/status")
}
