package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// R05: a disk that fails, by faults that strace puts into the program's system calls on
// its file, and into no others. The reason is said once, the command goes on to its own
// end, and all that had been written before is there.
func TestR05DiskFails(t *testing.T) {
	kerneltest.RequireBPF(t)
	strace := kerneltest.RequireTool(t, "strace")
	kerneltest.RequireTool(t, "unshare")
	for _, c := range []struct {
		name, inject string
		says         string
	}{
		{"EIO", "write:error=EIO:when=6+", "input/output error"},
		{"EIO once", "write:error=EIO:when=6", "input/output error"},
		{"quota", "write:error=EDQUOT:when=6+", "disk quota exceeded"},
		{"read-only", "write:error=EROFS:when=6+", "read-only file system"},
		{"too large", "write:error=EFBIG:when=6+", "file too large"},
		{"fsync", "fsync:error=EIO", "input/output error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			file, done, calls := filepath.Join(dir, "run.zst"), filepath.Join(dir, "done"), filepath.Join(dir, "calls")
			call, _, _ := strings.Cut(c.inject, ":")
			cmd := exec.Command(strace, "-f", "-qq", "-o", calls, "-P", file, "-e", "trace="+call, "-e", "inject="+c.inject,
				binary(t), "record", "--log-level", "error", "--scope", "all", "--settle", "0s", "-o", file, "--",
				"sh", "-c", `for i in 1 2 3 4 5 6 7 8 9; do unshare -pf true; done; echo ended >`+done) // a frame each: the end of a namespace is written at once
			out, _ := cmd.CombinedOutput()
			equal(t, "exit code", cmd.ProcessState.ExitCode(), 1)
			if n := strings.Count(string(out), c.says); n != 1 {
				t.Errorf("it says %q %d times, want once: %s", c.says, n, out)
			}
			if n := strings.Count(readFile(t, calls), "(INJECTED)"); n == 0 || n > 3 {
				t.Errorf("it tried %d times on a disk that fails", n)
			}
			equal(t, "the command came to", readFile(t, done), "ended\n")
			shown := tell(t, nil, "replay", "-q", "-o", "json", file)
			if code := map[bool]int{true: 0, false: 4}[call == "fsync"]; shown.code != code || strings.Count(shown.out, "\n") < 50 {
				t.Errorf("exit code %d, want %d, and %d lines: %s", shown.code, code, strings.Count(shown.out, "\n"), shown.err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
				t.Errorf("files: %v, %v", entries, err)
			}
		})
	}
}
