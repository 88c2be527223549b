package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestN17InContainer: the tracer in a container of its own. With the host's PIDs it shows
// all; in a PID namespace it says that it sees less, and whose numbers it shows.
func TestN17InContainer(t *testing.T) {
	requireDocker(t)
	dir := filepath.Dir(binary(t))
	for name, c := range map[string]struct {
		flags []string
		warns bool
	}{"hostPID": {[]string{"--pid", "host"}, false}, "own pidns": {nil, true}} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"run", "--rm", "--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--network", "none",
				"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
				"-v", dir + ":/pns:ro", "-v", "/lib:/lib:ro", "-v", "/lib64:/lib64:ro"}, c.flags...)
			cmd := exec.Command("docker", append(args, image, "/pns/"+filepath.Base(binary(t)), "tree")...)
			var out, errOut strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errOut
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, errOut.String())
			}
			if warned := strings.Contains(errOut.String(), "child PID namespace"); warned != c.warns {
				t.Errorf("warned is %v: %s", warned, errOut.String())
			}
			own := fmt.Sprintf("%d e2e.test", os.Getpid())
			if seen := strings.Contains(out.String(), own); seen == c.warns {
				t.Errorf("the process %s outside is there: %v\n%s", own, seen, out.String())
			}
		})
	}
}

// TestN20NotVisible: of Kata and gVisor the shim is there, and it is said that what runs
// inside is not. A shell by such a name stands for the shim.
func TestN20NotVisible(t *testing.T) {
	kerneltest.RequireBPF(t)
	for program, c := range map[string]struct{ genealogy, says string }{
		"containerd-shim-kata-v2":  {"kata", "container shim of Kata, whose processes are in a virtual machine"},
		"containerd-shim-runsc-v1": {"gvisor", "container shim of gVisor, whose processes are not the host's"},
	} {
		t.Run(program, func(t *testing.T) {
			shell, err := os.ReadFile("/bin/sh")
			if err != nil {
				t.Fatal(err)
			}
			shim := filepath.Join(t.TempDir(), program)
			if err := os.WriteFile(shim, shell, 0o755); err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprintf("pns-n20-%d", os.Getpid())
			cmd := exec.Command(shim, "-c", "echo; read x", "-namespace", "k8s.io", "-id", id)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { in.Close(); cmd.Wait() })
			if _, err := out.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			if text, says := run(t, binary(t), "tree"), "shim of "+id+" ("+c.genealogy+", inside not visible)"; !strings.Contains(text, says) {
				t.Errorf("tree does not say %q", says)
			}
			file, _ := recordOf(t, 0, []string{"--scope", "all"}, "true")
			r := tell(t, nil, "explain", file, id)
			if r.code != 1 || !strings.Contains(r.err, c.says+": inside "+id+" nothing is visible") {
				t.Errorf("exit code %d, explain does not say so: %s%s", r.code, r.out, r.err)
			}
		})
	}
}
