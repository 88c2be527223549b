package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// TestRecordedLook holds a look into a recording against a look at the machine: of a
// container that was there before both know the name, and who of its processes is what.
func TestRecordedLook(t *testing.T) {
	requireDocker(t)
	name := "there-before-" + filepath.Base(t.TempDir())
	id := dockerRun(t, "--name", name, "--network", "none", image, "sleep", "1001")
	run(t, "docker", "exec", "-d", id, "sleep", "1002")
	for deadline := time.Now().Add(patience); len(rolesIn(t, "-c", name)) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("docker exec made no process")
		}
	}
	path := filepath.Join(t.TempDir(), "there.zst")
	tr := start(t, "-w", path)
	// A name may come after the snapshot; whatever comes then, it is told.
	tr.wait("the container's name", func(l *line) bool {
		c := l.Container
		if l.Process != nil && l.Process.Container != nil {
			c = l.Process.Container
		}
		return c != nil && c.ID == id && c.Name == name
	})
	run(t, "docker", "exec", id, "true") // something that is no snapshot
	tr.end()
	live := rolesIn(t, "-c", name, "-s")
	past := rolesIn(t, "-c", name, "-s", "-r", path)
	here := 0
	for pid, want := range live {
		if want.container == "" && want.serves == "" {
			continue // of ancestors only those matter that are for this container
		}
		here++
		if got := past[pid]; got != want {
			t.Errorf("process %d is %+v in the recording, and %+v in the look", pid, got, want)
		}
	}
	if here != 3 {
		t.Errorf("%d processes of or for the container, want its init, what docker exec made, and the shim: %+v", here, live)
	}
}

// part is what a process is for.
type part struct{ role, container, serves string }

// rolesIn returns what a tree has of each process.
func rolesIn(t *testing.T, args ...string) map[int32]part {
	t.Helper()
	all := map[int32]part{}
	var take func([]ndjson.NodeDoc)
	take = func(nodes []ndjson.NodeDoc) {
		for _, n := range nodes {
			p := part{role: n.Process.Role}
			if c := n.Process.Container; c != nil {
				p.container = c.Name
			}
			if c := n.Process.Serves; c != nil {
				p.serves = c.Name
			}
			all[n.Process.PID] = p
			take(n.Children)
		}
	}
	var roots []ndjson.NodeDoc
	decode(t, run(t, binary(t), append([]string{"tree", "-o", "json"}, args...)...), &roots)
	take(roots)
	return all
}
