package container

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// annotations name who wrote what into a bundle's config.json, the first that is
// there counts. containerd: internal/cri/annotations/annotations.go; CRI-O: its
// annotations package and the kubelet's labels; nerdctl: pkg/labels/labels.go. The
// labels of a Docker container that the kubelet made are the same as CRI-O's.
var annotations = []struct {
	field func(*events.Container) *string
	keys  []string
}{
	{func(c *events.Container) *string { return &c.Name }, []string{"io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name"}},
	{func(c *events.Container) *string { return &c.Image }, []string{"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"}},
	{func(c *events.Container) *string { return &c.Pod }, []string{"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"}},
	{func(c *events.Container) *string { return &c.PodNS }, []string{"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"}},
	{func(c *events.Container) *string { return &c.PodUID }, []string{"io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"}},
	{func(c *events.Container) *string { return &c.SandboxID }, []string{"io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID", "io.kubernetes.sandbox.id"}},
}

// Annotate takes over what annotations or labels say of a container.
func Annotate(c *events.Container, from map[string]string) {
	for _, a := range annotations {
		for _, key := range a.keys {
			if v := from[key]; v != "" {
				*a.field(c) = clipped(v)
				break
			}
		}
	}
	// The container that holds a pod's namespaces has a name for the kubelet only.
	if c.Name == "POD" {
		c.Name = ""
	}
	switch from[managerKey] {
	case "cri-o":
		c.Runtime = "cri-o"
	case "libpod":
		c.Runtime = "podman"
	}
}

// essential is those of them that Annotate looks at.
func essential(all map[string]string) map[string]string {
	some := map[string]string{}
	keep := func(key string) {
		if v, ok := all[key]; ok {
			some[key] = clipped(v)
		}
	}
	for _, a := range annotations {
		for _, key := range a.keys {
			keep(key)
		}
	}
	keep(managerKey)
	return some
}

// managerKey is where CRI-O and libpod say that it is theirs.
const managerKey = "io.container.manager"

// maxText bounds a name or image: an image's reference has at most some 400 bytes.
const maxText = 1024

func clipped(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.Clone(s) // not the whole file with it
}
