package container

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Each target has one file of a runtime be anything. What is told of it is bounded and said
// there, and another container's file is nobody's. In the corpora the bundle of Docker, its
// config and runc's state are what those wrote, with the test's id; what crun writes, CRI's
// bundle and containers.json are by hand.

// sound fails for what no file may make of the container with the test's id.
func sound(t *testing.T, c *events.Container) {
	t.Helper()
	if c.ID != id || c.Source == "" || c.Runtime == "" || c.Outer != nil {
		t.Errorf("%+v", c)
	}
	for _, text := range []string{c.Name, c.Image, c.Pod, c.PodNS, c.PodUID, c.SandboxID} {
		if len(text) > maxText {
			t.Errorf("a text of %d bytes", len(text))
		}
	}
}

// within returns the container of the cgroup "/box/ID" on a disk that has the file.
func within(t *testing.T, path, text string) *events.Container {
	t.Helper()
	c := NewResolver(disk(t, map[string]string{path: text})).Identify("/box/" + id).Container
	if c != nil {
		sound(t, c)
	}
	return c
}

// FuzzConfig: an OCI bundle's config.json.
func FuzzConfig(f *testing.F) {
	f.Add(`{"linux":{"cgroupsPath":"/box/` + id + `"},"annotations":{"io.kubernetes.cri.container-name":"x","io.container.manager":"libpod"}}`)
	f.Add(`{"linux":{"cgroupsPath":"box:cri-containerd:` + id + `"},"mounts":[{"source":"/d/containers/` + id + `/hostname"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, path := range []string{tasks + "moby/" + id + "/config.json", storage + id + "/userdata/config.json"} {
			var said spec
			c := within(t, path, text)
			if c != nil && (json.Unmarshal([]byte(text), &said) != nil || !placed([]string{"box", id}, id, said.Linux.CgroupsPath)) {
				t.Errorf("%s: found by a bundle that does not say so", path)
			}
		}
	})
}

// FuzzRuncState: runc's state.json.
func FuzzRuncState(f *testing.F) {
	f.Add(`{"id":"` + id + `","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/box/` + id + `"},"config":{"labels":["bundle=/b","io.kubernetes.pod.name=p"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var said struct {
			ID    string            `json:"id"`
			Paths map[string]string `json:"cgroup_paths"`
		}
		if within(t, "run/runc/"+id+"/state.json", text) == nil {
			return
		}
		if err := json.Unmarshal([]byte(text), &said); err != nil || said.ID != id {
			t.Errorf("found by the state of %q: %v", said.ID, err)
		}
		for _, dir := range said.Paths {
			if strings.HasSuffix(dir, "/box/"+id) {
				return
			}
		}
		if said.Paths != nil {
			t.Errorf("found by a state of other cgroups: %q", said.Paths)
		}
	})
}

// FuzzCrunStatus: crun's status.
func FuzzCrunStatus(f *testing.F) {
	f.Add(`{"pid":1,"cgroup-path":"/box/` + id + `","bundle":"/b","rootfs":"/r","systemd-cgroup":false}`)
	f.Fuzz(func(t *testing.T, text string) {
		var said struct {
			Path string `json:"cgroup-path"`
		}
		if within(t, "run/crun/"+id+"/status", text) == nil {
			return
		}
		if err := json.Unmarshal([]byte(text), &said); err != nil || !strings.HasSuffix(said.Path, "/box/"+id) {
			t.Errorf("found by a status of %q: %v", said.Path, err)
		}
	})
}

// FuzzDockerConfig: Docker's config.v2.json, by the container's id and by its address.
func FuzzDockerConfig(f *testing.F) {
	f.Add(`{"ID":"` + id + `","Name":"/web","Config":{"Image":"i","Labels":{"io.kubernetes.pod.name":"p"}},"NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := NewResolver(disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": text}))
		c := r.Identify("/docker/" + id).Container
		if c == nil {
			t.Fatal("its path says that it is a container")
		}
		sound(t, c)
		const address = "172.17.0.2"
		found := r.Addressed(address)
		if found == nil {
			return
		}
		sound(t, found)
		if !slices.Contains(strings.FieldsFunc(unquoted(text), func(r rune) bool { return r == '"' }), address) {
			t.Errorf("nothing in it is %s", address)
		}
	})
}

// unquoted is JSON without its escapes, as far as an address can be hidden in them.
func unquoted(text string) string {
	var any any
	if json.Unmarshal([]byte(text), &any) != nil {
		return text
	}
	plain, _ := json.Marshal(any)
	return string(plain)
}

// FuzzStored: containers.json of containers/storage, Podman's and CRI-O's.
func FuzzStored(f *testing.F) {
	f.Add(`[{"id":"` + id + `","names":["web"],"metadata":"{\"image-name\":\"i\",\"pod-name\":\"p\"}"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		c := NewResolver(disk(t, map[string]string{
			storage + "containers.json":            text,
			storage + id + "/userdata/config.json": `{"linux":{"cgroupsPath":"/box/` + id + `"}}`,
		})).Identify("/box/" + id).Container
		if c == nil {
			t.Fatal("its bundle says that it is a container")
		}
		sound(t, c)
	})
}
