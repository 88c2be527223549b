package container

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	uid    = "3f2a7c11-0d5e-4b7e-9a51-6c2f4be0a001"
	uidSlc = "3f2a7c11_0d5e_4b7e_9a51_6c2f4be0a001"
)

var (
	id    = strings.Repeat("9f1c", 16)
	inner = strings.Repeat("ab02", 16)
)

// TestFromCgroup has the paths of the unified hierarchy and of v1 alike: what a
// runtime names is the same in both.
func TestFromCgroup(t *testing.T) {
	docker := func() *events.Container { return of(id, "docker") }
	pod := func(runtime, qos string) *events.Container {
		c := of(id, runtime)
		c.PodUID, c.PodQoS = uid, qos
		return c
	}
	for _, c := range []struct {
		path string
		want *events.Container
	}{
		{"/", nil},
		{"", nil},
		{"/system.slice/ssh.service", nil},
		{"/init.scope", nil},
		{"/user.slice/user-1000.slice/session-3.scope", nil},

		// Docker, cgroupfs and systemd.
		{"/docker", nil},
		{"/docker/" + id, docker()},
		{"/docker/" + id[:63], nil},
		{"/docker/" + strings.ToUpper(id), nil},
		{"/" + id, nil},
		{"/system.slice/docker-" + id + ".scope", docker()},
		{"/docker/" + id + "/init.scope", docker()},
		{"/docker/" + id + "/docker/" + id, docker()},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope", docker()},

		// Podman, with conmon beside and rootless; a sub-cgroup with systemd inside.
		{"/machine.slice/libpod-" + id + ".scope", of(id, "podman")},
		{"/machine.slice/libpod-" + id + ".scope/container", of(id, "podman")},
		{"/machine.slice/libpod-conmon-" + id + ".scope", nil},
		{"/libpod_parent/libpod-" + id, of(id, "podman")},
		{"/libpod_parent/conmon", nil},
		{"/system.slice/web.service/libpod-payload-" + id, of(id, "podman")},
		{"/system.slice/web.service/supervisor", nil},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope", of(id, "podman")},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-conmon-" + id + ".scope", nil},
		{
			"/machine.slice/machine-libpod_pod_" + inner + ".slice/libpod-" + id + ".scope",
			&events.Container{ID: id, Runtime: "podman", Source: "cgroup", PodUID: inner},
		},
		{
			"/libpod_parent/" + inner + "/libpod-" + id,
			&events.Container{ID: id, Runtime: "podman", Source: "cgroup", PodUID: inner},
		},

		// Kubernetes, both drivers, all classes, three runtimes.
		{"/kubepods/besteffort/pod" + uid, nil},
		{"/kubepods/besteffort/pod" + uid + "/" + id, pod("", "besteffort")},
		{"/kubepods/burstable/pod" + uid + "/" + id, pod("", "burstable")},
		{"/kubepods/pod" + uid + "/" + id, pod("", "guaranteed")},
		{"/kubepods/burstable/pod" + uid + "/crio-" + id, pod("cri-o", "burstable")},
		{"/kubepods/burstable/pod" + uid + "/crio-conmon-" + id, nil},
		{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + uidSlc + ".slice/cri-containerd-" + id + ".scope", pod("containerd", "besteffort")},
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uidSlc + ".slice/docker-" + id + ".scope", pod("docker", "burstable")},
		{"/kubepods.slice/kubepods-pod" + uidSlc + ".slice/crio-" + id + ".scope", pod("cri-o", "guaranteed")},
		{"/kubepods.slice/kubepods-pod" + uidSlc + ".slice/crio-conmon-" + id + ".scope", nil},
		{"/system.slice/containerd.service/kubepods-burstable-pod" + uidSlc + ".slice:cri-containerd:" + id, pod("containerd", "burstable")},
		{"/system.slice/nerdctl-" + id + ".scope", of(id, "containerd")},

		// LXC: the monitor is not in the container.
		{"/lxc.payload.web", of("web", "lxc")},
		{"/lxc.payload.web/system.slice/ssh.service", of("web", "lxc")},
		{"/lxc.payload/web", of("web", "lxc")},
		{"/lxc/web", of("web", "lxc")},
		{"/lxc.monitor.web", nil},
		{"/lxc.monitor/web", nil},

		// systemd-machined: the supervisor is nspawn itself; libvirt's are told apart.
		{"/machine.slice/machine-debian.scope", of("debian", "nspawn")},
		{`/machine.slice/machine-my\x2dbox.scope/payload/init.scope`, of("my-box", "nspawn")},
		{`/machine.slice/machine-my\x2dbox.scope/supervisor`, nil},
		{"/machine.slice/systemd-nspawn@debian.service/payload", of("debian", "nspawn")},
		{"/machine.slice/systemd-nspawn@debian.service/supervisor", nil},
		{`/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator`, nil},
		{`/machine.slice/machine-lxc\x2d77\x2dweb.scope`, of("lxc-77-web", "libvirt-lxc")},

		// Bare names are nobody's until a runtime's state backs them.
		{"/default/web", nil},
		{"/user.slice/runc-web.scope", nil},
		{"/web", nil},
	} {
		if got := FromCgroup(c.path); !got.Equal(c.want) {
			t.Errorf("%s: got %+v, want %+v", c.path, got, c.want)
		}
	}
}

// TestNested: each container knows the one that it runs in.
func TestNested(t *testing.T) {
	for _, path := range []string{
		"/docker/" + id + "/docker/" + inner,
		"/system.slice/docker-" + id + ".scope/docker/" + inner + "/init",
		"/docker/" + id + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" +
			uidSlc + ".slice/cri-containerd-" + inner + ".scope",
		"/docker/" + id + "/kubelet/kubepods/besteffort/pod" + uid + "/" + inner,
	} {
		c := FromCgroup(path)
		if c == nil || c.ID != inner || c.Outer == nil || c.Outer.ID != id || c.Outer.Runtime != "docker" || c.Outer.Outer != nil {
			t.Errorf("%s: %+v, want %s in %s", path, c, inner, id)
			continue
		}
		if strings.Contains(path, "kube") && (c.PodUID != uid || c.PodQoS != "besteffort" || c.Outer.PodUID != "") {
			t.Errorf("%s: pod %q %q in pod %q, want only the inner one in %s", path, c.PodUID, c.PodQoS, c.Outer.PodUID, uid)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", `a\x2db`: "a-b", `\x`: `\x`, `\x2`: `\x2`, `\xzz1`: `\xzz1`, `\x2d\x2d`: "--",
	} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
