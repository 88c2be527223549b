package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestTwoNamespacesOfContainerd: equal ids are told apart by containerd's namespace.
func TestTwoNamespacesOfContainerd(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "ctr")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("pns-twice-%d", os.Getpid())
	tr := start(t)
	spaces := []string{"default", fmt.Sprintf("pns-%d", os.Getpid())}
	for _, ns := range spaces {
		t.Cleanup(func() {
			exec.Command("ctr", "-n", ns, "container", "rm", id).Run()
			exec.Command("ctr", "namespace", "rm", ns).Run()
			removeParents(ns)
		})
		run(t, "ctr", "-n", ns, "run", "--rm", "--rootfs", root, id, "/bin/true")
	}
	s := tr.end()
	var began, served []string
	for _, l := range s.lines {
		if c := l.Process.Container; l.Event == "container_start" && c != nil && c.ID == id {
			began = append(began, c.Namespace+" "+c.Source)
		}
		if c := l.Process.Serves; l.Event == "exec" && c != nil && c.ID == id && l.Process.Role == "runtime" && slices.Contains(l.Process.Args, "create") {
			served = append(served, c.Namespace)
		}
	}
	equals(t, "started in", began, []string{spaces[0] + " state", spaces[1] + " state"})
	equals(t, "runtimes of", served, spaces)
}

// TestTwoOfOneIDAtOnce: equal ids that live at the same time are two containers, in what is
// told and in what a look finds.
func TestTwoOfOneIDAtOnce(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "ctr")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("pns-both-%d", os.Getpid())
	tr := start(t)
	spaces := []string{"default", fmt.Sprintf("pns-both-%d", os.Getpid())}
	for _, ns := range spaces {
		t.Cleanup(func() {
			exec.Command("ctr", "-n", ns, "task", "rm", "-f", id).Run()
			exec.Command("ctr", "-n", ns, "container", "rm", id).Run()
			exec.Command("ctr", "namespace", "rm", ns).Run()
			removeParents(ns)
		})
		run(t, "ctr", "-n", ns, "run", "-d", "--rootfs", root, id, "/bin/sleep", "1000")
	}
	seen := strings.Fields(run(t, binary(t), "tree", "-o", "json", "-c", id))
	for _, ns := range spaces {
		if n := strings.Count(strings.Join(seen, ""), `"namespace":"`+ns+`"`); n != 1 {
			t.Errorf("a look finds %d in %s, want 1", n, ns)
		}
		run(t, "ctr", "-n", ns, "task", "rm", "-f", id)
	}
	in := func(ns string) match {
		return func(l *line) bool {
			c := l.Process.Container
			return c != nil && c.ID == id && c.Namespace == ns
		}
	}
	for _, ns := range spaces {
		tr.wait("the end in "+ns, kind("container_exit"), in(ns))
	}
	s := tr.end()
	for _, ns := range spaces {
		began := s.only("the start in "+ns, kind("container_start"), in(ns))
		ended := s.only("the end in "+ns, kind("container_exit"), in(ns))
		equal(t, "source in "+ns, began.Process.Container.Source, "state")
		equal(t, "who ended in "+ns, ended.Process.ID, began.Process.ID)
	}
}

// removeParents removes the cgroups that the containers of a namespace of containerd lay
// in, which nobody else removes.
func removeParents(ns string) {
	if ns == "default" {
		return
	}
	dirs, _ := filepath.Glob(filepath.Join("/sys/fs/cgroup", "*", ns)) // the pattern is well-formed
	for _, dir := range append(dirs, filepath.Join("/sys/fs/cgroup", ns)) {
		os.Remove(dir)
	}
}
