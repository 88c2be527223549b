package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// requireUnified asks for the kernel, for a machine with cgroup v2 alone, which
// crun wants, and for the tools.
func requireUnified(t testing.TB, tools ...string) {
	t.Helper()
	kerneltest.RequireBPF(t)
	var fs unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		t.Skip("this machine has cgroup v1 hierarchies, which crun refuses")
	}
	for _, tool := range tools {
		kerneltest.RequireTool(t, tool)
	}
}

// keep returns the flags that also write the stream to a file which outlives the
// test, where a directory for it is named.
func keep(name string) []string {
	dir := os.Getenv("PTRACE_NS_OUT")
	if dir == "" {
		return nil
	}
	return []string{"-w", filepath.Join(dir, name)}
}

// podman runs it without systemd, a registry and a network.
func podman(t testing.TB, args ...string) string {
	t.Helper()
	return run(t, "podman", append([]string{"--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "crun"}, args...)...)
}

// TestPodmanStop has no daemon: conmon is the container's parent, and crun, which
// made it, has ended.
func TestPodmanStop(t *testing.T) {
	requireUnified(t, "podman", "conmon", "crun", "busybox")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	podman(t, "info") // makes its storage
	tr := start(t, keep("podman.ndjson")...)
	id := podman(t, "run", "--detach", "--network", "none", "--log-driver", "k8s-file", "--name", "pns-web",
		"--rootfs", root, "/bin/sh", "-c", "sleep 1000 & wait")
	t.Cleanup(func() { exec.Command("podman", "rm", "--force", "pns-web").Run() })
	init := look(t, number(t, podman(t, "inspect", "--format", "{{.State.Pid}}", id)))
	conmon := number(t, podman(t, "inspect", "--format", "{{.State.ConmonPid}}", id))
	equal(t, "parent", init.ppid, conmon)
	tr.wait("the child", kind("exec"), childOf(init.pid), with("sleep", "1000"))
	podman(t, "stop", "--time", "1", id)
	tr.wait("conmon's end", kind("exit"), pid(conmon))
	s := tr.end()
	s.checkContract()

	one := s.only("the entrypoint", kind("exec"), pid(init.pid), runsIn(id))
	init.isTruth(t, one)
	equal(t, "runtime", one.Process.Container.Runtime, "podman")
	made := s.only("the namespace's creation", kind("pidns_create"), about(one.Process.ID))
	equal(t, "inum", made.Pidns.Inum, init.pidns)
	left := s.newParent("its new parent", one.Process.ID)
	// crun has executed itself twice more by then, from a copy that no container
	// can write to, and has that copy's name.
	s.only("crun", kind("exec"), about(left.From.Ref.ID), runs("crun"))
	equal(t, "to", int(left.To.Ref.PID), conmon)
	equal(t, "reason", left.Reason, "subreaper")
	equal(t, "crun's exit", exitOf(s.only("crun's exit", kind("exit"), about(left.From.Ref.ID)).Exit), "code 0")
	exit := s.only("its exit", kind("exit"), about(one.Process.ID))
	equal(t, "its exit", exitOf(exit.Exit), "SIGKILL")
	equal(t, "container at its exit", exit.Process.Container.ID, id)
	s.only("crun, which killed it", kind("exec"), about(idOf(exit.Killer.Sender)), runs("crun"))
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(one.Process.ID))
	equal(t, "reaped", int(*gone.Reaped), 1)
	s.only("the container's start", kind("container_start"), runsIn(id))
	s.only("the container's end", kind("container_exit"), runsIn(id))
}

// TestCrunAlone runs a container without conmon: crun itself is the parent and
// waits.
func TestCrunAlone(t *testing.T) {
	requireUnified(t, "crun", "runc", "busybox")
	bundle := runcBundle(t)
	tr := start(t, keep("crun.ndjson")...)
	cmd := exec.Command("crun", "run", "--bundle", bundle, "pns-crun")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 4 {
		t.Fatalf("crun run: %v, want exit 4: %s", err, out)
	}
	tr.wait("crun's end", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()

	crun := s.only("crun", kind("exec"), pid(cmd.Process.Pid), runs("crun"))
	made := s.only("the namespace's creation", kind("pidns_create"), childOf(cmd.Process.Pid))
	one := s.only("the entrypoint", kind("exec"), about(made.Process.ID))
	equals(t, "entrypoint", one.Process.Args, []string{"/bin/sh", "-c", "sleep 1000 & exit 4"})
	equal(t, "parent", idOf(one.Process.Parent), crun.Process.ID)
	equals(t, "chain", chain(one)[1:], []int32{1})
	equal(t, "exit of PID 1", exitOf(s.only("exit of PID 1", kind("exit"), about(made.Process.ID)).Exit), "code 4")
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(made.Process.ID))
	equal(t, "reaped", int(*gone.Reaped), 1)
}
