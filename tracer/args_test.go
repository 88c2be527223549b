//go:build linux

package tracer

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// S05: the arguments are those that were passed. What the process makes of them later
// is not told at its exec, and is what a snapshot finds in /proc.
func TestS05ArgumentsOverwritten(t *testing.T) {
	kerneltest.RequireBPF(t)
	helper := kerneltest.CompileHelper(t, "overwrite")
	passed := []string{helper, "--password=secret", "", "last"}
	cmd := exec.Command(helper, passed[1:]...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	all := live(t, Options{}, func() {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "overwritten\n" {
			t.Errorf("it says %q, %v", line, err)
		}
	})
	shown, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(shown), "secret") || !strings.Contains(string(shown), "xxxx") {
		t.Fatalf("it did not overwrite its arguments: %q", shown)
	}
	later := live(t, Options{}, func() {})
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}

	args := only(t, all, events.Exec, cmd.Process.Pid).Process.Args
	if args.Status != events.Complete || !slices.Equal(args.Strings(), passed) {
		t.Errorf("exec: %q, status %d, want %q", args.Strings(), args.Status, passed)
	}
	args = only(t, later, events.Snapshot, cmd.Process.Pid).Process.Args
	if string(args.Raw) != string(shown) {
		t.Errorf("snapshot: %q, /proc shows %q", args.Raw, shown)
	}
}
