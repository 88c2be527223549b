package e2e

import "testing"

// TestRenamed: a container that docker renames is called by its new name from one of the
// next programs in it on, in its end, too.
func TestRenamed(t *testing.T) {
	requireDocker(t)
	before, after := nameOf(t), nameOf(t)+"-anew"
	tr := start(t)
	id := dockerRun(t, "--network", "none", "--name", before, image, "/bin/sh", "-c", "while sleep 0.1; do :; done")
	called := func(name string) match {
		return func(l *line) bool { return l.Process.Container != nil && l.Process.Container.Name == name }
	}
	tr.wait("its old name", kind("exec"), runsIn(id), called(before))
	run(t, "docker", "rename", before, after)
	tr.wait("its new name", kind("exec"), runsIn(id), called(after))
	run(t, "docker", "kill", id)
	tr.wait("its end", kind("container_exit"), runsIn(id))
	s := tr.end()
	equal(t, "name at the start", s.only("the start", kind("container_start"), runsIn(id)).Process.Container.Name, before)
	equal(t, "name at the end", s.only("the end", kind("container_exit"), runsIn(id)).Process.Container.Name, after)
}
