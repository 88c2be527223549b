package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// ownImage is the program's own image.
var ownImage = fmt.Sprintf("pns-own:%d", os.Getpid())

// makeOwnImage builds packaging/Containerfile; no registry is asked for anything. It
// returns the directory that the file is built from, which has the program alone.
var makeOwnImage = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(workDir, "own")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "ptrace-ns"), "github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	ownImageMade = true
	image := exec.Command("docker", "build", "-q", "--network", "none", "-f", "../../../packaging/Containerfile", "-t", ownImage, dir)
	if out, err := image.CombinedOutput(); err != nil {
		return "", fmt.Errorf("docker build: %w\n%s", err, out)
	}
	return dir, nil
})

var ownImageMade bool

func removeOwnImage() {
	if ownImageMade {
		exec.Command("docker", "rmi", "-f", ownImage).Run()
	}
}

// requireOwnImage returns the directory with the static program.
func requireOwnImage(t testing.TB) string {
	t.Helper()
	requireDocker(t)
	dir, err := makeOwnImage()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// inside is docker run of the program's image with what docs/install.md asks for. An
// engine from before 23.0 does not know CAP_BPF; there CAP_SYS_ADMIN stands for both.
func inside(t testing.TB, name string, more ...string) []string {
	t.Helper()
	requireOwnImage(t)
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", name).Run() })
	caps := []string{"--cap-add", "BPF", "--cap-add", "PERFMON"}
	if out, err := exec.Command("docker", "create", "--name", name, "--cap-add", "BPF", ownImage).CombinedOutput(); err != nil {
		if !strings.Contains(string(out), "unknown capability") {
			t.Fatalf("docker create: %v: %s", err, out)
		}
		caps = []string{"--cap-add", "SYS_ADMIN"}
	}
	exec.Command("docker", "rm", "-f", name).Run()
	line := append([]string{"docker", "run", "--name", name, "--network", "none", "--read-only", "--security-opt", "no-new-privileges",
		"--cap-drop", "ALL", "--cap-add", "SYS_PTRACE", "--cap-add", "DAC_READ_SEARCH"}, caps...)
	return append(append(line, more...), ownImage)
}

// insideTrace runs watch in a container until it traces.
func insideTrace(t testing.TB, name string, more ...string) *trace {
	t.Helper()
	line := append(inside(t, name, more...), "watch", "-o", "json", "--log-level", "warn")
	tr := &trace{t: t, cmd: exec.Command(line[0], line[1:]...), read: make(chan struct{})}
	tr.run()
	tr.poll("the header", func() bool { return tr.header.Event == "header" })
	tr.objects = objectsOf(t, dockerPID(t, name))
	return tr
}

var hostsPIDs = []string{"--pid", "host", "--cgroupns", "host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:ro", "-v", "/run:/run:ro", "-v", "/var/lib/docker/containers:/var/lib/docker/containers:ro"}

// TestN17HostPID: in a container with the host's PID namespace the program tells what
// it tells outside: all that was there, executables, and containers by name.
func TestN17HostPID(t *testing.T) {
	own := fmt.Sprintf("pns-n17-%d", os.Getpid())
	other := own + "-other"
	requireDocker(t)
	id := dockerRun(t, "--name", other, image, "sleep", "1000")
	tr := insideTrace(t, own, hostsPIDs...)
	self := dockerPID(t, own)
	equal(t, "the tracer", int(tr.header.TracerPID), self)

	there := tr.wait("this test", kind("snapshot"), pid(os.Getpid())).Process
	if there.Exe == "" || len(there.Args) == 0 || there.Cwd == "" {
		t.Errorf("executable %q, arguments %q, working directory %q: want all", there.Exe, there.Args, there.Cwd)
	}
	found := tr.wait("the other container", kind("snapshot"), pid(dockerPID(t, id))).Process.Container
	if found == nil || found.ID != id || found.Name != other {
		t.Errorf("container %+v, want %s with its name", found, id)
	}
	traces(tr)
	if said := tr.stderr.String(); strings.Contains(said, "namespace") {
		t.Errorf("it says %q", said)
	}
}

// TestN17OwnPIDs: in a PID namespace of its own it says that the numbers are the host's,
// tells what happens on the whole machine by them, and of what was there only what the
// kernel shows; it looks nobody up in a /proc that has other numbers.
func TestN17OwnPIDs(t *testing.T) {
	own := fmt.Sprintf("pns-n17-own-%d", os.Getpid())
	tr := insideTrace(t, own)
	self := dockerPID(t, own)
	equal(t, "the tracer", int(tr.header.TracerPID), self)
	tr.wait("itself", kind("snapshot"), pid(self))
	traces(tr)
	if said := tr.stderr.String(); !strings.Contains(said, "child PID namespace") || !strings.Contains(said, "the host's numbers") {
		t.Errorf("it does not say whose numbers it shows: %q", said)
	}
	departed := map[int32]bool{}
	for _, l := range tr.lines {
		departed[l.Process.PID] = departed[l.Process.PID] || l.Event == "exit"
	}
	for _, l := range tr.lines {
		if l.Event != "snapshot" || departed[l.Process.PID] { // whose exit says that it was there
			continue
		}
		equal(t, "process that was there", int(l.Process.PID), self)
		equal(t, "command line out of a foreign /proc", len(l.Process.Args), 0)
	}
}

// TestN17Doctor: doctor names the container, and what is missing in it, by its exit code.
func TestN17Doctor(t *testing.T) {
	own := fmt.Sprintf("pns-n17-doctor-%d", os.Getpid())
	for _, c := range []struct {
		name   string
		more   []string
		code   int
		status string
	}{{"host's", hostsPIDs, 0, "found"}, {"own", nil, 6, "missing"}} {
		t.Run(c.name, func(t *testing.T) {
			line := append(inside(t, own, c.more...), "doctor", "-o", "json")
			cmd := exec.Command(line[0], line[1:]...)
			out, _ := cmd.Output()
			var found ndjson.CheckupDoc
			if err := json.Unmarshal(out, &found); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			equal(t, "exit code", cmd.ProcessState.ExitCode(), c.code)
			equal(t, "PID namespace", statusOf(t, found, "pid_namespace", "").Status, c.status)
			equal(t, "cgroups", statusOf(t, found, "cgroup", "").Status, c.status)
			if says := statusOf(t, found, "container", "").Says; !strings.Contains(says, "docker") {
				t.Errorf("container: %s", says)
			}
		})
	}
}

// TestN17Capabilities: in a container that runc makes with exactly the capabilities of
// docs/install.md, whatever the engines before it know of them.
func TestN17Capabilities(t *testing.T) {
	dir := requireOwnImage(t)
	kerneltest.RequireTool(t, "runc")
	bundle := runcBundle(t)
	two := []string{"CAP_BPF", "CAP_PERFMON"}
	editBundle(t, bundle, func(config map[string]any) {
		config["root"] = map[string]any{"path": dir, "readonly": true}
		process := config["process"].(map[string]any)
		process["args"] = []string{"/ptrace-ns", "watch", "-o", "json", "--log-level", "error"}
		process["user"] = map[string]any{"uid": 65534, "gid": 65534}
		process["noNewPrivileges"] = true
		process["capabilities"] = map[string]any{"bounding": two, "effective": two, "permitted": two, "inheritable": two, "ambient": two}
		delete(config, "hostname")
		linux := config["linux"].(map[string]any)
		linux["namespaces"] = []map[string]any{{"type": "mount"}, {"type": "ipc"}}
		delete(linux, "seccomp")
	})
	// A root of one file has no directories to mount upon; runc would make them.
	for _, name := range []string{"proc", "sys", "dev"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	id := fmt.Sprintf("pns-n17-runc-%d", os.Getpid())
	t.Cleanup(func() { exec.Command("runc", "delete", "--force", id).Run() })
	tr := &trace{t: t, cmd: exec.Command("runc", "run", "--bundle", bundle, id), read: make(chan struct{})}
	tr.run()
	tr.poll("the header", func() bool { return tr.header.Event == "header" })
	self := int(tr.header.TracerPID)
	for _, r := range threads(t, self) {
		equal(t, "user", r.uid, stranger)
	}
	tr.objects = objectsOf(t, self)
	traces(tr)
}
