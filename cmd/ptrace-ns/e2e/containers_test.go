package e2e

import (
	"os/exec"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestN10DockerKill ends containers that were not asked to stop.
func TestN10DockerKill(t *testing.T) {
	requireDocker(t)
	for _, end := range [][]string{{"kill"}, {"rm", "-f"}} {
		t.Run(end[0], func(t *testing.T) {
			tr := start(t)
			id := dockerRun(t, image, "/bin/sh", "-c", "sleep 1000 & wait")
			init := look(t, dockerPID(t, id))
			tr.wait("the child", kind("exec"), runsIn(id), with("sleep", "1000"))
			run(t, "docker", append(end, id)...)
			tr.wait("the shim's end", kind("exit"), pid(init.ppid))
			s := tr.end()
			s.checkContract()

			born := s.only("birth of PID 1", kind("fork"), pid(init.pid))
			init.isTruth(t, born)
			kill := s.only("SIGKILL", kind("signal"), about(born.Process.ID), signalled("SIGKILL"))
			equal(t, "sender", kill.Sender.Comm, "runc")
			exit := s.only("exit of PID 1", kind("exit"), about(born.Process.ID))
			equal(t, "exit", exitOf(exit.Exit), "SIGKILL")
			equal(t, "killer", idOf(exit.Killer.Sender), kill.Sender.ID)
			gone := s.only("the namespace's end", kind("pidns_destroy"), about(born.Process.ID))
			equal(t, "reaped", *gone.Reaped, 1)
		})
	}
}

// TestN11DockerInit has an init that handles signals and takes in orphans.
func TestN11DockerInit(t *testing.T) {
	requireDocker(t)
	tr := start(t)
	id := dockerRun(t, "--init", image, "/bin/sh", "-c", "(sleep 1000 &); exec sleep 1001")
	init := look(t, dockerPID(t, id))
	tr.wait("the orphan", kind("exec"), runsIn(id), with("sleep", "1000"))
	tr.wait("the command", kind("exec"), runsIn(id), with("sleep", "1001"))
	tr.wait("the orphan's new parent", kind("reparent"), func(l *line) bool { return l.To.Ref.PID == int32(init.pid) })
	run(t, "docker", "stop", "-t", "10", id)
	equal(t, "exit code that docker tells", run(t, "docker", "inspect", "-f", "{{.State.ExitCode}}", id), "143")
	s := tr.end()
	s.checkContract()

	one := s.only("the init", kind("exec"), pid(init.pid), with("/bin/sh"))
	init.isTruth(t, one)
	command := s.only("the command", kind("exec"), runsIn(id), with("sleep", "1001"))
	orphan := s.only("the orphan", kind("exec"), runsIn(id), with("sleep", "1000"))
	equal(t, "the command's parent", idOf(command.Process.Parent), one.Process.ID)
	moved := s.newParent("the orphan's new parent", orphan.Process.ID)
	equal(t, "to", moved.To.Ref.ID, one.Process.ID)
	equal(t, "its name", moved.To.Ref.Comm, "docker-init")
	equal(t, "reason", moved.Reason, "pidns_init")

	term := s.only("SIGTERM to the init", kind("signal"), about(one.Process.ID), signalled("SIGTERM"))
	equal(t, "result", term.Result, "")
	passed := s.only("SIGTERM to the command", kind("signal"), about(command.Process.ID), signalled("SIGTERM"), since(term))
	equal(t, "sender", idOf(passed.Sender), one.Process.ID)
	exit := s.only("the command's exit", kind("exit"), about(command.Process.ID))
	equal(t, "the command's exit", exitOf(exit.Exit), "SIGTERM")
	equal(t, "killer", idOf(exit.Killer.Sender), one.Process.ID)
	equal(t, "the init's exit", exitOf(s.only("the init's exit", kind("exit"), about(one.Process.ID)).Exit), "code 143")
	s.only("the orphan's reaping", kind("pidns_reap"), about(orphan.Process.ID))
}

// TestN12HostPidns has a container that is one by its cgroup alone.
func TestN12HostPidns(t *testing.T) {
	requireDocker(t)
	tr := start(t)
	id := dockerRun(t, "--pid=host", image, "/bin/sleep", "1000")
	init := look(t, dockerPID(t, id))
	run(t, "docker", "kill", id)
	tr.wait("the shim's end", kind("exit"), pid(init.ppid))
	s := tr.end()
	s.checkContract()

	entrance := s.only("the entrypoint", kind("exec"), runsIn(id), with("/bin/sleep", "1000"))
	init.isTruth(t, entrance)
	equal(t, "levels", len(entrance.Process.PIDs), 1)
	equal(t, "container", entrance.Process.Container.ID, id)
	exit := s.only("exit", kind("exit"), about(entrance.Process.ID))
	equal(t, "exit", exitOf(exit.Exit), "SIGKILL")
	equal(t, "container at its exit", exit.Process.Container.ID, id)
	if about := s.all(about(entrance.Process.ID), func(l *line) bool { return l.Pidns != nil }); len(about) > 0 {
		t.Errorf("a namespace of its own is told: %s", about[0].raw)
	}
}

// TestN12SharedPidns has two containers in one namespace. The first one's end is
// that of both.
func TestN12SharedPidns(t *testing.T) {
	requireDocker(t)
	tr := start(t)
	owner := dockerRun(t, image, "/bin/sleep", "1000")
	guest := dockerRun(t, "--pid=container:"+owner, image, "/bin/sleep", "1001")
	first, second := look(t, dockerPID(t, owner)), look(t, dockerPID(t, guest))
	run(t, "docker", "kill", owner)
	for _, shim := range []int{first.ppid, second.ppid} {
		tr.wait("a shim's end", kind("exit"), pid(shim))
	}
	s := tr.end()
	s.checkContract()

	host := s.only("the owner", kind("exec"), pid(first.pid), with("/bin/sleep", "1000"))
	member := s.only("the guest", kind("exec"), pid(second.pid), with("/bin/sleep", "1001"))
	first.isTruth(t, host)
	second.isTruth(t, member)
	equal(t, "namespace of both", first.pidns, second.pidns)
	equal(t, "the owner's container", host.Process.Container.ID, owner)
	equal(t, "the guest's container", member.Process.Container.ID, guest)
	entered := s.only("the guest's entry", kind("pidns_enter"), about(member.Process.ID))
	equal(t, "via", entered.Via, "setns")
	equal(t, "init", idOf(entered.Init), host.Process.ID)

	reap := s.only("the guest's reaping", kind("pidns_reap"), about(member.Process.ID))
	equal(t, "dead init", idOf(reap.Init), host.Process.ID)
	exit := s.only("the guest's exit", kind("exit"), about(member.Process.ID))
	equal(t, "exit", exitOf(exit.Exit), "SIGKILL")
	equal(t, "origin", exit.Killer.Origin, "pidns_reap")
	equal(t, "container at its exit", exit.Process.Container.ID, guest)
}

// TestRuncAlone runs a container without any daemon around it.
func TestRuncAlone(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "busybox")
	bundle := runcBundle(t)
	tr := start(t)
	id := "pns-e2e-" + t.Name()
	cmd := exec.Command("runc", "run", "--bundle", bundle, id)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 4 {
		t.Fatalf("runc run: %v, want exit 4: %s", err, out)
	}
	tr.wait("runc's end", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()

	runc := s.only("runc", kind("exec"), pid(cmd.Process.Pid))
	equals(t, "arguments", runc.Process.Args, cmd.Args)
	made := s.only("the namespace's creation", kind("pidns_create"), childOf(cmd.Process.Pid))
	equal(t, "via", made.Via, "unshare")
	equal(t, "creator's name", made.Creator.Comm, "runc:[1:CHILD]")
	one := s.only("the entrypoint", kind("exec"), about(made.Process.ID))
	equals(t, "entrypoint", one.Process.Args, []string{"/bin/sh", "-c", "sleep 1000 & exit 4"})
	equal(t, "parent", idOf(one.Process.Parent), runc.Process.ID)
	exit := s.only("exit of PID 1", kind("exit"), about(made.Process.ID))
	equal(t, "exit of PID 1", exitOf(exit.Exit), "code 4")
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(made.Process.ID))
	equal(t, "init", idOf(gone.Init), made.Process.ID)
	equal(t, "reaped", *gone.Reaped, 1)
}
