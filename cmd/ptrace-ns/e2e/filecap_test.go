package e2e

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// withFileCapabilities is a copy of the program as docs/install.md installs it for users:
// with these capabilities on the file, as setcap(8) takes them.
func withFileCapabilities(t testing.TB, capabilities string) string {
	t.Helper()
	setcap := kerneltest.RequireTool(t, "setcap")
	dir := stateDir(t)
	path := filepath.Join(dir, "ptrace-ns")
	raw, err := os.ReadFile(binary(t))
	if err == nil {
		err = os.WriteFile(path, raw, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	run(t, setcap, capabilities, path)
	return path
}

// asStranger is like a login of a user without rights: no capability is inherited or
// ambient, and none is taken out of the bounding set. What setpriv itself still has ends
// with one more exec, which env makes.
func asStranger(more ...string) []string {
	return append([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "env"}, more...)
}

// documentedCapabilities is what the line with setcap in docs/install.md gives.
func documentedCapabilities(t testing.TB) string {
	t.Helper()
	_, rest, ok := strings.Cut(readFile(t, "../../../docs/install.md"), "sudo setcap ")
	given, _, also := strings.Cut(rest, " ")
	if !ok || !also {
		t.Fatal("docs/install.md gives no capabilities to the file")
	}
	return given
}

// TestFileCapabilities: a user who may execute the file traces as the document says, and
// has afterwards what a process of ambient capabilities keeps, no more.
func TestFileCapabilities(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	forbidUnprivileged(t)
	for _, c := range []struct {
		name, capabilities string
		want               rights
	}{
		{"least", "cap_bpf,cap_perfmon=ep", rights{uid: stranger}},
		{"as documented", documentedCapabilities(t), rights{uid: stranger, effective: reading, permitted: reading}},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := asStranger(withFileCapabilities(t, c.capabilities), "watch", "-o", "json", "--log-level", "error")
			tr := &trace{t: t, cmd: exec.Command(line[0], line[1:]...), read: make(chan struct{})}
			tr.run()
			tr.poll("the header", func() bool { return tr.header.Event == "header" })
			tr.objects = objectsOf(t, tr.cmd.Process.Pid)
			c.want.noNewPrivs, c.want.filtered = true, true
			confinedTo(tr, c.want)
			there := tr.wait("this test", kind("snapshot"), pid(os.Getpid())).Process
			equal(t, "executable of root's process is told", there.Exe != "", c.want.effective != 0)
			traces(tr)
		})
	}
}

// TestFileCapabilitiesInVain: where no file capability can help, the message and doctor
// say so and not only that something is missing.
func TestFileCapabilitiesInVain(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	path := withFileCapabilities(t, "cap_bpf,cap_perfmon=ep")
	for _, c := range []struct{ name, args, says string }{
		{"watch", "watch -q --log-level error --timeout 200ms", "CAP_BPF and CAP_PERFMON are missing"},
		{"doctor", "doctor", "no_new_privs is set"},
	} {
		line := append(asStranger("setpriv", "--no-new-privs", path), strings.Fields(c.args)...)
		cmd := exec.Command(line[0], line[1:]...)
		out, _ := cmd.CombinedOutput()
		equal(t, "exit code of "+c.name, cmd.ProcessState.ExitCode(), 3)
		if !strings.Contains(string(out), c.says) {
			t.Errorf("%s says %.500s, want %q", c.name, out, c.says)
		}
	}
}

// TestFileCapabilitiesReadNothing: who may execute the file reads with it no recording of
// another's, and no other file: its capabilities are for tracing. What is given to him, and
// not to the program, he may use.
func TestFileCapabilitiesReadNothing(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	path := withFileCapabilities(t, documentedCapabilities(t))
	secret := filepath.Join(t.TempDir(), "secret.ndjson")
	run(t, binary(t), "record", "-q", "--log-level", "error", "-o", secret, "--", "true")
	own := filepath.Join(stateDir(t), "own.ndjson")
	if err := errors.Join(os.WriteFile(own, []byte(readFile(t, secret)), 0o600), os.Chown(own, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	hidden, socket := hiddenSocket(t)
	for name, c := range map[string]struct {
		line []string
		code int
		says string
	}{
		"a socket behind another's directory": {asStranger(path, "tree", "--runtime-api", socket), 1, "permission denied"},
		"a file behind another's directory":   {asStranger(path, "watch", "-q", "--timeout", "1ms", "-w", filepath.Join(hidden, "open", "w")), 1, "permission denied"},
		"one to replace there":                {asStranger(path, "record", "-q", "--force", "--timeout", "1ms", "-o", filepath.Join(hidden, "open", "old")), 1, "permission denied"},
		"a later file there":                  {asStranger(path, "record", "-q", "--rotate-every", "1s", "--timeout", "1ms", "-o", filepath.Join(hidden, "open", "r")), 1, "permission denied"},
		"a command there":                     {asStranger(path, "watch", "-q", "--", filepath.Join(hidden, "open", "command")), 126, "permission denied"},
		"a copy there":                        {asStranger(path, "replay", own, "-w", filepath.Join(hidden, "open", "copy")), 1, "permission denied"},
		"another's":                           {asStranger(path, "replay", secret), 1, "permission denied"},
		"another's, as a tree":                {asStranger(path, "tree", "-r", secret), 1, "permission denied"},
		"another's, reported":                 {asStranger(path, "report", secret, "-o", "/dev/null"), 1, "permission denied"},
		"no recording":                        {asStranger(path, "replay", "/etc/shadow"), 1, "permission denied"},
		"his own":                             {asStranger(path, "replay", own), 0, "true"},
		"given to him":                        {append(nobody("dac_read_search"), binary(t), "replay", secret), 0, "true"},
	} {
		cmd := exec.Command(c.line[0], c.line[1:]...)
		out, _ := cmd.CombinedOutput()
		equal(t, name+": exit code", cmd.ProcessState.ExitCode(), c.code)
		if !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %.500s, want %q", name, out, c.says)
		}
	}
}

// hiddenSocket makes a directory of root's alone, in which all may write to a directory,
// and connect to a socket: CAP_DAC_READ_SEARCH is all that one needs for it.
func hiddenSocket(t *testing.T) (hidden, socket string) {
	t.Helper()
	hidden = filepath.Join(stateDir(t), "hidden")
	open := filepath.Join(hidden, "open")
	socket = filepath.Join(open, "socket")
	err := errors.Join(os.Mkdir(hidden, 0o700), os.Mkdir(open, 0o700), os.Chmod(open, 0o777),
		os.WriteFile(filepath.Join(open, "old"), []byte("old"), 0o600), os.WriteFile(filepath.Join(open, "command"), []byte("#!/bin/sh\n"), 0o700),
		os.Chmod(filepath.Join(open, "command"), 0o755))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err == nil {
		err = os.Chmod(socket, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return hidden, socket
}
