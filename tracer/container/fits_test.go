package container

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A program that merely has the name of one around containers has no role.
func TestNameAlone(t *testing.T) {
	host := events.PIDChain{{PID: 7}}
	inside := events.PIDChain{{PID: 7}, {PID: 1}}
	for _, c := range []struct {
		exe   string
		args  []string
		chain events.PIDChain
		want  string
	}{
		{"/tmp/containerd-shim", []string{"containerd-shim", "1000"}, host, ""},
		{"/tmp/containerd-shim-runc-v2", []string{"/tmp/containerd-shim-runc-v2", "1000"}, host, ""},
		{"/usr/bin/containerd-shim-runc-v2", []string{"containerd-shim-runc-v2", "-namespace", "moby", "-id", "9f", "start"}, host, Shim},
		{"/tmp/runc", []string{"runc", "1000"}, host, ""},
		{"/usr/bin/runc", []string{"runc", "init"}, inside, Runtime},
		{"/usr/bin/runc", []string{"runc", "--root", "/run/x", "create", "9f"}, host, Runtime},
		{"/usr/bin/runc", []string{"runc", "--version"}, host, Runtime},
		{"/tmp/dockerd", []string{"dockerd", "1000"}, host, ""},
		{"/usr/bin/dockerd", []string{"dockerd"}, host, Daemon},
		{"/usr/bin/containerd", []string{"containerd", "publish"}, host, Daemon},
		{"/tmp/conmon", []string{"conmon", "1000"}, host, ""},
		{"/tmp/docker-proxy", []string{"docker-proxy", "1000"}, host, ""},
		{"/tmp/tini", []string{"tini", "1000"}, host, ""},
		{"/sbin/tini", []string{"tini", "sh"}, inside, Init},
		{"/tmp/pause", []string{"pause"}, host, ""},
		{"/pause", []string{"/pause"}, inside, Sandbox},
		{"/usr/bin/containerd-shim-runc-v2", nil, host, Shim}, // its arguments are not known
		{"/usr/bin/docker-proxy-current", []string{"docker-proxy-current", "-proto", "tcp"}, nil, Proxy},
	} {
		p := events.Process{Exe: c.exe, Chain: c.chain}
		if c.args != nil {
			p.Args = events.ArgsOf(c.args...)
		}
		if got := RoleOf(&p).Name; got != c.want {
			t.Errorf("%s %q: role %q, want %q", c.exe, c.args, got, c.want)
		}
	}
	legacy := events.Process{Exe: "/usr/bin/docker-containerd-shim", Chain: host, Args: events.ArgsOf("docker-containerd-shim", "9f", "/b", "runc")}
	if got := RoleOf(&legacy).Name; got != Shim {
		t.Errorf("Docker 1.x's shim has role %q", got)
	}
	pause := events.Process{Exe: "/pause", Chain: host, Container: &events.Container{ID: "9f"}}
	if got := RoleOf(&pause).Name; got != Sandbox {
		t.Errorf("the holder of a pod in the host's PID namespace has role %q", got)
	}
}
