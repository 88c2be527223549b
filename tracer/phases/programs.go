package phases

import (
	"path"
	"slices"
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

// families names whose containers those are that a program makes or keeps.
var families = map[string]string{
	"docker": "docker", "docker-current": "docker", "docker-compose": "docker", "dockerd": "docker", "dockerd-current": "docker",
	"docker-containerd": "docker", "docker-containerd-current": "docker", "docker-runc": "docker", "docker-runc-current": "docker",
	"docker-containerd-shim": "docker", "docker-containerd-shim-current": "docker",
	"ctr": "containerd", "nerdctl": "containerd", "containerd": "containerd", "containerd-shim": "containerd",
	"containerd-shim-runc-v1": "containerd", "containerd-shim-runc-v2": "containerd",
	"podman": "podman", "buildah": "buildah", "crio": "cri-o", "runc": "runc", "crun": "crun", "youki": "youki",
	"lxc-start": "lxc", "systemd-nspawn": "nspawn", "bwrap": "bwrap", "unshare": "unshare",
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

// commands are the words that say what a program is called for, by its role; the
// first argument that is one of them counts. Those after the bar do not concern a
// container's start or end and stand here so that no later word is taken for one.
var commands = map[role][2][]string{
	roleRuntime: {
		{"create", "run", "start", "restore", "kill", "delete"},
		{"init", "exec", "state", "ps", "list", "events", "features", "update", "pause", "resume", "checkpoint", "spec"},
	},
	roleShim: {{"start", "delete"}, nil},
	roleClient: {
		{"run", "create", "start", "restart", "up", "runp", "stop", "kill", "rm", "delete", "down"},
		{"exec", "attach", "logs", "ps", "inspect", "cp", "wait", "top", "stats", "events", "pull", "push", "images", "image", "build", "import", "info", "version"},
	},
	roleEngine: {
		{"run", "create", "start", "restart", "play", "up", "build", "bud", "stop", "kill", "rm", "down", "cleanup"},
		{"exec", "attach", "logs", "ps", "inspect", "cp", "wait", "top", "stats", "events", "pull", "push", "images", "image", "import", "info", "version"},
	},
}

// asking are the commands of a client that make a container.
var asking = []string{"run", "create", "start", "restart", "up", "play", "runp"}

// stopping are those that end one.
var stopping = []string{"stop", "kill", "rm", "restart", "delete"}

// shimNamespaces are containerd's namespaces that say for whom a shim works.
var shimNamespaces = map[string]string{"moby": "docker"}

// programOf tells what a process runs. One whose executable has no name of its own,
// as that of runc's stages has none, is known by its own: runc:[2:INIT].
func programOf(p *events.Process) program {
	name := programName(p)
	known := program{roles[container.RoleOf(p).Name], families[name]}
	if r, ok := special[name]; ok {
		known.role = r
	}
	if known.role == anyRole && nameless(p) {
		known.role = roles[container.RoleOf(&events.Process{Exe: name}).Name]
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

// verbOf returns the command of a command line that concerns a container's start or
// end, "" for any other.
func verbOf(args events.Args, r role) string {
	first := true
	for arg := range args.All {
		s := string(arg)
		switch {
		case first:
			first = false
		case slices.Contains(commands[r][0], s):
			return s
		case slices.Contains(commands[r][1], s):
			return ""
		}
	}
	return ""
}

// hasArg reports whether one argument is the text, or a flag's value that is.
func hasArg(args events.Args, text string) bool {
	for arg := range args.All {
		s := string(arg)
		if s == text {
			return true
		}
		if _, value, ok := strings.Cut(s, "="); ok && value == text {
			return true
		}
	}
	return false
}
