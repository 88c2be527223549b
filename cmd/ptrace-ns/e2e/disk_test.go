package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// failing makes PID namespaces, whose ends are written at once, until three are in the file
// $0. Then the calls $1 of its parent, the recorder, fail as $2 says, and are listed in $3:
// not from an nth call on, for strace counts by thread and Go chooses the thread. Three ends
// later it says so in $4.
const failing = `size() { stat -c %s "$0"; }
for i in 1 2 3; do
	before=$(size)
	unshare -pf true
	until [ "$(size)" -gt "$before" ]; do sleep 0.05; done
done
strace -f -qq -o "$3" -P "$0" -e "trace=$1" -e "inject=$1:$2" -p $PPID 2>&1 &
while grep -q "^TracerPid:.0$" /proc/$PPID/task/*/status && kill -0 $!; do sleep 0.05; done
for i in 1 2 3; do unshare -pf true; sleep 0.2; done
echo ended >"$4"`

// R05: a disk that fails, by faults that strace puts into the program's system calls on
// its file, and into no others. The reason is said once, the command goes on to its own
// end, and all that had been written before is there.
func TestR05DiskFails(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "strace")
	kerneltest.RequireTool(t, "unshare")
	for _, c := range []struct {
		name, call, inject string
		says               string
	}{
		{"EIO", "write", "error=EIO", "input/output error"},
		{"EIO once", "write", "error=EIO:when=1", "input/output error"},
		{"quota", "write", "error=EDQUOT", "disk quota exceeded"},
		{"read-only", "write", "error=EROFS", "read-only file system"},
		{"too large", "write", "error=EFBIG", "file too large"},
		{"fsync", "fsync", "error=EIO", "input/output error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			file, done, calls := filepath.Join(dir, "run.zst"), filepath.Join(dir, "done"), filepath.Join(dir, "calls")
			cmd := exec.Command(binary(t), "record", "--log-level", "error", "--scope", "all", "--settle", "0s", "-o", file, "--",
				"sh", "-c", failing, file, c.call, c.inject, calls, done)
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
			if code := map[bool]int{true: 0, false: 4}[c.call == "fsync"]; shown.code != code || strings.Count(shown.out, "\n") < 50 {
				t.Errorf("exit code %d, want %d, and %d lines: %s", shown.code, code, strings.Count(shown.out, "\n"), shown.err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
				t.Errorf("files: %v, %v", entries, err)
			}
		})
	}
}

// R05: the limit on the size of files of the caller's shell, whose signal (SIGXFSZ) ends
// who does not mind it. The reason is said once, the command goes on to its end, and what
// had been written is whole.
func TestR05FileLimit(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := t.TempDir()
	file, done := filepath.Join(dir, "run.ndjson"), filepath.Join(dir, "done")
	cmd := exec.Command("sh", "-c", `ulimit -f 32 && exec "$@"`, "sh", // blocks of 512 bytes
		binary(t), "watch", "-q", "--log-level", "error", "-o", "json", "-w", file, "--", "sh", "-c", `for i in $(seq 200); do (:); done; : >"$0"`, done)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, _ := cmd.Output()
	equal(t, "exit code", cmd.ProcessState.ExitCode(), 1)
	if n := strings.Count(stderr.String(), "file too large"); n != 1 {
		t.Errorf("it says %d times, want once, that the file is too large: %s", n, stderr.String())
	}
	if _, err := os.Stat(done); err != nil {
		t.Errorf("the command did not come to its end: %v", err)
	}
	raw := readFile(t, file)
	_, written, _ := strings.Cut(raw, "\n") // headers have options of their own
	_, printed, _ := strings.Cut(string(out), "\n")
	if len(raw) < 4<<10 || len(raw) > 16<<10 || !strings.HasSuffix(written, "}\n") || !strings.HasPrefix(printed, written) {
		t.Errorf("%d bytes were written, want whole lines of what was printed: …%q", len(raw), raw[max(0, len(raw)-200):])
	}
}
