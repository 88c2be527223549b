package container

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestFromCgroup(t *testing.T) {
	id := strings.Repeat("9f1c", 16)
	inner := strings.Repeat("ab02", 16)
	for _, c := range []struct {
		path string
		want *events.Container
	}{
		{"/", nil},
		{"", nil},
		{"/system.slice/ssh.service", nil},
		{"/docker", nil},
		{"/docker/" + id, &events.Container{ID: id, Runtime: "docker"}},
		{"/docker/" + id[:63], nil},
		{"/docker/" + strings.ToUpper(id), nil},
		{"/system.slice/docker-" + id + ".scope", &events.Container{ID: id, Runtime: "docker"}},
		{"/docker/" + id + "/init.scope", &events.Container{ID: id, Runtime: "docker"}},
		{"/docker/" + id + "/docker/" + inner, &events.Container{ID: inner, Runtime: "docker"}},
		{"/machine.slice/libpod-" + id + ".scope", &events.Container{ID: id, Runtime: "podman"}},
		{"/libpod_parent/libpod-" + id, &events.Container{ID: id, Runtime: "podman"}},
		{
			"/kubepods/besteffort/pod3f2a-11/" + id,
			&events.Container{ID: id, PodUID: "3f2a-11"},
		},
		{
			"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod3f2a_11.slice/cri-containerd-" + id + ".scope",
			&events.Container{ID: id, Runtime: "containerd", PodUID: "3f2a-11"},
		},
		{
			"/kubepods.slice/kubepods-pod3f2a_11.slice/crio-" + id + ".scope",
			&events.Container{ID: id, Runtime: "cri-o", PodUID: "3f2a-11"},
		},
		{"/machine.slice/libpod-conmon-" + id + ".scope", nil},
		{"/lxc.payload.web", &events.Container{ID: "web", Runtime: "lxc"}},
		{"/lxc/web", &events.Container{ID: "web", Runtime: "lxc"}},
		{"/machine.slice/machine-debian.scope", &events.Container{ID: "debian", Runtime: "nspawn"}},
	} {
		got := FromCgroup(c.path)
		if (got == nil) != (c.want == nil) {
			t.Errorf("%s: got %+v, want %+v", c.path, got, c.want)
			continue
		}
		if got == nil {
			continue
		}
		c.want.Source = "cgroup"
		if *got != *c.want {
			t.Errorf("%s: got %+v, want %+v", c.path, *got, *c.want)
		}
	}
}
