package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestClaimOfAnother: a user who calls a program as a runtime is called makes no container
// of a cgroup of root's, whatever his bundle says; of one that he owns he does, and
// it begins once.
func TestClaimOfAnother(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	for name, c := range map[string]struct{ owner, starts int }{"root's": {0, 0}, "his own": {65534, 1}} {
		t.Run(name, func(t *testing.T) {
			id := fmt.Sprintf("pns%d", os.Getpid())
			dir := filepath.Join(kerneltest.Cgroup2(t), "session-"+id+".scope")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Remove(dir) })
			if err := os.Chown(dir, c.owner, c.owner); err != nil {
				t.Fatal(err)
			}
			into, err := os.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer into.Close()
			runtime, bundle := falseRuntime(t, id)

			tr := start(t)
			if out, err := asNobody(runtime, "run", "--bundle", bundle, id).CombinedOutput(); err == nil {
				t.Fatalf("sleep slept: %s", out)
			}
			tr.wait("the call", kind("exec"), with(runtime, "run"))
			cmd := exec.Command("sh", "-c", "/bin/true 1; /bin/true 2; /bin/true 3; exit 0")
			cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(into.Fd())}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			tr.wait("its end", kind("exit"), pid(cmd.Process.Pid))
			s := tr.end()
			s.checkContract()

			mine := s.all(kind("exec"), inCgroup("/session-"+id+".scope"))
			equal(t, "programs in the cgroup", len(mine), 4)
			for _, l := range mine {
				if c.starts == 0 && l.Process.Container != nil {
					t.Errorf("a container of a stranger's choosing: %s", l.raw)
				}
				if c.starts > 0 && (l.Process.Container == nil || l.Process.Container.ID != id) {
					t.Errorf("not the container that its owner made: %s", l.raw)
				}
			}
			equal(t, "starts", len(s.all(kind("container_start"), runsIn(id))), c.starts)
			equal(t, "ends", len(s.all(kind("container_exit"), runsIn(id))), c.starts)
		})
	}
}

// falseRuntime makes an executable of a runtime's name, and a bundle that says that the
// container's cgroup is the session of that name.
func falseRuntime(t *testing.T, id string) (runtime, bundle string) {
	t.Helper()
	base, err := os.MkdirTemp("", "pns-claim-") // where others may go: not t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	config := `{"linux":{"cgroupsPath":"x:session:` + id + `"},"annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"kube-apiserver"}}`
	for name, text := range map[string]string{"runc": readFile(t, sleep), "config.json": config} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "runc"), base
}

// TestClaimAfterwards: when a cgroup turns out to be a container's while processes run in
// it, that runs already: it does not begin, however many programs they start, and ends once.
func TestClaimAfterwards(t *testing.T) {
	kerneltest.RequireBPF(t)
	id := fmt.Sprintf("pnslate%d", os.Getpid())
	dir := filepath.Join(kerneltest.Cgroup2(t), "session-"+id+".scope")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	into, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	runtime, bundle := falseRuntime(t, id)

	tr := start(t)
	fifo := filepath.Join(bundle, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "read line <"+fifo+"; /bin/true 1; /bin/true 2; /bin/true 3; exit 0")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(into.Fd())}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tr.wait("the shell", kind("exec"), pid(cmd.Process.Pid))
	exec.Command(runtime, "run", "--bundle", bundle, id).Run() // by root, and it fails
	tr.wait("the call", kind("exec"), with(runtime, "run"))
	if err := os.WriteFile(fifo, []byte("go\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	tr.wait("its end", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.checkContract()
	equal(t, "programs in the container", len(s.all(kind("exec"), childOf(cmd.Process.Pid), runsIn(id))), 3)
	equal(t, "starts", len(s.all(kind("container_start"), runsIn(id))), 0)
	equal(t, "who ended", int(s.only("the end", kind("container_exit"), runsIn(id)).Process.PID), cmd.Process.Pid)
}
