package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestRecordParts: each file of a recording of several tells by itself of a process that
// was there before all of them, and joined by cat they are the whole recording.
func TestRecordParts(t *testing.T) {
	kerneltest.RequireBPF(t)
	sleeper := exec.Command("sleep", "3601")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		sleeper.Process.Kill()
		sleeper.Wait()
	}()
	for ending, c := range map[string]struct {
		size   string
		spawns int
	}{"zst": {"512K", 6000}, "ndjson": {"4M", 3000}} {
		dir := t.TempDir()
		recorded := tell(t, nil, "record", "--scope", "all", "--settle", "0s", "--rotate-size", c.size, "-o", filepath.Join(dir, "run."+ending), "--",
			"sh", "-c", fmt.Sprintf(`i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done`, c.spawns))
		if recorded.code != 0 {
			t.Fatalf("exit code %d: %s", recorded.code, recorded.err)
		}
		files := []string{filepath.Join(dir, "run."+ending)}
		for n := 2; ; n++ {
			name := filepath.Join(dir, fmt.Sprintf("run-%d.%s", n, ending))
			if _, err := os.Stat(name); err != nil {
				break
			}
			files = append(files, name)
		}
		if len(files) < 2 {
			t.Fatalf("%s: one file", ending)
		}
		for i, file := range files {
			shown := tell(t, nil, "tree", "-r", file, "-o", "json")
			if shown.code != 0 || strings.Contains(shown.err, "part") != (i > 0) {
				t.Errorf("%s: exit code %d: %s", file, shown.code, shown.err)
			}
			if !lives(t, shown.out, sleeper.Process.Pid, os.Getpid()) {
				t.Errorf("%s does not tell of sleep, %d below %d", filepath.Base(file), sleeper.Process.Pid, os.Getpid())
			}
		}
		joined(t, recorded, files)
	}
}

// lives reports whether a tree has a process with the arguments of the sleeper.
func lives(t *testing.T, tree string, pid, parent int) bool {
	t.Helper()
	type node struct {
		Process struct {
			PID, PPID int
			Args      []string
		}
		Children []node
	}
	var all []node
	if err := json.Unmarshal([]byte(tree), &all); err != nil {
		t.Fatal(err)
	}
	for len(all) > 0 {
		p := all[0].Process
		if p.PID == pid && p.PPID == parent && slices.Equal(p.Args, []string{"sleep", "3601"}) {
			return true
		}
		all = append(all[1:], all[0].Children...)
	}
	return false
}

// joined holds what cat makes of the files against what the recorder said.
func joined(t *testing.T, recorded said, files []string) {
	t.Helper()
	var all bytes.Buffer
	for _, file := range files {
		all.WriteString(readFile(t, file))
	}
	cmd := exec.Command(binary(t), "replay", "-o", "json", "-")
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &all, &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &errOut)
	}
	told := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")[1:]
	for i, line := range told {
		if !strings.HasPrefix(line, fmt.Sprintf(`{"seq":%d,`, i+1)) {
			t.Fatalf("event %d of %d is %.60s", i+1, len(told), line)
		}
	}
	count := fmt.Sprintf("%d events (", len(told))
	if !strings.HasPrefix(recorded.err, count) || !strings.Contains(errOut.String(), fmt.Sprintf("%d recorded, ", len(told))) {
		t.Errorf("%d events are there; recorded were %s; replayed %s", len(told), recorded.err, &errOut)
	}
}
