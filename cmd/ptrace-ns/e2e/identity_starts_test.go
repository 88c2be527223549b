package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// recordOf records a command to its end and returns the file; the command's own status
// must be this one.
func recordOf(t *testing.T, status int, flags []string, command ...string) (file string, r said) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "start.zst")
	r = tell(t, nil, slices.Concat([]string{"record", "-o", file}, flags, []string{"--"}, command)...)
	if r.code != status {
		t.Fatalf("%q: exit code %d, want %d: %s", command, r.code, status, r.err)
	}
	return file, r
}

// saysFailed wants explain and timeline to know that a start failed, and with what those
// who wanted it ended.
func saysFailed(t *testing.T, file, id string, words ...string) {
	t.Helper()
	doc := timelineOf(t, file, id)
	if !doc.NeverRan || doc.RunsNS != 0 || doc.EndedNS == 0 {
		t.Errorf("never ran: %v, runs at %d, ended at %d", doc.NeverRan, doc.RunsNS, doc.EndedNS)
	}
	for _, a := range doc.Absent {
		if a.Phase == "entrypoint" || a.Phase == "stage_2" {
			t.Errorf("%s is told to be absent: %s", a.Phase, a.Why)
		}
	}
	if f := phase(t, doc, "stage_2"); f.EndNS != doc.EndedNS {
		t.Errorf("stage 2 ends at %d, its process at %d", f.EndNS, doc.EndedNS)
	}
	r := tell(t, nil, "explain", file, id)
	for _, word := range append(words, "It never ran anything: ", "before the entrypoint") {
		if r.code != 0 || !strings.Contains(r.out, word) {
			t.Errorf("exit code %d, explain does not say %q:\n%s%s", r.code, word, r.out, r.err)
		}
	}
	if strings.Contains(r.out, "was not seen") {
		t.Errorf("explain does not know:\n%s", r.out)
	}
}

// TestFailedStart: the commonest ways in which a start fails are known for what they are.
func TestFailedStart(t *testing.T) {
	requireDocker(t)
	t.Run("no such command", func(t *testing.T) {
		name := nameOf(t)
		file, _ := recordOf(t, 127, nil, "docker", "run", "--rm", "--name", name, "--network", "none", image, "nosuchcmd")
		saysFailed(t, file, name, "exited 1 before", "docker exited 127")
	})
	t.Run("a mount that cannot be", func(t *testing.T) {
		name := nameOf(t)
		file, _ := recordOf(t, 125, nil, "docker", "run", "--rm", "--name", name, "--network", "none",
			"--mount", "type=tmpfs,dst=/bin/busybox/x", image, "true")
		saysFailed(t, file, name, "docker exited 125")
	})
	t.Run("no such user", func(t *testing.T) {
		// Dockerd refuses by itself; what others start on this machine is out of the scope.
		file, _ := recordOf(t, 125, []string{"--scope", "command"}, "docker", "run", "--rm", "--network", "none", "-u", "nobodyhere", image, "true")
		r := tell(t, nil, "explain", file)
		if r.code != 1 || !strings.Contains(r.err, "-u nobodyhere") || !strings.Contains(r.err, "exited 125 before any process of it was born") {
			t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
		}
	})
	t.Run("runc", func(t *testing.T) {
		bundle := runcBundle(t)
		editBundle(t, bundle, func(config map[string]any) {
			config["process"].(map[string]any)["args"] = []string{"/nosuchcmd"}
		})
		id := nameOf(t)[:20]
		file, _ := recordOf(t, 1, nil, "runc", "run", "--bundle", bundle, id)
		saysFailed(t, file, id, "runc exited 1")
	})
	t.Run("ctr", func(t *testing.T) {
		kerneltest.RequireTool(t, "ctr")
		root, err := busyboxRoot()
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("pns-failed-%d", os.Getpid())
		t.Cleanup(func() { exec.Command("ctr", "container", "rm", id).Run() })
		file, _ := recordOf(t, 1, nil, "ctr", "run", "--rm", "--rootfs", root, id, "/nosuchcmd")
		saysFailed(t, file, id, "ctr exited 1")
	})
}

// TestJoinedPidns (N12): a container in another's PID namespace has not made it.
func TestJoinedPidns(t *testing.T) {
	requireDocker(t)
	holder := dockerRun(t, "--network", "none", image, "/bin/sleep", "1000")
	name := nameOf(t)
	file, _ := recordOf(t, 0, nil, "docker", "run", "--rm", "--network", "container:"+holder, "--pid", "container:"+holder, "--name", name, image, "/bin/true")
	doc := timelineOf(t, file, name)
	equal(t, "shared", doc.Shared, true)
	equal(t, "PID namespace", doc.Pidns.Inum, look(t, dockerPID(t, holder)).pidns)
	equals(t, "joined", doc.Joined, []string{"pid", "net"})
	equals(t, "new", doc.Namespaces, []string{"mnt", "uts", "ipc"})
}

// TestDockerProxy: a published port's proxy says what it is, which ports it is for, and once
// Docker has written down the address, whose it is.
func TestDockerProxy(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "docker-proxy")
	if _, err := net.InterfaceByName("docker0"); err != nil {
		t.Skipf("docker's daemon has no bridge here: %v", err)
	}
	tr := start(t)
	name := nameOf(t)
	id := dockerRun(t, "--name", name, "-p", "127.0.0.1::80", image, "/bin/sleep", "1000")
	_, port, err := net.SplitHostPort(run(t, "docker", "port", id, "80"))
	if err != nil {
		t.Fatal(err)
	}
	inside := run(t, "docker", "inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", id)
	words := "proxy of " + name + " tcp 127.0.0.1:" + port + " to " + inside + ":80"
	proxy := tr.wait("the proxy", kind("exec"), runs("docker-proxy"), with("-host-port", port))
	equal(t, "role", proxy.Process.Role, "proxy")
	if text := run(t, binary(t), "tree"); !strings.Contains(text, words) {
		t.Errorf("tree does not say %q:\n%s", words, text)
	}
	known := tr.wait("whose it is", kind("container_known"), func(l *line) bool { return l.Servant != nil && l.Servant.ID == proxy.Process.ID })
	equal(t, "whose it is", known.Container.Name, name)
	run(t, "docker", "rm", "-f", id)
	end := tr.wait("the proxy's end", kind("exit"), about(proxy.Process.ID))
	if c := end.Process.Serves; c == nil || c.ID != id {
		t.Errorf("at its end the proxy serves %+v, want %s", c, id)
	}
	tr.end()
}
