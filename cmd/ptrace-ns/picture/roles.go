package picture

import (
	"path"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// roles tells what a program is for, by the name of its executable: in one place,
// the genealogies of containers that are met in the field.
var roles = map[string]string{
	"dockerd": "Docker's daemon", "dockerd-current": "Docker's daemon",
	"docker-proxy": "Docker's proxy of a published port", "docker-proxy-current": "Docker's proxy of a published port",
	"containerd": "container daemon", "docker-containerd": "container daemon", "docker-containerd-current": "container daemon",
	"containerd-shim": "container shim", "containerd-shim-runc-v1": "container shim", "containerd-shim-runc-v2": "container shim",
	"docker-containerd-shim": "container shim", "docker-containerd-shim-current": "container shim",
	"runc": "container runtime", "docker-runc": "container runtime", "docker-runc-current": "container runtime",
	"crun": "container runtime", "youki": "container runtime", "lxc-start": "container runtime", "systemd-nspawn": "container runtime",
	"conmon": "container monitor", "crio": "container daemon", "podman": "container engine",
	"docker-init": "init for a container", "tini": "init for a container", "catatonit": "init for a container",
	"pause": "holder of a pod's namespaces", "kubelet": "Kubernetes' node agent",
	"bwrap": "sandbox", "unshare": "maker of namespaces", "nsenter": "enterer of namespaces",
}

// Role says in words what a process is for; empty is not known.
func Role(p *tree.Process) string {
	switch {
	case p.Key.PID == 1:
		return "the host's init"
	case p.Kthread:
		return "kernel thread"
	}
	role := roles[program(p)]
	if name, _, _ := strings.Cut(p.Comm, ":"); role == "" {
		role = roles[name] // runc runs from a memfd, as runc:[2:INIT]
	}
	if len(p.Chain) < 2 || p.Chain.Own().PID != 1 {
		return role
	}
	if role != "" {
		role = ", " + role
	}
	if p.Container != nil {
		return "the container's PID 1" + role
	}
	return "PID 1 of its namespace" + role
}

// program returns the name of the executable: comm is cut at 15 bytes, and the
// first argument says what a process wants to be called.
func program(p *tree.Process) string {
	if i := p.Image(); i != nil && i.Exe != "" {
		return strings.TrimSuffix(path.Base(i.Exe), " (deleted)")
	}
	return p.Comm
}
