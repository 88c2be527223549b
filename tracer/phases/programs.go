package phases

import (
	"path"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// role is what a program is for.
type role string

const (
	anyRole     role = ""
	roleClient  role = "client"  // asks a daemon for a container
	roleEngine  role = "engine"  // makes it itself, without a daemon
	roleDaemon  role = "daemon"  // is asked
	roleShim    role = "shim"    // stays with the container
	roleRuntime role = "runtime" // makes the namespaces, by the OCI's command line
	roleMaker   role = "maker"   // makes them in its own way
)

// program is what is known of a program.
type program struct {
	role role
	// family names the runtime of containers made by it, when nothing nearer does.
	family string
}

// roles are the roles of a start by those of the table of programs.
var roles = map[string]role{
	container.Client: roleClient, container.Daemon: roleDaemon, container.Agent: roleDaemon, container.Shim: roleShim,
	container.Monitor: roleShim, container.Runtime: roleRuntime, container.Tool: roleMaker,
}

// special are the programs that do their role in another way than their kind does.
var special = map[string]role{
	"podman": roleEngine, "buildah": roleEngine, "lxc-start": roleMaker, "systemd-nspawn": roleMaker,
}

// shimNamespaces are containerd's namespaces that say for whom a shim works.
var shimNamespaces = map[string]string{"moby": "docker"}

// programOf tells what a process runs. One whose executable has no name of its own,
// as that of runc's stages has none, is known by its own: runc:[2:INIT].
func programOf(p *events.Process) program {
	name := programName(p)
	k := container.RoleOf(p)
	if k.Name == "" && nameless(p) {
		k = container.RoleOf(&events.Process{Exe: name})
	}
	known := program{roles[k.Name], k.Family}
	if r, ok := special[name]; ok {
		known.role = r
	}
	return known
}

func nameless(p *events.Process) bool {
	return p.Exe == "" || p.Exe == "/" || strings.HasPrefix(p.Exe, "/memfd:")
}

// programName is how the process's program is called by people.
func programName(p *events.Process) string {
	if nameless(p) {
		name, _, _ := strings.Cut(p.Comm, ":")
		return name
	}
	return strings.TrimSuffix(path.Base(p.Exe), " (deleted)")
}
