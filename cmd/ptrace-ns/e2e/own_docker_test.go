package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// ownDocker is a containerd and a dockerd of the test's own, which it may kill. The
// machine's others know nothing of them.
type ownDocker struct {
	t          testing.TB
	dir        string
	containerd *daemon
}

// daemon is one that was started here.
type daemon struct {
	*exec.Cmd
	said bytes.Buffer
}

func startOwnDocker(t testing.TB) *ownDocker {
	t.Helper()
	kerneltest.RequireBPF(t)
	for _, tool := range []string{"containerd", "containerd-shim-runc-v2", "ctr", "dockerd", "docker", "busybox"} {
		kerneltest.RequireTool(t, tool)
	}
	// Unix sockets have short names, and the shims' are made of the state's.
	dir, err := os.MkdirTemp("/run", "pnd")
	if err != nil {
		t.Fatal(err)
	}
	d := &ownDocker{t: t, dir: dir}
	t.Cleanup(func() { removeWithMounts(t, dir) })
	config := fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = %q
`, dir+"/root", dir+"/state", dir+"/c")
	if err := os.WriteFile(dir+"/config.toml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	d.startContainerd()
	// A dockerd without a bridge removes docker0, which is another's: it gets a network
	// namespace of its own.
	d.start(syscall.CLONE_NEWNET, "dockerd", "--log-level", "warn", "--containerd", dir+"/c", "-H", "unix://"+dir+"/d", "--data-root", dir+"/data",
		"--exec-root", dir+"/exec", "--pidfile", dir+"/pid", "--bridge", "none", "--iptables=false",
		"--ip-forward=false", "--storage-driver", "vfs")
	d.answers("docker", "-H", "unix://"+dir+"/d", "version")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	run(t, "sh", "-c", `tar -C "$1" -c . | docker -H "unix://$2" import - "$3"`, "sh", root, dir+"/d", image)
	return d
}

func (d *ownDocker) startContainerd() {
	d.t.Helper()
	d.containerd = d.start(0, "containerd", "--log-level", "warn", "--config", filepath.Join(d.dir, "config.toml"))
	d.answers("ctr", "--address", d.dir+"/c", "version")
}

// start starts a daemon with namespaces of its own, which ends with the test if not
// before.
func (d *ownDocker) start(namespaces uintptr, name string, args ...string) *daemon {
	d.t.Helper()
	one := &daemon{Cmd: exec.Command(name, args...)}
	one.Stderr = &one.said
	one.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: namespaces} // an interrupt of the tests leaves it to the cleanup
	one.WaitDelay = time.Second
	if err := one.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		one.end(syscall.SIGTERM)
		if d.t.Failed() {
			d.t.Logf("%s said: %s", name, one.said.String())
		}
	})
	return one
}

// end ends it and waits, once.
func (o *daemon) end(sig syscall.Signal) {
	if o.ProcessState != nil {
		return
	}
	o.Process.Signal(sig)
	late := time.AfterFunc(patience, func() { o.Process.Kill() })
	defer late.Stop()
	o.Wait()
}

// answers waits until a command succeeds.
func (d *ownDocker) answers(name string, args ...string) {
	d.t.Helper()
	var out []byte
	var err error
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if out, err = exec.Command(name, args...).CombinedOutput(); err == nil {
			return
		}
	}
	d.t.Fatalf("%s %q: %v: %s", name, args, err, out)
}

// docker runs its client.
func (d *ownDocker) docker(args ...string) string {
	d.t.Helper()
	return run(d.t, "docker", append([]string{"-H", "unix://" + d.dir + "/d"}, args...)...)
}

// removeWithMounts removes a directory, and what a killed daemon left mounted in it.
func removeWithMounts(t testing.TB, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Error(err)
	}
	all := strings.Split(string(mounts), "\n")
	slices.Reverse(all) // the latest first
	for _, text := range all {
		if f := strings.Fields(text); len(f) > 1 && strings.HasPrefix(f[1], dir+"/") {
			if err := unix.Unmount(f[1], unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
				t.Errorf("unmount %s: %v", f[1], err)
			}
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}
