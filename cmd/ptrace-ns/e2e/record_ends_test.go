package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// recorderOf starts a recorder and returns once a file that matches has a header.
func recorderOf(t *testing.T, pattern string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary(t), append([]string{"record", "-q"}, args...)...)
	cmd.Stderr = &bytes.Buffer{}
	cmd.WaitDelay = time.Second // a command that goes on has its standard error
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	awaitFile(t, pattern, 1)
	return cmd
}

// awaitFile waits until a file that matches has that many bytes, and returns its name.
func awaitFile(t *testing.T, pattern string, size int64) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if info, err := os.Stat(name); err == nil && info.Size() >= size {
				return name
			}
		}
	}
	t.Fatalf("%s did not come", pattern)
	return ""
}

// whole fails unless the recording has its trailer.
func whole(t *testing.T, file string) {
	t.Helper()
	if r := tell(t, nil, "replay", "-q", "-o", "json", file); r.code != 0 {
		t.Errorf("%s: exit code %d: %s", file, r.code, r.err)
	}
}

// TestRecordRepeatedSignal gives the same signal twice at once, as timeout(1) does for
// whoever shares its process group: that is one wish, and the file gets its trailer.
func TestRecordRepeatedSignal(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		file := filepath.Join(t.TempDir(), "run.zst")
		cmd := recorderOf(t, file, "-o", file)
		for range 2 {
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v: %s", sig, err, cmd.Stderr)
		}
		whole(t, file)
	}
	file := filepath.Join(t.TempDir(), "run.zst")
	cmd := exec.Command("timeout", "2", binary(t), "record", "-q", "-o", file)
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 124 {
		t.Errorf("timeout: %v", err)
	}
	whole(t, file)
}

// TestRecordSecondSignal wishes the end again while a command that was told to end does
// not want to: it is no longer waited for, and the file gets its trailer.
func TestRecordSecondSignal(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := t.TempDir()
	file, ready := filepath.Join(dir, "run.zst"), filepath.Join(dir, "ready")
	cmd := recorderOf(t, file, "-o", file, "--", "sh", "-c", "trap '' TERM; echo $$ >"+ready+"; while :; do sleep 0.1; done")
	stubborn, err := strconv.Atoi(strings.TrimSpace(readFile(t, awaitFile(t, ready, 2))))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(stubborn, syscall.SIGKILL)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond) // another wish, and not the same one told twice
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %s: %s", code, cmd.ProcessState, cmd.Stderr)
	}
	whole(t, file)
}

// F08: whatever the recorder was at when it was killed, what is there can be read, and
// what was there before is.
func TestF08Killed(t *testing.T) {
	kerneltest.RequireBPF(t)
	defer busy(t)()
	for name, c := range map[string]struct {
		flags  []string
		writes string // what is being written
	}{
		"replacing": {[]string{"--force"}, ".run.zst.*"},
		"rotating":  {[]string{"--rotate-size", "64K"}, "run-3.zst"},
		"both":      {[]string{"--force", "--rotate-size", "64K"}, "run-3.zst"},
		"scope":     {[]string{"--scope", "command", "--", "sh", "-c", "for i in $(seq 4000); do /bin/true; done"}, "run.zst"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "run.zst")
			old := []byte("what was there before")
			replaces := c.flags[0] == "--force"
			if replaces {
				if err := os.WriteFile(file, old, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := recorderOf(t, filepath.Join(dir, "*run*"), append([]string{"-o", file}, c.flags...)...)
			writes := awaitFile(t, filepath.Join(dir, c.writes), 2000)
			cmd.Process.Kill()
			cmd.Wait()
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				path := filepath.Join(dir, entry.Name())
				if name == "replacing" && path == file {
					if got := readFile(t, path); got != string(old) {
						t.Errorf("what was there is now %.40q", got)
					}
					continue
				}
				r := tell(t, nil, "replay", "-q", "-o", "json", path)
				last := path == writes || path > writes && r.code == 4
				if want := map[bool]int{false: 0, true: 4}[last]; r.code != want || strings.Count(r.out, "\n") < 2 && path == writes {
					t.Errorf("%s: exit code %d, %d lines: %s", entry.Name(), r.code, strings.Count(r.out, "\n"), r.err)
				}
			}
			if name == "replacing" && !strings.Contains(cmd.Stderr.(*bytes.Buffer).String(), filepath.Base(writes)) {
				t.Errorf("where the recording is was not said: %s", cmd.Stderr)
			}
		})
	}
}

// F08: who follows a recording ends when its recorder is killed, and says what is missing.
func TestF08KilledWhileFollowed(t *testing.T) {
	kerneltest.RequireBPF(t)
	file := filepath.Join(t.TempDir(), "run.zst")
	recorder := recorderOf(t, file, "-o", file)
	follower := exec.Command(binary(t), "replay", "-q", "-o", "json", "-f", file)
	var errOut bytes.Buffer
	follower.Stderr = &errOut
	out, err := follower.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follower.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	recorder.Process.Kill()
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	follower.Wait()
	if code := follower.ProcessState.ExitCode(); code != 4 || !strings.Contains(errOut.String(), "recording is cut off at byte") {
		t.Errorf("exit code %d: %s", code, errOut.String())
	}
}

// F08: two processes that are to replace one file: the second says so, records nothing
// and does not start its command.
func TestF08TwoRecorders(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := t.TempDir()
	file, started := filepath.Join(dir, "run.zst"), filepath.Join(dir, "started")
	first := recorderOf(t, file, "-o", file)
	for _, flags := range [][]string{{}, {"--force"}} {
		r := tell(t, nil, append(append([]string{"record", "-o", file}, flags...), "--", "touch", started)...)
		if r.code != 1 || !strings.Contains(r.err, file) {
			t.Errorf("%q: exit code %d: %s", flags, r.code, r.err)
		}
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("a command was started though it could not be recorded")
	}
	if err := first.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first: %v", err)
	}
	whole(t, file)
}
