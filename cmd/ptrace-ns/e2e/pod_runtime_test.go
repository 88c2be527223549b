package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// The images of a pod, which no registry is asked for.
const (
	pauseImage = "localhost/pns-pause:1"
	shellImage = "localhost/pns-shell:1"
)

// node is a containerd of the test's own, with the part of it that a kubelet
// speaks to. The machine's other containerd knows nothing of it.
type node struct {
	t      testing.TB
	dir    string
	socket string
	pid    int
}

// podEnv names the kubelet's part where it is built already.
const podEnv = "PTRACE_NS_POD"

// buildPodHelper builds the kubelet's part from its own module.
var buildPodHelper = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(podEnv); path != "" {
		return path, nil
	}
	path := filepath.Join(workDir, "bin", "pod")
	cmd := exec.Command("go", "-C", "../../../testdata/pod", "build", "-buildvcs=false", "-o", path, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// startNode starts the containerd and gives it both images.
func startNode(t testing.TB) *node {
	t.Helper()
	kerneltest.RequireBPF(t)
	for _, tool := range []string{"containerd", "containerd-shim-runc-v2", "ctr", "runc", "busybox"} {
		kerneltest.RequireTool(t, tool)
	}
	if _, err := buildPodHelper(); err != nil {
		t.Fatal(err)
	}
	// Unix sockets have short names, and the shims' are made of the state's.
	dir, err := os.MkdirTemp("/run", "pns")
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, dir: dir, socket: filepath.Join(dir, "s")}
	t.Cleanup(func() { os.RemoveAll(dir) })
	n.startContainerd()
	pause := t.TempDir()
	copyFile(t, filepath.Join(pause, "pause"), kerneltest.CompileHelper(t, "pause"))
	shell, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	n.importImage(pauseImage, pause, "/pause")
	n.importImage(shellImage, shell, "/bin/sh")
	n.pod("ready", pauseImage, shellImage)
	return n
}

func (n *node) startContainerd() {
	n.t.Helper()
	config := fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = %q
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = %q
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
`, n.dir+"/root", n.dir+"/state", n.socket, pauseImage)
	path := filepath.Join(n.dir, "config.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		n.t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("containerd", "--config", path, "--log-level", "warn")
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt of the tests leaves it to the cleanup
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.pid = cmd.Process.Pid
	n.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if n.t.Failed() {
			n.t.Logf("containerd said: %s", said.String())
		}
	})
}

// ctr runs containerd's own client.
func (n *node) ctr(args ...string) string {
	n.t.Helper()
	return run(n.t, "ctr", append([]string{"--address", n.socket}, args...)...)
}

// pod lets the kubelet's part do one thing and returns what it prints.
func (n *node) pod(args ...string) string {
	n.t.Helper()
	helper, err := buildPodHelper()
	if err != nil {
		n.t.Fatal(err)
	}
	return run(n.t, helper, append([]string{"-socket", n.socket}, args...)...)
}

// taskPID returns the first process of a container, as containerd tells it.
func (n *node) taskPID(namespace, id string) int {
	n.t.Helper()
	for text := range strings.Lines(n.ctr("--namespace", namespace, "tasks", "list")) {
		if f := strings.Fields(text); len(f) > 1 && f[0] == id {
			return number(n.t, f[1])
		}
	}
	n.t.Fatalf("containerd has no task %s in %s", id, namespace)
	return 0
}

// importImage makes an image with one layer of the directory's files, for both of
// the places where containerd keeps them.
func (n *node) importImage(name, root, entrypoint string) {
	n.t.Helper()
	layer, err := exec.Command("tar", "-C", root, "-c", ".").Output()
	if err != nil {
		n.t.Fatalf("tar of %s: %v", root, err)
	}
	config := fmt.Sprintf(`{"architecture":%q,"os":"linux","config":{"Entrypoint":[%q]},"rootfs":{"type":"layers","diff_ids":["sha256:%x"]}}`,
		runtime.GOARCH, entrypoint, sha256.Sum256(layer))
	manifest := fmt.Sprintf(`[{"Config":"config.json","RepoTags":[%q],"Layers":["layer.tar"]}]`, name)
	path := filepath.Join(n.dir, "image.tar")
	file, err := os.Create(path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer file.Close()
	w := tar.NewWriter(file)
	for _, part := range []struct {
		name string
		data []byte
	}{{"layer.tar", layer}, {"config.json", []byte(config)}, {"manifest.json", []byte(manifest)}} {
		if err := w.WriteHeader(&tar.Header{Name: part.name, Mode: 0o644, Size: int64(len(part.data))}); err != nil {
			n.t.Fatal(err)
		}
		if _, err := w.Write(part.data); err != nil {
			n.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		n.t.Fatal(err)
	}
	for _, namespace := range []string{"k8s.io", "default"} {
		n.ctr("--namespace", namespace, "images", "import", "--snapshotter", "native", path)
	}
}

func copyFile(t testing.TB, to, from string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, raw, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
