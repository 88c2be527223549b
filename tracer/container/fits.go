package container

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Anybody may give a program the name of one that the table has. So a second fact must
// not speak against it: what it was called with, or where it runs.

// commands are what may follow the name of a program that wants a flag or one of these;
// those that are not here take anything.
var commands = map[string][]string{
	"runc": ociCommands, "docker-runc": ociCommands, "docker-runc-current": ociCommands, "crun": ociCommands, "youki": ociCommands,
	"dockerd": nil, "dockerd-current": nil, "dockerd-rootless": nil, "k3s": k3sCommands, "docker-containerd": daemonCommands, "docker-containerd-current": daemonCommands,
	"containerd": daemonCommands, "crio": {"check", "complete", "completion", "config", "h", "help", "man", "markdown", "status", "version", "wipe"},
	"containerd-shim": nil, "containerd-shim-runc-v1": nil, "containerd-shim-runc-v2": nil,
	"containerd-shim-runsc-v1": nil, "containerd-shim-kata-v2": nil,
	"conmon": nil, "conmonrs": {"help"}, "docker-proxy": nil, "docker-proxy-current": nil, "rootlesskit-docker-proxy": nil, "kubelet": {"help"},
}

// The commands of k3s (pkg/cli/cmds), of containerd (cmd/containerd/command), and of runc, crun and youki.
var (
	k3sCommands    = []string{"server", "agent", "kubectl", "crictl", "ctr", "check-config", "token", "etcd-snapshot", "secrets-encrypt", "certificate", "completion", "help", "h"}
	daemonCommands = []string{"config", "help", "h", "oci-hook", "publish"}
	ociCommands    = []string{
		"checkpoint", "completion", "create", "delete", "events", "exec", "features", "h", "help", "info", "init", "kill", "list", "mounts",
		"pause", "ps", "restore", "resume", "run", "spec", "start", "state", "update",
	}
)

// fits reports whether a process may be what its program's name says. Where neither its
// arguments nor its place are known, nothing speaks against it.
func fits(name string, k kind, p *events.Process) bool {
	switch k.role {
	case Init, Sandbox: // whatever it was called with, they are in a container
		return len(p.Chain) != 1 || p.Container != nil
	}
	allowed, strict := commands[name]
	words := arguments(p.Args)
	return !strict || len(words) < 2 || strings.HasPrefix(words[1], "-") || slices.Contains(allowed, words[1])
}
