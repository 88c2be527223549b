package recording

import (
	"bytes"
	"path"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// software are the programs that make, keep and serve containers. What they fork
// while a start is recorded belongs to it: a shim's parent is a daemon that has nothing
// to do with the client, and a proxy of a port has no namespace of its own.
var software = map[string]bool{
	"dockerd": true, "dockerd-current": true,
	"containerd": true, "docker-containerd": true, "docker-containerd-current": true,
	"containerd-shim": true, "containerd-shim-runc-v1": true, "containerd-shim-runc-v2": true,
	"docker-containerd-shim": true, "docker-containerd-shim-current": true,
	"docker-proxy": true, "docker-proxy-current": true,
	"runc": true, "docker-runc": true, "docker-runc-current": true, "crun": true, "youki": true,
	"conmon": true, "crio": true, "podman": true, "buildkitd": true,
	"docker": true, "nerdctl": true, "ctr": true, "crictl": true,
	"lxc-start": true, "systemd-nspawn": true,
}

// isSoftware reports whether the process runs one of them, by its executable, or by
// what it was called where that is a copy in memory.
func isSoftware(p *events.Process) bool {
	if software[strings.TrimSuffix(path.Base(p.Exe), " (deleted)")] {
		return true
	}
	if p.Exe != "" && !strings.HasPrefix(p.Exe, "/memfd:") {
		return false
	}
	for first := range p.Args.All {
		return software[string(first[bytes.LastIndexByte(first, '/')+1:])]
	}
	return software[p.Comm]
}
