package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// R09: the memory of maps is charged to the cgroup of who makes them. A ring buffer that
// finds no room there is refused in one sentence, which doctor has said before; one that
// does traces as ever.
func TestR09MemoryCgroup(t *testing.T) {
	kerneltest.RequireBPF(t)
	limited := func(limit string, args ...string) (code int, out string) {
		inside := []string{"-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(kerneltest.LimitMemory(t, limit), "cgroup.procs"), binary(t)}
		cmd := exec.Command("sh", append(inside, args...)...)
		raw, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(raw)
	}
	code, said := limited("96M", "watch", "-q", "--buffer", "128MiB", "--", "true")
	equal(t, "exit code of what finds no room", code, 3)
	equal(t, "lines", strings.Count(said, "\n"), 1)
	for _, part := range []string{"limits this cgroup to 96 MiB, and to begin takes ", "choose a smaller ring buffer", "memory cgroup"} {
		if !strings.Contains(said, part) {
			t.Errorf("it says %q, want %q", said, part)
		}
	}
	if code, said = limited("96M", "doctor", "--buffer", "128MiB"); code == 0 || !strings.Contains(said, "limits this cgroup to 96 MiB") {
		t.Errorf("doctor's exit code is %d: %s", code, said)
	}
	code, said = limited("96M", "watch", "-q", "--buffer", "1MiB", "--", "sh", "-c", "exit 7")
	equal(t, "exit code of the command", code, 7)
	if !strings.Contains(said, "exited 7") {
		t.Errorf("it tells %q", said)
	}
	// Too little to begin with: it would be killed without a word.
	for _, args := range [][]string{{"watch", "-q", "--buffer", "1MiB", "--", "true"}, {"doctor"}, {"tree"}} {
		code, said := limited("20M", args...)
		equal(t, "exit code of "+args[0]+" in 20 MiB", code, 3)
		if !strings.Contains(said, "limits this cgroup to 20 MiB") {
			t.Errorf("%s says %q", args[0], said)
		}
	}
	// Room for watch with a small ring and hardly more: doctor, which loads each program,
	// is not killed by what it tries and says what watch comes to.
	t.Setenv("GOMAXPROCS", "2") // what it takes grows by them
	for _, c := range []struct {
		limit, buffer string
		watch, doctor int
	}{
		{"33M", "8MiB", 3, 3}, {"36M", "8MiB", 3, 3}, {"44M", "8MiB", 3, 3}, {"44M", "64KiB", 0, 6}, {"96M", "8MiB", 0, 0},
	} {
		code, said := limited(c.limit, "watch", "-q", "--buffer", c.buffer, "--", "true")
		equal(t, "watch in "+c.limit+" with "+c.buffer+": "+said, code, c.watch)
		code, said = limited(c.limit, "doctor", "--buffer", c.buffer)
		if code != c.doctor && (code != 6 || c.doctor != 0) { // what else is missing here is not asked
			t.Errorf("doctor in %s with %s ends with %d, want %d: %s", c.limit, c.buffer, code, c.doctor, said)
		}
		if n := strings.Count(said, "to begin takes 48 MiB"); c.doctor == 3 && n != 2 { // what is tried, and the limit itself
			t.Errorf("doctor in %s with %s says %s", c.limit, c.buffer, said)
		}
	}
}

// TestR09OpenFiles: where too few files may be open it says that in one sentence, whatever
// it was at, and not that the kernel is too old; with as many as it says it traces.
func TestR09OpenFiles(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		limit string
		code  int
		says  string
	}{
		// With some fewer, and some that the test hands on, the Go runtime itself does not begin.
		{"12", 3, "too few files may be open: 12, and it takes some 155; raise the limit (ulimit -n): 256 are enough"},
		{"30", 3, "too few files may be open: 30, and it takes"},
		{"60", 3, "too few files may be open"},
		{"128", 3, "too few files may be open"},
		{"256", 7, ""},
	} {
		cmd := exec.Command("sh", "-c", `ulimit -n "$0" && exec "$@"`, c.limit, binary(t), "watch", "-q", "--log-level", "error", "--", "sh", "-c", "exit 7")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		cmd.Run()
		said := stderr.String()
		equal(t, "exit code with "+c.limit, cmd.ProcessState.ExitCode(), c.code)
		if !strings.Contains(said, c.says) || strings.Count(said, "\n") > 1 {
			t.Errorf("with %s it says %q, want %q", c.limit, said, c.says)
		}
		if c.code != 3 {
			continue
		}
		code, found := doctor(t, "sh", "-c", `ulimit -n "$0" && exec "$@"`, c.limit)
		equal(t, "doctor's exit code with "+c.limit, code, 3)
		if row := statusOf(t, found, "open_files", ""); row.Status != "missing" || !strings.Contains(row.Says, c.limit+", and it takes") {
			t.Errorf("doctor with %s: %+v", c.limit, row)
		}
		for _, row := range found.Checks {
			if strings.Contains(row.Says+row.Mend, "Linux 6.1 or later") {
				t.Errorf("with %s files doctor says of %s %s: %s; %s", c.limit, row.Check, row.Of, row.Says, row.Mend)
			}
		}
	}
}
