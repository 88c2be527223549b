package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

const unitFile = "../../../packaging/ptrace-ns.service"

// settings returns all values of one setting of the systemd unit, in their order.
func settings(t testing.TB, name string) (all []string) {
	t.Helper()
	for line := range strings.Lines(readFile(t, unitFile)) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			all = append(all, strings.TrimSpace(value))
		}
	}
	if len(all) == 0 {
		t.Fatalf("the unit sets no %s", name)
	}
	return all
}

// unitCommand is what the unit runs, with the rights that it gives and into dir.
func unitCommand(t testing.TB, dir string) []string {
	t.Helper()
	kerneltest.RequireTool(t, "setpriv")
	var caps []string
	for _, name := range strings.Fields(settings(t, "AmbientCapabilities")[0]) {
		caps = append(caps, strings.ToLower(strings.TrimPrefix(name, "CAP_")))
	}
	command := strings.NewReplacer("${STATE_DIRECTORY}", dir, "${INVOCATION_ID}", "run").Replace(settings(t, "ExecStart")[0])
	words := strings.Fields(command)
	words[0] = binary(t)
	return append(append(nobody(caps...), "--no-new-privs"), words...)
}

// stateDir is a directory of the unit's user alone.
func stateDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(workDir, "state-")
	if err == nil {
		err = os.Chown(dir, 65534, 65534)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestServiceUnit: what the unit runs, with the rights that it gives, records, and ends
// well on the signal that ends it.
func TestServiceUnit(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := stateDir(t)
	line := unitCommand(t, dir)
	cmd := exec.Command(line[0], line[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	want := bits(19, 2) // CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: it has given up the others, so it traces
	for deadline := time.Now().Add(patience); threads(t, cmd.Process.Pid)[0].effective != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not trace: %s", stderr.String())
		}
	}
	exec.Command("sh", "-c", "exit 7", "of the unit's test").Run()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	replayed := run(t, binary(t), "replay", "-q", "-o", "json", "-e", "exec", filepath.Join(dir, "run.zst"))
	if !strings.Contains(replayed, "of the unit's test") {
		t.Errorf("what ran is not in the recording: %.500s", replayed)
	}
}

// TestServiceCalls: the unit's filter lets pass every system call that the program makes.
func TestServiceCalls(t *testing.T) {
	kerneltest.RequireBPF(t)
	strace := kerneltest.RequireTool(t, "strace")
	kerneltest.RequireTool(t, "systemd-analyze")
	dir := stateDir(t)
	log := filepath.Join(t.TempDir(), "calls")
	line := append(unitCommand(t, dir), "--timeout", "2s")
	run(t, strace, append([]string{"-f", "-qq", "-o", log}, line...)...)

	allowed := map[string]bool{}
	for _, filter := range settings(t, "SystemCallFilter") {
		names, denied := strings.CutPrefix(filter, "~")
		for name := range strings.FieldsSeq(names) {
			for _, call := range callsIn(t, name) {
				allowed[call] = !denied
			}
		}
	}
	made := map[string]bool{}
	own := false // from the exec on it is the program and not setpriv
	for text := range strings.Lines(readFile(t, log)) {
		call := regexp.MustCompile(`^\d+ +([a-z0-9_]+)\(`).FindStringSubmatch(text)
		own = own || strings.Contains(text, "execve(\""+binary(t)+"\"")
		if call != nil && own {
			made[call[1]] = true
		}
	}
	if len(made) < 20 || !made["bpf"] {
		t.Fatalf("%d calls were seen: %v", len(made), made)
	}
	for call := range made {
		if !allowed[call] {
			t.Errorf("the program calls %s, which the unit refuses", call)
		}
	}
}

// callsIn expands a group of system calls.
func callsIn(t testing.TB, name string) (all []string) {
	t.Helper()
	if !strings.HasPrefix(name, "@") {
		return []string{name}
	}
	for text := range strings.Lines(run(t, "systemd-analyze", "syscall-filter", "--no-pager", name)) {
		member := strings.TrimSpace(text)
		if member == "" || member == name || strings.HasPrefix(member, "#") {
			continue
		}
		all = append(all, callsIn(t, member)...)
	}
	return all
}

// TestServiceExposure: the figure in docs/install.md is the one that systemd gives.
func TestServiceExposure(t *testing.T) {
	kerneltest.RequireTool(t, "systemd-analyze")
	out := run(t, "systemd-analyze", "security", "--offline=true", "--no-pager", unitFile)
	figure := regexp.MustCompile(`exposure level for ptrace-ns\.service: ([0-9.]+) OK`).FindStringSubmatch(out)
	if figure == nil {
		t.Fatalf("no figure in %s", out)
	}
	documented := regexp.MustCompile(`exposure level ([0-9.]+)`).FindStringSubmatch(readFile(t, "../../../docs/install.md"))
	if documented == nil || !slices.Equal(documented[1:], figure[1:]) {
		t.Errorf("docs/install.md says %v, systemd-analyze %s", documented, figure[1])
	}
}
