package container

import (
	"path"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// The roles that a program can have. Init and Exec follow from what a process does,
// not from the program that it runs; tree gives them.
const (
	Daemon  = "daemon"  // keeps containers: dockerd, containerd, crio
	Shim    = "shim"    // containerd's parent for one container or pod
	Monitor = "monitor" // conmon, the same for Podman and CRI-O
	Runtime = "runtime" // makes containers and exits: runc, crun
	Init    = "init"    // a container's PID 1, or the small init that runs as one
	Proxy   = "proxy"   // forwards a published port
	Sandbox = "sandbox" // pause: holds a pod's namespaces
	Exec    = "exec"    // put into a running container
	Client  = "client"  // asks a daemon: docker, ctr
	Agent   = "agent"   // kubelet
	Tool    = "tool"    // makes or enters namespaces without being a container runtime
)

// The lines of programs that are told apart by their names.
const (
	docker1 = "docker-1.x"         // dockerd, docker-containerd, docker-containerd-shim, docker-runc
	shimV1  = "containerd-shim-v1" // a shim that stays a child of containerd
	shimV2  = "containerd-shim-v2" // a shim that leaves its starter and is adopted
	conmon  = "conmon"
	kata    = "kata"
	gvisor  = "gvisor"
)

// kind is what the name of an executable tells.
type kind struct {
	role      string
	family    string // whose containers those are that it makes or keeps; empty where others say
	genealogy string
	words     string // what it is, for people
	line      line   // how its command line is read
}

// programs is the one table of the programs that are met around containers, by the
// name of the executable: the kernel's name for a process is cut at 15 bytes.
var programs = map[string]kind{
	"dockerd":                   {Daemon, "docker", "", "Docker's daemon", flagsOnly},
	"dockerd-current":           {Daemon, "docker", docker1, "Docker's daemon", flagsOnly},
	"dockerd-rootless":          {Daemon, "docker", "", "Docker's daemon without root", flagsOnly},
	"docker-containerd":         {Daemon, "docker", docker1, "container daemon of Docker 1.x", containerdLine},
	"docker-containerd-current": {Daemon, "docker", docker1, "container daemon of Docker 1.x", containerdLine},
	"containerd":                {Daemon, "containerd", "", "container daemon", containerdLine},
	"crio":                      {Daemon, "cri-o", conmon, "container daemon", crioLine},
	"lxd":                       {Daemon, "", "", "container daemon", anything},
	"incusd":                    {Daemon, "", "", "container daemon", anything},

	"docker-containerd-shim":         {Shim, "docker", docker1, "container shim of Docker 1.x", legacyShimLine},
	"docker-containerd-shim-current": {Shim, "docker", docker1, "container shim of Docker 1.x", legacyShimLine},
	"containerd-shim":                {Shim, "containerd", shimV1, "container shim", shimLine},
	"containerd-shim-runc-v1":        {Shim, "containerd", shimV2, "container shim", shimLine},
	"containerd-shim-runc-v2":        {Shim, "containerd", shimV2, "container shim", shimLine},
	"containerd-shim-runsc-v1":       {Shim, "containerd", gvisor, "container shim of gVisor, whose processes are not the host's", shimLine},
	"containerd-shim-kata-v2":        {Shim, "containerd", kata, "container shim of Kata, whose processes are in a virtual machine", shimLine},
	"conmon":                         {Monitor, "", conmon, "container monitor", conmonLine},
	"conmonrs":                       {Monitor, "", conmon, "container monitor", conmonrsLine},

	"runc":                {Runtime, "runc", "", "container runtime", runcLine},
	"docker-runc":         {Runtime, "docker", docker1, "container runtime of Docker 1.x", runcLine},
	"docker-runc-current": {Runtime, "docker", docker1, "container runtime of Docker 1.x", runcLine},
	"crun":                {Runtime, "crun", "", "container runtime", crunLine},
	"youki":               {Runtime, "youki", "", "container runtime", youkiLine},
	"runsc":               {Runtime, "runsc", gvisor, "gVisor, whose processes are not the host's", runscLine},
	"lxc-start":           {Runtime, "lxc", "", "container runtime", anything},
	"systemd-nspawn":      {Runtime, "nspawn", "", "container runtime", anything},

	"docker-init": {Init, "", "", "init for a container", anything},
	"tini":        {Init, "", "", "init for a container", anything},
	"tini-static": {Init, "", "", "init for a container", anything},
	"dumb-init":   {Init, "", "", "init for a container", anything},
	"catatonit":   {Init, "", "", "init for a container", anything},
	"pause":       {Sandbox, "", "", "holder of a pod's namespaces", anything},

	"docker-proxy":         {Proxy, "docker", "", "Docker's proxy of a published port", proxyLine},
	"docker-proxy-current": {Proxy, "docker", docker1, "Docker's proxy of a published port", proxyLine},

	"rootlesskit-docker-proxy": {Proxy, "docker", "", "Docker's proxy of a published port, without root", proxyLine},

	"docker-current": {Client, "docker", docker1, "container client of Docker 1.x", anything},
	"docker-compose": {Client, "docker", "", "client of Docker for several containers", anything},
	"buildah":        {Client, "buildah", "", "builder of images", anything},
	"docker":         {Client, "docker", "", "container client", anything},
	"ctr":            {Client, "containerd", "", "container client", anything},
	"nerdctl":        {Client, "containerd", "", "container client", anything},
	"crictl":         {Client, "", "", "container client", anything},
	"podman":         {Client, "podman", conmon, "container engine without a daemon", podmanLine},
	"kubelet":        {Agent, "", "", "Kubernetes' node agent", kubeletLine},
	"k3s":            {Agent, "", "", "Kubernetes in one program, node agent included", k3sLine},
	"rootlesskit":    {Tool, "rootlesskit", "", "maker of the namespaces of a daemon without root", anything},
	"bwrap":          {Tool, "bwrap", "", "sandbox without a container", anything},
	"unshare":        {Tool, "unshare", "", "maker of namespaces", anything},
	"nsenter":        {Tool, "", "", "enterer of namespaces", anything},
}

// Role is what a program is for and, by its arguments, for which container.
type Role struct {
	Name, Genealogy string
	// Family names the runtime of the containers that the program makes or keeps, when
	// nothing nearer does: docker, containerd, runc …
	Family  string
	Words   string // for people: "container shim"
	Program string // its name
	// Call is what its arguments say; zero where they say nothing.
	Call Call
}

// RoleOf returns the role of a process by its executable, its arguments and the
// name that a copy of runc gives itself; the zero Role where it has none, or only the name
// of one (see fits). So one of which
// only the kernel's name is known, a zombie say, has none.
func RoleOf(p *events.Process) Role {
	name := program(p)
	k, ok := programs[name]
	if !ok || !fits(k, p) {
		return Role{}
	}
	// A daemon calls itself by another name for a chore that needs a process of its own:
	// dockerd as libnetwork-setkey, to enter a network namespace.
	if called, ok := calledAs(p); k.role == Daemon && ok && programs[called].role != Daemon {
		return Role{}
	}
	r := Role{Name: k.role, Genealogy: k.genealogy, Family: k.family, Words: k.words, Program: name}
	if k.line.call != nil {
		r.Call = k.line.call(p.Args)
	}
	if r.Call.Ports != "" {
		r.Words += ", " + r.Call.Ports
	}
	return r
}

// calledAs returns the last element of the first argument.
func calledAs(p *events.Process) (string, bool) {
	for first := range p.Args.All {
		return path.Base(string(first)), true
	}
	return "", false
}

// program returns the table's name for what the process runs. A runtime may run from
// a sealed copy of itself, which is "/", "memfd:runc_cloned:…" or "/runc (deleted)":
// then the name that it gives itself tells ("runc:[2:INIT]"), or what it was called as.
// The kernel's name alone tells nothing: it is cut at 15 bytes, which is containerd-shim
// for every shim there is, and anybody can take it.
func program(p *events.Process) string {
	name := path.Base(strings.TrimSuffix(p.Exe, " (deleted)"))
	if called, ok := calledAs(p); ok && name == "k3s" && programs[called].role != "" {
		return called // its containerd, ctr and crictl are links to it
	}
	if p.Exe != "" && !copied(p.Exe) {
		return name
	}
	if comm, _, ok := strings.Cut(p.Comm, ":"); ok && programs[comm].role == Runtime {
		return comm
	}
	if name, ok := calledAs(p); ok && programs[name].role == Runtime {
		return name
	}
	// runc since 1.2 runs from /runc-… on an overlay, or from memfd:runc_cloned:….
	if strings.Contains(p.Exe, "runc_cloned") || strings.HasPrefix(name, "runc") {
		return "runc"
	}
	return name
}

// copied reports whether the executable is a copy without a name of its own.
func copied(exe string) bool {
	return exe == "/" || strings.Contains(exe, "memfd:") || strings.HasPrefix(exe, "/proc/") || strings.HasSuffix(exe, " (deleted)")
}

// Label returns what people call a container: its name, else the beginning of its id.
func Label(c *events.Container) string {
	switch {
	case c.Name != "":
		return c.Name
	case isID(c.ID):
		return c.ID[:12]
	}
	return c.ID
}
