package e2e

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// gap stops the tracer, its parent, until its small ring is full, lets a process end
// that the tracer knows, and wakes it again.
const gap = `sleep 61 & known=$!
echo known $known
sleep 0.5
kill -STOP $PPID
for i in $(seq 2000); do (:); done
kill -KILL $known; wait $known
kill -CONT $PPID
sleep 2`

// TestEdgesTouchedByAGap: what is told of a parent after a loss says what it rests on.
// One that ended in the gap was its parent's child when it was last seen.
func TestEdgesTouchedByAGap(t *testing.T) {
	kerneltest.RequireBPF(t)
	cmd := exec.Command(binary(t), "watch", "-q", "--buffer", "32KiB", "--tree", "-e", "lost", "--", "sh", "-c", gap)
	cmd.Dir = t.TempDir()
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	out := string(raw)
	if !strings.Contains(out, "LOST ") {
		t.Fatalf("nothing was lost:\n%s", out)
	}
	known := regexp.MustCompile(`(?m)^known (\d+)$`).FindStringSubmatch(out)
	if known == nil {
		t.Fatalf("the child says nothing:\n%s", out)
	}
	told := regexp.MustCompile(`(?m)^.*[─-] ?`+known[1]+` .*$`).FindAllString(out, -1)
	if len(told) != 1 || !strings.Contains(told[0], "ended unseen parent inferred: records were lost") {
		t.Errorf("process %s is %q in\n%s", known[1], told, out)
	}
}

// TestOneLookIsCertain: a parent that was seen is told without a word.
func TestOneLookIsCertain(t *testing.T) {
	kerneltest.RequireBPF(t)
	out := run(t, binary(t), "tree", "-o", "json", "1")
	if !json.Valid([]byte(out)) || strings.Contains(out, "parent_certainty") {
		t.Errorf("a parent is not certain:\n%s", regexp.MustCompile(`.{300}"parent_certainty.{40}`).FindString(out))
	}
}
