package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// R05: a file system that is full, not a limit that stands for one: what was whole stays
// readable, it is said at once, and the command goes on to its own end.
func TestR05FullTmpfs(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	file, done := filepath.Join(dir, "run.zst"), filepath.Join(t.TempDir(), "done")
	r := tell(t, nil, "record", "--scope", "all", "--settle", "0s", "-o", file, "--",
		"sh", "-c", `for i in $(seq 1500); do /bin/true "$i" "$(head -c 300 /dev/urandom | base64 -w0)"; done; echo ended >`+done)
	if r.code != 1 || strings.Count(r.err, "event file given up") != 1 || !strings.Contains(r.err, "no space left on device") {
		t.Errorf("exit code %d: %s", r.code, r.err)
	}
	if got := readFile(t, done); got != "ended\n" {
		t.Errorf("the command came to %q", got)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	shown := tell(t, nil, "replay", "-q", "-o", "json", file)
	if shown.code != 4 || strings.Count(shown.out, "\n") < 100 {
		t.Errorf("of %d bytes %d lines come, exit code %d: %s", info.Size(), strings.Count(shown.out, "\n"), shown.code, shown.err)
	}
	if want := fmt.Sprintf("\n%d events (", strings.Count(shown.out, "\n")-1); !strings.Contains("\n"+r.err, want) {
		t.Errorf("%d lines are there, and the summary is %s", strings.Count(shown.out, "\n"), r.err)
	}
}
