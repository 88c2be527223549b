package container

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// FromCgroup returns the container that the cgroup path names, or nil. The
// deepest element that a rule knows counts: in Docker in Docker the inner one.
func FromCgroup(path string) *events.Container {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if c := fromElement(parts, i); c != nil {
			return c
		}
	}
	return nil
}

// scopes are the names that the systemd cgroup driver gives, PREFIX-ID.scope.
var scopes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-", "podman"},
	{"nerdctl-", "containerd"},
}

func fromElement(parts []string, i int) *events.Container {
	name := parts[i]
	if scope, ok := strings.CutSuffix(name, ".scope"); ok {
		for _, s := range scopes {
			if id, ok := strings.CutPrefix(scope, s.prefix); ok && isID(id) {
				return withPod(of(id, s.runtime), parts[:i])
			}
		}
		if machine, ok := strings.CutPrefix(scope, "machine-"); ok {
			return of(machine, "nspawn")
		}
		return nil
	}
	// The cgroupfs driver of Podman and CRI-O.
	for _, s := range scopes {
		if id, ok := strings.CutPrefix(name, s.prefix); ok && isID(id) {
			return withPod(of(id, s.runtime), parts[:i])
		}
	}
	if id, ok := strings.CutPrefix(name, "lxc.payload."); ok && id != "" {
		return of(id, "lxc")
	}
	if i == 0 {
		return nil
	}
	// The cgroupfs driver: a parent that says who made it, and the bare id.
	switch parent := parts[i-1]; {
	case parent == "docker" && isID(name):
		return of(name, "docker")
	case parent == "lxc" && name != "":
		return of(name, "lxc")
	case strings.HasPrefix(parent, "pod") && inKubepods(parts[:i]) && isID(name):
		// Who runs it, containerd or CRI-O or dockershim, the path does not say.
		return withPod(of(name, ""), parts[:i])
	}
	return nil
}

func of(id, runtime string) *events.Container {
	return &events.Container{ID: id, Runtime: runtime, Source: "cgroup"}
}

// isID reports whether it is an id as the runtimes make them: 64 hex digits.
func isID(s string) bool {
	if len(s) != 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

func inKubepods(parts []string) bool {
	for _, p := range parts {
		if strings.HasPrefix(p, "kubepods") {
			return true
		}
	}
	return false
}

// withPod adds the pod's UID from the elements above: "pod<uid>" with the cgroupfs
// driver, "kubepods-besteffort-pod<uid with _>.slice" with systemd's.
func withPod(c *events.Container, above []string) *events.Container {
	for _, p := range above {
		if uid, ok := strings.CutPrefix(p, "pod"); ok && inKubepods(above) {
			c.PodUID = uid
		}
		slice, ok := strings.CutSuffix(p, ".slice")
		if at := strings.LastIndex(slice, "-pod"); ok && at >= 0 && strings.HasPrefix(slice, "kubepods") {
			c.PodUID = strings.ReplaceAll(slice[at+len("-pod"):], "_", "-")
		}
	}
	return c
}
