package picture

import (
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Role says in words what a process is for; empty is not known.
func Role(p *tree.Process) string {
	switch {
	case p.Key.PID == 1:
		return "the host's init"
	case p.Kthread:
		return "kernel thread"
	}
	role := ownRole(p)
	if p.Chain().Level() < 1 || p.Chain().Own().PID != 1 {
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

// ownRole is the role without the process's place.
func ownRole(p *tree.Process) string {
	said := p.Describe()
	role := container.RoleOf(&said).Words
	if c := said.Serves; c != nil && role != "" {
		role += " for " + container.Label(c)
	}
	if role == "" && said.Role == container.Exec {
		role = "put into its container by a runtime"
	}
	return role
}

// Label says in a few words what a process is for, and for which container: "shim of
// web", "proxy tcp 127.0.0.1:8080 to 172.17.0.2:80"; empty is for nothing, or it is
// plain from its place that it is a container's init.
func Label(p *tree.Process) string {
	said := p.Describe()
	label := said.Role
	if label == "" || label == container.Init {
		return ""
	}
	call := container.RoleOf(&said).Call
	if said.Serves != nil {
		label += " of " + container.Label(said.Serves)
	}
	if call.Ports != "" {
		label += " " + call.Ports
	}
	switch said.Genealogy {
	case "":
	case "kata", "gvisor": // their containers' processes are not this kernel's
		label += " (" + said.Genealogy + ", inside not visible)"
	default:
		label += " (" + said.Genealogy + ")"
	}
	return label
}
