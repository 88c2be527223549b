package e2e

import (
	"os/exec"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestLeastPrivilege holds the table of docs/install.md: what each capability is for.
// What the kernel half tells needs none but the first two.
func TestLeastPrivilege(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "setpriv")
	forbidUnprivileged(t)
	before := exec.Command("sleep", "1000") // root's, which nobody may look into
	if err := before.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { before.Process.Kill(); before.Wait() }()
	id := dockerRun(t, "--name", "pns-privilege-"+image[len("pns-e2e:"):], image, "sleep", "1000")
	inside := dockerPID(t, id)

	for _, c := range []struct {
		name             string
		caps             []string
		exe, cwd, called bool
	}{
		{"two", []string{"bpf", "perfmon"}, false, false, false},
		{"with CAP_SYS_PTRACE", []string{"bpf", "perfmon", "sys_ptrace"}, true, true, false},
		{"with CAP_DAC_READ_SEARCH", []string{"bpf", "perfmon", "dac_read_search"}, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := startUnder(t, nobody(c.caps...))
			there := tr.wait("the process that was there", kind("snapshot"), pid(before.Process.Pid)).Process
			equals(t, "arguments", there.Args, []string{"sleep", "1000"})
			equal(t, "executable is told", there.Exe != "", c.exe)
			equal(t, "working directory is told", there.Cwd != "", c.cwd)
			contained := tr.wait("the container's process", kind("snapshot"), pid(inside)).Process
			if contained.Container == nil {
				t.Fatal("the container is not recognised")
			}
			equal(t, "container", contained.Container.ID, id)
			equal(t, "its name is told", contained.Container.Name != "", c.called)

			cmd := exec.Command("sh", "-c", "exit 7")
			cmd.Run()
			tr.wait("the exit", kind("exit"), pid(cmd.Process.Pid))
			s := tr.end()
			ran := s.only("exec", kind("exec"), pid(cmd.Process.Pid))
			equals(t, "arguments", ran.Process.Args, []string{"sh", "-c", "exit 7"})
			if ran.Process.Exe == "" {
				t.Error("the kernel half tells no executable")
			}
		})
	}
}
