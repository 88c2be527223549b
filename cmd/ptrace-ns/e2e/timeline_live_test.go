package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// attachedLive runs a command of starts with --live, and returns, once it is attached, what
// waits for its end and has what it printed.
func attachedLive(t testing.TB, args ...string) (printed func() string) {
	t.Helper()
	kerneltest.RequireBPF(t)
	cmd := exec.Command(binary(t), args...)
	out, errOut := &shared{}, &shared{}
	cmd.Stdout, cmd.Stderr = out, errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for deadline := time.Now().Add(patience); !strings.Contains(errOut.String(), "attached"); time.Sleep(2 * time.Millisecond) {
		select {
		case err := <-done:
			t.Fatalf("%v ended before it was attached: %v: %s", args, err, errOut)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v is not attached: %s", args, errOut)
		}
	}
	return func() string {
		if err := <-done; err != nil {
			t.Fatalf("%v: %v: %s", args, err, errOut)
		}
		return out.String()
	}
}

// whatHappened is a section without its times: two tracers read the clock on their own.
func whatHappened(doc ndjson.TimelineDoc, section string) (all []string) {
	for _, f := range doc.Phases {
		if f.Section == section {
			all = append(all, fmt.Sprintf("%s: %s by %s, %s %q, child of %s", f.Phase, f.Part, idOf(f.Process), f.Program, f.Args, idOf(f.Parent)))
		}
	}
	slices.Sort(all)
	return all
}

// TestLiveAsRecorded: timeline and explain tell live what they tell of a recording of the
// same run.
func TestLiveAsRecorded(t *testing.T) {
	requireDocker(t)
	file, name := filepath.Join(t.TempDir(), "run.zst"), "pns-live-"+nameOf(t)
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
	timeline := attachedLive(t, "timeline", "--live", "--timeout", "90s", "-o", "json", name)
	id := dockerRun(t, "--name", name, "--network", "none", image, "sh", "-c", "sleep 1000 & sleep 1001")
	firstChild(t, dockerPID(t, id))
	explained := attachedLive(t, "explain", "--live", "--timeout", "90s", name)
	run(t, "docker", "kill", name)
	tr.wait("the container's end", kind("container_exit"), runsIn(id))
	var live ndjson.TimelineDoc
	decode(t, timeline(), &live)
	text := explained()
	tr.end()

	recorded := timelineOf(t, file, name)
	equals(t, "the start", whatHappened(live, "start"), whatHappened(recorded, "start"))
	// Live it is not waited long for those who clean up.
	end, all := whatHappened(live, "end"), whatHappened(recorded, "end")
	equals(t, "the end", end, slices.DeleteFunc(all, func(f string) bool { return !slices.Contains(end, f) }))
	phase(t, live, "exit")
	phase(t, live, "reaped")
	inOrder(t, live, "helper", "entrypoint", "first_child")
	for _, f := range live.Phases {
		if f.Section == "start" && len(f.Args) == 0 {
			t.Errorf("%s of %s has no command line", f.Phase, f.Process.Comm)
		}
	}
	if !strings.Contains(text, "ran sleep 1001;") { // which the shell became
		t.Errorf("what ran is not explained:\n%s", text)
	}
}
