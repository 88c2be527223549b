package e2e

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// attempt runs the program for a moment under a command that takes rights away,
// and returns its exit code and what it says on standard error.
func attempt(t testing.TB, under ...string) (code int, said string) {
	t.Helper()
	args := append(under[1:], binary(t), "watch", "-q", "--log-level", "error", "--timeout", "200ms")
	cmd := exec.Command(under[0], args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Run()
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// nobody is the command line that runs a program as a user with these capabilities
// and no others.
func nobody(caps ...string) []string {
	set := "-all"
	for _, c := range caps {
		set += ",+" + c
	}
	return []string{
		"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
		"--bounding-set=" + set, "--inh-caps=" + set, "--ambient-caps=" + set,
	}
}

// TestR10Refused: one clear sentence says what is missing.
func TestR10Refused(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	kerneltest.RequireTool(t, "unshare")
	for _, c := range []struct {
		name  string
		under []string
		says  string
		notA  string
	}{
		{"user", nobody(), "capabilities CAP_BPF and CAP_PERFMON are missing", "CAP_SYS_ADMIN"},
		{"without CAP_PERFMON", nobody("bpf"), "capability CAP_PERFMON is missing", "_BPF"},
		{"without CAP_BPF", nobody("perfmon"), "capability CAP_BPF is missing", "_PERFMON"},
		{"root without capabilities", []string{"setpriv", "--bounding-set=-all", "--inh-caps=-all"}, "docker run --cap-add BPF --cap-add PERFMON", "run as root"},
		{"no /proc", []string{"unshare", "--mount", "sh", "-c", `umount -Rl /proc && exec "$@"`, "sh"}, "mount -t proc proc /proc", "capabilities"},
		{"root of a user namespace", []string{"unshare", "--user", "--map-root-user"}, "user namespace", "CAP_BPF is"},
		{"seccomp", []string{kerneltest.CompileHelper(t, "nobpf")}, "seccomp filter (operation not permitted)", "MEMLOCK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, said := attempt(t, c.under...)
			equal(t, "exit code", code, 3)
			if !strings.Contains(said, c.says) || strings.Contains(said, c.notA) {
				t.Errorf("it says %q, want %q and not %q", said, c.says, c.notA)
			}
			equal(t, "lines", strings.Count(said, "\n"), 1)
		})
	}
}

// TestR10MappedUsers: a user namespace in which every id is itself is one all the same.
func TestR10MappedUsers(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"watch", "-q", "--timeout", "200ms"}, "this is a user namespace, and BPF heeds"},
		{[]string{"doctor"}, "a child user namespace, whose capabilities BPF does not heed"},
	} {
		all := []syscall.SysProcIDMap{{Size: 1<<32 - 1}}
		cmd := exec.Command(binary(t), c.args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		equal(t, "exit code of "+c.args[0], cmd.ProcessState.ExitCode(), 3)
		if !strings.Contains(string(out), c.says) {
			t.Errorf("%s says %q", c.args[0], out)
		}
	}
}

// TestR10NoFile: a run that could not begin leaves no file in the way of the next.
func TestR10NoFile(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	file := filepath.Join(t.TempDir(), "events.ndjson")
	cmd := exec.Command("setpriv", "--bounding-set=-all", "--inh-caps=-all", binary(t), "watch", "-w", file)
	cmd.Run()
	equal(t, "exit code", cmd.ProcessState.ExitCode(), 3)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of a run that did not begin: %v, want none", err)
	}
}

// TestR10Allowed: two capabilities are enough, also where BPF is not for users.
func TestR10Allowed(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	forbidUnprivileged(t)
	code, said := attempt(t, nobody("bpf", "perfmon")...)
	equal(t, "exit code", code, 0)
	equal(t, "standard error", said, "")
}

// forbidUnprivileged sets kernel.unprivileged_bpf_disabled to 2 while the test runs,
// unless it is set already: 1 cannot be taken back.
func forbidUnprivileged(t testing.TB) {
	t.Helper()
	const path = "/proc/sys/kernel/unprivileged_bpf_disabled"
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(was)) != "0" {
		return
	}
	if err := os.WriteFile(path, []byte("2"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, was, 0); err != nil {
			t.Error(err)
		}
	})
}
