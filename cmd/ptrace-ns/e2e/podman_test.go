package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
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

// kept is the path of a file that outlives the test, where a directory for such is
// named.
func kept(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv("PTRACE_NS_OUT"); dir != "" {
		return filepath.Join(dir, name)
	}
	return filepath.Join(t.TempDir(), name)
}

// podmanFlags have it work without systemd, and with crun.
var podmanFlags = []string{"--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "crun"}

func podman(t testing.TB, args ...string) string {
	t.Helper()
	return run(t, "podman", append(slices.Clone(podmanFlags), args...)...)
}

// podmanStart are the phases of a start by podman with crun, which has no stages and
// whose init is born where it is to be.
var podmanStart = []string{"shim_start", "shim_daemonised", "runtime_create", "cgroup_made", "stage_2", "cgroup_entered", "pidns_created",
	"root_pivoted", "init_reparented", "runtime_start", "entrypoint", "first_child"}

// checkPodmanStart holds who made whom, and whose child each became.
func checkPodmanStart(t *testing.T, doc ndjson.TimelineDoc) {
	t.Helper()
	equal(t, "runtime", doc.Runtime, "podman")
	equal(t, "genealogy", doc.Genealogy, "conmon")
	inOrder(t, doc, append([]string{"asked"}, podmanStart...)...)
	asked, starter, conmon, crun := phase(t, doc, "asked"), phase(t, doc, "shim_start"), phase(t, doc, "shim_daemonised"), phase(t, doc, "runtime_create")
	equal(t, "who asked", asked.Program, "podman")
	equal(t, "parent of the first conmon", idOf(starter.Parent), asked.Process.ID)
	equal(t, "parent of the second", idOf(conmon.Parent), starter.Process.ID)
	equal(t, "it is left by", idOf(conmon.Reparent.From), starter.Process.ID)
	equal(t, "and given to", conmon.Reparent.To.PID, 1)
	equal(t, "because that is the", conmon.Reparent.Reason, "init")
	equal(t, "parent of crun", idOf(crun.Parent), conmon.Process.ID)
	equal(t, "parent of the init", idOf(phase(t, doc, "stage_2").Parent), crun.Process.ID)
	equal(t, "who made the namespace", idOf(doc.Creator), crun.Process.ID)
	equal(t, "by", phase(t, doc, "pidns_created").Via, "clone3")
	moved := phase(t, doc, "init_reparented").Reparent
	equal(t, "the init is left by", idOf(moved.From), crun.Process.ID)
	equal(t, "the init is given to", idOf(moved.To), conmon.Process.ID)
	equal(t, "because that is the nearest", moved.Reason, "subreaper")
	equal(t, "crun start is called by", idOf(phase(t, doc, "runtime_start").Parent), asked.Process.ID)
	for _, name := range []string{"pid", "mnt", "net", "uts", "ipc", "cgroup"} {
		if !slices.Contains(doc.Namespaces, name) {
			t.Errorf("new namespaces %v, want %s among them", doc.Namespaces, name)
		}
	}
	if len(doc.Absent) != 0 || !doc.Gone {
		t.Errorf("absent %v, gone %v", doc.Absent, doc.Gone)
	}
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
	file := kept(t, "podman-stop.zst")
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
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

	doc := timelineOf(t, file, "pns-web")
	equal(t, "id", doc.ID, id)
	equal(t, "name", doc.Container.Name, "pns-web")
	equal(t, "parent", int(doc.Parent.PID), conmon)
	checkPodmanStart(t, doc)
	inOrder(t, doc, "running", "client_exit", "stop_asked", "runtime_kill", "signal", "runtime_kill", "signal", "exit", "reaped", "shim_exit")
	inOrder(t, doc, "exit", "engine_cleanup", "shim_exit")
	equal(t, "who cleans up is called by", int(phase(t, doc, "engine_cleanup").Parent.PID), conmon)
	equals(t, "who asked for the end", phase(t, doc, "stop_asked").Args[len(podmanFlags)+1:], []string{"stop", "--time", "1", id})
	r := tell(t, nil, "explain", file, id)
	for _, want := range []string{"the kernel gave it to the nearest subreaper", "SIGTERM", "was ignored", "the kernel killed what was left in its PID namespace: 1 process"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("explain does not say %q: %s%s", want, r.out, r.err)
		}
	}
}

// TestPodmanRun records a container from its client's start to conmon's end; it ends by
// itself, and conmon has it cleaned up.
func TestPodmanRun(t *testing.T) {
	requireUnified(t, "podman", "conmon", "crun", "busybox")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	podman(t, "info") // makes its storage
	file := kept(t, "podman.zst")
	command := append([]string{"record", "-q", "--settle", "15s", "-o", file, "--", "podman"}, podmanFlags...)
	r := tell(t, nil, append(command, "run", "--rm", "--network", "none", "--log-driver", "k8s-file", "--name", "pns-run",
		"--rootfs", root, "/bin/sh", "-c", "sleep 1000 & exit 3")...)
	if r.code != 3 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	replayed(t, file).checkSchema()

	doc := timelineOf(t, file, "pns-run")
	checkPodmanStart(t, doc)
	equal(t, "name", doc.Container.Name, "pns-run")
	equal(t, "its cgroup", filepath.Base(phase(t, doc, "cgroup_entered").Cgroup), "libpod-"+doc.ID)
	inOrder(t, doc, "running", "exit", "reaped", "engine_cleanup", "runtime_delete")
	inOrder(t, doc, "reaped", "shim_exit")
	inOrder(t, doc, "reaped", "client_exit")
	equal(t, "exit code", *doc.Exit.Code, 3)
	equal(t, "reaped", len(doc.Reaped), 1)
	if doc.Killer != nil {
		t.Errorf("killed by %+v", doc.Killer)
	}
	equal(t, "who cleans up is called by", idOf(phase(t, doc, "engine_cleanup").Parent), phase(t, doc, "shim_daemonised").Process.ID)
}

// TestCrunAlone runs a container without conmon: crun itself is the parent and
// waits.
func TestCrunAlone(t *testing.T) {
	requireUnified(t, "crun", "runc", "busybox")
	bundle := runcBundle(t)
	file := kept(t, "crun.zst")
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
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
	if moved := s.all(kind("reparent"), about(made.Process.ID)); len(moved) != 0 {
		t.Errorf("it has another parent: %s", moved[0].raw)
	}

	doc := timelineOf(t, file, "pns-crun")
	equal(t, "runtime", doc.Runtime, "crun")
	inOrder(t, doc, "runtime_run", "cgroup_made", "stage_2", "cgroup_entered", "pidns_created", "root_pivoted", "entrypoint", "first_child")
	inOrder(t, doc, "running", "exit", "reaped", "runtime_exit")
	equal(t, "who made it", idOf(doc.Creator), crun.Process.ID)
	equal(t, "its parent stays", idOf(doc.Parent), crun.Process.ID)
	equal(t, "its cgroup", phase(t, doc, "cgroup_entered").Cgroup, one.Process.Cgroup.Path)
	equal(t, "exit code", *doc.Exit.Code, 4)
	if len(doc.Absent) != 0 || len(doc.Reaped) != 1 || !doc.Gone {
		t.Errorf("absent %v, reaped %v, gone %v", doc.Absent, doc.Reaped, doc.Gone)
	}
}
