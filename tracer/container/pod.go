package container

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// withPod adds what the elements above say of the pod. Kubernetes
// (pkg/kubelet/cm/cgroup_manager_linux.go): with the cgroupfs driver
// kubepods/[QOS/]pod<uid>, with systemd's
// kubepods.slice/[kubepods-QOS.slice/]kubepods-[QOS-]pod<uid with _ for ->.slice; pods
// of the class guaranteed have no QOS. A kubelet with a cgroup root of its own puts
// that before ("kubelet-kubepods-…", as kind does). Podman:
// machine-libpod_pod_<id>.slice, or a directory of that id below libpod_parent.
func withPod(c *events.Container, above []string) *events.Container {
	for i, p := range above {
		if uid, ok := strings.CutPrefix(p, "pod"); ok && inKubepods(above[:i]) {
			c.PodUID, c.PodQoS = uid, qos(above[i-1])
		}
		slice, ok := strings.CutSuffix(p, ".slice")
		if !ok {
			if i > 0 && above[i-1] == "libpod_parent" && isID(p) {
				c.PodUID = p
			}
			continue
		}
		if _, id, ok := strings.Cut(slice, "libpod_pod_"); ok && isID(id) {
			c.PodUID = id
		}
		if at := strings.LastIndex(slice, "-pod"); at >= 0 && strings.Contains(slice[:at], "kubepods") {
			c.PodUID, c.PodQoS = strings.ReplaceAll(slice[at+len("-pod"):], "_", "-"), qos(slice[:at])
		}
	}
	return c
}

// qos reads the class from the element that ends with it.
func qos(element string) string {
	for _, class := range []string{"besteffort", "burstable"} {
		if strings.HasSuffix(element, class) {
			return class
		}
	}
	return "guaranteed"
}

func inKubepods(parts []string) bool {
	for _, p := range parts {
		if strings.Contains(p, "kubepods") {
			return true
		}
	}
	return false
}
