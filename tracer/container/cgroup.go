package container

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// FromCgroup returns the container whose cgroup the path names or lies below, with
// those around it, or nil. It knows the paths that say by themselves whose they are;
// for the others, such as runc's "/ID", see Resolver.
func FromCgroup(path string) *events.Container {
	c, _ := fromParts(split(path))
	return c
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// fromParts also returns how many elements lead to the innermost container.
func fromParts(parts []string) (found *events.Container, depth int) {
	for i := range parts {
		c := fromElement(parts, i)
		if c == nil || found != nil && found.ID == c.ID {
			continue
		}
		c.Outer = found
		found, depth = c, i+1
	}
	return found, depth
}

// scopes are the prefixes of the units and directories that runtimes name
// themselves, followed by the id:
//   - docker-ID.scope: the systemd driver of moby (daemon/oci_linux.go, WithCgroups)
//   - cri-containerd-ID.scope: containerd (internal/cri/server/helpers.go, getCgroupsPath)
//   - crio-ID.scope and, with cgroupfs, crio-ID: CRI-O (internal/config/cgmgr)
//   - libpod-ID.scope and, with cgroupfs, libpod-ID: Podman
//     (libpod/container_internal_linux.go, getOCICgroupPath); conmon has one of its own,
//     libpod-conmon-ID.scope, and is not in the container; libpod-payload-ID below the
//     cgroup of the service that runs it, with --cgroups=split as Quadlet does
//   - nerdctl-ID.scope: nerdctl (pkg/cmd/container/run_cgroup_linux.go)
var scopes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-", "podman"},
	{"libpod-payload-", "podman"},
	{"nerdctl-", "containerd"},
}

func fromElement(parts []string, i int) *events.Container {
	name := parts[i]
	scope, isScope := strings.CutSuffix(name, ".scope")
	// A path in systemd's form that a cgroupfs driver took for a name:
	// SLICE:PREFIX:ID (runc, libcontainer/cgroups/systemd, reads it as three).
	if part := strings.Split(name, ":"); len(part) == 3 {
		return prefixed(part[1]+"-"+part[2], append(parts[:i:i], part[0]))
	}
	if c := prefixed(scope, parts[:i]); c != nil {
		return c
	}
	if c := machine(parts, i); c != nil || isScope {
		return c
	}
	if id, ok := strings.CutPrefix(name, "lxc.payload."); ok && id != "" {
		return of(id, "lxc") // LXC, lxc.cgroup.dir.container and the default of 4.0 on
	}
	if i == 0 {
		return nil
	}
	// The cgroupfs driver: a parent that says who made it, and the bare id.
	switch parent := parts[i-1]; {
	case parent == "docker" && isID(name):
		return of(name, "docker")
	case (parent == "lxc" || parent == "lxc.payload") && name != "":
		return of(name, "lxc")
	case strings.HasPrefix(parent, "pod") && inKubepods(parts[:i]) && isID(name):
		// Who runs it, containerd or CRI-O or dockershim, the path does not say.
		return withPod(of(name, ""), parts[:i])
	}
	return nil
}

func prefixed(name string, above []string) *events.Container {
	for _, s := range scopes {
		if id, ok := strings.CutPrefix(name, s.prefix); ok && isID(id) {
			return withPod(of(id, s.runtime), above)
		}
	}
	return nil
}

// machine knows what systemd-machined registers: machine-NAME.scope, and
// systemd-nspawn@NAME.service, both below machine.slice (systemd,
// src/machine/machined-dbus.c and units/systemd-nspawn@.service.in). In the cgroup
// "supervisor" below it nspawn itself runs, outside. libvirt registers here, too:
// its containers as lxc-PID-NAME, and virtual machines, which are no containers.
func machine(parts []string, i int) *events.Container {
	if i+1 < len(parts) && parts[i+1] == "supervisor" {
		return nil
	}
	if name, ok := between(parts[i], "systemd-nspawn@", ".service"); ok {
		return of(unescape(name), "nspawn")
	}
	name, ok := between(parts[i], "machine-", ".scope")
	name = unescape(name)
	switch {
	case !ok || strings.HasPrefix(name, "qemu-"):
		return nil
	case strings.HasPrefix(name, "lxc-"):
		return of(name, "libvirt-lxc")
	}
	return of(name, "nspawn")
}

func between(s, prefix, suffix string) (string, bool) {
	s, begins := strings.CutPrefix(s, prefix)
	s, ends := strings.CutSuffix(s, suffix)
	return s, begins && ends && s != ""
}

// unescape undoes systemd's escaping of a unit name, \x2d for "-" (systemd.unit(5)).
func unescape(name string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(name, `\x`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if len(after) < 2 {
			return b.String() + `\x` + after
		}
		if n, err := strconv.ParseUint(after[:2], 16, 8); err == nil {
			b.WriteByte(byte(n))
		} else {
			b.WriteString(`\x` + after[:2])
		}
		name = after[2:]
	}
}

func of(id, runtime string) *events.Container {
	return &events.Container{ID: id, Runtime: runtime, Source: "cgroup"}
}

// isID reports whether it is an id as the runtimes make them: 64 hex digits.
func isID(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
